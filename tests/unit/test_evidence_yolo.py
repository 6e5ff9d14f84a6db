"""YOLO directories: configuration, layout and label rows."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.model import Annotation, Loaded, Snapshot
from bot.evidence.yolo import read_yolo
from bot.evidence.yolo_config import read_config
from bot.evidence.yolo_layout import label_path

CONFIG = "path: .\ntrain: images/train\nnames: [car, bus]\n"
IMAGES = ("d/images/train/a.jpg",)
LABEL = "d/labels/train/a.txt"


def read(
    texts: Mapping[str, str], images: tuple[str, ...] = IMAGES, config: str = CONFIG
) -> Loaded[Snapshot]:
    loaded = read_config(config.encode(), file="d/data.yaml")
    assert loaded.value is not None, loaded.problems
    return read_yolo(
        loaded.value,
        texts={path: text.encode() for path, text in texts.items()},
        images=dict.fromkeys(images, "gitblob:ab"),
    )


def snapshot(texts: Mapping[str, str], images: tuple[str, ...] = IMAGES, config: str = CONFIG) -> Snapshot:
    loaded = read(texts, images, config)
    assert loaded.value is not None, loaded.problems
    return loaded.value


def annotations(rows: str) -> tuple[Annotation, ...]:
    return snapshot({LABEL: rows}).annotations


def test_a_box_row_becomes_corner_and_size_in_fractions_of_the_item() -> None:
    (box,) = annotations("1 0.5 0.5 0.25 0.5\n")
    assert (box.item, box.label, box.box, box.shape, box.line) == (
        "a.jpg",
        "bus",
        (0.375, 0.25, 0.25, 0.5),
        (),
        1,
    )
    (item,) = snapshot({}).items
    assert (item.id, item.file, item.split, item.width) == ("a.jpg", "a.jpg", "train", None)
    assert item.digest == "gitblob:ab"
    assert not snapshot({}).has_ids


def test_a_polygon_row_keeps_its_corners_and_its_extent_as_box() -> None:
    (shape,) = annotations("0.0 0.25 0.25 0.5 0.25 0.5 0.75")
    assert (shape.box, len(shape.shape)) == ((0.25, 0.25, 0.25, 0.5), 6)


def test_an_oriented_box_keeps_its_corners_even_a_little_outside() -> None:
    (box,) = annotations("1 0.55 0.1 0.35 0.6 0.25 0.5 0.45 -0.01")
    assert len(box.shape) == 8
    assert box.box == pytest.approx((0.25, -0.01, 0.3, 0.61))


@pytest.mark.parametrize(
    ("shape", "row"), [("[2, 3]", "0 .5 .5 .5 .5 .4 .4 2 .6 .6 0"), ("[2, 2]", "0 .5 .5 .5 .5 .4 .4 .6 .6")]
)
def test_keypoints_follow_the_box_with_or_without_visibility(shape: str, row: str) -> None:
    (pose,) = snapshot({LABEL: row}, config=f"{CONFIG}kpt_shape: {shape}\n").annotations
    assert pose.box == (0.25, 0.25, 0.5, 0.5)
    assert pose.shape == tuple(float(word) for word in row.split()[5:])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("0 .5 .5 .5 .5", "yolo.bad-row"),
        ("0 .5 .5 .5 .5 .4 .4 2", "yolo.bad-row"),
        ("0 .5 .5 .5 .5 .4 .4 3 .6 .6 0", "yolo.bad-row"),
        ("0 .5 .5 .5 .5 .4 1.4 2 .6 .6 0", "yolo.out-of-range"),
        ("0 .5 .5 .5 .5 40 40 2 60 60 0", "yolo.pixels"),
        ("0 .5 .5 1.5 .5 .4 .4 2 .6 .6 0", "yolo.out-of-range"),
    ],
)
def test_rows_that_are_no_pose_are_refused_by_name(row: str, code: str) -> None:
    loaded = read({LABEL: row}, config=f"{CONFIG}kpt_shape: [2, 3]\n")
    assert [(f.code, f.line) for f in loaded.problems] == [(code, 1)]


def test_boxes_and_polygons_in_one_file_are_read_and_doubted() -> None:
    loaded = read({LABEL: "0 .5 .5 .1 .1\n0 .1 .1 .3 .1 .3 .4\n"})
    assert loaded.value is not None
    assert [len(one.shape) for one in loaded.value.annotations] == [0, 6]
    assert [(f.code, f.file) for f in loaded.problems] == [("yolo.mixed-rows", LABEL)]


def test_ids_of_rows_do_not_depend_on_their_order() -> None:
    before = annotations("0 .5 .5 .1 .1\n1 .5 .5 .2 .2\n0 .5 .5 .1 .1\n")
    after = annotations("1 .5 .5 .3 .3\n\n1 .5 .5 .2 .2\n0  .5 .5 .1 .1\n0 .5 .5 .1 .1")
    assert len({a.id for a in before}) == 3
    assert {a.id for a in before} < {a.id for a in after}


def test_an_empty_label_file_marks_the_item_empty_and_a_missing_one_does_not() -> None:
    assert snapshot({LABEL: " \n"}).items[0].marked_empty
    assert not snapshot({}).items[0].marked_empty
    assert not snapshot({LABEL: "0 .5 .5 .1 .1"}).items[0].marked_empty


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2 .5 .5 .1 .1", "yolo.unknown-class"),
        ("-1 .5 .5 .1 .1", "yolo.unknown-class"),
        ("0.5 .5 .5 .1 .1", "yolo.unknown-class"),
        ("nan .5 .5 .1 .1", "yolo.unknown-class"),
        ("0 .5 .5 .1", "yolo.bad-row"),
        ("0 .5 .5 .1 .1 .9", "yolo.bad-row"),
        ("0 .1 .1 .2 .2 .3 .3 .4", "yolo.bad-row"),
        ("0", "yolo.bad-row"),
        ("car .5 .5 .1 .1", "yolo.bad-row"),
        ("0 1.5 .5 .1 .1", "yolo.out-of-range"),
        ("0 320 240 64 48", "yolo.pixels"),
        ("0 64 48 128 48 128 96", "yolo.pixels"),
        ("0 .9 .1 1.3 .1 1.3 .4", "yolo.out-of-range"),
        ("0 .1 .1 inf .2 .3 .3", "snapshot.bad-box"),
        ("0 .5 .5 nan .1", "yolo.out-of-range"),
        ("0 .5 .5 .1 -.1", "yolo.out-of-range"),
    ],
)
def test_every_bad_row_is_a_finding_at_its_line_of_the_label_file(row: str, code: str) -> None:
    loaded = read({LABEL: f"0 .5 .5 .1 .1\n{row}\n"})
    assert [(f.code, f.file, f.line) for f in loaded.problems] == [(code, LABEL, 2)]
    assert loaded.value is None


def test_a_label_file_without_image_is_a_problem() -> None:
    loaded = read({"d/labels/train/b.txt": "", "d/notes.txt": "x"})
    assert [(f.code, f.file) for f in loaded.problems] == [
        ("yolo.label-without-image", "d/labels/train/b.txt")
    ]


def test_a_directory_without_images_is_told_from_labels_and_doubted() -> None:
    loaded = read({LABEL: "0 .5 .5 .1 .1", "d/labels/val/x.txt": ""}, (), f"{CONFIG}val: images/val\n")
    assert [item.id for item in loaded.value.items] == ["a", "x"] if loaded.value else False
    assert [f.code for f in loaded.problems] == ["yolo.no-images"]
    assert not loaded.whole
    assert read({LABEL: "0 .5 .5 .1 .1"}).whole


def test_a_split_with_nothing_in_it_is_a_problem() -> None:
    loaded = read({}, IMAGES, f"{CONFIG}val: images/val\n")
    assert [f.code for f in loaded.problems] == ["yolo.empty-split"]


def test_splits_may_list_their_images_in_text_files() -> None:
    config = "train: train.txt\nval: [lists/val.txt, images/extra/z.png]\nnames: {0: car}\n"
    texts = {
        "d/train.txt": "images/train/a.jpg\n\nimages/b.jpg\nelse/c.jpg\n",
        "d/lists/val.txt": "./images/v.jpg\n",
        LABEL: "0 .5 .5 .1 .1\n",
    }
    found = snapshot(texts, (), config)
    assert [(item.id, item.split) for item in found.items] == [
        ("a.jpg", "train"),
        ("b.jpg", "train"),
        ("c.jpg", "train"),
        ("v.jpg", "val"),
        ("z.png", "val"),
    ]
    assert [a.item for a in found.annotations] == ["a.jpg"]


def test_a_list_that_leads_outside_or_names_no_image_is_refused_at_its_line() -> None:
    loaded = read(
        {"d/train.txt": "images/a.jpg\n/home/me/b.jpg\nnotes.md\n"}, (), "train: train.txt\nnames: [car]\n"
    )
    assert [(f.code, f.file, f.line) for f in loaded.problems] == [
        ("yolo.bad-place", "d/train.txt", 2),
        ("yolo.bad-place", "d/train.txt", 3),
    ]


def test_a_listed_split_whose_list_is_missing_is_empty() -> None:
    assert [f.code for f in read({}, (), "train: train.txt\nnames: [car]\n").problems] == ["yolo.empty-split"]


def test_the_leading_dots_that_roboflow_writes_are_understood() -> None:
    config = "train: ../train/images\nval: ../valid/images\nnames: [car]\n"
    found = snapshot({"d/train/labels/a.txt": ""}, ("d/train/images/a.jpg", "d/valid/images/a.jpg"), config)
    assert [(item.id, item.marked_empty) for item in found.items] == [
        ("train/a.jpg", True),
        ("val/a.jpg", False),
    ]


def test_the_root_named_by_path_is_used_where_it_exists() -> None:
    images = ("d/data/images/train/a.jpg",)
    for root, there in (("data", images), ("/datasets/x", IMAGES), ("3", IMAGES)):
        found = snapshot({}, there, CONFIG.replace("path: .", f"path: {root}"))
        assert [item.id for item in found.items] == ["a.jpg"]


def test_labels_lie_where_ultralytics_looks_for_them() -> None:
    assert label_path("images/x.jpg") == "labels/x.txt"
    assert label_path("a/images/b/images/x.y.jpg") == "a/images/b/labels/x.y.txt"
    assert label_path("a/x.jpg") == "a/x.txt"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("- a", ["yolo.not-a-mapping"]),
        ("", ["yaml.empty"]),
        ("train: x\n", ["yolo.no-names"]),
        ("train: x\nnames: [1, car]\n", ["yolo.bad-name"]),
        ("train: x\nnames: {1: car, 2: bus}\n", ["yolo.class-numbers"]),
        ("train: x\nnames: [car]\nnc: 2\n", ["yolo.class-count"]),
        ("names: [car]\n", ["yolo.no-splits"]),
        ("train: /abs\nval: ['https://x/y', 3]\nnames: [car]\n", ["yolo.bad-place"] * 3),
        ("train: x\nnames: [car]\nkpt_shape: 17\n", ["yolo.bad-kpt-shape"]),
        ("train: x\nnames: [car]\nkpt_shape: [17, 4]\n", ["yolo.bad-kpt-shape"]),
        ("train: x\nnames: [car]\nkpt_shape: [0, 2]\n", ["yolo.bad-kpt-shape"]),
        ("train: x\nnames: [car]\nnames: [bus]\n", ["yaml.duplicate-key"]),
    ],
)
def test_configurations_that_mislead_a_consumer_are_refused(text: str, codes: list[str]) -> None:
    loaded = read_config(text.encode(), file="data.yaml")
    assert loaded.value is None
    assert [f.code for f in loaded.problems] == codes


def test_classes_know_their_line_and_number() -> None:
    loaded = read_config(b"nc: 2\ntrain: x\nnames:\n  0: car\n  1: bus\n", file="data.yaml")
    assert loaded.value is not None
    assert [(c.id, c.name, c.line) for c in loaded.value.classes] == [("0", "car", 4), ("1", "bus", 5)]


@settings(deadline=None, max_examples=200)
@given(rows=st.binary(max_size=40) | st.text("0123456789.- \n\re+", max_size=40).map(str.encode))
def test_label_files_of_any_bytes_give_problems_or_a_snapshot(rows: bytes) -> None:
    config = read_config(CONFIG.encode(), file="d/data.yaml").value
    assert config is not None
    loaded = read_yolo(config, texts={LABEL: rows, "d/train.txt": rows}, images=dict.fromkeys(IMAGES, ""))
    assert (loaded.value is None) is bool(loaded.problems)


@settings(deadline=None, max_examples=100)
@given(where=st.integers(0, len(CONFIG)), junk=st.binary(max_size=3), listed=st.binary(max_size=20))
def test_damaged_configurations_give_problems_or_a_value(where: int, junk: bytes, listed: bytes) -> None:
    damaged = CONFIG.encode()[:where] + junk + CONFIG.encode()[where + len(junk) :]
    loaded = read_config(damaged, file="d/data.yaml")
    assert (loaded.value is None) is bool(loaded.problems)
    if loaded.value is not None:
        read_yolo(loaded.value, texts={"d/x.txt": listed}, images=dict.fromkeys(IMAGES, ""))
