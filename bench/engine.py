"""One engine at one task, in a process of its own: ``python -m bench.engine ENGINE FOLDER``.

`FOLDER` holds the snapshots ``old`` and ``new`` as COCO (``coco/``), and ten times as large as
Parquet (``parquet/``). The process prints one line of what it found, so that nobody is fast by
not looking, and how long it took without its imports: a service imports once.
"""

import gc
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

SIDES = ("old", "new")

Task = Generator[None, None, str]
"""An engine: it pauses once, behind its imports, and returns what it found."""


class _NoPandas:
    """Hides pandas, which pyarrow imports when it finds it: the service runs without it."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def make_data(folder: Path) -> Task:
    """Write both pairs of snapshots, where they are not there yet."""
    from bench.shape import baseline, successor, write_coco, write_frame
    from bot.evidence.shelf import READERS

    yield
    making = folder / "making"
    if not (folder / "coco").exists():
        before = baseline()
        for side, splits in zip(SIDES, (before, successor(before)), strict=True):
            (making / side).mkdir(parents=True, exist_ok=True)
            for split in splits:
                write_coco(split, making / side / f"instances_{split.name}.json")
        making.rename(folder / "coco")
    made_by = folder / "parquet" / "readers"  # the normal form changes with them
    if not made_by.exists() or made_by.read_text() != str(READERS):
        shutil.rmtree(folder / "parquet", ignore_errors=True)
        before = baseline(copies=10)
        for side, splits in zip(SIDES, (before, successor(before)), strict=True):
            write_frame(splits, making / side)
        making.rename(folder / "parquet")
        made_by.write_text(str(READERS))
    return "made"


def keep_baseline(folder: Path) -> Task:
    """Read the baseline and keep it, as an earlier evaluation would have."""
    _as_the_service_runs()
    from bench import ours

    yield
    return ours.kept(folder, "old", shelf=folder / "shelf-baseline")


def ours_cold(folder: Path) -> Task:
    """Read both snapshots, keep them as Parquet, and answer gate 5."""
    _as_the_service_runs()
    from bench import ours

    yield
    return ours.compared(folder, shelf=folder / "shelf-empty")


def ours_cached(folder: Path) -> Task:
    """The same with the baseline kept from an earlier evaluation."""
    _as_the_service_runs()
    from bench import ours

    yield
    return ours.compared(folder, shelf=folder / "shelf-baseline")


def ours_parquet(folder: Path) -> Task:
    """Ten times as large, both snapshots kept from earlier."""
    _as_the_service_runs()
    from bench import ours

    yield
    return ours.compared_parquet(folder)


def _as_the_service_runs() -> None:
    """What `bot.workshop` does in the child process that reads and compares."""
    sys.meta_path.insert(0, _NoPandas())
    import pyarrow as pa

    gc.disable()
    pa.set_memory_pool(pa.system_memory_pool())


def plain_json(folder: Path) -> Task:
    """`json.load` and dictionaries: changed by id, class counts, and what content came and went."""
    yield
    boxes: dict[str, dict[tuple[str, int], dict[str, Any]]] = {}
    content: dict[str, Counter[tuple[str, int, tuple[float, ...]]]] = {}
    classes: dict[str, Counter[tuple[str, int]]] = {}
    for side in SIDES:
        boxes[side], content[side], classes[side] = {}, Counter(), Counter()
        for path in sorted((folder / "coco" / side).glob("*.json")):
            with path.open(encoding="utf-8") as file:
                document = json.load(file)
            names = {image["id"]: image["file_name"] for image in document["images"]}
            for box in document["annotations"]:
                boxes[side][path.stem, box["id"]] = box
                content[side][names[box["image_id"]], box["category_id"], tuple(box["bbox"])] += 1
                classes[side][path.stem, box["category_id"]] += 1
    old, new = boxes["old"], boxes["new"]
    changed = sum(key in old and old[key] != box for key, box in new.items())
    came, went = (sum((content[a] - content[b]).values()) for a, b in (("new", "old"), ("old", "new")))
    drifted = sum(classes["old"][cell] != count for cell, count in classes["new"].items())
    return (
        f"{len(new.keys() - old.keys())} ids added, {len(old.keys() - new.keys())} removed, "
        f"{changed} changed; "
        f"content +{came} -{went}; {drifted} class counts changed"
    )


def pycocotools_load(folder: Path) -> Task:
    """Load both snapshots; no comparison."""
    from pycocotools.coco import COCO

    yield
    paths = sorted((folder / "coco").rglob("*.json"))
    return f"{sum(len(COCO(str(path)).anns) for path in paths)} boxes loaded, not compared"


def datumaro_load(folder: Path) -> Task:
    """Load both snapshots; no comparison."""
    from datumaro.components.dataset import Dataset

    paths = [_as_downloaded(path, folder / "datumaro") for path in sorted((folder / "coco").rglob("*.json"))]
    yield
    loaded = [Dataset.import_from(str(path), "coco_instances") for path in paths]
    return f"{sum(len(item.annotations) for one in loaded for item in one)} boxes loaded, not compared"


def _as_downloaded(path: Path, folder: Path) -> Path:
    """The file in ``annotations`` beside ``images``, as COCO is downloaded; datumaro reads no other."""
    link = folder / path.parent.name / "annotations" / path.name
    for name in ("annotations", "images"):
        (folder / path.parent.name / name).mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(path.resolve())
    return link


ENGINES: dict[str, Callable[[Path], Task]] = {
    "ours-cold": ours_cold,
    "ours-cached": ours_cached,
    "plain-json": plain_json,
    "pycocotools": pycocotools_load,
    "datumaro": datumaro_load,
    "ours-parquet-10x": ours_parquet,
}

PREPARATIONS: dict[str, Callable[[Path], Task]] = {"make-data": make_data, "keep-baseline": keep_baseline}


def _timed(task: Task) -> dict[str, float | str]:
    """Run the part behind the imports; seconds of the clock and of the processors."""
    next(task)
    began, used = time.perf_counter(), time.process_time()
    try:
        next(task)
    except StopIteration as done:
        return {
            "said": done.value,
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - used,
        }
    raise AssertionError("a task has one pause")


if __name__ == "__main__":
    print(json.dumps(_timed({**ENGINES, **PREPARATIONS}[sys.argv[1]](Path(sys.argv[2])))))
