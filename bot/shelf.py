"""Snapshots kept as Parquet in a directory, across evaluations and processes of one machine."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bot.evidence.frames import ANNOTATIONS, BATCH, ITEMS, Columns, Frame, Joined
from bot.evidence.shelf import Kept

KEPT_BYTES = 10 << 30
"""What all kept snapshots may take; those that were not asked for longest go first."""
_ABOUT = "about.json"
_PACK = "pack.parquet"
_REPEATED = ["item", "label", "split", "annotator"]
"""Columns whose values repeat; of the others no dictionary is tried, nor is their range noted."""


@dataclass(frozen=True, slots=True)
class InParquet:
    """One table of a frame as a Parquet file that never changes."""

    source: str

    @property
    def num_rows(self) -> int:
        """How many records."""
        return int(pq.read_metadata(self.source).num_rows)

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All records in order, some at a time; of their columns only `names`."""
        with pq.ParquetFile(self.source) as file:
            yield from file.iter_batches(batch_size=BATCH, columns=names)


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
            frame = self._joined(about) if "parts" in about else _frame(place, about)
        except (OSError, ValueError):
            return None
        return Kept(frame=frame, digest=about["digest"], about=about.get("about", {}))

    def keep(self, key: str, kept: Kept) -> Kept:
        """Write a snapshot; returns it as it lies on the disk, so that its columns leave the memory.

        Of one that is joined of others on this shelf, only their names are written.
        """
        place = self.folder / key
        frame = kept.frame
        about = {
            "digest": kept.digest,
            "classes": dict(frame.classes),
            "has_ids": frame.has_ids,
            "about": dict(kept.about),
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            made = Path(mkdtemp(dir=self.folder, prefix=".new-"))
            try:
                parts = self._parts(frame)
                if parts is None:
                    _write(frame.items, ITEMS, made / "items.parquet")
                    _write(frame.annotations, ANNOTATIONS, made / "annotations.parquet")
                else:
                    about["parts"] = parts
                (made / _ABOUT).write_text(json.dumps(about), "utf-8")
                made.rename(place)
            finally:
                shutil.rmtree(made, ignore_errors=True)
            self._make_room()
        except OSError:
            return self.find(key) or kept
        return self.find(key) or kept

    def _parts(self, frame: Frame) -> list[tuple[str, str]] | None:
        """The keys and prefixes of what a frame is joined of; None when it is not, or they are not here."""
        if not isinstance(frame.items, Joined) or not isinstance(frame.annotations, Joined):
            return None
        both = zip(frame.items.parts, frame.annotations.parts, strict=True)
        places = [(_folder(items), _folder(rows), prefix) for (_, items), (prefix, rows) in both]
        here = all(items == rows and items.parent == self.folder for items, rows, _ in places)
        return [(place.name, prefix) for place, _, prefix in places] if here else None

    def _joined(self, about: dict[str, Any]) -> Frame:
        """A frame of others. Raises FileNotFoundError when one of them is gone."""
        found = [(prefix, self.find(key)) for key, prefix in about["parts"]]
        frames = [(prefix, kept.frame) for prefix, kept in found if kept is not None]
        if len(frames) < len(found):
            raise FileNotFoundError(about["parts"])
        return Frame(
            items=Joined(tuple(("", frame.items) for _, frame in frames)),
            annotations=Joined(tuple((prefix, frame.annotations) for prefix, frame in frames)),
            classes=about["classes"],
            has_ids=about["has_ids"],
        )

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


def _folder(columns: Columns) -> Path:
    return Path(str(columns.source)).parent


def _frame(place: Path, about: dict[str, Any]) -> Frame:
    items, annotations = (InParquet(str(place / f"{name}.parquet")) for name in ("items", "annotations"))
    return Frame(items=items, annotations=annotations, classes=about["classes"], has_ids=about["has_ids"])


def _write(columns: Columns, schema: pa.Schema, path: Path) -> None:
    """Write plain text columns: not every engine reads Arrow's dictionaries."""
    with pq.ParquetWriter(
        path, schema, compression="lz4", use_dictionary=_REPEATED, write_statistics=_REPEATED
    ) as writer:
        for batch in columns.batches():
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
