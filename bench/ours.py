"""Our side of the benchmark: snapshots of a folder through the readers, the shelf and gate 5."""

from collections.abc import Sequence
from pathlib import Path

from bot.answers import Answer
from bot.evidence.frame_rows import snapshot_of
from bot.evidence.frames import Frame
from bot.evidence.model import Loaded, Snapshot
from bot.evidence.shelf import Shelf
from bot.evidence.snapshots import load_snapshot
from bot.evidence.sources import KeyPath, Naming
from bot.forges.base import ObjectKind, TreeEntry
from bot.gates.snapshot_compare import check
from bot.manifest import IntendedChange, Source
from bot.policy import CompareRule
from bot.shelf import DirectoryShelf, InParquet

INTENT = (
    IntendedChange(kinds=("move",), classes=("class 3",), splits=("train",)),
    IntendedChange(kinds=("add-items",), splits=("train",)),
)
"""What is supposed to change; see `bench.shape`."""


class Folder:
    """A folder as the tree of a commit; a path stands for its Git id, since nothing changes here."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at `path`."""
        place = self._root / path
        if place.is_dir():
            return TreeEntry(f"tree of {path}", ObjectKind.DIRECTORY)
        return TreeEntry(path, ObjectKind.FILE, place.stat().st_size) if place.is_file() else None

    def read(self, path: str, *, max_bytes: int) -> bytes:  # noqa: ARG002
        """The bytes of the file at `path`."""
        return (self._root / path).read_bytes()

    def below(self, directory: str) -> Sequence[str]:
        """All file paths below `directory`, sorted."""
        files = (path for path in (self._root / directory).rglob("*") if path.is_file())
        return tuple(sorted(str(path.relative_to(self._root)) for path in files))


def loaded(folder: Path, side: str, shelf: Shelf) -> Loaded[Snapshot]:
    """One COCO snapshot of the folder."""
    naming = Naming(file="release.yaml", key=("snapshot",), what="The snapshot", line=_no_line)
    source = Source(path=f"/coco/{side}", format="coco")
    return load_snapshot(Folder(folder), source, naming, manifest_path="release.yaml", shelf=shelf)  # type: ignore[arg-type]


def kept(folder: Path, side: str, *, shelf: Path) -> str:
    """Load one and keep it."""
    return f"{len(_read(folder, side, DirectoryShelf(shelf)).annotations)} boxes kept"


def _read(folder: Path, side: str, shelf: Shelf) -> Snapshot:
    value = loaded(folder, side, shelf).value
    if value is None:
        raise ValueError(f"the snapshot {side} cannot be read")
    return value


def _no_line(_: KeyPath) -> None:
    return None


def compared(folder: Path, *, shelf: Path) -> str:
    """Load both and answer."""
    kept = DirectoryShelf(shelf)
    return _told(_answer(loaded(folder, "old", kept), loaded(folder, "new", kept)))


def compared_parquet(folder: Path) -> str:
    """Answer for the two snapshots kept in ``parquet/``."""
    sides = []
    for side in ("old", "new"):
        items, annotations = (
            InParquet(str(folder / "parquet" / side / f"{t}.parquet")) for t in ("items", "annotations")
        )
        sides.append(Loaded(value=snapshot_of(Frame(items=items, annotations=annotations))))
    return _told(_answer(*sides))


def _answer(old: Loaded[Snapshot], new: Loaded[Snapshot]) -> Answer:
    return check(snapshot=new, baseline=old, baseline_name="the baseline", intent=INTENT, rule=CompareRule())


def _told(answer: Answer) -> str:
    codes = ", ".join(sorted(set(answer.codes)))
    return f"{answer.headline} {len(answer.findings)} findings ({codes})"
