"""The rules in force: policy and CODEOWNERS as they stand on the base branch, by SHA.

A pull request is judged by the rules it found, never by those it brings. A policy that is broken
on the base does not freeze the repository: the last good version from its history is used.
"""

from dataclasses import dataclass
from itertools import islice

from bot.answers import Finding
from bot.codeowners import LOCATIONS, MAX_BYTES, CodeOwners, Dialect, parse
from bot.documents import Parsed, read_policy
from bot.evaluation.trees import Reader
from bot.forges.base import ObjectKind, Tree, TreeEntry
from bot.forges.errors import TooLargeError
from bot.policy import POLICY_PATHS, Policy

MAX_POLICY_BYTES = 1024 * 1024
HISTORY_LIMIT = 25
"""How many earlier versions of a broken policy are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Policy and CODEOWNERS of the base branch.

    `policy` is None when the base has none (`policy_path` None too), or when no version of it
    was ever good (`problems` says why). `banners` tell when an older policy stands in.
    """

    policy: Policy | None
    policy_path: str | None
    codeowners: CodeOwners | None
    codeowners_locations: tuple[str, ...]
    dialect: Dialect
    problems: tuple[Finding, ...] = ()
    banners: tuple[str, ...] = ()

    @property
    def governing_paths(self) -> frozenset[str]:
        """Paths whose change is a change of governance, wherever the file in force lies now."""
        return frozenset(POLICY_PATHS) | frozenset(self.codeowners_locations)


def read_rulebook(reader: Reader, base: Tree, base_sha: str, *, dialect: Dialect) -> Rulebook:
    """Read the rules in force on the commit `base_sha`, whose tree is `base`."""
    locations = LOCATIONS[dialect]
    path = policy_path(base)
    parsed, banners = _policy(reader, base, base_sha, path) if path else (None, ())
    return Rulebook(
        policy=parsed.value if parsed else None,
        policy_path=path,
        codeowners=read_codeowners(reader, base, dialect=dialect),
        codeowners_locations=locations,
        dialect=dialect,
        problems=parsed.problems if parsed else (),
        banners=banners,
    )


def policy_path(tree: Tree) -> str | None:
    """Where the policy lies in `tree`: the first of `POLICY_PATHS` that exists."""
    return next((path for path in POLICY_PATHS if path in tree.entries), None)


def read_policy_at(reader: Reader, tree: Tree, path: str) -> Parsed[Policy]:
    """The policy at `path` of `tree`, or every problem that keeps it from being read."""
    return _parse(reader, tree.entries[path], path)


def _parse(reader: Reader, entry: TreeEntry, path: str) -> Parsed[Policy]:
    if entry.kind is not ObjectKind.FILE:
        return Parsed.refused(
            Finding(
                code=f"policy.{entry.kind}",
                text=f"The policy is a {entry.kind}, not a file.",
                fix="Commit the policy as a plain file.",
                file=path,
                line=1,
            )
        )
    try:
        data = reader.blob(entry.oid, max_bytes=MAX_POLICY_BYTES)
    except TooLargeError:
        return Parsed.refused(
            Finding(
                code="policy.too-large",
                text="The policy is larger than 1 MiB.",
                fix="Split the repository's datasets or shorten the policy.",
                file=path,
                line=1,
            )
        )
    return read_policy(data, file=path)


def _policy(reader: Reader, base: Tree, base_sha: str, path: str) -> tuple[Parsed[Policy], tuple[str, ...]]:
    parsed = read_policy_at(reader, base, path)
    if parsed.value is not None:
        return parsed, ()
    for sha in islice(reader.history(path, base_sha), HISTORY_LIMIT):
        entry = reader.tree(sha).entries.get(path)
        older = _parse(reader, entry, path) if entry else None
        if older is not None and older.value is not None:
            return older, (_stand_in(parsed.problems[0], sha),)
    return parsed, ()


def _stand_in(problem: Finding, sha: str) -> str:
    where = f"`{problem.file}`, line {problem.line}"
    return (
        f"The policy on the base branch is broken ({where}: {problem.text.rstrip('.')}). "
        f"The last good version, from commit {sha[:7]}, is used instead. Repair it in a pull request."
    )


def read_codeowners(reader: Reader, base: Tree, *, dialect: Dialect) -> CodeOwners | None:
    """The CODEOWNERS file that the forge would use of a tree; None when there is none."""
    for path in LOCATIONS[dialect]:
        entry = base.entries.get(path)
        if entry is not None and entry.kind is not ObjectKind.FILE:
            return parse(b"", file=path, dialect=dialect)  # owns nothing, and hides the other places
        if entry is not None:
            try:
                data = reader.blob(entry.oid, max_bytes=MAX_BYTES + 1)
            except TooLargeError:
                data = b"#" * (MAX_BYTES + 1)  # the parser names the problem; its content is not needed
            return parse(data, file=path, dialect=dialect)
    return None
