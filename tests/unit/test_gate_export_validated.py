"""Gate 6: cases as data, and what must hold for any export."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, EvidenceUsed, Finding, Outcome
from bot.evidence.exports.model import (
    BoxForm,
    ClassEntry,
    ExportConfig,
    ExportedFiles,
    ExportEvidence,
    SmokeRun,
)
from bot.evidence.model import Annotation, CheckResult, Item, Label, Loaded, Snapshot
from bot.export_rules import DownstreamCheck, ExportRule
from bot.gates.export_validated import check
from tests.fakes.cases import FOLDER, read_case

CASES = [
    document
    for path in sorted((FOLDER / "export_validated").glob("*.yaml"))
    for document in yaml.safe_load(path.read_text("utf-8"))
]
OWN = {"exports", "downstream", "redefined"}
fast = settings(deadline=None, max_examples=60)


def problem(code: str) -> Finding:
    return Finding(code=code, text="So it is.", fix="Fix it.")


FORMS = {"yolo": BoxForm.CENTRE, "coco": BoxForm.SIZES, "voc": BoxForm.CORNERS}


def artefact(of: Mapping[str, Any]) -> Loaded[ExportedFiles]:
    raw = of["artefact"]
    if isinstance(raw, str):
        code = "evidence.artefact-missing" if raw == "missing" else raw
        return Loaded(problems=(problem(code),))
    read = read_case({"name": "artefact", "snapshot": raw, "expect": {}}).evidence["snapshot"]
    files = ExportedFiles(
        content=read.value, boxes=FORMS.get(of["format"]), images_known=of.get("images_known", True)
    )
    doubts = (problem("evidence.artefact-doubted"),) if of.get("doubts") else ()
    return Loaded(value=files, problems=doubts)


def export(raw: Any, place: int) -> ExportEvidence:
    if raw == "missing":
        return ExportEvidence(config=Loaded(problems=(problem("evidence.config-missing"),)))
    pairs = raw["classes"].items() if isinstance(raw["classes"], Mapping) else raw["classes"]
    entries = tuple(ClassEntry(id=id_, name=name, line=line) for line, (id_, name) in enumerate(pairs, 1))
    config = ExportConfig(file=f"exports/{place}.yaml", format=raw["format"], classes=entries)
    return ExportEvidence(
        config=Loaded(value=config),
        artefact=artefact(raw) if "artefact" in raw else None,
        smoke=smoke(raw["smoke"]) if "smoke" in raw else None,
        file="release.yaml",
        line=40 + place,
    )


def smoke(raw: Any) -> Loaded[SmokeRun]:
    """A record of a run, read or not."""
    used = EvidenceUsed(source="evidence/smoke.json", digest="sha256:00")
    if isinstance(raw, str):
        return Loaded(problems=(problem(raw),), used=used)
    counts = {(split, label): count for split, label, count in raw.get("annotations", ())}
    return Loaded(
        value=SmokeRun(**{**raw, "outcome": Outcome(raw["outcome"]), "annotations": counts}), used=used
    )


def results(raw: Any) -> tuple[CheckResult, ...]:
    """Conclusions by name, of no reporter in particular, or one record for each."""
    if isinstance(raw, Mapping):
        raw = [{"name": name, "conclusion": conclusion, "app": "someone"} for name, conclusion in raw.items()]
    return tuple(CheckResult(**one) for one in raw)


@pytest.mark.parametrize("document", CASES, ids=lambda document: document["name"])
def test_the_case_holds(document: dict[str, Any]) -> None:
    case = read_case({key: value for key, value in document.items() if key not in OWN})
    answer = check(
        **case.slices("labels", "snapshot"),
        exports=tuple(export(raw, place) for place, raw in enumerate(document.get("exports", ()))),
        downstream=results(document.get("downstream", {})),
        rule=ExportRule.model_validate_json(json.dumps(case.rule or {})),
        redefined=tuple(document.get("redefined", ())),
    )
    case.hold(answer)


def validate(
    snapshot: Snapshot,
    read: Snapshot,
    *,
    names: tuple[str, ...] = ("car", "bus"),
    form: str = "coco",
    boxes: BoxForm | None = None,
    used: EvidenceUsed | None = None,
) -> Answer:
    config = ExportConfig(
        file="exports/0.yaml",
        format=form,
        classes=tuple(ClassEntry(id=str(n), name=name, line=n) for n, name in enumerate(names, 1)),
    )
    return check(
        labels=Loaded(value=tuple(Label(id=name, name=name) for name in names)),
        snapshot=Loaded(value=snapshot),
        exports=(
            ExportEvidence(
                config=Loaded(value=config, used=used),
                artefact=Loaded(value=ExportedFiles(content=read, boxes=boxes), used=used),
            ),
        ),
        downstream=(),
        rule=ExportRule(),
    )


def test_findings_about_exported_files_stand_in_these_files_and_the_answer_names_its_evidence() -> None:
    used = EvidenceUsed(source="exports/coco.json", digest="sha256:00")
    answer = validate(
        Snapshot(items=(Item(id="a", file="a"),), annotations=()),
        Snapshot(items=(), annotations=()),
        used=used,
    )
    assert [(f.code, f.file) for f in answer.findings] == [
        ("export.empty-items-missing", "exports/coco.json")
    ]
    assert answer.evidence == (used, used)


def test_an_unreadable_configuration_is_called_by_its_file() -> None:
    used = EvidenceUsed(source="exports/broken.yaml", digest="sha256:00")
    answer = check(
        labels=Loaded(value=()),
        snapshot=Loaded(value=Snapshot(items=(), annotations=())),
        exports=(ExportEvidence(config=Loaded(problems=(problem("yaml.broken"),), used=used)),),
        downstream=(),
        rule=ExportRule(),
    )
    assert answer.outcome is Outcome.VAGUE
    assert answer.facts[0].rows == (("exports/broken.yaml", "unreadable", "", "no"),)


def test_evidence_that_is_missing_without_a_reason_is_vague_too() -> None:
    answer = check(
        labels=Loaded(value=()),
        snapshot=Loaded(value=Snapshot(items=(), annotations=())),
        exports=(ExportEvidence(config=Loaded(), artefact=Loaded()),),
        downstream=(),
        rule=ExportRule(),
    )
    assert (answer.outcome, answer.codes) == (Outcome.VAGUE, ("evidence.missing",))


def crowd(count: int, shift: float = 0.0) -> tuple[Annotation, ...]:
    return tuple(
        Annotation(id=str(n), item="a", label="car", box=(float(n % 2), 1.0 + n + shift, 1.0, 1.0))
        for n in range(count)
    )


def test_boxes_that_share_a_side_are_told_apart_by_another() -> None:
    """Rows of a table: the same left edge, in another order, one of them moved."""
    item = Item(id="a", file="a", width=10_000, height=10_000)
    boxes = tuple(replace(one, box=(5.0, *one.box[1:])) for one in crowd(8_000) if one.box)
    moved = (replace(boxes[0], box=(7.0, 7.0, 1.0, 1.0)), *reversed(boxes[1:]))
    began = time.process_time()
    answer = validate(Snapshot(items=(item,), annotations=boxes), Snapshot(items=(item,), annotations=moved))
    assert (answer.codes, len(answer.findings[0].items)) == (("export.coordinates",), 1)
    assert time.process_time() - began < 10


def test_too_many_boxes_in_one_place_are_vague_and_cost_no_more_than_they_may() -> None:
    """Boxes that share every side but for more than may be rounded: each is compared with all others."""
    item = Item(id="a", file="a", width=100, height=100)
    step = 4e-4  # more than is the same, less than the window of the search
    ours, theirs = (
        Snapshot(
            items=(item, replace(item, id="b", file="b")),
            annotations=tuple(
                Annotation(
                    id=f"{n}", item="a", label="car", box=(5 + n % 2 * step, 5 + (n + of) % 2 * step, 9, 9)
                )
                for n in range(9_000)
            ),
        )
        for of in (0, 1)
    )
    began = time.process_time()
    answer = validate(ours, theirs)
    assert (answer.outcome, answer.codes) == (Outcome.VAGUE, ("export.too-crowded",))
    assert answer.findings[0].items == ("a",)
    assert time.process_time() - began < 60


COORDINATE = st.sampled_from([0.0, 0.25, 1.0, 7.5, -3.0, float("nan"), float("inf")])
NAMES = st.sampled_from(["car", "bus", "Car", "-", ""])
wild = st.builds(
    Snapshot,
    items=st.lists(
        st.builds(
            Item,
            id=st.sampled_from(["a", "b", "a.jpg", "", "\ud800"]),
            file=st.sampled_from(["a.jpg", "x/a.png", "/", ""]),
            split=st.sampled_from(["", "train", "val"]),
            width=st.sampled_from([None, 0, 10]),
            height=st.sampled_from([None, 10]),
        ),
        max_size=4,
    ).map(tuple),
    annotations=st.lists(
        st.builds(
            Annotation,
            id=st.sampled_from("123"),
            item=st.sampled_from(["a", "b", "ghost"]),
            label=NAMES,
            box=st.none() | st.tuples(*[COORDINATE] * 4),
            shape=st.lists(COORDINATE, max_size=3).map(tuple),
        ),
        max_size=6,
    ).map(tuple),
    classes=st.dictionaries(st.sampled_from(["0", "1", "2", "x", "9" * 5000]), NAMES, max_size=3),
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values.map(lambda value: Loaded(value=value)) | st.just(Loaded(problems=(problem("evidence.x"),)))


exported = st.builds(
    ExportedFiles,
    content=wild,
    boxes=st.none() | st.sampled_from(BoxForm),
    faults=st.sampled_from([(), (problem("export.out-of-range"),)]),
    images_known=st.booleans(),
)
configs = st.builds(
    ExportConfig,
    file=st.just("exports/0.yaml"),
    format=st.sampled_from(["yolo", "coco", "voc", ""]),
    classes=st.lists(
        st.builds(ClassEntry, id=st.sampled_from(["0", "1", "-1", "9" * 5000, ""]), name=NAMES), max_size=4
    ).map(tuple),
)


runs = st.builds(
    SmokeRun,
    outcome=st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.VAGUE]),
    checks=st.sampled_from([(), ("read-back",)]),
    annotations=st.dictionaries(st.tuples(st.just(""), NAMES), st.integers(0, 2), max_size=2),
)
unread = st.just(Loaded(problems=(problem("evidence.bytes-not-available"),)))


@fast
@given(
    labels=maybe(
        st.lists(st.builds(Label, id=st.just("1"), name=NAMES, active=st.booleans()), max_size=3).map(tuple)
    ),
    snapshot=maybe(wild),
    exports=st.lists(
        st.builds(
            ExportEvidence,
            config=maybe(configs),
            artefact=st.none() | maybe(exported) | unread,
            smoke=st.none() | maybe(runs),
        ),
        max_size=2,
    ).map(tuple),
    downstream=st.lists(
        st.builds(
            CheckResult,
            name=st.sampled_from("ab"),
            conclusion=st.sampled_from(["success", "", "failure"]),
            app=st.sampled_from([None, "", "ci"]),
        )
    ).map(tuple),
    checks=st.lists(
        st.builds(DownstreamCheck, name=st.sampled_from("abc"), app=st.sampled_from([None, "ci"]))
    ).map(tuple),
    redefined=st.sampled_from([(), (".gitlab-ci.yml",)]),
)
def test_no_evidence_makes_it_raise_and_nothing_unread_passes(
    *,
    labels: Any,
    snapshot: Any,
    exports: tuple[ExportEvidence, ...],
    downstream: tuple[CheckResult, ...],
    checks: tuple[DownstreamCheck, ...],
    redefined: tuple[str, ...],
) -> None:
    answer = check(
        labels=labels,
        snapshot=snapshot,
        exports=exports,
        downstream=downstream,
        rule=ExportRule(downstream_checks=checks, smoke_check="a"),
        redefined=redefined,
    )
    assert answer.outcome in {Outcome.PASSED, Outcome.FAILED, Outcome.VAGUE}
    assert bool(answer.findings) is (answer.outcome is not Outcome.PASSED)
    if answer.outcome is Outcome.PASSED:
        assert exports
        for one in checks:
            told = [result for result in downstream if result.name == one.name]
            assert any(result.conclusion == "success" for result in told)
        assert None not in (labels.value, snapshot.value, *(export.config.value for export in exports))
        if any(export.artefact and export.artefact.value is None for export in exports):
            assert not redefined
            assert any(check.name == "a" and check.app == "ci" for check in checks)


@st.composite
def tidy(draw: st.DrawFn) -> Snapshot:
    ids = draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True))
    number = st.integers(0, 499).map(float)
    side = st.integers(1, 100).map(float)
    count = draw(st.integers(1, 8))
    return Snapshot(
        items=tuple(
            Item(
                id=f"{i}.jpg",
                file=f"{i}.jpg",
                split=draw(st.sampled_from(["train", "val"])),
                width=640,
                height=600,
            )
            for i in ids
        ),
        annotations=tuple(
            Annotation(
                id=str(n),
                item=f"{draw(st.sampled_from(ids))}.jpg",
                label=draw(st.sampled_from(["car", "bus"])),
                box=draw(st.tuples(number, number, side, side)),
            )
            for n in range(count)
        ),
    )


def as_yolo(snapshot: Snapshot) -> Snapshot:
    """What a YOLO file of six decimals keeps of a snapshot, read back."""

    def boxed(annotation: Annotation, place: int) -> Annotation:
        assert annotation.box
        x, y, w, h = annotation.box
        middle = (round((x + w / 2) / 640, 6), round((y + h / 2) / 600, 6))
        size = (round(w / 640, 6), round(h / 600, 6))
        box = (middle[0] - size[0] / 2, middle[1] - size[1] / 2, *size)
        return replace(annotation, id=f"row{place}", box=box)

    items = tuple(
        replace(item, id=item.id[:-4], file=f"images/{item.split}/{item.file}", width=None, height=None)
        for item in snapshot.items
    )
    rows = [replace(boxed(a, n), item=a.item[:-4]) for n, a in enumerate(snapshot.annotations)]
    return Snapshot(items=items, annotations=tuple(sorted(rows, key=lambda row: row.box or ())))


@fast
@given(snapshot=tidy())
def test_a_faithful_export_of_six_decimals_reads_back_as_the_snapshot(snapshot: Snapshot) -> None:
    answer = validate(snapshot, as_yolo(snapshot))
    assert (answer.outcome, answer.findings) == (Outcome.PASSED, ())


@fast
@given(snapshot=tidy(), data=st.data())
def test_one_altered_annotation_is_named_in_exactly_one_finding(
    snapshot: Snapshot, data: st.DataObject
) -> None:
    read = as_yolo(snapshot)
    victim = data.draw(st.sampled_from(read.annotations))
    others = tuple(a for a in read.annotations if a is not victim)
    assert victim.box
    altered = {
        "drop": (),
        "double": (victim, replace(victim, id="twin")),
        "relabel": (replace(victim, label="bus" if victim.label == "car" else "car"),),
        "move": (replace(victim, box=(victim.box[0] + 0.001, *victim.box[1:])),),
    }[data.draw(st.sampled_from(["drop", "double", "relabel", "move"]))]
    answer = validate(snapshot, replace(read, annotations=(*others, *altered)))
    assert answer.outcome is Outcome.FAILED
    assert [len(finding.items) for finding in answer.findings] == [1]


@fast
@given(snapshot=tidy(), data=st.data())
def test_the_order_of_records_does_not_matter(snapshot: Snapshot, data: st.DataObject) -> None:
    read = as_yolo(snapshot)
    broken = replace(read, annotations=read.annotations[1:])
    shuffled = Snapshot(
        items=tuple(data.draw(st.permutations(broken.items))),
        annotations=tuple(data.draw(st.permutations(broken.annotations))),
    )
    assert validate(snapshot, shuffled) == validate(snapshot, broken)
