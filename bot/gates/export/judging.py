"""One export, judged as far as its evidence can be read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.answers import Finding, Table
from bot.evidence.exports.model import ExportConfig, ExportedFiles, ExportEvidence, Reading, RoundTrip
from bot.evidence.model import Label, Loaded, Snapshot
from bot.gates.evidence_state import Piece, Weighed, not_judgeable
from bot.gates.export import class_ids, class_names
from bot.gates.export.geometry import SLACK
from bot.gates.export.reading import read
from bot.gates.export.smoke import OUT_OF_REACH, Smoked, Trust, weigh_run

GATE = "export_validated"


class JudgedExport:
    """What is proven about one export, and what is in doubt.

    `checked`: a check of the team's own CI uses the export too, so that it need not be read back here.
    """

    def __init__(
        self,
        export: ExportEvidence,
        labels: Loaded[tuple[Label, ...]],
        snapshot: Loaded[Snapshot],
        *,
        checked: bool = False,
        trust: Trust | None = None,
    ) -> None:
        self.config: ExportConfig | None = export.config.value
        self.artefact: ExportedFiles | None = export.artefact.value if export.artefact else None
        self.read: Reading | None = None
        self.smoked: Smoked = weigh_run(export, snapshot.value, trust or Trust())
        self._export = export
        self._failing: list[Finding] = []
        self._vague: list[Finding] = []
        used = export.config.used
        self.file = self.config.file if self.config else used.source if used else "an unnamed export"
        if self.config is not None:
            self._judge_class_map(self.config, labels.value, snapshot.value)
        self.trip: RoundTrip | None = export.round_trip
        if self.trip is not None:
            self._judge_round_trip(self.trip)
        if self.artefact is not None:
            self._failing += self.artefact.faults
        if self.artefact is not None and snapshot.value is not None:
            used = export.artefact.used if export.artefact else None
            self._judge_artefact(snapshot.value, self.artefact, used.source if used else self.file)
        if export.artefact is None and not checked and not self.smoked.checks:
            self._vague.append(_not_run(self.file, self.trip))

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The evidence it was judged by."""
        others = (self._export.artefact, self._export.smoke)
        return (self._export.config, *(piece for piece in others if piece is not None))

    @property
    def weighed(self) -> Weighed:
        """Everything that is said about it."""
        doubts = dict.fromkeys(finding for piece in self.pieces for finding in self._doubts(piece))
        return Weighed(
            failing=(*self._failing, *self.smoked.failing),
            vague=(*doubts, *self._vague, *self.smoked.vague),
        )

    @property
    def how_read(self) -> str:
        """Who read the exported files, for a table."""
        return "yes" if self.read else "by export-smoke" if self.smoked.read_back else "no"

    def tables(self) -> tuple[Table, ...]:
        """What the format cannot carry, and annotations per split and class, here and read back."""
        carried = self.trip.facts if self.trip else ()
        if self.read is None:
            return carried
        rows = ((*cell, str(wanted), str(found)) for *cell, wanted, found in self.read.annotations)
        columns = ("split", "class", "snapshot", "export")
        counts = Table(title=f"Read back: {self.file}", columns=columns, rows=tuple(rows))
        return (*carried, counts, *self._limits())

    def _limits(self) -> tuple[Table, ...]:
        """What the comparison lets pass because the format may round it; told where it is whole pixels."""
        slack = SLACK[self.artefact.boxes] if self.artefact and self.artefact.boxes else 0.0
        if slack < 1:
            return ()
        rows = ((f"{slack:g} pixels", "a shift by one pixel, whole pixels for parts of pixels"),)
        columns = ("coordinates may differ by", "and so pass unseen")
        return (Table(title=f"Limits of reading back: {self.file}", columns=columns, rows=rows),)

    def _judge_class_map(
        self, config: ExportConfig, labels: Sequence[Label] | None, snapshot: Snapshot | None
    ) -> None:
        in_use = Counter(annotation.label for annotation in snapshot.annotations) if snapshot else Counter()
        self._failing += config.faults
        if labels is not None:
            self._failing += class_names.name_findings(config, labels, in_use)
        self._failing += class_ids.id_findings(config, snapshot.classes if snapshot else {})
        if snapshot is not None:
            self._failing += class_ids.snapshot_agreement(config, snapshot.classes)
        if self.artefact is not None:
            self._failing += class_ids.artefact_agreement(config, self.artefact.content.classes)

    def _judge_round_trip(self, trip: RoundTrip) -> None:
        """A class map that is wrong by itself explains annotations that it leaves out."""
        self._failing += () if self._failing else trip.unmapped
        self._failing += trip.failures
        self._vague += trip.doubts

    def _judge_artefact(self, snapshot: Snapshot, artefact: ExportedFiles, file: str) -> None:
        self.read = self._export.reading or read(snapshot, artefact, file, self.config)
        self._failing += self.read.failures
        if not self.smoked.read_back:  # else the run saw what is unknown here
            self._vague += self.read.unmeasured

    def _doubts(self, piece: Piece) -> Iterator[Finding]:
        """What says that a piece cannot be believed, without what the run could read."""
        for finding in doubts_of(piece):
            if piece is not self._export.artefact or finding.code not in OUT_OF_REACH:
                yield finding
            elif not self.smoked.read_back:
                yield finding if self._export.smoke else _with_another_way(finding)


def doubts_of(piece: Piece) -> tuple[Finding, ...]:
    """What keeps a piece from being believed, or from being read at all."""
    return not_judgeable(GATE, piece).findings if piece.value is None else piece.problems


def _with_another_way(finding: Finding) -> Finding:
    if finding.code == "evidence.missing":
        return finding
    fix = "Commit the exported files, or run `python -m bot export-smoke` where they are and name its record."
    return replace(finding, fix=fix)


def _not_run(file: str, trip: RoundTrip | None) -> Finding:
    ours = trip is not None and trip.complete
    text = (
        "The export itself was never read back: the round trip made here shows that the format can carry the "
        "snapshot, and no exported files are named, and no downstream check."
        if ours
        else "The export was never read back: no exported files are named, and no downstream check."
    )
    return Finding(
        code="export.not-run",
        text=text,
        fix="Name the exported files as the export's `artefact` in the manifest.",
        file=file,
    )
