"""The export path tried on the team's own runner: what gate 6 does, with all files at hand.

Class map, round trip and read-back are judged as the service judges them. What comes out is one
`Run` for every export, bound to the digests of what was read, for the service to believe
(`bot.gates.export.smoke` says when).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.answers import Finding, Outcome, Table
from bot.documents import Parsed, resolve
from bot.evidence.evidence_files import LABELS, read_evidence
from bot.evidence.exports.evidence import load_exports, stated_format
from bot.evidence.exports.model import READ_BACK, ExportEvidence
from bot.evidence.model import Label, Loaded, Snapshot
from bot.evidence.shelf import MemoryShelf
from bot.evidence.smoke import Run, git_id, read_record
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Files, KeyPath, Naming, RefusedSourceError, fetch
from bot.gates.evidence_state import Weighed
from bot.gates.export.judging import JudgedExport, doubts_of
from bot.manifest import ExportSource, Manifest, Source

_STALE = "Commit the record that this run writes (`--out`), and run again."


Completing = Callable[[Loaded[Snapshot], tuple[ExportEvidence, ...]], tuple[ExportEvidence, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One export that was tried: its run, and what was found. `file` is its configuration."""

    file: str
    run: Run
    findings: tuple[Finding, ...] = ()
    facts: tuple[Table, ...] = ()
    stale: tuple[Finding, ...] = ()
    """What the record in the commit says that this run does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """All exports of one release; `problems` are what kept them from being tried."""

    manifest: str
    name: str = ""
    problems: tuple[Finding, ...] = ()
    exports: tuple[Tried, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there are exports, everything agrees, and the commit holds no other record."""
        runs = (tried.run.outcome is Outcome.PASSED and not tried.stale for tried in self.exports)
        return not self.problems and bool(self.exports) and all(runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """A checkout, as Git has its files and with all others beside them.

    `places` maps configurations to where their exported files lie instead of where the manifest
    says, `writes` is the record about to be replaced; paths are from the root of the repository.
    `completed` adds to the exports what is found out about them beside their files.
    """

    committed: Files
    everything: Files
    completed: Completing
    places: Mapping[str, str] = field(default_factory=dict)
    writes: str | None = None

    def attempt(self, parsed: Parsed[Manifest], path: str) -> Trial:
        """Try every export that the manifest at `path` names. Raises ForgeError when reading fails."""
        manifest = parsed.value
        if manifest is None:
            return Trial(manifest=path, problems=parsed.problems)
        name = f"{manifest.dataset} {manifest.version}"
        if not manifest.exports:
            return Trial(manifest=path, name=name, problems=(_no_exports(parsed, path),))
        return Trial(manifest=path, name=name, exports=tuple(_Release(self, parsed, manifest, path).tried()))


@dataclass(frozen=True, slots=True)
class _Release:
    runner: Runner
    parsed: Parsed[Manifest]
    manifest: Manifest
    path: str

    def tried(self) -> Iterator[Tried]:
        labels = self._labels()
        snapshot = load_snapshot(
            self.runner.committed,
            self.manifest.snapshot,
            self._naming(("snapshot",), "The snapshot"),
            manifest_path=self.path,
            shelf=MemoryShelf(),
        )
        bound = snapshot.used.digest if snapshot.used else self.manifest.snapshot.digest
        sources = tuple(self._placed(source) for source in self.manifest.exports)
        unrecorded = tuple(source.model_copy(update={"smoke": None}) for source in sources)
        exports = load_exports(
            self.runner.everything,
            self.manifest.model_copy(update={"exports": unrecorded}),
            manifest_path=self.path,
            line=self.parsed.line,
            snapshot=bound,
        )
        exports = self.runner.completed(snapshot, exports)
        for index, (source, export) in enumerate(zip(sources, exports, strict=True)):
            judged = JudgedExport(export, labels, snapshot)
            weighed = _with_doubts(judged.weighed, labels, snapshot)
            run = self._run(source, export, judged, weighed, bound or "")
            yield Tried(
                file=judged.file,
                run=run,
                findings=(*weighed.failing, *weighed.vague),
                facts=judged.tables(),
                stale=tuple(self._stale(source, index, run)),
            )

    def _labels(self) -> Loaded[tuple[Label, ...]]:
        naming = self._naming(("schema",), "The schema")
        return read_evidence(
            self.runner.committed, self.manifest.schema_, LABELS, naming, manifest_path=self.path
        )

    def _placed(self, source: ExportSource) -> ExportSource:
        """The export with its files where they lie on this machine."""
        place = self.runner.places.get(resolve(self.path, source.config) or "")
        if place is None:
            return source
        said = source.artefact.model_dump(exclude={"path", "url"}) if source.artefact else {}
        return source.model_copy(update={"artefact": Source(path=f"/{place}", **said)})

    def _run(
        self,
        source: ExportSource,
        export: ExportEvidence,
        judged: JudgedExport,
        weighed: Weighed,
        bound: str,
    ) -> Run:
        used = export.artefact.used if export.artefact else None
        git = git_id(self.runner.everything, source.artefact, self.path) if source.artefact and used else None
        return Run(
            manifest=self.path,
            dataset=self.manifest.dataset,
            version=self.manifest.version,
            snapshot=bound,
            config=export.config.used.digest if export.config.used else "",
            artefact=_known(used.digest) if used else "",
            git=_known(git or ""),
            format=stated_format(source, export.config.value),
            outcome=weighed.outcome,
            codes=tuple(sorted({finding.code for finding in (*weighed.failing, *weighed.vague)})),
            checks=(READ_BACK,) if judged.read else (),
            items=_items(judged),
            annotations=_annotations(judged),
        )

    def _stale(self, source: ExportSource, index: int, run: Run) -> Iterator[Finding]:
        """How the record in the commit differs from this run; one that is about to be written does not."""
        if source.smoke is None or resolve(self.path, source.smoke.path or "") == self.runner.writes:
            return
        naming = self._naming(("exports", index, "smoke"), "The record of export-smoke")
        try:
            fetched = fetch(self.runner.everything, source.smoke, naming, manifest_path=self.path)
        except RefusedSourceError as error:
            yield error.finding
            return
        record = read_record(fetched.data, naming)
        yield from record.problems
        if record.value is not None:
            unlike = [_unlike(run, other) for other in record.value.exports]
            fields = min(unlike, key=len, default=["`exports`"])
            if fields:
                text = f"{naming.what} is not what this run finds: {', '.join(fields)} differ."
                yield naming.finding("export.smoke-stale", text, _STALE)

    def _naming(self, key: KeyPath, what: str) -> Naming:
        return Naming(file=self.path, key=key, what=what, line=self.parsed.line)


def _with_doubts(weighed: Weighed, labels: Loaded[tuple[Label, ...]], snapshot: Loaded[Snapshot]) -> Weighed:
    doubts = dict.fromkeys((*doubts_of(labels), *doubts_of(snapshot)))
    return Weighed(failing=weighed.failing, vague=(*doubts, *weighed.vague))


def _unlike(run: Run, other: Run) -> list[str]:
    """The fields in which two runs differ."""
    names = run.__struct_fields__
    return [f"`{name}`" for name in names if getattr(run, name) != getattr(other, name)]


def _known(digest: str) -> str:
    """A digest, or "" where nothing follows its scheme: the files are too large to have one."""
    return "" if digest.endswith(":") else digest


def _items(judged: JudgedExport) -> tuple[tuple[str, int], ...]:
    """Items of the snapshot that were read back, by split."""
    return judged.read.items if judged.read else ()


def _annotations(judged: JudgedExport) -> tuple[tuple[str, str, int], ...]:
    """Annotations that were read back, by split and class."""
    rows = judged.read.annotations if judged.read else ()
    return tuple((split, label, found) for split, label, _, found in rows if found)


def _no_exports(parsed: Parsed[Manifest], path: str) -> Finding:
    return Finding(
        code="export.none",
        text="The release manifest names no export.",
        fix="Name the export configuration, and the exported files, under `exports` of the manifest.",
        file=path,
        line=parsed.line(("exports",)),
    )
