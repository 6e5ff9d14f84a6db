"""The evaluation of one pull request (or merge group) at three commits.

`survey` finds out cheaply whether anything is gated at all; only then does `evaluate` read
evidence and people. Both are functions of what the `Reader` returns for given SHAs, of the
`Context`, and of nothing else: the same inputs give the same decision and fingerprint anywhere.
"""

from dataclasses import dataclass, replace

from bot.answers import Finding
from bot.codeowners import Dialect
from bot.documents.standing import strangers, unmatched
from bot.evaluation.governance import governance_releases
from bot.evaluation.manifests import truncated
from bot.evaluation.people import Context
from bot.evaluation.release import evaluate_release
from bot.evaluation.rulebook import Rulebook, policy_path, read_codeowners, read_policy_at, read_rulebook
from bot.evaluation.scope import Scope, Trees, touched_releases
from bot.evaluation.trees import Reader, changed_paths
from bot.forges.base import ObjectKind, Revisions
from bot.policy import POLICY_PATHS
from bot.releases import Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the pull request touches: releases, and governing files (policy, CODEOWNERS)."""

    trees: Trees
    rulebook: Rulebook
    scopes: tuple[Scope, ...]
    governing: tuple[str, ...]

    @property
    def applies(self) -> bool:
        """Whether anything here is gated, or a policy must be validated, or that cannot be known."""
        return bool(self.scopes or self.governing or self.hides_files)

    @property
    def hides_files(self) -> bool:
        """Whether something is gated and the forge did not list every file."""
        return self.trees.hide_files and (self.rulebook.policy_path is not None or self.trees.base.truncated)


def survey(reader: Reader, revisions: Revisions, *, dialect: Dialect) -> Survey:
    """Read trees and rules, and find what is touched. Raises ForgeError."""
    base = reader.tree(revisions.base_sha)
    trees = Trees(
        revisions=revisions,
        base=base,
        merge_base=base
        if revisions.merge_base_sha == revisions.base_sha
        else reader.tree(revisions.merge_base_sha),
        head=reader.tree(revisions.head_sha),
    )
    rulebook = read_rulebook(reader, base, revisions.base_sha, dialect=dialect)
    changed = changed_paths(trees.merge_base, trees.head)
    return Survey(
        trees=trees,
        rulebook=rulebook,
        scopes=touched_releases(reader, trees, rulebook.policy) if rulebook.policy else (),
        governing=tuple(path for path in changed if path in rulebook.governing_paths),
    )


def evaluate(reader: Reader, found: Survey, context: Context) -> Evaluation:
    """Answer every gate of every touched release. Raises ForgeError when reading fails."""
    rulebook = found.rulebook
    problems, notes = _new_policy(reader, found)
    evaluation = Evaluation(
        number=context.number,
        base_ref=context.base_ref,
        head_sha=found.trees.revisions.head_sha,
        evaluated_at=context.now,
        banners=rulebook.banners,
        watched=_watched(rulebook),
        policy_problems=problems,
        policy_notes=notes,
    )
    if rulebook.policy is None and rulebook.policy_path is None:
        gates_nothing = f"`{context.base_ref}` has no policy: nothing is gated."
        return replace(evaluation, reason=f"{gates_nothing} To gate releases, add `{POLICY_PATHS[0]}` to it.")
    if rulebook.policy is None and not found.governing:
        return replace(evaluation, error=_never_good(rulebook))
    releases = tuple(
        evaluate_release(reader, found.trees, scope, rulebook, context) for scope in found.scopes
    )
    releases += governance_releases(found.trees, rulebook, found.governing, context)
    if not releases and found.hides_files:
        return replace(evaluation, error=truncated())
    if not releases:
        return replace(evaluation, reason="No watched file changes.")
    return replace(evaluation, releases=releases, banners=(*evaluation.banners, *_governance_banner(found)))


def _watched(rulebook: Rulebook) -> tuple[str, ...]:
    if rulebook.policy is None:
        return ()
    globs = (glob for dataset in rulebook.policy.datasets for glob in (dataset.manifest, *dataset.watch))
    return tuple(dict.fromkeys(globs))


def _new_policy(reader: Reader, found: Survey) -> tuple[tuple[Finding, ...] | None, tuple[Finding, ...]]:
    """Problems of the policy that this pull request leaves, and notes; None when it leaves it alone."""
    if not any(path in POLICY_PATHS for path in found.governing):
        return None, ()
    head = found.trees.head
    after = policy_path(head)
    if after is None:
        return (_deleted(found.governing),), ()
    parsed = read_policy_at(reader, head, after)
    files = tuple(path for path, entry in head.entries.items() if entry.kind is not ObjectKind.DIRECTORY)
    owners = read_codeowners(reader, head, dialect=found.rulebook.dialect)
    wrong = (*parsed.problems, *strangers(parsed, files, owners))
    return wrong, (*parsed.notes, *unmatched(parsed, files))


def _deleted(governing: tuple[str, ...]) -> Finding:
    return Finding(
        code="policy.deleted",
        text="This removes the policy: nothing in this repository would be gated any more.",
        fix="Keep the policy; to retire a dataset, remove only its entry.",
        file=next(path for path in governing if path in POLICY_PATHS),
        line=1,
    )


def _governance_banner(found: Survey) -> tuple[str, ...]:
    if not found.governing:
        return ()
    shown = ", ".join(f"`{path}`" for path in found.governing)
    return (f"This changes how releases are governed ({shown}). The rules of the base branch apply.",)


def _never_good(rulebook: Rulebook) -> Finding:
    problem = rulebook.problems[0]
    return Finding(
        code="policy.broken",
        text=f"The policy on the base branch is broken and has no good version: {problem.text}",
        fix="Merge a pull request that repairs the policy.",
        file=problem.file,
        line=problem.line,
    )
