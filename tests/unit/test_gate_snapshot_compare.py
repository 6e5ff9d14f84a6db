"""Gate 5: cases as data, and what must hold for any two snapshots."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, EvidenceUsed, Outcome
from bot.evidence.model import Annotation, Item, Loaded, Snapshot
from bot.gates.compare.difference import narrow
from bot.gates.snapshot_compare import check, judge
from bot.manifest import IntendedChange
from bot.policy import CompareRule
from tests.fakes.cases import FOLDER, Case, read_case
from tests.fakes.wild_snapshots import LABELS, SPLITS, tidy, wild

CASES = [
    document
    for path in sorted((FOLDER / "snapshot_compare").glob("*.yaml"))
    for document in yaml.safe_load(path.read_text("utf-8"))
]
NAMELESS = {"compare.intent-unused", "compare.locked-split-unknown"}
"""What did not happen and what nobody has concern no item."""
ODDITIES = {f"compare.{what}" for what in ("box-without-area", "box-outside", "annotation-twice")}
fast = settings(deadline=None, max_examples=60)


def intended(**values: Any) -> IntendedChange:
    return IntendedChange(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def case_of(document: dict[str, Any]) -> Case:
    return read_case({key: value for key, value in document.items() if key != "intent"})


def answer_to(case: Case, entries: list[dict[str, Any]] | None) -> Answer:
    rule = {name: tuple(v) if isinstance(v, list) else float(v) for name, v in (case.rule or {}).items()}
    return check(
        **case.slices("snapshot", "baseline"),
        baseline_name="1.4.0",
        intent=None if entries is None else tuple(intended(**entry) for entry in entries),
        rule=CompareRule(**rule),
    )


@pytest.mark.parametrize("document", CASES, ids=lambda document: document["name"])
def test_the_case_holds(document: dict[str, Any]) -> None:
    case = case_of(document)
    case.hold(answer_to(case, document.get("intent")))


@pytest.mark.parametrize("document", CASES, ids=lambda document: document["name"])
def test_no_doubt_hides_a_failure_or_lets_it_pass(document: dict[str, Any]) -> None:
    case = case_of(document)
    outcome = answer_to(case, document.get("intent")).outcome
    for doubted in case.doubted():
        found = answer_to(doubted, document.get("intent"))
        assert (found.outcome is Outcome.FAILED) is (outcome is Outcome.FAILED)
        if "evidence.doubted" in found.codes:
            assert found.outcome is not Outcome.PASSED


def compare(
    before: Snapshot, after: Snapshot, intent: tuple[IntendedChange, ...] | None = (), **rule: Any
) -> Answer:
    return check(
        snapshot=Loaded(value=after),
        baseline=Loaded(value=before),
        baseline_name="1.4.0",
        intent=intent,
        rule=CompareRule(**rule),
    )


def test_a_class_whose_annotations_were_on_no_item_drifts_with_the_item_that_came() -> None:
    """Readers refuse such files; tables of a warehouse are compared all the same."""
    boxes = tuple(Annotation(id=str(n), item="a", label="car", box=(n, 1, 2, 2)) for n in range(3))
    before = Snapshot(items=(), annotations=boxes)
    after = replace(before, items=(Item(id="a", file="a.jpg", split="train"),))
    answer = compare(before, after, max_class_drift=0.0)
    assert [finding.items for finding in answer.findings if finding.code == "compare.class-drift"] == [
        ("a",),
        ("a",),
    ]


def test_lines_of_a_directory_of_files_are_not_shown_on_the_directory() -> None:
    after = Snapshot(items=(Item(id="a", file="a.jpg", line=3),), annotations=())
    used = EvidenceUsed(source="datasets/street", digest="gittree:00")
    answer = check(
        snapshot=Loaded(value=after, used=used),
        baseline=Loaded(value=Snapshot(items=(), annotations=())),
        baseline_name="",
        intent=(),
        rule=CompareRule(),
    )
    assert [(finding.file, finding.line) for finding in answer.findings] == [(None, None)]
    assert answer.headline == "1 change against the baseline, not everything as intended."
    assert answer.evidence == (used,)


intents = st.none() | st.lists(
    st.builds(
        IntendedChange,
        kinds=st.lists(
            st.sampled_from(
                ["add-items", "remove-items", "add-annotations", "relabel", "move", "change-split"]
            ),
            min_size=1,
        ).map(tuple),
        classes=st.lists(LABELS, max_size=2).map(tuple),
        splits=st.lists(SPLITS, max_size=2).map(tuple),
        items=st.lists(st.sampled_from(["*", "a", "?", "**"]), max_size=2).map(tuple),
        max_share=st.none() | st.floats(0.001, 2.0),
    ),
    max_size=3,
).map(tuple)
rules = st.builds(
    CompareRule,
    locked_splits=st.lists(SPLITS, max_size=2).map(tuple),
    max_class_drift=st.floats(0.0, allow_nan=False),
)


@fast
@given(before=wild, after=wild, intent=intents, rule=rules)
def test_no_snapshots_make_it_raise_and_it_names_every_outcome(
    before: Snapshot, after: Snapshot, intent: tuple[IntendedChange, ...] | None, rule: CompareRule
) -> None:
    answer = check(
        snapshot=Loaded(value=after),
        baseline=Loaded(value=before),
        baseline_name="b",
        intent=intent,
        rule=rule,
    )
    assert answer.outcome in {Outcome.PASSED, Outcome.FAILED, Outcome.VAGUE}
    assert answer.outcome is Outcome.PASSED or answer.findings
    assert all(finding.text and finding.fix for finding in answer.findings)
    assert all(finding.items for finding in answer.findings if finding.code not in NAMELESS)
    assert all({item for item, _ in finding.annotations} <= set(finding.items) for finding in answer.findings)


@fast
@given(snapshot=tidy(), intent=intents)
def test_a_snapshot_compared_with_itself_is_unchanged(
    snapshot: Snapshot, intent: tuple[IntendedChange, ...] | None
) -> None:
    answer = compare(snapshot, snapshot, intent)
    assert (answer.outcome, answer.headline) == (Outcome.PASSED, "Nothing changed against 1.4.0.")
    assert set(answer.codes) <= {"compare.intent-unused", *ODDITIES}


@fast
@given(snapshot=tidy(), data=st.data())
def test_new_annotation_ids_alone_are_no_difference(snapshot: Snapshot, data: st.DataObject) -> None:
    old = [a.id for a in snapshot.annotations]
    pool = [*old, *(f"n{n}" for n in range(len(old)))]
    new = data.draw(st.permutations(pool))[: len(old)]
    renumbered = tuple(replace(a, id=i) for a, i in zip(snapshot.annotations, new, strict=True))
    answer = compare(snapshot, replace(snapshot, annotations=renumbered))
    assert answer.outcome is Outcome.PASSED
    assert set(answer.codes) <= ODDITIES


@fast
@given(before=wild, after=wild, intent=intents, rule=rules, data=st.data())
def test_the_order_of_records_does_not_matter(
    before: Snapshot,
    after: Snapshot,
    intent: tuple[IntendedChange, ...] | None,
    rule: CompareRule,
    data: st.DataObject,
) -> None:
    def shuffled(snapshot: Snapshot) -> Snapshot:
        return Snapshot(
            items=tuple(data.draw(st.permutations(snapshot.items))),
            annotations=tuple(data.draw(st.permutations(snapshot.annotations))),
        )

    other = compare(shuffled(before), shuffled(after), intent, **rule.model_dump())
    assert other == compare(before, after, intent, **rule.model_dump())


def seeded(snapshot: Snapshot, kind: str, data: st.DataObject) -> tuple[Snapshot, set[str]]:
    """`snapshot` with one change of `kind`, and the ids of the records it touched."""
    item = data.draw(st.sampled_from(snapshot.items))
    annotation = data.draw(st.sampled_from(snapshot.annotations))
    keep = tuple(a for a in snapshot.annotations if a is not annotation)
    others = tuple(i for i in snapshot.items if i is not item)
    match kind:
        case "add-items":
            return replace(snapshot, items=(*snapshot.items, Item(id="new", file="new.jpg"))), {"new"}
        case "remove-items":
            left = tuple(a for a in snapshot.annotations if a.item != item.id)
            return replace(snapshot, items=others, annotations=left), {item.id}
        case "replace-items":
            return replace(snapshot, items=(*others, replace(item, digest="sha256:other"))), {item.id}
        case "change-split":
            return replace(snapshot, items=(*others, replace(item, split="elsewhere"))), {item.id}
        case "add-annotations":
            made = replace(annotation, id="new")
            return replace(snapshot, annotations=(*snapshot.annotations, made)), {"new"}
        case "remove-annotations":
            return replace(snapshot, annotations=keep), {annotation.id}
        case "relabel":
            made = replace(annotation, label="another")
            return replace(snapshot, annotations=(*keep, made)), {annotation.id}
        case _:
            assert annotation.box
            made = replace(annotation, box=(annotation.box[0] + 1000, *annotation.box[1:]))
            return replace(snapshot, annotations=(*keep, made)), {annotation.id}


KINDS = (
    "add-items",
    "remove-items",
    "replace-items",
    "change-split",
    "add-annotations",
    "remove-annotations",
    "relabel",
    "move",
)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=30)
@given(snapshot=tidy(), data=st.data())
def test_a_seeded_change_is_named_once_and_only_its_own_declaration_lets_it_pass(
    kind: str, snapshot: Snapshot, data: st.DataObject
) -> None:
    changed, records = seeded(snapshot, kind, data)
    failed = compare(snapshot, changed, (), max_class_drift=1e9)
    assert failed.outcome is Outcome.FAILED
    (found,) = (finding for finding in failed.findings if finding.code == f"compare.undeclared-{kind}")
    named = found.items if kind.endswith(("items", "split")) else tuple(id_ for _, id_ in found.annotations)
    assert sorted(named) == sorted(records)
    others = [f for f in failed.findings if f.code.startswith("compare.undeclared-") and f is not found]
    assert not others

    vague = compare(snapshot, changed, None)
    assert vague.outcome is Outcome.VAGUE
    assert records <= {*vague.findings[0].items, *(id_ for _, id_ in vague.findings[0].annotations)}

    labels = {a.label for a in (*snapshot.annotations, *changed.annotations)}
    anything = {"classes": tuple(labels)}
    right = (IntendedChange(kinds=(kind,), **anything),)
    wrong = tuple(IntendedChange(kinds=(other,), **anything) for other in KINDS if other != kind)
    assert compare(snapshot, changed, wrong).outcome is Outcome.FAILED
    allowed = compare(snapshot, changed, right, max_class_drift=1e9)
    assert not [finding for finding in allowed.findings if "undeclared" in finding.code]


@fast
@given(before=tidy(), after=tidy(), data=st.data())
def test_an_undeclared_difference_never_passes(
    before: Snapshot, after: Snapshot, data: st.DataObject
) -> None:
    same = Counter((a.item, a.label, a.box) for a in before.annotations) == Counter(
        (a.item, a.label, a.box) for a in after.annotations
    ) and set(before.items) == set(after.items)
    assert (compare(before, after, ()).outcome is Outcome.PASSED) is same
    assert (compare(before, after, None).outcome is Outcome.PASSED) is same


@pytest.mark.parametrize("worlds", [wild, tidy()], ids=["wild", "tidy"])
@settings(deadline=None, max_examples=40)
@given(data=st.data(), intent=intents, rule=rules)
def test_the_engine_that_narrows_large_snapshots_changes_no_answer(
    worlds: st.SearchStrategy[Snapshot],
    data: st.DataObject,
    intent: tuple[IntendedChange, ...] | None,
    rule: CompareRule,
) -> None:
    before, after = data.draw(worlds), data.draw(worlds)
    asked = {
        "snapshot": Loaded(value=after),
        "baseline": Loaded(value=before),
        "baseline_name": "1.4.0",
        "intent": intent,
        "rule": rule,
    }
    never, always = 1 << 30, 0
    small, large = (judge(narrow(before, after, large=size), **asked) for size in (never, always))
    assert large == small


@fast
@given(snapshot=tidy())
def test_new_item_ids_alone_are_a_rename(snapshot: Snapshot) -> None:
    renumbered = replace(
        snapshot,
        items=tuple(replace(item, id=f"n{item.id}") for item in snapshot.items),
        annotations=tuple(replace(one, item=f"n{one.item}") for one in snapshot.annotations),
    )
    answer = compare(snapshot, renumbered)
    assert answer.outcome is Outcome.PASSED
    (renamed,) = (finding for finding in answer.findings if finding.code == "compare.renamed-items")
    assert sorted(renamed.items) == sorted(item.id for item in renumbered.items)
