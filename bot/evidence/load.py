"""Loading everything gates 1 to 6 may look at, for one release.

Reads files of two trees and nothing else; what cannot be read, or is not what the manifest
declares, is a finding at the manifest's line that names it. How old evidence may be is for the
gates to judge.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.answers import Finding
from bot.documents import resolve
from bot.evidence.baseline import load_baseline
from bot.evidence.evidence_files import ASSIGNMENTS, LABELS, REVIEWS, Kind, read_evidence
from bot.evidence.exports.evidence import load_exports
from bot.evidence.model import Label, Loaded, Snapshot
from bot.evidence.pointer_changes import with_pointer_change
from bot.evidence.release import ReleaseEvidence
from bot.evidence.remote import NOWHERE, Remote
from bot.evidence.shelf import MemoryShelf, Shelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Files, KeyPath, Naming
from bot.manifest import EvidenceSource, Manifest, Source
from bot.policy import CompareRule

__all__ = ["Files", "load_release"]

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of us the clock of the labelling tool may be."""

T = TypeVar("T")


def load_release(
    *,
    manifest: Manifest,
    manifest_path: str,
    line: Callable[[KeyPath], int | None],
    candidate: Files,
    base: Files,
    base_manifest: Manifest | None,
    base_manifest_path: str | None,
    compare: CompareRule,
    now: datetime,
    shelf: Shelf | None = None,
    remote: Remote = NOWHERE,
) -> ReleaseEvidence:
    """Load the evidence that `manifest` names.

    `line` gives the line of a key path in the candidate's manifest. `base_manifest` is that of the
    base branch, None for a first release. Snapshots are taken from and put on the `shelf`; `remote`
    fetches those at URLs. Raises ForgeError when reading itself fails.
    """
    shelf = shelf or MemoryShelf()
    loading = _Loading(candidate, manifest_path, line, now, shelf, remote)
    last = (base_manifest, base_manifest_path) if base_manifest and base_manifest_path else None
    snapshot = loading.released(manifest.snapshot, base)
    naming = loading.naming((), "The baseline snapshot", at=("baseline",))
    baseline = load_baseline(manifest.baseline, base, last, compare, naming, shelf=shelf, remote=remote)
    bound = snapshot.used.digest if snapshot.used else manifest.snapshot.digest
    items = tuple(item.id for item in snapshot.value.items) if snapshot.value else ()
    return ReleaseEvidence(
        labels=loading.table(candidate, manifest.schema_, LABELS, loading.naming(("schema",), "The schema")),
        labels_before=_labels_before(loading, base, last),
        snapshot=snapshot,
        baseline=baseline[0],
        baseline_name=baseline[1],
        assignments=loading.evidence(manifest.assignments, ASSIGNMENTS, "assignments", bound, items),
        reviews=loading.evidence(manifest.reviews, REVIEWS, "reviews", bound, items),
        exports=load_exports(
            candidate, manifest, manifest_path=manifest_path, line=line, snapshot=bound, shelf=shelf
        ),
    )


def _labels_before(
    loading: "_Loading", base: Files, last: tuple[Manifest, str] | None
) -> Loaded[tuple[Label, ...]]:
    if last is None:
        return Loaded(value=())
    manifest, path = last
    naming = loading.naming((), "The schema on the base branch", at=("schema",))
    read = replace(loading, path=path).table(base, manifest.schema_, LABELS, naming)
    times = [
        s.as_of for s in (manifest.assignments, manifest.reviews) if s is not None and s.as_of is not None
    ]
    if read.used is None or not times:
        return read
    return replace(read, used=replace(read.used, as_of=_utc(max(times))))


@dataclass(frozen=True, slots=True)
class _Loading:
    """What every loading step needs: the candidate's tree and where its manifest is."""

    candidate: Files
    path: str
    line: Callable[[KeyPath], int | None]
    now: datetime
    shelf: Shelf
    remote: Remote

    def released(self, source: Source, base: Files) -> Loaded[Snapshot]:
        """The candidate's snapshot; of a pointer, what changed behind it since `base`."""
        loaded = self.snapshot(source, ("snapshot",), "The snapshot")
        return with_pointer_change(loaded, self.candidate, base, resolve(self.path, source.path or ""))

    def naming(self, key: KeyPath, what: str, *, at: KeyPath | None = None) -> Naming:
        """Findings at `key` of the manifest, or all of them `at` one key."""
        line = self.line
        return Naming(file=self.path, key=key, what=what, line=line if at is None else lambda _: line(at))

    def snapshot(self, source: Source, key: KeyPath, what: str) -> Loaded[Snapshot]:
        """A snapshot of the candidate's tree."""
        naming = self.naming(key, what)
        return load_snapshot(
            self.candidate, source, naming, manifest_path=self.path, shelf=self.shelf, remote=self.remote
        )

    def table(
        self, files: Files, source: Source, kind: Kind[T], naming: Naming, items: Sequence[str] = ()
    ) -> Loaded[T]:
        """Labels, assignments or reviews, native or from a tool's export, about these items."""
        return read_evidence(files, source, kind, naming, manifest_path=self.path, items=items)

    def evidence(
        self,
        source: EvidenceSource | None,
        kind: Kind[T],
        key: str,
        bound: str | None,
        items: Sequence[str],
    ) -> Loaded[T]:
        """Evidence about the snapshot whose digest is `bound`, with every doubt about it."""
        naming = self.naming((key,), f"The file of {key}")
        if source is None:
            text = f"The manifest names no {key}."
            fix = f"Export the {key} from the labelling tool, commit the file and name it under `{key}`."
            return Loaded(problems=(naming.finding("evidence.not-named", text, fix),))
        loaded = self.table(self.candidate, source, kind, naming, items)
        used = None if loaded.used is None else replace(loaded.used, as_of=_utc(source.as_of))
        return Loaded(
            value=loaded.value,
            problems=(*loaded.problems, *self._doubts(source, naming, bound)),
            used=used,
        )

    def _doubts(self, source: EvidenceSource, naming: Naming, bound: str | None) -> Sequence[Finding]:
        doubts = []
        if source.snapshot is None or bound is None:
            doubts.append(_unbound(naming, bound))
        elif source.snapshot != bound:
            text = f"{naming.what} speaks of the snapshot {source.snapshot}; the candidate is {bound}."
            fix = "Export it again for the candidate snapshot."
            doubts.append(naming.finding("evidence.other-snapshot", text, fix, field="snapshot"))
        if source.as_of is None:
            text = f"{naming.what} does not say when it was exported."
            fix = "Write `as_of` with the time of the export."
            doubts.append(naming.finding("evidence.undated", text, fix, field="as_of"))
        elif source.as_of > self.now + CLOCK_SKEW:
            text = f"{naming.what} says it was exported in the future."
            fix = "Correct `as_of` to the time of the export."
            doubts.append(naming.finding("evidence.from-the-future", text, fix, field="as_of"))
        return doubts


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _unbound(naming: Naming, bound: str | None) -> Finding:
    if bound is None:
        text = f"{naming.what} cannot be bound to the candidate snapshot, whose digest is unknown."
        return naming.finding("evidence.unbound", text, "Make the snapshot readable.", field="snapshot")
    text = f"{naming.what} does not say which snapshot it speaks of."
    return naming.finding("evidence.unbound", text, f"Write `snapshot: {bound}`.", field="snapshot")
