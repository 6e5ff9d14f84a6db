"""Of a snapshot directory of which one file changed, the others are neither read nor parsed again."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest

from bot.evidence import packs
from bot.evidence.frame_builder import frame_of
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.model import Snapshot
from bot.evidence.shelf import Kept, MemoryShelf, Shelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import Naming
from bot.forges.base import ObjectKind, TreeEntry
from bot.manifest import Source
from bot.shelf import DirectoryShelf
from tests.fakes.one_dataset import SPLITS, Dataset, Tree, coco, dataset, voc, yolo

BEFORE = dataset(Random(8), pictures=60)
AFTER = (replace(BEFORE[0], things=BEFORE[0].things[1:]), *BEFORE[1:])


@dataclass(frozen=True)
class Counted(Tree):
    """A tree whose directories have an id of their content, and which counts what is read."""

    reads: list[str] = field(default_factory=list)

    def entry(self, path: str) -> TreeEntry | None:
        found = super().entry(path)
        if found is None or found.kind is ObjectKind.FILE:
            return found
        content = repr([(name, self.files[name]) for name in self.below(path)])
        return TreeEntry(hashlib.sha1(content.encode()).hexdigest(), ObjectKind.DIRECTORY)

    def read(self, path: str, *, max_bytes: int) -> bytes:
        self.reads.append(path)
        return super().read(path, max_bytes=max_bytes)


def by_split(found: Dataset) -> dict[str, bytes]:
    """A COCO file for every split."""
    parts = {split: tuple(one for one in found if one.split == split) for split in SPLITS}
    return {f"d/{split}.json": coco(part)["d/all.json"] for split, part in parts.items()}


def load(files: Mapping[str, bytes], shelf: Shelf) -> tuple[Snapshot, list[str]]:
    tree = Counted(files)
    naming = Naming(file="release.yaml", key=("snapshot",), what="The snapshot", line=lambda _: 1)
    loaded = load_snapshot(tree, Source(path="/d"), naming, manifest_path="release.yaml", shelf=shelf)
    assert loaded.value is not None, loaded.problems
    return loaded.value, tree.reads


WRITERS = {
    "yolo": (yolo, "d/labels/0000.txt"),
    "voc": (voc, "d/Annotations/0000.xml"),
    "coco": (by_split, "d/train.json"),
}


@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
@pytest.mark.parametrize("form", WRITERS)
def test_only_what_changed_is_read(form: str, on_disk: bool, tmp_path: Path) -> None:
    write, changed = WRITERS[form]
    shelf: Shelf = DirectoryShelf(tmp_path) if on_disk else MemoryShelf()
    first, reads = load(write(BEFORE), shelf)
    assert sorted(reads) == sorted(write(BEFORE))
    second, reads = load(write(AFTER), shelf)
    assert reads == [changed]
    alone, _ = load(write(AFTER), MemoryShelf())
    assert (second.items, second.annotations, second.classes) == (
        alone.items,
        alone.annotations,
        alone.classes,
    )
    assert len(second.annotations) == len(first.annotations) - 1
    assert load(write(AFTER), shelf)[1] == []


def test_large_files_and_those_beyond_the_limit_are_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "SMALL", max(map(len, yolo(BEFORE).values())) - 1)
    monkeypatch.setattr(packs, "MOST", 500)
    shelf = MemoryShelf()
    load(yolo(BEFORE), shelf)
    (pack,) = shelf.packs.values()
    assert 0 < sum(map(len, pack.values())) <= 500
    again = load(yolo(AFTER), shelf)
    assert len(again[1]) == len({path for path, data in yolo(AFTER).items() if data not in pack.values()})


def test_a_pack_that_cannot_be_written_or_read_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    shelf = DirectoryShelf(tmp_path / "file")
    shelf.keep_pack("k", {"oid": b"data"})
    assert shelf.pack("k") == {}
    good = DirectoryShelf(tmp_path / "good")
    good.keep_pack("k", {"oid": b"data", "other": b""})
    assert good.pack("k") == {"oid": b"data", "other": b""}
    (tmp_path / "good" / "k" / "pack.parquet").write_bytes(b"PAR1")
    assert good.pack("k") == {}


def test_files_of_a_directory_are_kept_once_and_found_together_as_long_as_all_are_there(
    tmp_path: Path,
) -> None:
    shelf = DirectoryShelf(tmp_path)
    first, _ = load(by_split(BEFORE), shelf)
    tables = sorted(tmp_path.glob("*/annotations.parquet"))
    assert len(tables) == len(SPLITS)
    again, reads = load(by_split(BEFORE), shelf)
    assert (again, reads) == (first, [])
    shutil.rmtree(tables[0].parent)
    repaired, _ = load(by_split(BEFORE), shelf)
    assert repaired == first
    assert sorted(tmp_path.glob("*/annotations.parquet")) == tables


def test_a_snapshot_joined_of_what_is_on_no_shelf_is_written_whole(tmp_path: Path) -> None:
    snapshot, _ = load(by_split(BEFORE), MemoryShelf())
    shelf = DirectoryShelf(tmp_path / "one")
    kept = shelf.keep("key", Kept(frame=frame_of(snapshot), digest="sha256:1"))
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["key"]
    assert snapshot_of(kept.frame, snapshot.digest) == snapshot
    other = DirectoryShelf(tmp_path / "other").keep("key", Kept(frame=kept.frame, digest="sha256:1"))
    assert snapshot_of(other.frame, snapshot.digest) == snapshot
