"""Snapshots kept as Parquet in a directory, across evaluations and processes of one machine."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pyarrow as pa
import pyarrow.parquet as pq

from bot.evidence.frames import ANNOTATIONS, BATCH, ITEMS, Columns, Frame
from bot.evidence.shelf import Kept

KEPT_BYTES = 10 << 30
"""What all kept snapshots may take; those that were not asked for longest go first."""
_ABOUT = "about.json"
_PACK = "pack.parquet"


@dataclass(frozen=True, slots=True)
class InParquet:
    """One table of a frame as a Parquet file that never changes."""

    source: str

    @property
    def num_rows(self) -> int:
        """How many records."""
        return int(pq.read_metadata(self.source).num_rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All records in order, some at a time."""
        with pq.ParquetFile(self.source) as file:
            yield from file.iter_batches(batch_size=BATCH)


@dataclass(frozen=True, slots=True)
class DirectoryShelf:
    """A `bot.evidence.shelf.Shelf` in a directory. What cannot be written or read is simply not kept."""

    folder: Path
    limit: int = KEPT_BYTES

    def find(self, key: str) -> Kept | None:
        """What was kept under `key`, or None."""
        place = self.folder / key
        try:
            about = json.loads((place / _ABOUT).read_text("utf-8"))
            os.utime(place)
        except (OSError, ValueError):
            return None
        frame = _frame(place, about["classes"], about["has_ids"])
        return Kept(frame=frame, digest=about["digest"], about=about.get("about", {}))

    def keep(self, key: str, kept: Kept) -> Kept:
        """Write a snapshot; returns it as it lies on the disk, so that its columns leave the memory."""
        place = self.folder / key
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            made = Path(mkdtemp(dir=self.folder, prefix=".new-"))
            try:
                _write(kept.frame.items, ITEMS, made / "items.parquet")
                _write(kept.frame.annotations, ANNOTATIONS, made / "annotations.parquet")
                frame = kept.frame
                about = {
                    "digest": kept.digest,
                    "classes": dict(frame.classes),
                    "has_ids": frame.has_ids,
                    "about": dict(kept.about),
                }
                (made / _ABOUT).write_text(json.dumps(about), "utf-8")
                made.rename(place)
            finally:
                shutil.rmtree(made, ignore_errors=True)
            self._make_room()
        except OSError:
            return self.find(key) or kept
        return self.find(key) or kept

    def pack(self, key: str) -> Mapping[str, bytes]:
        """The small files that were last kept under `key`."""
        try:
            table = pq.read_table(self.folder / key / _PACK)
            os.utime(self.folder / key)
        except (OSError, pa.ArrowInvalid):
            return {}
        return dict(zip(table.column("oid").to_pylist(), table.column("data").to_pylist(), strict=True))

    def keep_pack(self, key: str, pack: Mapping[str, bytes]) -> None:
        """Write small files in place of those kept before."""
        table = pa.table({"oid": list(pack), "data": pa.array(pack.values(), pa.large_binary())})
        try:
            (self.folder / key).mkdir(parents=True, exist_ok=True)
            made = self.folder / key / f"{_PACK}.{os.getpid()}"
            pq.write_table(table, made, compression="zstd", compression_level=1)
            made.replace(self.folder / key / _PACK)
            self._make_room()
        except OSError:
            return

    def _make_room(self) -> None:
        places = sorted(self.folder.iterdir(), key=lambda place: place.stat().st_mtime, reverse=True)
        room = self.limit
        for place in places:
            room -= sum(file.stat().st_size for file in place.iterdir())
            if room < 0 and place is not places[0]:
                shutil.rmtree(place, ignore_errors=True)


def _frame(place: Path, classes: dict[str, str], has_ids: bool) -> Frame:
    items, annotations = (InParquet(str(place / f"{name}.parquet")) for name in ("items", "annotations"))
    return Frame(items=items, annotations=annotations, classes=classes, has_ids=has_ids)


def _write(columns: Columns, schema: pa.Schema, path: Path) -> None:
    """Write plain text columns: not every engine reads Arrow's dictionaries."""
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for batch in columns.batches():
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
