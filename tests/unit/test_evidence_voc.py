"""Pascal VOC directories: coordinates, splits, and what is refused by name."""

from collections.abc import Mapping

import pytest

from bot.evidence.model import Loaded, Snapshot
from bot.evidence.voc import read_voc

CAR = "<object><name>car</name><bndbox><xmin>1</xmin><ymin>11</ymin><xmax>640</xmax><ymax>20</ymax></bndbox></object>"
SIZE = "<size><width>640</width><height>480</height><depth>3</depth></size>"


def xml(name: str, body: str = f"{SIZE}{CAR}") -> bytes:
    return f"<annotation>\n<filename>{name}</filename>\n{body}\n</annotation>".encode()


def read(
    files: Mapping[str, bytes],
    lists: Mapping[str, bytes] | None = None,
    images: Mapping[str, str] | None = None,
) -> Loaded[Snapshot]:
    return read_voc(files, lists=lists or {}, images=images or {}, root="d")


def snapshot(
    files: Mapping[str, bytes],
    lists: Mapping[str, bytes] | None = None,
    images: Mapping[str, str] | None = None,
) -> Snapshot:
    loaded = read(files, lists, images)
    assert loaded.value is not None, loaded.problems
    return loaded.value


def listed(**splits: str) -> dict[str, bytes]:
    return {f"d/ImageSets/Main/{split}.txt": names.encode() for split, names in splits.items()}


def test_pixels_counted_from_one_and_inclusive_become_edges_from_zero() -> None:
    found = snapshot({"d/a.xml": xml("a.jpg")})
    (box,) = found.annotations
    assert (box.item, box.label, box.box, box.shape, box.line) == ("a.jpg", "car", (0, 10, 640, 10), (), 3)
    (item,) = found.items
    assert (item.id, item.file, item.split, item.width, item.height) == ("a.jpg", "a.jpg", "", 640, 480)
    assert not item.marked_empty
    assert (dict(found.classes), found.has_ids) == ({}, False)


def test_a_file_without_objects_marks_its_image_empty_and_may_leave_the_size_open() -> None:
    (item,) = snapshot({"d/a.xml": xml("a.jpg", "<size><width>0</width><height/></size>")}).items
    assert (item.marked_empty, item.width, item.height) == (True, None, None)


def test_flags_and_parts_are_read_over() -> None:
    flags = "<truncated>1</truncated><difficult>1</difficult><occluded>1</occluded><pose>Left</pose>"
    part = "<part><name>wheel</name><bndbox><xmin>2</xmin></bndbox></part>"
    body = CAR.replace("</name>", f"</name>{flags}{part}", 1)
    assert snapshot({"d/a.xml": xml("a.jpg", body)}).annotations == tuple(
        snapshot({"d/a.xml": xml("a.jpg", CAR)}).annotations
    )


def test_equal_objects_are_told_apart_and_ids_do_not_hang_on_order() -> None:
    bus = CAR.replace("car", "bus")
    once = {one.id for one in snapshot({"d/a.xml": xml("a.jpg", CAR + bus + CAR)}).annotations}
    again = {one.id for one in snapshot({"d/a.xml": xml("a.jpg", bus + CAR + CAR)}).annotations}
    assert once == again
    assert len(once) == 3


def test_splits_are_what_the_development_kit_lists() -> None:
    files = {f"d/Annotations/{name}.xml": xml(f"{name}.jpg") for name in ("a", "b", "c")}
    lists = listed(train="a\n\n", val="b\r\na\n", trainval="a\nb\nc\n", car_train="a  1\nb -1\n")
    found = snapshot(files, lists, {"d/JPEGImages/a.jpg": "gitblob:1"})
    assert [(item.id, item.file, item.split, item.digest) for item in found.items] == [
        ("train/a.jpg", "a.jpg", "train", "gitblob:1"),
        ("val/a.jpg", "a.jpg", "val", "gitblob:1"),
        ("b.jpg", "b.jpg", "val", ""),
        ("c.jpg", "c.jpg", "", ""),
    ]
    assert [one.item for one in found.annotations] == ["train/a.jpg", "val/a.jpg", "b.jpg", "c.jpg"]


def test_a_list_of_both_is_a_split_where_it_is_the_only_one() -> None:
    found = snapshot({"d/Annotations/a.xml": xml("a.jpg")}, listed(trainval="a"))
    assert [item.split for item in found.items] == ["trainval"]


def test_without_lists_splits_are_directories() -> None:
    files = {
        "d/train/a.xml": xml("a.jpg"),
        "d/valid/b.xml": xml("b.jpg"),
        "d/test/labels/c.xml": xml("c"),
        "d/e.xml": xml("e.jpg"),
    }
    found = snapshot(files, listed(car_train="a 1\n"), {"d/valid/b.jpg": "gitblob:2"})
    assert [(item.id, item.split, item.digest) for item in found.items] == [
        ("a.jpg", "train", ""),
        ("b.jpg", "val", "gitblob:2"),
        ("c", "test", ""),
        ("e.jpg", "", ""),
    ]


@pytest.mark.parametrize("line", ["b", "a 1 2", "a 7"])
def test_a_line_that_lists_no_annotated_image_is_a_finding_at_its_line(line: str) -> None:
    loaded = read({"d/Annotations/a.xml": xml("a.jpg")}, listed(train=f"a\n{line}\n"))
    assert [(f.code, f.file, f.line) for f in loaded.problems] == [
        ("voc.bad-list", "d/ImageSets/Main/train.txt", 2)
    ]


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (xml("a.jpg")[:-5], "evidence.not-xml", 4),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + xml("a.jpg"), "evidence.unsafe-xml", None),
        (b"<annotations/>", "voc.not-annotation", 1),
        (xml(""), "evidence.bad-record", 1),
        (b"<annotation/>", "evidence.bad-record", 1),
        (xml("b.jpg"), "voc.other-image", 1),
        (xml("a.jpg", CAR.replace("car", "")), "evidence.bad-record", 3),
        (xml("a.jpg", CAR.replace(">640<", ">ten<")), "voc.bad-object", 3),
        (xml("a.jpg", CAR.replace(">640<", ">1e9<")), "voc.bad-object", 3),
        (xml("a.jpg", CAR.replace("<xmax>640</xmax>", "")), "voc.bad-object", 3),
        (xml("a.jpg", CAR.replace("<xmin>1", "<xmin>641")), "snapshot.bad-box", 3),
        (xml("a.jpg", CAR.replace("<ymin>11", "<ymin>21")), "snapshot.bad-box", 3),
        (xml("a.jpg", CAR.replace("</bndbox>", "</bndbox><polygon/>")), "voc.not-a-box", 3),
        (xml("a.jpg", SIZE + SIZE), "voc.bad-object", 3),
        (xml("a.jpg", "<size><width>-4</width></size>"), "voc.bad-object", 1),
        (xml("a.jpg", "<size><width>4294967296</width></size>"), "voc.bad-object", 1),
    ],
)
def test_what_is_no_annotation_of_its_image_is_refused_by_name(
    data: bytes, code: str, line: int | None
) -> None:
    loaded = read({"d/a.xml": data})
    assert loaded.value is None
    found = loaded.problems[0]
    assert (found.code, found.file, found.line) == (code, "d/a.xml", line)


def test_two_files_about_one_image_of_a_split_are_refused() -> None:
    loaded = read({"d/x/a.xml": xml("a.jpg"), "d/y/a.xml": xml("a.jpg", "")})
    assert [(f.code, f.file) for f in loaded.problems] == [("snapshot.duplicate-item", "d/y/a.xml")]
