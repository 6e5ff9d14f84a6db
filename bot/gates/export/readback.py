"""The exported files against the snapshot: every annotation is accounted for exactly once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.evidence.exports.model import BoxForm, ExportedFiles
from bot.evidence.model import Annotation, Item, Snapshot
from bot.gates.export.geometry import (
    COMPARISONS,
    COMPARISONS_EACH,
    SLACK,
    CrowdedError,
    Effort,
    Misplaced,
    Pair,
    Placed,
    Scale,
    in_fractions,
    pair,
    scale_of,
)
from bot.gates.export.item_matching import matched_items

Cell = tuple[str, str]
"""(split, class), the split as the snapshot has it."""


def _lists() -> defaultdict[Cell, list[str]]:
    return defaultdict(list)


@dataclass(slots=True)
class ReadBack:
    """What reading an export back showed; ids are the snapshot's, of extra records the artefact's.

    `lost` and `extra` annotations are on items that both sides have, `relabelled` ones by (class in
    the snapshot, class read back). `unmeasured` items have fractions on one side and pixels on the
    other, and no size to convert them. All annotations were lost with the label file of `emptied`
    (it is empty) and `unlabelled` items (it is missing). `crowded` items have too many boxes in one place
    to tell them apart, `resized` ones another size, `outlines` ones
    outlines with other numbers. `misplaced` are those at other coordinates
    with their items, `bare_items` those of the snapshot without annotations. `wanted` and `found`
    count annotations, `items` by split the items that both sides have.
    """

    missing_items: list[str] = field(default_factory=list)
    extra_items: list[str] = field(default_factory=list)
    other_split: defaultdict[Cell, list[str]] = field(default_factory=_lists)
    lost: defaultdict[Cell, list[str]] = field(default_factory=_lists)
    extra: defaultdict[Cell, list[str]] = field(default_factory=_lists)
    relabelled: defaultdict[Cell, list[str]] = field(default_factory=_lists)
    displaced: list[str] = field(default_factory=list)
    out_of_range: list[str] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    outlines: list[str] = field(default_factory=list)
    crowded: list[str] = field(default_factory=list)
    resized: list[str] = field(default_factory=list)
    misplaced: list[Misplaced] = field(default_factory=list)
    bare_items: frozenset[str] = frozenset()
    wanted: Counter[Cell] = field(default_factory=Counter)
    found: Counter[Cell] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)


def read_back(snapshot: Snapshot, exported: ExportedFiles, slack: float | None = None) -> ReadBack:
    """Compare the exported files, as their consumer reads them, with `snapshot`.

    `slack` is how many pixels coordinates may differ, None: what the format may round.
    """
    result = ReadBack()
    artefact = exported.content
    partner = matched_items(snapshot.items, artefact.items)
    want, got = _by_item(snapshot.annotations), _by_item(artefact.annotations)
    fractions = (in_fractions(snapshot), _has_fractions(exported))
    if slack is None:
        slack = SLACK[exported.boxes] if exported.boxes else 0.0
    effort = Effort(COMPARISONS + COMPARISONS_EACH * len(snapshot.annotations))
    for item in snapshot.items:
        ours = want.get(item.id, [])
        result.wanted.update((item.split, annotation.label) for annotation in ours)
        other = partner.get(item.id)
        if other is None:
            result.missing_items.append(item.id)
            continue
        theirs = got.pop(other.id, [])
        result.items[item.split] += 1
        result.found.update((item.split, annotation.label) for annotation in theirs)
        if item.split and other.split and item.split != other.split:
            result.other_split[item.split, other.split].append(item.id)
        if _resized(item, other):
            result.resized.append(item.id)
        if ours and not theirs and exported.boxes in {BoxForm.CENTRE, BoxForm.CORNERS}:
            (result.emptied if other.marked_empty else result.unlabelled).append(item.id)
        else:
            scale = scale_of((item, other), (ours, theirs), fractions, slack)
            _compare(item, (ours, theirs), scale, result, effort)
            if exported.outlines and scale and not _same_outlines(ours, theirs, scale):
                result.outlines.append(item.id)
    known = {item.id for item in partner.values()}
    result.extra_items = sorted({item.id for item in artefact.items if item.id not in known} | got.keys())
    result.bare_items = frozenset(item.id for item in snapshot.items if item.id not in want)
    return result


def _resized(item: Item, other: Item) -> bool:
    """Whether both state the picture's size, and not the same."""
    sides = (item.width, item.height, other.width, other.height)
    return all(sides) and sides[:2] != sides[2:]


def _same_outlines(ours: Sequence[Annotation], theirs: Sequence[Annotation], scale: Scale) -> bool:
    """Whether the outlines of the snapshot are those read back, in whatever order."""
    want, got = (
        sorted(scale.outline(one.shape, side) for one in annotations if one.shape)
        for side, annotations in enumerate((ours, theirs))
    )
    if not want:
        return True
    return len(want) == len(got) and all(map(scale.same, want, got))


def _has_fractions(exported: ExportedFiles) -> bool:
    """By the format, whatever the numbers; only a form that has both is told by them."""
    if exported.boxes is None:
        return in_fractions(exported.content)
    return exported.boxes is BoxForm.CENTRE


def _by_item(annotations: Iterable[Annotation]) -> dict[str, list[Annotation]]:
    groups: defaultdict[str, list[Annotation]] = defaultdict(list)
    for annotation in annotations:
        groups[annotation.item].append(annotation)
    return dict(groups)


def _compare(
    item: Item,
    both: tuple[list[Annotation], list[Annotation]],
    scale: Scale | None,
    result: ReadBack,
    effort: Effort,
) -> None:
    """Pair by place within each class, then across classes, then by class alone."""
    if scale is None:
        result.unmeasured.append(item.id)
        scale = Scale.blind()
    ours, theirs = (list(map(scaled, side)) for scaled, side in zip(scale.placing, both, strict=True))
    result.out_of_range += [placed.id for placed in theirs if not scale.holds(placed)]
    crossed: list[Pair] = []
    try:
        lost, extra = _pair_within_classes(ours, theirs, scale, effort)
        if not scale.is_blind:
            crossed, lost, extra = pair(lost, extra, scale, effort)
    except CrowdedError:
        result.crowded.append(item.id)
        return
    for one, other in crossed:
        result.relabelled[one.label, other.label].append(one.id)
    places = Counter(placed.label for placed in extra)
    before = len(result.displaced)
    for placed in lost:
        if places[placed.label]:
            places[placed.label] -= 1
            result.displaced.append(placed.id)
        else:
            result.lost[item.split, placed.label].append(placed.id)
    if 2 * (len(result.displaced) - before) >= max(len(ours), 1):  # else single boxes moved
        result.misplaced.append(Misplaced(item.id, scale, tuple(lost), tuple(extra)))
    for placed in extra:
        if places[placed.label]:
            places[placed.label] -= 1
            result.extra[item.split, placed.label].append(placed.id)


def _pair_within_classes(
    ours: Sequence[Placed], theirs: Sequence[Placed], scale: Scale, effort: Effort
) -> tuple[list[Placed], list[Placed]]:
    """What is left of both sides once annotations of one class in one place are paired."""
    classes: defaultdict[str, tuple[list[Placed], list[Placed]]] = defaultdict(lambda: ([], []))
    for side, placed_side in enumerate((ours, theirs)):
        for placed in placed_side:
            classes[placed.label][side].append(placed)
    lost: list[Placed] = []
    extra: list[Placed] = []
    for mine, yours in classes.values():
        _, my_rest, your_rest = pair(mine, yours, scale, effort)
        lost += my_rest
        extra += your_rest
    return lost, extra
