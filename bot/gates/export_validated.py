"""Gate 6: was the export path validated?

**Asks** whether what consumers will load is what the snapshot says. Each export that the release
manifest names is judged by its configuration, by its exported files where they are committed, and by
the checks of the team's own CI that the policy names (``downstream_checks``), after a round trip of
the snapshot by sevengates itself. Nothing of the pull request is executed here.

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
pycocotools does, YOLO as Ultralytics does, Pascal VOC, JSONL and Parquet, as files or in a ZIP or tar
archive, which is refused by name where it would unpack elsewhere or to too much (`export.archive-path`,
`export.archive-bomb` and others). What the consumer leaves
out or overwrites is told (`export.out-of-range`, `export.class-unknown`, `export.row-unreadable`,
`export.rows-mixed`, `export.duplicate-row`, `export.duplicate-id`, `export.image-unknown`,
`export.box-unreadable`, `export.label-without-image` and others). Then items
(`export.items-missing`, `export.empty-items-missing`, `export.items-extra`, `export.item-split`,
`export.item-size`, `export.pictures-missing`, `export.picture-empty`,
`export.labels-empty`, `export.labels-missing`), annotations per class and split
(`export.class-counts`), classes changed on the way (`export.class-ids-shifted`,
`export.classes-reordered`, `export.classes-swapped`, `export.class-changed`) and coordinates are
compared with the snapshot. A coordinate is the same within 1.5 millionths of the picture's side,
which is what six decimals of a fraction may lose, and half a hundredth of a pixel in COCO, one and
a half pixels in Pascal VOC, which counts whole pixels from 0 or from 1: what passes unseen for it
is told as a fact. Where most boxes of an item
lie elsewhere, the known confusions are tried, and the one that brings the boxes back is named: layout
(`export.box-layout`), unit (`export.box-unit`), y before x (`export.box-axes`), origin
(`export.box-origin`), size of the picture (`export.box-scale`), rounding (`export.box-rounded`);
otherwise it is `export.coordinates`. A box without area, or more than a thousandth of the side
outside of the picture, is out of range. Where one side has fractions and nobody states the picture's
size, coordinates cannot be compared (`export.size-unknown`, vague), and without pictures nobody
knows those without labels (`export.images-unknown`, vague). Where there are pictures, every item has to
be among them and hold bytes. More boxes in one place than can be told apart are not compared
(`export.too-crowded`, vague). Outlines are compared where the format is one of outlines (`yolo-segment`:
a box for an outline is `export.outlines-missing`) and in COCO, unless it is stated as `coco-detection`;
an outline with other corners may be simplified or lost, and nobody can tell (`export.outlines-differ`,
vague). Other formats have none.

**Round trip.** The snapshot is converted to the export's format (COCO, YOLO, Pascal VOC, Hugging Face;
boxes) with the classes as the export numbers them, by panlabel in a process with limits, and read back
by its consumer's rules (COCO by pycocotools itself). The difference must be empty, to 1.5 millionths of
the picture's side: nothing missing (`export.round-trip-missing`), extra (`export.round-trip-extra`),
moved (`export.round-trip-moved`), of another class (`export.round-trip-relabelled`), refused by the
consumer (`export.round-trip-refused`) or without a class in the map (`export.round-trip-unmapped`). What
the format cannot carry (outlines, keypoints, ids, repeated boxes, boxes without area or out of the
picture) is taken out before, and counted in the facts. Of more than 10,000 items or 100,000 annotations
as many are converted, every class of every split among them. A converter that fails, is stopped at its
limits or writes what cannot be read leaves the answer vague (`export.round-trip-failed`,
`export.round-trip-over-limit`, `export.round-trip-unreadable`). Of other formats no round trip is made.
It shows that format and class map can carry the release, not that the team's own exporter does: alone,
without exported files, record and downstream check, it leaves the export `export.not-run`.

**Downstream checks.** Only ``success`` on the head commit counts, and where the policy names an ``app`` or
a ``pipeline``, only from there. Still running, missing and reported by somebody else are vague
(`export.check-running`, `export.check-missing`, `export.check-foreign`), everything else failed
(`export.check-failed`). Of several that report a plain name the worst counts, and so of several runs
by different workflows. Where the pull request changes what the checks do (the policy's ``defined_in``),
a success says nothing (`export.check-redefined`, vague).

**Run elsewhere.** Exported files that the service cannot read (in LFS, too large, at a URL, made by CI)
can be read on the team's own runner: ``python -m bot export-smoke`` does the same there, and the export
names the record it writes as ``smoke``. It counts for the very bytes whose digests it names
(`export.smoke-other-bytes`, vague), while its counts are the snapshot's (`export.smoke-counts`, vague). A
run that failed is a fault (`export.smoke-failed`), one in doubt is vague (`export.smoke-vague`). The author
of the pull request could write a record by hand, so it stands in for the files only while the downstream
check that ran it (the policy's ``smoke_check``, with its ``app`` or ``pipeline``) succeeded on the head
commit, and nothing changed here says what that check does (`export.smoke-unvouched`, vague). Where the
policy says ``smoke: required``, an export without a record is vague (`export.smoke-missing`).

**Passes** when all of that holds, and **fails** on each fault above: a proven fault stays one, whatever
else is in doubt. **Vague** also when no export is named (`export.none`), when an
export was neither read back nor checked downstream (`export.not-run`), and when configuration,
exported files, schema or snapshot cannot be read or are doubted.

**Cure**: correct the class map, export again from this very snapshot, and let CI load the result.
"""

from collections.abc import Sequence
from itertools import chain

from bot.answers import Answer, Finding, Table
from bot.evidence.exports.model import ExportEvidence
from bot.evidence.model import CheckResult, Label, Loaded, Snapshot
from bot.export_rules import DownstreamCheck, ExportRule
from bot.gates.evidence_state import Piece, Weighed
from bot.gates.export import downstream as ci
from bot.gates.export.judging import GATE, JudgedExport, doubts_of
from bot.gates.export.smoke import trust_in
from bot.gates.wording import counted
from bot.policy import POLICY_PATHS


def check(
    *,
    labels: Loaded[tuple[Label, ...]],
    snapshot: Loaded[Snapshot],
    exports: tuple[ExportEvidence, ...],
    downstream: tuple[CheckResult, ...],
    rule: ExportRule,
    redefined: tuple[str, ...] = (),
) -> Answer:
    """Judge `exports` against schema and snapshot; `downstream` is what the team's CI concludes.

    `redefined` are files changed here that say what the checks do, the policy among them.
    """
    jobs = [path for path in redefined if path not in POLICY_PATHS]
    checks = ci.weigh(rule.downstream_checks, downstream, jobs)
    trust = trust_in(rule, downstream, redefined)
    has_checks = bool(rule.downstream_checks)
    judged = [JudgedExport(one, labels, snapshot, checked=has_checks, trust=trust) for one in exports]
    shared: tuple[Piece, ...] = (labels, snapshot)
    weighed = Weighed(
        failing=(*chain.from_iterable(export.weighed.failing for export in judged), *checks.failing),
        vague=(
            *dict.fromkeys(chain.from_iterable(map(doubts_of, shared))),
            *(() if exports else (_none(),)),
            *chain.from_iterable(export.weighed.vague for export in judged),
            *checks.vague,
        ),
    )
    facts = [_exports(judged), _round_trips(judged), _downstream(rule.downstream_checks, downstream)]
    facts += [table for export in judged for table in export.tables()]
    pieces = (*shared, *chain.from_iterable(export.pieces for export in judged))
    return Answer(
        gate=GATE,
        outcome=weighed.outcome,
        headline=_headline(weighed, len(exports)),
        findings=(*weighed.failing, *weighed.vague),
        evidence=tuple(used for piece in pieces for used in piece.evidence),
        facts=tuple(table for table in facts if table.rows),
    )


def _none() -> Finding:
    return Finding(
        code="export.none",
        text="The release manifest names no export.",
        fix="Name the export configuration, and the exported files, under `exports` of the manifest.",
    )


def _exports(judged: Sequence[JudgedExport]) -> Table:
    rows = (
        (
            export.file,
            export.config.format if export.config else "unreadable",
            str(len(export.config.classes)) if export.config else "",
            export.how_read,
        )
        for export in judged
    )
    return Table(
        title="Exports", columns=("configuration", "format", "classes", "read back"), rows=tuple(rows)
    )


def _round_trips(judged: Sequence[JudgedExport]) -> Table:
    columns = ("configuration", "written as", "read back by", "items", "annotations", "difference")
    rows = tuple(export.trip.row for export in judged if export.trip and export.trip.row)
    return Table(title="Round trip by sevengates", columns=columns, rows=rows)


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
