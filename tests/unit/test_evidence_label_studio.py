"""Label Studio's JSON export as a snapshot."""

import json
from typing import Any

import pytest

from bot.evidence.label_studio import read_label_studio_snapshot
from bot.evidence.model import Annotation, Loaded, Snapshot
from tests.fakes.tool_exports import ls_annotation, ls_task


def region(type_: str = "rectanglelabels", id_: str | None = "r1", **value: Any) -> dict[str, Any]:
    shape = (
        {"x": 10.0, "y": 20.0, "width": 30.0, "height": 40.0, "rotation": 0} if "points" not in value else {}
    )
    named = {type_: ["car"]} if type_ not in value else {}
    made = {
        "type": type_,
        "value": {**shape, **named, **value},
        "original_width": 200,
        "original_height": 100,
    }
    return made | ({} if id_ is None else {"id": id_})


def task(*regions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    made = [ls_annotation(result=list(regions))]
    return ls_task(**{"annotations": made, "total_annotations": 1, **fields})


def read(*tasks: dict[str, Any], file: str = "export.json") -> Loaded[Snapshot]:
    return read_label_studio_snapshot(json.dumps(tasks).encode(), file=file)


def snapshot(*tasks: dict[str, Any], file: str = "export.json") -> Snapshot:
    loaded = read(*tasks, file=file)
    assert loaded.value is not None, loaded.problems
    return loaded.value


def annotation(made: dict[str, Any]) -> Annotation:
    (found,) = snapshot(task(made)).annotations
    return found


def test_percent_become_pixels_of_the_image() -> None:
    found = snapshot(task(region(), data={"image": "s3://b/a.jpg", "split": "val"}))
    (box,) = found.annotations
    assert (box.id, box.item, box.label, box.box, box.shape) == (
        "1/r1",
        "s3://b/a.jpg",
        "car",
        (20, 20, 60, 40),
        (),
    )
    assert (box.annotator, box.changed_at is not None, box.line) == ("ann@example.org", True, 1)
    (item,) = found.items
    assert (item.id, item.split, item.width, item.height, item.marked_empty) == (
        "s3://b/a.jpg",
        "val",
        200,
        100,
        False,
    )
    assert (dict(found.classes), found.has_ids) == ({}, True)


def test_a_rotated_rectangle_turns_clockwise_about_its_corner() -> None:
    turned = annotation(region(x=50.0, y=0.0, width=20.0, height=10.0, rotation=90))
    assert turned.box == pytest.approx((90, 0, 10, 40))
    assert turned.shape == pytest.approx((100, 0, 100, 40, 90, 40, 90, 0))


def test_polygons_and_keypoints_keep_their_points() -> None:
    polygon = annotation(region("polygonlabels", points=[[0, 0], [50, 0], [50, 100]]))
    assert (polygon.box, polygon.shape) == ((0, 0, 100, 100), (0, 0, 100, 0, 100, 100))
    point = annotation(region("keypointlabels"))
    assert (point.box, point.shape) == ((20, 20, 0, 0), (20, 20))


def test_choices_are_of_the_whole_image_and_several_labels_are_several_annotations() -> None:
    found = snapshot(task(region("choices", choices=["day", "rain"]), region(id_="r2")))
    assert [(one.id, one.label, one.box) for one in found.annotations] == [
        ("1/r1/day", "day", None),
        ("1/r1/rain", "rain", None),
        ("1/r2", "car", (20, 20, 60, 40)),
    ]


def test_regions_without_ids_are_numbered_and_said_to_have_none() -> None:
    found = snapshot(task(region(id_=None), region(id_=None)))
    assert ([one.id for one in found.annotations], found.has_ids) == (["1/1", "1/2"], False)


def test_predictions_drafts_and_skipped_annotations_are_no_annotations() -> None:
    result = [region()]
    skipped = [
        ls_annotation(result=result, was_cancelled=True),
        ls_annotation(result=result, last_action="skipped"),
    ]
    found = snapshot(
        task(
            annotations=skipped,
            total_annotations=0,
            drafts=[{"result": result}],
            predictions=[{"result": result}],
        ),
        task(id=2, data={"image": "b.jpg"}, drafts=[]),
    )
    assert list(found.annotations) == []
    assert [item.marked_empty for item in found.items] == [False, True]


def test_of_several_annotations_the_ground_truth_counts() -> None:
    made = [
        ls_annotation(id=1, result=[region()], ground_truth=False),
        ls_annotation(id=2, result=[region(id_="r9")], ground_truth=True),
    ]
    assert [one.id for one in snapshot(task(annotations=made, total_annotations=2)).annotations] == ["1/r9"]


@pytest.mark.parametrize("truths", [(False, False), (True, True)])
def test_several_annotations_without_one_ground_truth_are_refused(truths: tuple[bool, bool]) -> None:
    made = [ls_annotation(result=[], ground_truth=truth) for truth in truths]
    loaded = read(task(annotations=made, total_annotations=2))
    assert [f.code for f in loaded.problems] == ["label-studio.several-annotations"]


def test_a_split_is_told_by_data_by_meta_or_by_the_name_of_the_export() -> None:
    tasks = (
        task(id=1, data={"image": "a", "split": "test"}),
        task(id=2, data={"image": "b"}, meta={"split": "train"}),
        task(id=3, data={"image": "c"}, meta=None),
    )
    assert [item.split for item in snapshot(*tasks, file="d/val.json").items] == ["test", "train", "val"]


def test_an_image_in_two_splits_is_an_item_in_each() -> None:
    found = snapshot(
        *(task(region(), id=n, data={"image": "a", "split": split}) for n, split in ((1, "x"), (2, "y")))
    )
    assert [(item.id, item.file) for item in found.items] == [("x/a", "a"), ("y/a", "a")]
    assert [one.item for one in found.annotations] == ["x/a", "y/a"]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (region("brushlabels", format="rle", rle=[0, 1]), "label-studio.region-not-read"),
        (region("ellipselabels"), "label-studio.region-not-read"),
        ({"type": "relation", "from_id": "a", "to_id": "b"}, "label-studio.region-not-read"),
        ({"type": "rectanglelabels"}, "label-studio.no-label"),
        (region(rectanglelabels=[]), "label-studio.no-label"),
        (region(rectanglelabels=[""]), "evidence.bad-record"),
        (region(rectanglelabels=["car", "car"]), "snapshot.duplicate-annotation"),
        (region(id_=""), "evidence.bad-record"),
        (region(rectanglelabels="car"), "evidence.bad-record"),
        (region(x=None), "evidence.bad-record"),
        (region(width=-1), "snapshot.bad-box"),
        (region(x=640), "label-studio.not-percent"),
        (region("polygonlabels", points=[]), "snapshot.bad-shape"),
        (region("keypointlabels", y=None), "evidence.bad-record"),
        ({**region(), "image_rotation": 90}, "label-studio.rotated-image"),
        ({**region(), "original_width": None}, "label-studio.no-size"),
        ({**region(), "original_width": 0}, "label-studio.no-size"),
    ],
)
def test_a_region_that_cannot_be_carried_is_refused_by_name(made: dict[str, Any], code: str) -> None:
    loaded = read(task(made))
    assert loaded.value is None
    assert [(f.code, f.line) for f in loaded.problems] == [(code, 1)]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (task(region(), {**region(id_="r2"), "original_width": 7}), "label-studio.no-size"),
        (task(region(), data={"split": "val"}), "label-studio.no-item"),
        (task(region(), data={"image": "a", "split": 3}), "evidence.bad-record"),
        (task(region(), total_annotations=2), "label-studio.partial-export"),
        (task(annotations=[ls_annotation(updated_at="soon")]), "evidence.not-a-time"),
        ({"id": 1, "data": {"image": "a"}, "completions": []}, "label-studio.other-export"),
    ],
)
def test_a_task_that_says_too_little_is_refused_by_name(made: dict[str, Any], code: str) -> None:
    assert [f.code for f in read(made).problems] == [code]
