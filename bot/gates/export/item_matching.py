"""Which item of the exported files is which item of the snapshot."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import PurePosixPath

from bot.evidence.model import Item
from bot.evidence.yolo_layout import is_image


def _without_picture_suffix(file: str) -> str:
    """The file name as a label file has it: of `a.rf.1f2e` (a picture that is not here) nothing is cut."""
    path = PurePosixPath(file)
    return path.stem if is_image(path.name) else path.name


_KEYS: tuple[Callable[[Item], Hashable], ...] = (
    lambda item: item.id,
    lambda item: item.file,
    lambda item: PurePosixPath(item.file).name,
    lambda item: (item.split, PurePosixPath(item.file).stem),
    lambda item: PurePosixPath(item.file).stem,
    lambda item: (item.split, _without_picture_suffix(item.file)),
    lambda item: _without_picture_suffix(item.file),
)


def matched_items(snapshot: Iterable[Item], artefact: Iterable[Item]) -> Mapping[str, Item]:
    """Id in the snapshot → item of the artefact.

    Formats call items differently (`images/train/7.jpg`, `7.jpg`, `7`), so ids, files, file names
    and stems are tried, each only where it tells all items apart; what matches most is taken.
    """
    want, got = tuple(snapshot), tuple(artefact)
    best: dict[str, Item] = {}
    for key in _KEYS:
        ours = {key(item): item.id for item in want}
        theirs = {key(item): item for item in got}
        if len(ours) == len(want) and len(theirs) == len(got):
            found = {id_: theirs[place] for place, id_ in ours.items() if place in theirs}
            best = max(best, found, key=len)
        if len(best) == len(want):
            break
    return best
