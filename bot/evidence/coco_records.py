"""Records of a COCO file as they are decoded; fields that nothing here needs are never built.

https://cocodataset.org/#format-data
"""

from collections.abc import Sequence
from math import inf
from typing import Annotated, Literal

import msgspec

from bot.evidence.assembly import Box, checked_box, extent
from bot.evidence.coco_masks import Mask, run_lengths
from bot.evidence.values import MOST_PIXELS, Id

CROWD = (-inf, -inf)
"""How the `shape` of a crowd ends."""

Pixels = Annotated[float, msgspec.Meta(ge=0, le=MOST_PIXELS)]


class Image(msgspec.Struct, gc=False):
    """One image; `split`, `digest`, `sha256`, `empty` and `group` are ours, COCO has none of them."""

    id: Id
    file_name: str
    width: Pixels = 0
    height: Pixels = 0
    split: str | None = None
    digest: str | None = None
    sha256: str | None = None
    empty: bool = False
    coco_url: str | None = None
    flickr_url: str | None = None
    group: Id | None = None

    @property
    def url(self) -> str:
        """Where the image came from, "": not stated."""
        return self.coco_url or self.flickr_url or ""

    @property
    def belongs_to(self) -> str:
        """Its group, "": not stated."""
        return "" if self.group is None else str(self.group)

    @property
    def content(self) -> str:
        """The digest of the image's bytes, "": not stated."""
        return self.digest or (f"sha256:{self.sha256}" if self.sha256 else "")


class Category(msgspec.Struct, gc=False):
    """One class."""

    id: Id
    name: str


class Annotation(msgspec.Struct, gc=False):
    """One labelled object; `changed_at` and `annotator` are ours."""

    id: Id
    image_id: Id
    category_id: Id
    bbox: Box | None = None
    segmentation: list[list[float]] | Mask | None = None
    keypoints: list[float] | None = None
    iscrowd: bool | float | None = None
    changed_at: str | None = None
    annotator: Id = ""


class Numbered(Annotation, gc=False):
    """An annotation whose ids are numbers, as COCO's are; decoded faster."""

    id: int
    image_id: int
    category_id: int


class Boxed(Numbered, gc=False):
    """A box and nothing else, as in most files for detection: what has to be empty is not looked at again."""

    bbox: Box
    segmentation: tuple[()] | None = None  # type: ignore[assignment]  # an empty list that is made once
    keypoints: tuple[()] | None = None  # type: ignore[assignment]
    iscrowd: Literal[0] | None = None
    changed_at: None = None
    annotator: Literal[""] = ""


def box(raw: Annotation) -> Box | None:
    """The box as written; without one, the extent of the polygons, or None for the whole item.

    Raises:
        BadValueError: they make no box.
    """
    if raw.bbox is not None:
        return checked_box(raw.bbox)
    if isinstance(raw.segmentation, list) and any(raw.segmentation):
        return extent([number for polygon in raw.segmentation for number in polygon])
    return None


def shape(raw: Annotation) -> tuple[float, ...]:
    """Polygons, or the mask's size and run lengths, then keypoints, flat.

    No JSON holds an infinite number, so these say where parts begin: `inf` between polygons, ``-inf``
    before keypoints, twice at the end of a crowd, which COCO evaluates otherwise.

    Raises:
        BadValueError: the mask cannot be read.
    """
    outline: Sequence[float] = ()
    if isinstance(raw.segmentation, Mask):
        outline = run_lengths(raw.segmentation)
    elif raw.segmentation:
        outline = [number for polygon in raw.segmentation for number in (*polygon, inf)][:-1]
    keypoints = (-inf, *raw.keypoints) if raw.keypoints else ()
    return (*outline, *keypoints, *(CROWD if raw.iscrowd else ()))
