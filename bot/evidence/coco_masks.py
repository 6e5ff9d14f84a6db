"""COCO's run-length encoded masks.

A mask is (height, width) and the lengths of alternating runs of background and object, column by
column; the compressed form writes them as text, six bits a character
(https://github.com/cocodataset/cocoapi/blob/master/common/maskApi.c, `rleFrString`).
"""

import msgspec

from bot.evidence.values import BadValueError, Pixels

_LONGEST = 40
"""Bits of one run length: far above any image, and no text can make a number of megabytes."""


class Mask(msgspec.Struct, gc=False):
    """A mask as COCO writes it: `size` is height and width, `counts` runs or their text."""

    size: tuple[Pixels, Pixels]
    counts: list[int] | str


def run_lengths(mask: Mask) -> list[float]:
    """Height, width and run lengths of a mask, flat.

    Raises:
        BadValueError: the text of a compressed mask is cut off or holds a foreign character, or the
            runs are not those of a mask of that size.
    """
    runs = mask.counts if isinstance(mask.counts, list) else _unpacked(mask.counts)
    height, width = mask.size
    if min(runs, default=0) < 0 or sum(runs) != height * width:
        raise BadValueError(
            "snapshot.bad-shape",
            f"the runs of the mask do not cover its {height} by {width} pixels",
            "Export the mask again.",
        )
    return [float(number) for number in (*mask.size, *runs)]


def _unpacked(text: str) -> list[int]:
    """Five bits a character, a sixth says "more follows"; from the third run on, differences."""
    runs: list[int] = []
    value = shift = 0
    for char in text:
        bits = ord(char) - 48
        if not 0 <= bits < 64 or shift > _LONGEST:
            raise _broken()
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise _broken()
    return runs


def _broken() -> BadValueError:
    return BadValueError("snapshot.bad-shape", "the mask's `counts` are not COCO's", "Export the mask again.")
