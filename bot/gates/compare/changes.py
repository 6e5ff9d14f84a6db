"""What may have happened to a record between two snapshots, as values."""

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """What may happen to a record; the words of `bot.manifest.IntendedChange.kinds`."""

    ADD_ITEMS = "add-items"
    REMOVE_ITEMS = "remove-items"
    REPLACE_ITEMS = "replace-items"
    CHANGE_SPLIT = "change-split"
    ADD_ANNOTATIONS = "add-annotations"
    REMOVE_ANNOTATIONS = "remove-annotations"
    RELABEL = "relabel"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one record.

    `record` is the id of the item or annotation (in the baseline for what was removed, else in
    the candidate). `splits` and `classes` hold what it touches, before and after, once each:
    (from, to) for a change of split or a relabelling; no class for a change of an item.
    `with_item`: the annotation came or went together with its item. `annotator`: whom the annotation
    names, in the candidate where it is there.
    """

    kind: ChangeKind
    record: str
    item: str
    splits: tuple[str, ...]
    classes: tuple[str, ...] = ()
    with_item: bool = False
    annotator: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All changes, and how many annotations kept their content under another id.

    `renamed`: (id in the baseline, id in the candidate) of items that kept their picture.
    """

    changes: tuple[Change, ...]
    renamed: tuple[tuple[str, str], ...]
    renumbered: int
    ids_trusted: bool


def once(first: str, second: str) -> tuple[str, ...]:
    """Both, or one of them when they are the same."""
    return (first,) if first == second else (first, second)
