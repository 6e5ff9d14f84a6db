"""What a candidate holds that its baseline need not tell apart: boxes and classes that look wrong.

Boxes without area or beyond their picture, the same annotation twice, and two class ids of one name.
Trainers drop, clip or count them each in its own way, so they are shown; they decide nothing.
An engine looks for them in large snapshots (`bot.gates.compare.odd_statements`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.answers import Finding
from bot.evidence.contents import plain
from bot.evidence.model import Annotation, Item, Snapshot
from bot.evidence.problems import shown
from bot.gates.compare.annotations import content_of, numbered
from bot.gates.compare.odd_statements import LARGEST, SLACK
from bot.gates.wording import counted

Named = tuple[str, str]
"""Item and id of an annotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddities:
    """Annotations that look wrong, each kind sorted."""

    flat: tuple[Named, ...] = ()
    """Boxes without area."""
    outside: tuple[Named, ...] = ()
    """Boxes with an area beyond the edge of their picture."""
    repeated: tuple[Named, ...] = ()
    """Drawn annotations that another repeats: item, class, box and shape."""


def in_order(annotations: Iterable[Named]) -> tuple[Named, ...]:
    """Each once, sorted."""
    return tuple(sorted(set(annotations)))


def oddities(snapshot: Snapshot) -> Oddities:
    """Everything odd in a small snapshot."""
    annotations, sizes = tuple(snapshot.annotations), _sizes(snapshot.items)
    flat = (_named(one) for one in annotations if _is_flat(one))
    outside = (_named(one) for one in annotations if _is_outside(one, *sizes.get(one.item, _UNKNOWN)))
    alike: defaultdict[object, list[Named]] = defaultdict(list)
    for one in numbered(annotations):
        if one.box is not None or one.shape:
            alike[content_of(one)].append(_named(one))
    return Oddities(
        flat=in_order(flat),
        outside=in_order(outside),
        repeated=in_order(named for group in alike.values() if len(group) > 1 for named in group),
    )


_Size = tuple[int | None, int | None]
_UNKNOWN: _Size = (None, None)


def _sizes(items: Iterable[Item]) -> Mapping[str, _Size]:
    """Item → width and height; of an id that is (wrongly) repeated the largest."""
    sizes: dict[str, _Size] = {}
    for item in items:
        width, height = sizes.get(item.id, _UNKNOWN)
        sizes[item.id] = (_larger(width, item.width), _larger(height, item.height))
    return sizes


def _larger(one: int | None, other: int | None) -> int | None:
    return max((size for size in (one, other) if size is not None), default=None)


def _is_flat(annotation: Annotation) -> bool:
    return annotation.box is not None and (annotation.box[2] <= 0 or annotation.box[3] <= 0)


def _is_outside(annotation: Annotation, width: int | None, height: int | None) -> bool:
    if annotation.box is None or width is None or height is None or _is_flat(annotation):
        return False
    x, y, w, h = annotation.box
    if not all(abs(side) < LARGEST for side in annotation.box):
        return False
    return x < -SLACK or y < -SLACK or x > float(width) + SLACK - w or y > float(height) + SLACK - h


def _named(annotation: Annotation) -> Named:
    return annotation.item, annotation.id


def told(found: Oddities, classes: Mapping[str, str]) -> tuple[Finding, ...]:
    """A finding for each kind of oddity with all it concerns; `classes` as in `Snapshot`."""
    each = (
        _finding("box-without-area", "without area", "Draw or remove these boxes.", found.flat),
        _finding(
            "box-outside", "beyond the edge of the picture", "Correct these boxes or the size.", found.outside
        ),
        _finding("annotation-twice", "that another repeats", "Remove one of the two.", found.repeated),
    )
    twice = Counter(map(plain, classes.values()))
    names = [name for name, times in sorted(twice.items()) if times > 1]
    return (*filter(None, each), *(_one_name(name) for name in names))


def _finding(code: str, what: str, fix: str, annotations: tuple[Named, ...]) -> Finding | None:
    if not annotations:
        return None
    return Finding(
        code=f"compare.{code}",
        text=f"{counted(len(annotations), 'annotation')} {what}.",
        fix=fix,
        items=tuple(dict.fromkeys(item for item, _ in annotations)),
        annotations=annotations,
    )


def _one_name(name: str) -> Finding:
    return Finding(
        code="compare.class-name-twice",
        text=f"Several class ids of the snapshot are called {shown(name)}.",
        fix="Give every class a name of its own, or merge the two.",
        label=name,
    )
