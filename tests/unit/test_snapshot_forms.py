"""The same corruption of the same data set gives the same findings of gate 5, in whatever form it comes."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from bot.answers import Answer, Outcome
from bot.evidence.frame_builder import frame_of
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.shelf import Kept
from bot.gates.snapshot_compare import check
from bot.policy import CompareRule
from bot.shelf import DirectoryShelf
from tests.fakes.one_dataset import CORRUPTIONS, FORMS, dataset, loaded

SEEDS = range(10)
EXPECTED = {
    "dropped item": {"compare.undeclared-remove-items"},
    "moved box": {"compare.undeclared-move"},
    "swapped class": {"compare.undeclared-relabel"},
    "leaked item": {"compare.leakage", "compare.undeclared-add-items", "compare.renamed-items"},
    "relabelled split": {"compare.undeclared-change-split"},
}
EXPECTED["all of them"] = set.union(*EXPECTED.values())
Said = Counter[tuple[str, str, tuple[str, ...]]]
"""Code, what happened how often, and the items it happened to, of every finding."""


def answer(before: Loaded[Snapshot], after: Loaded[Snapshot]) -> Answer:
    rule = CompareRule(max_class_drift=100)
    return check(snapshot=after, baseline=before, baseline_name="v1", intent=(), rule=rule)


def said(answer: Answer) -> Said:
    return Counter(
        (finding.code, finding.text.partition(": ")[0], tuple(sorted(finding.items)))
        for finding in answer.findings
    )


def read(files: Mapping[str, bytes]) -> Loaded[Snapshot]:
    found = loaded(files)
    assert found.value is not None, found.problems
    assert found.problems == ()
    return found


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_corruption_is_found_alike_in_every_form(corruption: str) -> None:
    codes = set()
    for seed in SEEDS:
        before = dataset(Random(seed))
        after = CORRUPTIONS[corruption](before, Random(f"{corruption} {seed}"))
        told: dict[str, Said] = {}
        for form, write in FORMS.items():
            was, now = read(write(before)), read(write(after))
            assert was.value is not None
            assert now.value is not None
            found = answer(was, now)
            assert found.outcome is Outcome.FAILED
            told[form] = said(found)
        assert told == dict.fromkeys(FORMS, told["coco"])
        codes |= {code for code, _, _ in told["coco"]}
    assert codes - {"compare.vanished-class", "compare.new-class"} == EXPECTED[corruption]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_data_set_written_in_another_order_is_no_change(form: str) -> None:
    for seed in SEEDS:
        before = dataset(Random(seed))
        shuffled = list(before)
        Random(seed).shuffle(shuffled)
        found = answer(read(FORMS[form](before)), read(FORMS[form](tuple(shuffled))))
        assert (found.outcome, found.findings) == (Outcome.PASSED, ())


def test_all_forms_of_one_data_set_hold_the_same_items_and_boxes() -> None:
    found = {form: read(write(dataset(Random(1)))).value for form, write in FORMS.items()}
    coco = found["coco"]
    assert coco is not None
    boxes = sorted((one.item, one.label, *(one.box or ())) for one in coco.annotations)
    for form, snapshot in found.items():
        assert snapshot is not None
        assert {(i.id, i.split) for i in snapshot.items} == {(i.id, i.split) for i in coco.items}
        scale = (640, 480) if form == "yolo" else (1, 1)
        scaled = sorted(
            (one.item, one.label, *(value * scale[n % 2] for n, value in enumerate(one.box or ())))
            for one in snapshot.annotations
        )
        assert [one[:2] for one in scaled] == [one[:2] for one in boxes]
        for mine, theirs in zip(scaled, boxes, strict=True):
            assert mine[2:] == pytest.approx(theirs[2:], abs=1e-3), form


def test_a_committed_picture_that_was_replaced_or_leaked_is_told_by_its_content() -> None:
    files = {
        "d/data.yaml": b"train: images/train\nval: images/val\nnames: [car]\n",
        "d/images/train/1.jpg": b"one",
        "d/images/train/2.jpg": b"two",
        "d/images/val/1.jpg": b"another one",
    }
    was = read(files)
    assert was.value is not None
    replaced = read(files | {"d/images/train/2.jpg": b"three"})
    assert [(f.code, f.items) for f in answer(was, replaced).findings] == [
        ("compare.undeclared-replace-items", ("2.jpg",))
    ]
    leaked = read(files | {"d/images/val/3.jpg": b"two"})
    assert [f.code for f in answer(was, leaked).findings] == [
        "compare.undeclared-add-items",
        "compare.leakage",
    ]


def test_a_snapshot_on_the_shelf_remembers_that_its_annotations_have_no_ids(tmp_path: Path) -> None:
    for form, write in FORMS.items():
        value = read(write(dataset(Random(2)))).value
        assert value is not None
        shelf = DirectoryShelf(tmp_path / form)
        shelf.keep("key", Kept(frame=frame_of(value), digest="sha256:ab"))
        kept = shelf.find("key")
        assert kept is not None
        assert kept.frame.has_ids is value.has_ids is (form in {"coco", "label-studio"})
