"""Gate 6: was the export path validated?

**Asks** whether what consumers will load is what the snapshot says. Each export that the release
manifest names is judged by its configuration, by its exported files where they are committed, and by
the checks of the team's own CI that the policy names (``downstream_checks``). Nothing of the pull
request is executed here.

**Class map.** Every active class of the schema has a place in the export, under its exact name, and
nothing else has (`export.class-dropped`, `export.class-invented`; a class that stands for no object
is `export.class-background`; a name that a tool sanitised, stripped of accents or garbled is
`export.class-renamed`). A name or id that YAML changes (``no``, ``on``, ``012``) is
`export.class-name-changed` or `export.class-id-changed`, a missing one `export.class-unnamed`; ``nc``
that is not the number of names is `export.class-count`, and ids sorted as text (0, 1, 10, 2) are
`export.class-unsorted`. Names and ids occur once (`export.class-duplicate`). YOLO ids are 0, 1, 2, …
and COCO ids positive: counted from elsewhere they are `export.class-offset`, with gaps
`export.class-gaps`, otherwise `export.class-ids`. Classes keep the ids they have in the snapshot, or
where the format must renumber, their order (`export.class-order`, `export.class-offset`,
`export.class-renumbered`); and the exported files state the same ids as the configuration
(`export.class-map-mismatch`).

**Read back.** The exported files are read as their consumer takes them, mistakes included: COCO as
pycocotools does, YOLO as Ultralytics does, Pascal VOC, JSONL and Parquet. What the consumer leaves
out or overwrites is told (`export.out-of-range`, `export.class-unknown`, `export.row-unreadable`,
`export.rows-mixed`, `export.duplicate-row`, `export.duplicate-id`, `export.image-unknown`,
`export.box-unreadable`, `export.label-without-image` and others). Then items
(`export.items-missing`, `export.empty-items-missing`, `export.items-extra`, `export.item-split`,
`export.labels-empty`, `export.labels-missing`), annotations per class and split
(`export.class-counts`), classes changed on the way (`export.class-ids-shifted`,
`export.classes-reordered`, `export.classes-swapped`, `export.class-changed`) and coordinates are
compared with the snapshot. A coordinate is the same within 1.5 millionths of the picture's side,
which is what six decimals of a fraction may lose, and half a hundredth of a pixel in COCO, one and
a half pixels in Pascal VOC, which counts whole pixels from 0 or from 1. Where most boxes of an item
lie elsewhere, the known confusions are tried, and the one that brings the boxes back is named: layout
(`export.box-layout`), unit (`export.box-unit`), y before x (`export.box-axes`), origin
(`export.box-origin`), size of the picture (`export.box-scale`), rounding (`export.box-rounded`);
otherwise it is `export.coordinates`. A box without area, or more than a thousandth of the side
outside of the picture, is out of range. Where one side has fractions and nobody states the picture's
size, coordinates cannot be compared (`export.size-unknown`, vague), and without pictures nobody
knows those without labels (`export.images-unknown`, vague). Outlines beside a box are not compared:
detection formats have none.

**Downstream checks.** Only ``success`` on the head commit counts, and where the policy names an ``app`` or
a ``pipeline``, only from there. Still running, missing and reported by somebody else are vague
(`export.check-running`, `export.check-missing`, `export.check-foreign`), everything else failed
(`export.check-failed`). Of several that report a plain name the worst counts.

**Passes** when all of that holds, and **fails** on each fault above: a proven fault stays one, whatever
else is in doubt. **Vague** also when no export is named (`export.none`), when an
export was neither read back nor checked downstream (`export.not-run`), and when configuration,
exported files, schema or snapshot cannot be read or are doubted.

**Cure**: correct the class map, export again from this very snapshot, and let CI load the result.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from bot.answers import Answer, Finding, Table
from bot.evidence.exports.model import ExportConfig, ExportedFiles, ExportEvidence
from bot.evidence.model import CheckResult, Label, Loaded, Snapshot
from bot.gates.evidence_state import Piece, Weighed, not_judgeable
from bot.gates.export import class_ids, class_names, readback_findings
from bot.gates.export import downstream as ci
from bot.gates.export.readback import ReadBack, read_back
from bot.gates.wording import counted
from bot.policy import DownstreamCheck, ExportRule

GATE = "export_validated"


def check(
    *,
    labels: Loaded[tuple[Label, ...]],
    snapshot: Loaded[Snapshot],
    exports: tuple[ExportEvidence, ...],
    downstream: tuple[CheckResult, ...],
    rule: ExportRule,
) -> Answer:
    """Judge `exports` against schema and snapshot; `downstream` is what the team's CI concludes."""
    checks = ci.weigh(rule.downstream_checks, downstream)
    judged = [_Export(export, labels, snapshot, checked=bool(rule.downstream_checks)) for export in exports]
    pieces = _pieces(labels, snapshot, exports)
    weighed = Weighed(
        failing=(*chain.from_iterable(export.failing for export in judged), *checks.failing),
        vague=(
            *dict.fromkeys(chain.from_iterable(map(_doubts, pieces))),
            *(() if exports else (_none(),)),
            *chain.from_iterable(export.vague for export in judged),
            *checks.vague,
        ),
    )
    facts = [_exports(judged), _downstream(rule.downstream_checks, downstream)]
    facts += [table for export in judged for table in export.tables()]
    return Answer(
        gate=GATE,
        outcome=weighed.outcome,
        headline=_headline(weighed, len(exports)),
        findings=(*weighed.failing, *weighed.vague),
        evidence=tuple(used for piece in pieces for used in piece.evidence),
        facts=tuple(table for table in facts if table.rows),
    )


def _pieces(
    labels: Loaded[tuple[Label, ...]], snapshot: Loaded[Snapshot], exports: Sequence[ExportEvidence]
) -> list[Piece]:
    pieces: list[Piece] = [labels, snapshot]
    for export in exports:
        pieces += [export.config, export.artefact] if export.artefact else [export.config]
    return pieces


def _doubts(piece: Piece) -> tuple[Finding, ...]:
    """What keeps a piece from being believed, or from being read at all."""
    return not_judgeable(GATE, piece).findings if piece.value is None else piece.problems


class _Export:
    """One export, judged as far as its evidence can be read."""

    def __init__(
        self,
        export: ExportEvidence,
        labels: Loaded[tuple[Label, ...]],
        snapshot: Loaded[Snapshot],
        *,
        checked: bool,
    ) -> None:
        self.config: ExportConfig | None = export.config.value
        self.artefact = export.artefact.value if export.artefact else None
        self.read: ReadBack | None = None
        self.failing: list[Finding] = []
        self.vague: list[Finding] = []
        used = export.config.used
        self.file = self.config.file if self.config else used.source if used else "an unnamed export"
        if self.config is not None:
            self._judge_class_map(self.config, labels.value, snapshot.value)
        if self.artefact is not None:
            self.failing += self.artefact.faults
        if self.artefact is not None and snapshot.value is not None:
            used = export.artefact.used if export.artefact else None
            self._judge_artefact(snapshot.value, self.artefact, used.source if used else self.file)
        if export.artefact is None and not checked:
            self.vague.append(_not_run(self.file))

    def _judge_class_map(
        self, config: ExportConfig, labels: Sequence[Label] | None, snapshot: Snapshot | None
    ) -> None:
        in_use = Counter(annotation.label for annotation in snapshot.annotations) if snapshot else Counter()
        self.failing += config.faults
        if labels is not None:
            self.failing += class_names.name_findings(config, labels, in_use)
        self.failing += class_ids.id_findings(config, snapshot.classes if snapshot else {})
        if snapshot is not None:
            self.failing += class_ids.snapshot_agreement(config, snapshot.classes)
        if self.artefact is not None:
            self.failing += class_ids.artefact_agreement(config, self.artefact.content.classes)

    def _judge_artefact(self, snapshot: Snapshot, artefact: ExportedFiles, file: str) -> None:
        self.read = read_back(snapshot, artefact)
        classes = {entry.id: entry.name for entry in self.config.classes} if self.config else {}
        self.failing += readback_findings.failures(self.read, file, artefact, classes)
        self.vague += readback_findings.unmeasured(self.read, file, artefact)

    def tables(self) -> tuple[Table, ...]:
        """Annotations per split and class, in the snapshot and read back."""
        if self.read is None:
            return ()
        wanted, found = self.read.wanted, self.read.found
        rows = ((*cell, str(wanted[cell]), str(found[cell])) for cell in sorted(wanted.keys() | found.keys()))
        columns = ("split", "class", "snapshot", "export")
        return (Table(title=f"Read back: {self.file}", columns=columns, rows=tuple(rows)),)


def _none() -> Finding:
    return Finding(
        code="export.none",
        text="The release manifest names no export.",
        fix="Name the export configuration, and the exported files, under `exports` of the manifest.",
    )


def _not_run(file: str) -> Finding:
    return Finding(
        code="export.not-run",
        text="The export was never read back: no exported files are named, and no downstream check.",
        fix="Name the exported files as the export's `artefact` in the manifest.",
        file=file,
    )


def _exports(judged: Sequence[_Export]) -> Table:
    rows = (
        (
            export.file,
            export.config.format if export.config else "unreadable",
            str(len(export.config.classes)) if export.config else "",
            "yes" if export.read else "no",
        )
        for export in judged
    )
    return Table(
        title="Exports", columns=("configuration", "format", "classes", "read back"), rows=tuple(rows)
    )


def _downstream(checks: Sequence[DownstreamCheck], results: Sequence[CheckResult]) -> Table:
    rows = ((check.name, ci.standing(check, results) or "running") for check in dict.fromkeys(checks))
    return Table(title="Downstream checks", columns=("check", "conclusion"), rows=tuple(rows))


def _headline(weighed: Weighed, count: int) -> str:
    exports = counted(count, "export")
    if weighed.failing:
        return f"{counted(len(weighed.failing), 'fault')} in {exports} and downstream checks."
    if weighed.vague:
        return f"{exports} named, and not enough evidence that the path works."
    return f"{exports} validated."
