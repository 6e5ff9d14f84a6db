"""The named baseline: the snapshot a release is compared with, always read from the base branch."""

from dataclasses import replace

from bot.answers import Finding
from bot.documents import read_manifest
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.problems import shown
from bot.evidence.remote import NOWHERE, Remote
from bot.evidence.shelf import Shelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Files, Naming, RefusedSourceError, read_file
from bot.manifest import Manifest
from bot.policy import CompareRule

LAST_RELEASE = "last-release"
_MAX_MANIFEST = 1 << 20

Named = tuple[Manifest, str]
"""A manifest and its path."""


def load_baseline(
    named: str | None,
    base: Files,
    last_release: Named | None,
    compare: CompareRule,
    naming: Naming,
    *,
    shelf: Shelf,
    remote: Remote = NOWHERE,
) -> tuple[Loaded[Snapshot], str]:
    """The baseline and the version it calls itself ("" when there is none).

    `named` is the candidate manifest's ``baseline``; it must be the version of the manifest that
    the rule points at, so that a release is never compared with something else than it says.
    Where it says something else, or nothing, the snapshot comes with that as a problem: what is wrong
    against the release of the base branch stays wrong.
    """
    try:
        before = last_release if compare.baseline == LAST_RELEASE else _other(base, compare.baseline, naming)
    except RefusedSourceError as error:
        return Loaded(problems=(error.finding,)), ""
    if before is None:
        return Loaded(problems=(_none(naming),)), ""
    manifest, path = before
    loaded = load_snapshot(base, manifest.snapshot, naming, manifest_path=path, shelf=shelf, remote=remote)
    problem = _disagreement(named, manifest.version, naming)
    if problem is not None:
        loaded = replace(loaded, problems=(problem, *loaded.problems))
    return loaded, manifest.version


def _other(base: Files, rule: str, naming: Naming) -> Named:
    path = rule.removeprefix("/")
    manifest = replace(naming, what="The baseline manifest")
    parsed = read_manifest(read_file(base, path, manifest, max_bytes=_MAX_MANIFEST), file=path)
    if parsed.value is None:
        text = f"The baseline manifest `{path}` on the base branch cannot be read: {parsed.problems[0].text}"
        fix = "Repair it on the base branch, or name another baseline in the policy."
        raise RefusedSourceError(naming.finding("baseline.unreadable", text, fix))
    return parsed.value, path


def _disagreement(named: str | None, version: str, naming: Naming) -> Finding | None:
    if named is None:
        return naming.finding(
            "baseline.not-named",
            "The manifest does not name the release that this one is compared with.",
            f"Write `baseline: {version}`.",
        )
    if named != version:
        return naming.finding(
            "baseline.other-version",
            f"The manifest names {shown(named)} as its baseline, but the base branch holds {shown(version)}.",
            f"Compare with the released version and write `baseline: {version}`.",
        )
    return None


def _none(naming: Naming) -> Finding:
    return naming.finding(
        "baseline.none",
        "The base branch holds no release of this dataset, so there is nothing to compare with.",
        "Let the release lead accept the first release as an unresolved risk.",
    )
