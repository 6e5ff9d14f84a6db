"""The round trip: the candidate through a real converter and back, with an empty difference or a named one."""

import json
from dataclasses import replace
from math import inf

import pytest

from bot.converting import Panlabel
from bot.evidence.coco import read_coco
from bot.evidence.exports.conversion import READ, Conversion, Target, read_written, target_of
from bot.evidence.exports.model import ClassEntry, ExportConfig
from bot.evidence.model import Annotation, Item, Label, Loaded, Snapshot
from bot.gates.export.carrying import carried
from bot.gates.export.picking import picked
from bot.gates.export.round_trip import RoundTrip, round_trip
from tests.fakes.converters import Damaging, Files, replaced
from tests.fakes.exporter import CLASSES, snapshot

FORMS = ("coco", "yolo", "voc", "huggingface")
CANDIDATE = read_coco(snapshot(), file="snapshot.json").value
assert CANDIDATE is not None
LABELS = Loaded(value=tuple(Label(id=name, name=name) for name in CLASSES))


def export(form: str, names: tuple[str, ...] = CLASSES, first: int | None = None) -> ExportConfig:
    start = (1 if form == "coco" else 0) if first is None else first
    entries = tuple(ClassEntry(id=str(number), name=name) for number, name in enumerate(names, start))
    return ExportConfig(file="exports/config.yaml", format=form, classes=entries)


def trip(of: Snapshot, form: str, names: tuple[str, ...] = CLASSES, convert: object = None) -> RoundTrip:
    target = target_of(form)
    assert target is not None
    return round_trip(of, export(form, names), target, convert or Panlabel())  # type: ignore[arg-type]


def one_item(*boxes: tuple[float, float, float, float], **fields: object) -> Snapshot:
    annotations = tuple(
        Annotation(id=f"a{number}", item="1.jpg", label="car", box=box, **fields)  # type: ignore[arg-type]
        for number, box in enumerate(boxes)
    )
    return Snapshot(items=(Item(id="1.jpg", file="1.jpg", width=640, height=480),), annotations=annotations)


def cannot(shown: RoundTrip) -> dict[str, str]:
    return {what.partition(":")[0]: count for table in shown.facts for what, count, _ in table.rows}


@pytest.mark.parametrize("form", FORMS)
def test_a_faithful_map_comes_back_without_a_difference(form: str) -> None:
    shown = trip(CANDIDATE, form)
    assert (shown.failures, shown.unmapped, shown.doubts, shown.complete) == ((), (), (), True)
    assert shown.row[3:] == ("5", "8", "none")


@pytest.mark.parametrize("form", FORMS)
def test_names_that_formats_mangle_come_back_and_none_of_the_repository_is_ever_passed_on(form: str) -> None:
    names = (
        "no",
        "012",
        "it's",
        'a: "b" #c',
        "- x",
        "[y",
        "étoile \\ n",
        "&amp; <b>",
        "new\nline",
        "class-9",
        " z",
    )
    annotations = tuple(
        Annotation(id=f"id-{number}", item="../../etc/x", label=name, box=(10.0 * number, 5, 7, 9.5))
        for number, name in enumerate(names)
    )
    item = Item(id="../../etc/x", file="/etc/passwd.jpg", split="train", width=640, height=480)
    of = Snapshot(items=(item, replace(item, id="y", file="../a.jpg")), annotations=annotations)
    seen: list[bytes] = []

    def convert(conversion: Conversion) -> Files:
        seen.append(conversion.document)
        return Panlabel()(conversion)

    shown = trip(of, form, names, convert)
    assert (shown.failures, shown.doubts) == ((), ())
    assert b"etc" not in seen[0]
    assert b"id-" not in seen[0]
    assert b"\\n" not in seen[0].replace(b"\\\\ n", b"")


@pytest.mark.parametrize(
    ("form", "old", "new", "code"),
    [
        ("yolo", b"0.20", b"0.30", "moved"),
        ("yolo", b"\n0 ", b"\n1 ", "relabelled"),
        ("yolo", b"\n0 ", b"\n9 ", "refused"),
        ("yolo", b"1: 'bus'", b"1: 'tram'", "relabelled"),
        ("voc", b"<name>car</name>", b"<name>bus</name>", "relabelled"),
        ("voc", b"<object>", b"<part>", "unreadable"),
        ("coco", b"64.5", b"74.5", "moved"),
        ("coco", b'"2": "bus"', b'"2": "tram"', "relabelled"),
        ("coco", b"{", b"[", "unreadable"),
        ("huggingface", b'"00000001.jpg"', b'"elsewhere.jpg"', "missing"),
    ],
)
def test_every_kind_of_difference_is_named(form: str, old: bytes, new: bytes, code: str) -> None:
    def damage(files: Files) -> Files:
        path = next(path for path, data in files.items() if old in data)
        return {**files, path: files[path].replace(old, new, 1)}

    shown = trip(CANDIDATE, form, convert=Damaging(damage))
    assert f"export.round-trip-{code}" in {found.code for found in (*shown.failures, *shown.doubts)}
    assert shown.complete is (code != "unreadable")


def test_lost_and_doubled_pictures_are_told_by_the_items_of_the_snapshot() -> None:
    def damage(files: Files) -> Files:
        first, *rest = (path for path in sorted(files) if path.endswith(".xml"))
        extra = files[rest[1]].replace(b"00000003", b"00000077")
        kept = {path: data for path, data in files.items() if path != first}
        kept[rest[0]] = kept[rest[0]].replace(b"</object>", b"</object><object><name>bus</name></object>", 1)
        return {**kept, "out/Annotations/00000077.xml": extra}

    shown = trip(CANDIDATE, "voc", convert=Damaging(damage))
    items = {found.code: found.items for found in shown.failures}
    assert items["export.round-trip-missing"] == ("a.jpg",)
    assert items["export.round-trip-extra"]
    assert shown.row[-1] == "differs"


def test_what_a_format_cannot_carry_is_taken_out_and_counted() -> None:
    outside, flat = (600.0, 10.0, 60.0, 20.0), (5.0, 5.0, 0.0, 9.0)
    plain, near = (10.5, 10.0, 20.0, 20.0), (10.5000001, 10.0, 20.0, 20.0)
    edge = (0.1, 0.0, 639.9 + 1e-5, 480.0)
    of = one_item(plain, near, outside, flat, edge, shape=(1.0, 2.0), annotator="ann")
    whole = Annotation(id="w", item="1.jpg", label="car")
    of = replace(of, annotations=(*of.annotations, whole))
    shown = trip(of, "yolo", ("car",))
    assert (shown.failures, shown.row[4]) == ((), "2 of 6")
    assert cannot(shown) == {
        "annotation ids": "2",
        "annotations without a box": "1",
        "boxes that reach out of the picture": "1",
        "boxes that repeat another of their class": "1",
        "boxes without area": "1",
        "outlines, masks and keypoints": "2",
        "who annotated, and when": "2",
    }
    crowd = replace(of, annotations=tuple(replace(one, shape=(-inf, -inf)) for one in of.annotations))
    assert "outlines, masks and keypoints" not in cannot(trip(crowd, "yolo", ("car",)))
    assert cannot(trip(crowd, "yolo", ("car",)))["marks of crowds"] == "2"
    assert cannot(trip(of, "voc", ("car",)))["parts of pixels"] == "3"
    assert cannot(trip(of, "coco", ("car",)))["annotation ids that are no numbers"] == "3"


def test_pictures_of_unknown_size_get_one() -> None:
    item = Item(id="1", file="1")
    fractions = Annotation(id="a", item="1", label="car", box=(0.25, 0.25, 0.5, 0.123457))
    for box in (fractions.box, (100.0, 50.5, 300.0, 20.0), (3.0, 4.0, float("inf"), 1.0)):
        of = Snapshot(items=(item, replace(item, id="2")), annotations=(replace(fractions, box=box),))
        for form in FORMS:
            assert trip(of, form, ("car",)).failures == ()


def test_ids_with_gaps_are_kept_in_coco_and_counted_from_nought_in_yolo() -> None:
    gaps = ExportConfig(
        file="e.yaml",
        format="coco",
        classes=(
            ClassEntry(id="90", name="tram"),
            ClassEntry(id="1", name="car"),
            ClassEntry(id="7", name="bus"),
        ),
    )
    assert carried(CANDIDATE, gaps, Target.COCO).classes == {"1": "car", "7": "bus", "90": "tram"}
    assert carried(CANDIDATE, gaps, Target.YOLO).classes == {"0": "car", "1": "bus", "2": "tram"}
    unusable = replace(gaps, classes=(ClassEntry(id="b", name="car"), ClassEntry(id="a", name="bus")))
    assert carried(CANDIDATE, unusable, Target.COCO).classes == {"1": "car", "2": "bus"}
    assert round_trip(CANDIDATE, gaps, Target.COCO, Panlabel()).failures == ()


def test_a_large_snapshot_is_converted_in_part_with_every_class_of_every_split() -> None:
    items = tuple(Item(id=str(n), file=str(n), split="train" if n < 90 else "val") for n in range(100))
    annotations = [Annotation(id=f"{n}", item=str(n), label="car") for n in range(95)]
    annotations += [Annotation(id=f"r{n}", item=str(n), label="rare") for n in (61, 97)]
    annotations += [Annotation(id=f"m{n}", item="50", label="car") for n in range(20)]
    of = Snapshot(items=items, annotations=tuple(annotations))
    chosen = picked(of, most_items=10, most_annotations=15)
    assert len(chosen) == 10
    assert {"0", "61", "90", "97"} <= set(chosen)
    assert "50" not in chosen
    assert len(picked(of)) == 100
    assert "50" not in picked(of, most_items=99, most_annotations=15)
    item, box = Item(id="", file="", width=9, height=9), (1.0, 1.0, 2.0, 2.0)
    many = Snapshot(
        items=tuple(replace(item, id=str(n)) for n in range(10_010)),
        annotations=tuple(Annotation(id=str(n), item=str(n), label="car", box=box) for n in range(10_010)),
    )
    sent = carried(many, export("yolo", ("car",)), Target.YOLO)
    assert (len(sent.content.items), sent.of_items) == (10_000, 10_010)
    assert (len(sent.content.annotations), sent.of_annotations) == (10_000, 10_010)


@pytest.mark.parametrize(
    ("form", "target"),
    [
        ("COCO", Target.COCO),
        ("yolov8", Target.YOLO),
        ("ultralytics", Target.YOLO),
        ("pascal_voc", Target.VOC),
        ("Hugging Face", Target.HUGGING_FACE),
        ("yolo-segment", None),
        ("createml", None),
        ("coco-panoptic", None),
    ],
)
def test_formats_that_the_converter_writes(form: str, target: Target | None) -> None:
    assert target_of(form) is target


def test_a_name_that_is_no_number_of_ours_stays_as_it_is() -> None:
    said = {
        "images": [["x.jpg", 9, 9]],
        "categories": {"1": "car"},
        "annotations": [["x.jpg", 1, 1, [1, 2, 3, 4]]],
    }
    read = read_written(Target.COCO, {READ: json.dumps(said).encode()}).value
    assert read is not None
    assert [item.id for item in read.content.items] == ["x.jpg"]
    shown = trip(CANDIDATE, "coco", convert=lambda _: {READ: json.dumps(said).encode()})
    assert next(found.items for found in shown.failures if found.code.endswith("extra")) == ("x.jpg",)


def test_more_boxes_in_one_place_than_can_be_told_apart_leave_a_doubt() -> None:
    step = 1e-3  # more than counts as the same, less than the window of the search
    of = one_item(
        *((5.0 + n % 2 * step, 5.0 + n % 2 * step, 9.0, 9.0) for n in range(5_000)), (50.0, 64.5, 9.0, 9.0)
    )
    shown = trip(of, "coco", ("car",), Damaging(replaced(b"64.5", b"74.5")))
    assert [(found.code, found.items) for found in shown.doubts] == [
        ("export.round-trip-too-crowded", ("1.jpg",))
    ]
    assert (shown.failures, shown.complete) == ((), True)
