"""Gate 6 with a round trip: what it decides, and when it is made again."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.answers import Answer, EvidenceUsed, Outcome
from bot.converting import Panlabel
from bot.evaluation import round_trips
from bot.evidence.coco import read_coco
from bot.evidence.export_config import read_export_config
from bot.evidence.exports.conversion import Conversion, Converter, Target
from bot.evidence.exports.model import ExportEvidence
from bot.evidence.model import Annotation, CheckResult, Label, Loaded, Snapshot
from bot.evidence.release import ReleaseEvidence
from bot.evidence.shelf import MemoryShelf
from bot.export_rules import ExportRule
from bot.gates.export_validated import check
from tests.fakes.converters import Damaging, Failing, Files, replaced
from tests.fakes.exporter import CLASSES, config, snapshot

CANDIDATE = read_coco(snapshot(), file="snapshot.json").value
assert CANDIDATE is not None
LABELS = Loaded(value=tuple(Label(id=name, name=name) for name in CLASSES))


def evidence(form: str, *, settings: bytes = b"", of: Snapshot | None = CANDIDATE) -> ReleaseEvidence:
    nothing: Loaded[tuple[object, ...]] = Loaded(value=())
    read = read_export_config(settings or config(form), file="exports/config.yaml")
    used = {"as_of": datetime(2026, 1, 1, tzinfo=UTC)}
    return ReleaseEvidence(
        labels=LABELS,
        labels_before=nothing,  # type: ignore[arg-type]
        snapshot=Loaded(value=of, used=EvidenceUsed(source="s.json", digest="sha256:1", **used)),
        baseline=Loaded(value=of),
        baseline_name="",
        assignments=nothing,  # type: ignore[arg-type]
        reviews=nothing,  # type: ignore[arg-type]
        exports=(
            ExportEvidence(config=replace(read, used=EvidenceUsed(source="e.yaml", digest="sha256:2"))),
        ),
    )


def with_round_trips(given: ReleaseEvidence, convert: Converter, shelf: MemoryShelf) -> ReleaseEvidence:
    exports = round_trips.with_round_trips(given.snapshot, given.exports, convert, shelf)
    return replace(given, exports=exports)


def judged(given: ReleaseEvidence, convert: object = None, *, downstream: bool = False) -> Answer:
    made = with_round_trips(given, convert or Panlabel(), MemoryShelf())  # type: ignore[arg-type]
    rule = ExportRule.model_validate({"downstream_checks": ("smoke",) if downstream else ()})
    results = (CheckResult(name="smoke", conclusion="success"),)
    return check(
        labels=given.labels, snapshot=given.snapshot, exports=made.exports, downstream=results, rule=rule
    )


def test_the_round_trip_alone_shows_the_format_and_with_the_teams_check_the_path() -> None:
    alone = judged(evidence("yolo"))
    assert (alone.outcome, alone.codes) == (Outcome.VAGUE, ("export.not-run",))
    assert "the format can carry" in alone.findings[0].text
    both = judged(evidence("yolo"), downstream=True)
    assert (both.outcome, both.codes) == (Outcome.PASSED, ())
    (table,) = [table for table in both.facts if table.title == "Round trip by sevengates"]
    assert table.rows == (
        ("exports/config.yaml", "yolo by panlabel", "Ultralytics' rules", "5", "8", "none"),
    )


@pytest.mark.parametrize("code", ["failed", "over-limit"])
def test_a_converter_that_fails_leaves_the_answer_vague_whatever_the_teams_check_says(code: str) -> None:
    answer = judged(evidence("yolo"), Failing(code), downstream=True)
    assert (answer.outcome, answer.codes) == (Outcome.VAGUE, (f"export.round-trip-{code}",))


def test_a_difference_fails_whatever_the_teams_check_says() -> None:
    answer = judged(evidence("coco"), Damaging(replaced(b"64.5", b"74.5")), downstream=True)
    assert (answer.outcome, answer.codes) == (Outcome.FAILED, ("export.round-trip-moved",))


def test_annotations_of_classes_that_nobody_mapped_are_told_once() -> None:
    extra = Annotation(id="z", item="a.jpg", label="lorry", box=(1, 1, 5, 5))
    of = replace(CANDIDATE, annotations=(*CANDIDATE.annotations, extra))
    assert judged(evidence("yolo", of=of), downstream=True).codes == ("export.class-dropped",)
    unknown = replace(evidence("yolo", of=of), labels=Loaded())
    answer = judged(unknown, downstream=True)
    assert (answer.outcome, answer.findings[0].code) == (Outcome.FAILED, "export.round-trip-unmapped")
    assert answer.findings[0].items == ("lorry",)
    short = config("yolo", classes={0: "car", 1: "bus"})
    assert judged(evidence("yolo", settings=short), downstream=True).codes == ("export.class-dropped",)


def test_unchanged_inputs_are_not_converted_again_and_changed_ones_are() -> None:
    runs: list[Target] = []

    def convert(conversion: Conversion) -> Files:
        runs.append(conversion.target)
        return Panlabel()(conversion)

    shelf, given = MemoryShelf(), evidence("yolo")
    first = with_round_trips(given, convert, shelf)
    assert with_round_trips(given, convert, shelf) == first
    assert len(runs) == 1
    for changed in (
        replace(
            given, snapshot=replace(given.snapshot, used=replace(given.snapshot.used, digest="sha256:3"))
        ),  # type: ignore[type-var]
        replace(
            given, exports=(replace(given.exports[0], config=replace(given.exports[0].config, used=None)),)
        ),
        replace(given, snapshot=replace(given.snapshot, used=None)),
    ):
        before = len(runs)
        with_round_trips(changed, convert, shelf)
        with_round_trips(changed, convert, shelf)
        assert len(runs) - before == (1 if changed.snapshot.used and changed.exports[0].config.used else 2)


def test_a_failure_is_not_kept() -> None:
    shelf, given = MemoryShelf(), evidence("yolo")
    assert with_round_trips(given, Failing("failed"), shelf).exports[0].round_trip.doubts  # type: ignore[union-attr]
    assert with_round_trips(given, Panlabel(), shelf).exports[0].round_trip.complete  # type: ignore[union-attr]


def test_without_snapshot_configuration_or_converter_no_round_trip_is_made() -> None:
    for given in (
        evidence("yolo", of=None),
        evidence("yolo", settings=b"format: yolo\n"),
        evidence("yolo", settings=config("jsonl")),
    ):
        made = with_round_trips(given, Failing("failed"), MemoryShelf())
        assert made.exports[0].round_trip is None
