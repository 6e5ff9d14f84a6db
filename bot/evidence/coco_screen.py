"""Telling stretches of annotations without mistakes from those that have to be looked at one by one."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from bot.evidence import coco_columns
from bot.evidence.coco_records import Annotation, Numbered
from bot.evidence.json_pieces import Piece
from bot.evidence.values import Id

STRETCH = 2_000
"""Records of one stretch."""

_KINDS: tuple[type[Annotation], ...] = (Numbered, Annotation)


def stretches(
    records: Sequence[msgspec.Raw], images: Mapping[Id, str], classes: Mapping[Id, str]
) -> Iterator[tuple[int, Sequence[msgspec.Raw], list[str] | None]]:
    """Place, records and ids of every stretch; no ids where something may be wrong with a record."""
    places = {id_: place for place, id_ in enumerate(images)}
    for begin in range(0, len(records), STRETCH):
        stretch = records[begin : begin + STRETCH]
        yield begin, stretch, _sound(stretch, places, classes)


def _sound(
    records: Sequence[msgspec.Raw], places: Mapping[Id, int], classes: Mapping[Id, str]
) -> list[str] | None:
    data = b"[%b]" % b",".join(map(bytes, records))
    for kind in _KINDS:
        try:
            found: list[Annotation] = msgspec.json.decode(data, type=list[kind])  # type: ignore[valid-type]
            coco_columns.Annotations(places, classes).add(Piece(found, np.zeros(len(found), np.int64)))
        except coco_columns.GIVES_UP:
            continue
        return [str(one.id) for one in found]
    return None
