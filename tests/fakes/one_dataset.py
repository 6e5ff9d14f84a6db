"""One small data set, written in each snapshot format, and ways to damage it that any format can show."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from bot.evidence.model import Loaded, Snapshot
from bot.evidence.shelf import MemoryShelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Naming
from bot.forges.base import ObjectKind, TreeEntry
from bot.forges.errors import NotFoundError
from bot.manifest import Source

CLASSES = ("car", "bus", "tram", "pedestrian")
SPLITS = ("train", "val", "test")
WIDTH, HEIGHT = 640, 480
Box = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Thing:
    number: int
    label: str
    box: Box


@dataclass(frozen=True, kw_only=True)
class Picture:
    name: str
    split: str
    things: tuple[Thing, ...]


Dataset = tuple[Picture, ...]


def dataset(random: Random, pictures: int = 30) -> Dataset:
    numbers = iter(range(1, 10_000))
    made = []
    for number in range(pictures):
        lefts = random.sample(range(400), random.randrange(1, 5))
        things = tuple(
            Thing(
                number=next(numbers),
                label=random.choice(CLASSES),
                box=(left, random.randrange(300), random.randrange(10, 200), random.randrange(10, 150)),
            )
            for left in lefts
        )
        made.append(Picture(name=f"{number:04}.jpg", split=SPLITS[number % 3], things=things))
    return tuple(made)


def dropped_item(before: Dataset, random: Random) -> Dataset:
    gone = random.choice(before)
    return tuple(picture for picture in before if picture is not gone)


def moved_box(before: Dataset, random: Random) -> Dataset:
    def moved(thing: Thing) -> Thing:
        x, y, width, height = thing.box
        return replace(thing, box=(x + random.choice((2, 5, 9)), y, width, height))

    return _altered(before, random, moved)


def swapped_class(before: Dataset, random: Random) -> Dataset:
    def swapped(thing: Thing) -> Thing:
        return replace(thing, label=random.choice([label for label in CLASSES if label != thing.label]))

    return _altered(before, random, swapped)


def leaked_item(before: Dataset, random: Random) -> Dataset:
    leaked = random.choice(before)
    things = tuple(replace(thing, number=thing.number + 10_000) for thing in leaked.things)
    return (*before, replace(leaked, split=_other_split(leaked, random), things=things))


def relabelled_split(before: Dataset, random: Random) -> Dataset:
    moved = random.choice(before)
    return tuple(
        replace(picture, split=_other_split(picture, random)) if picture is moved else picture
        for picture in before
    )


def all_at_once(before: Dataset, random: Random) -> Dataset:
    """Each of them on a fifth of the pictures: what was both moved and relabelled, only ids can tell."""
    corruptions = (dropped_item, moved_box, swapped_class, leaked_item, relabelled_split)
    parts = (corrupt(before[n::5], random) for n, corrupt in enumerate(corruptions))
    return tuple(picture for part in parts for picture in part)


CORRUPTIONS: Mapping[str, Callable[[Dataset, Random], Dataset]] = {
    "dropped item": dropped_item,
    "moved box": moved_box,
    "swapped class": swapped_class,
    "leaked item": leaked_item,
    "relabelled split": relabelled_split,
    "all of them": all_at_once,
}


def _other_split(picture: Picture, random: Random) -> str:
    return random.choice([split for split in SPLITS if split != picture.split])


def _altered(before: Dataset, random: Random, change: Callable[[Thing], Thing]) -> Dataset:
    picked = random.choice(before)
    at = random.randrange(len(picked.things))
    things = (*picked.things[:at], change(picked.things[at]), *picked.things[at + 1 :])
    return tuple(replace(picture, things=things) if picture is picked else picture for picture in before)


def coco(found: Dataset) -> dict[str, bytes]:
    images = [
        {"id": n, "file_name": one.name, "split": one.split, "width": WIDTH, "height": HEIGHT}
        for n, one in enumerate(found)
    ]
    annotations = [
        {
            "id": thing.number,
            "image_id": n,
            "category_id": 1 + CLASSES.index(thing.label),
            "bbox": list(thing.box),
        }
        for n, one in enumerate(found)
        for thing in one.things
    ]
    categories = [{"id": n, "name": name} for n, name in enumerate(CLASSES, 1)]
    content = {"images": images, "categories": categories, "annotations": annotations}
    return {"d/all.json": json.dumps(content, indent=0).encode()}


def yolo(found: Dataset) -> dict[str, bytes]:
    config = "".join(f"{split}: {split}.txt\n" for split in SPLITS) + f"names: {json.dumps(CLASSES)}\n"
    files = {"d/data.yaml": config.encode()}
    for split in SPLITS:
        listed = [f"images/{one.name}\n" for one in found if one.split == split]
        files[f"d/{split}.txt"] = "".join(listed).encode()
    for one in found:
        files[f"d/labels/{one.name[:-4]}.txt"] = "".join(map(_yolo_row, one.things)).encode()
    return files


def _yolo_row(thing: Thing) -> str:
    x, y, width, height = thing.box
    places = (
        (x + width / 2) / WIDTH,
        (y + height / 2) / HEIGHT,
        width / WIDTH,
        height / HEIGHT,
    )
    return f"{CLASSES.index(thing.label)} {' '.join(f'{place:.6f}' for place in places)}\n"


def voc(found: Dataset) -> dict[str, bytes]:
    files = {}
    for split in SPLITS:
        listed = [f"{one.name[:-4]}\n" for one in found if one.split == split]
        files[f"d/ImageSets/Main/{split}.txt"] = "".join(listed).encode()
    for one in found:
        size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
        objects = "\n".join(map(_voc_object, one.things))
        text = f"<annotation>\n<filename>{one.name}</filename>\n{size}\n{objects}\n</annotation>\n"
        files[f"d/Annotations/{one.name[:-4]}.xml"] = text.encode()
    return files


def _voc_object(thing: Thing) -> str:
    x, y, width, height = thing.box
    sides = {"xmin": x + 1, "ymin": y + 1, "xmax": x + width, "ymax": y + height}
    box = "".join(f"<{side}>{value}</{side}>" for side, value in sides.items())
    return f"<object><name>{thing.label}</name><bndbox>{box}</bndbox></object>"


def label_studio(found: Dataset) -> dict[str, bytes]:
    tasks = [
        {
            "id": n,
            "data": {"image": one.name, "split": one.split},
            "annotations": [
                {
                    "id": n,
                    "was_cancelled": False,
                    "result": [_region(thing) for thing in one.things],
                }
            ],
            "drafts": [],
            "predictions": [],
            "total_annotations": 1,
        }
        for n, one in enumerate(found, 1)
    ]
    return {"d/all.json": json.dumps(tasks, indent=0).encode()}


def _region(thing: Thing) -> dict[str, object]:
    x, y, width, height = thing.box
    value = {
        "x": 100 * x / WIDTH,
        "y": 100 * y / HEIGHT,
        "width": 100 * width / WIDTH,
        "height": 100 * height / HEIGHT,
        "rotation": 0,
        "rectanglelabels": [thing.label],
    }
    sizes = {"original_width": WIDTH, "original_height": HEIGHT}
    return {"id": f"r{thing.number}", "type": "rectanglelabels", "value": value, **sizes}


FORMS: Mapping[str, Callable[[Dataset], dict[str, bytes]]] = {
    "coco": coco,
    "yolo": yolo,
    "voc": voc,
    "label-studio": label_studio,
}


@dataclass(frozen=True)
class Tree:
    """Files by path, with Git's ids of them; whatever a path lies below is a directory."""

    files: Mapping[str, bytes]

    def entry(self, path: str) -> TreeEntry | None:
        if path in self.files:
            data = self.files[path]
            return TreeEntry(hashlib.sha1(b"blob %d\0%b" % (len(data), data)).hexdigest(), ObjectKind.FILE)
        return TreeEntry("ab" * 20, ObjectKind.DIRECTORY) if self.below(path) else None

    def read(self, path: str, *, max_bytes: int) -> bytes:
        if path not in self.files:
            raise NotFoundError(path)
        return self.files[path]

    def below(self, directory: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if name.startswith(f"{directory}/")))


def loaded(files: Mapping[str, bytes], path: str = "d", form: str | None = None) -> Loaded[Snapshot]:
    """A snapshot as the service reads it, its format told by content."""
    naming = Naming(file="release.yaml", key=("snapshot",), what="The snapshot", line=lambda _: 1)
    source = Source(path=path, format=form)
    return load_snapshot(Tree(files), source, naming, manifest_path="release.yaml", shelf=MemoryShelf())
