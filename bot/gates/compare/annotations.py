"""What happened to the annotations, whether or not their ids can be trusted."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from math import isclose, isnan

from bot.evidence.model import Annotation
from bot.gates.compare.changes import Change, ChangeKind, once
from bot.gates.compare.pairing import paired, without_equals
from bot.gates.compare.statements import TOLERANCE

_NAN = -1e301
"""Stands for NaN: before every number, and none that a picture has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Annotations of both sides without their like on the other, and what was learnt on the way.

    `renumbered`: how many annotations kept their content under another id.
    """

    old: list[Annotation]
    new: list[Annotation]
    renumbered: int


def differing(old: Sequence[Annotation], new: Sequence[Annotation]) -> Rest:
    """Cancel what is equal by id, then what is equal by content; the rest comes sorted."""
    old_rest, new_rest = without_equals(numbered(old), numbered(new), same)
    elsewhere, old_rest, new_rest = paired(old_rest, new_rest, content_of)
    old_rest.sort(key=_annotation_order)
    new_rest.sort(key=_annotation_order)
    return Rest(old=old_rest, new=new_rest, renumbered=len(elsewhere))


def content_of(annotation: Annotation) -> Hashable:
    """What an annotation says, whatever its id."""
    return (annotation.item, annotation.label, annotation.box, annotation.shape)


def _annotation_order(annotation: Annotation) -> tuple[str, str, tuple[float, ...], tuple[float, ...], str]:
    return (annotation.item, annotation.label, annotation.box or (), annotation.shape, annotation.id)


def numbered(annotations: Sequence[Annotation]) -> Sequence[Annotation]:
    """NaN, which readers refuse, as a number that no picture has: equal to itself, as it is in SQL."""
    if not any(isnan(sum(one.box or ()) + sum(one.shape)) for one in annotations):
        return annotations
    return [replace(one, box=_box(one), shape=tuple(map(_number, one.shape))) for one in annotations]


def _box(annotation: Annotation) -> tuple[float, float, float, float] | None:
    if annotation.box is None:
        return None
    x, y, width, height = map(_number, annotation.box)
    return x, y, width, height


def _number(coordinate: float) -> float:
    return _NAN if isnan(coordinate) else coordinate


def same(was: Annotation, now: Annotation) -> bool:
    """Whether two records of one id say the same."""
    return was.label == now.label and was.item == now.item and _same_geometry(was, now)


def _same_geometry(was: Annotation, now: Annotation) -> bool:
    if was.box == now.box and was.shape == now.shape:
        return True
    if (was.box is None) != (now.box is None) or len(was.shape) != len(now.shape):
        return False
    return _near(was.box or (), now.box or ()) and _near(was.shape, now.shape)


def _near(was: Sequence[float], now: Sequence[float]) -> bool:
    """Whether every coordinate is the same on both sides."""
    for a, b in zip(was, now, strict=True):
        if a != b and not isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE) and not (isnan(a) and isnan(b)):
            return False
    return True


class AnnotationChanges:
    """Turns the rest of both sides into changes that name splits and classes."""

    def __init__(
        self, was_in: dict[str, str], is_in: dict[str, str], came: frozenset[str], went: frozenset[str]
    ) -> None:
        self.found: list[Change] = []
        self._was_in, self._is_in, self._came, self._went = was_in, is_in, came, went

    def record(self, rest: Rest, *, ids_trusted: bool) -> None:
        """Name every change in `rest`, pairing by id and item, or without ids by box, then by class."""
        if ids_trusted:
            pairs, old, new = paired(rest.old, rest.new, lambda a: (a.id, a.item))
        else:
            relabelled, old, new = paired(rest.old, rest.new, lambda a: (a.item, a.box, a.shape))
            moved, old, new = paired(old, new, lambda a: (a.item, a.label))
            pairs = relabelled + moved
        for was, now in pairs:
            self._altered(was, now)
        self.found += [self._removed(annotation) for annotation in old]
        self.found += [self._added(annotation) for annotation in new]

    def _altered(self, was: Annotation, now: Annotation) -> None:
        splits = once(self._was_in.get(was.item, ""), self._is_in.get(now.item, ""))
        classes = once(was.label, now.label)
        kinds = [ChangeKind.RELABEL] if was.label != now.label else []
        kinds += [] if _same_geometry(was, now) else [ChangeKind.MOVE]
        self.found += [
            Change(
                kind=kind,
                record=now.id,
                item=now.item,
                splits=splits,
                classes=classes,
                annotator=now.annotator,
                line=now.line,
            )
            for kind in kinds
        ]

    def _removed(self, annotation: Annotation) -> Change:
        return Change(
            kind=ChangeKind.REMOVE_ANNOTATIONS,
            record=annotation.id,
            item=annotation.item,
            splits=(self._was_in.get(annotation.item, ""),),
            classes=(annotation.label,),
            with_item=annotation.item in self._went,
            annotator=annotation.annotator,
        )

    def _added(self, annotation: Annotation) -> Change:
        return Change(
            kind=ChangeKind.ADD_ANNOTATIONS,
            record=annotation.id,
            item=annotation.item,
            splits=(self._is_in.get(annotation.item, ""),),
            classes=(annotation.label,),
            with_item=annotation.item in self._came,
            annotator=annotation.annotator,
            line=annotation.line,
        )
