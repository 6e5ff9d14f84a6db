"""Class ids of an export: usable by its consumers, and those of the snapshot and of the exported files.

How the ids are wrong is named: counted from another number, in another order, with or without the
gaps of the snapshot. Each finding stands on the line of the first class it speaks of.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from bot.answers import Finding
from bot.evidence.exports.model import ClassEntry, ExportConfig
from bot.evidence.problems import shown
from bot.gates.export.class_names import is_background
from bot.gates.wording import named

_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_RENUMBER = "Number the classes as the format asks, in the order of the schema."

_LIKE_THE_SNAPSHOT = "Number the classes as the snapshot does."


def id_findings(config: ExportConfig, snapshot: Mapping[str, str]) -> Iterator[Finding]:
    """Names or ids that occur twice, and ids that the format's consumers cannot use.

    `snapshot` is the snapshot's id → name: a COCO id 0 that the snapshot has too is no fault.
    """
    yield from _repeated(config, "name", lambda entry: entry.name)
    yield from _repeated(config, "id", lambda entry: entry.id)
    wrong = [entry for entry in config.classes if not _usable(entry.id, config)]
    wrong = [entry for entry in wrong if not (is_coco(config) and snapshot.get("0") == entry.name)]
    if not wrong:
        return
    rule = (
        f"YOLO numbers its classes from 0 to {len(config.classes) - 1} without gaps"
        if is_yolo(config)
        else "COCO category ids are positive whole numbers"
    )
    what, code = _kind_of_numbers(config)
    text = f"{rule}; {what or named([entry.id for entry in wrong]) + ' cannot be used'}."
    yield _finding(config, code, text, _RENUMBER, wrong)


def snapshot_agreement(config: ExportConfig, classes: Mapping[str, str]) -> Iterator[Finding]:
    """Whether classes that the snapshot has too keep their ids, or their order in another convention.

    `classes` is the snapshot's id → name. Ids are compared when they are ids of the export's format;
    a COCO snapshot exported to YOLO is renumbered, and then the order has to stay.
    """
    ids = {name: id_ for id_, name in classes.items()}
    common = [entry for entry in _firsts(config.classes) if entry.name in ids]
    in_order = _in_order(common, ids)
    if all(_usable(id_, config, len(classes)) for id_ in classes):
        wrong = [entry for entry in common if ids[entry.name] != entry.id]
    else:
        wrong = [] if in_order else _displaced(common, ids)
    if not wrong or not (is_yolo(config) or is_coco(config)):
        return
    shift = _shift(wrong, ids)
    told = any(is_background(entry.name) or not _usable(entry.id, config) for entry in config.classes)
    if in_order and shift and told:
        return  # with the background class that shifts all others, or with ids that cannot be used
    if not in_order:
        yield _mismatch(config, "export.class-order", "in another order than", wrong, ids)
    elif shift and len(wrong) == len(common):
        way = f"{abs(shift)} too {'high' if shift > 0 else 'low'} against"
        yield _mismatch(config, "export.class-offset", way, wrong, ids)
    else:
        yield _mismatch(config, "export.class-renumbered", "with other gaps than", wrong, ids)


def artefact_agreement(config: ExportConfig, classes: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the exported files number the classes as the configuration says; none stated is none wrong."""
    ids = {name: id_ for id_, name in classes.items()}
    wrong = [entry for entry in config.classes if ids and ids.get(entry.name) != entry.id]
    extra = sorted(ids.keys() - {entry.name for entry in config.classes})
    if wrong:
        there = _pairs(wrong, ids)
        text = f"The class map disagrees with the artefact: {there}."
        yield _finding(
            config, "export.class-map-mismatch", text, "Export again with this configuration.", wrong
        )
    elif extra:
        yield Finding(
            code="export.class-map-mismatch",
            text=f"The artefact has classes that the configuration does not map: {named(extra)}.",
            fix="Export again with this configuration.",
            file=config.file,
            items=tuple(extra),
        )


def is_yolo(config: ExportConfig) -> bool:
    """Whether consumers number classes 0, 1, 2, …"""
    return config.format.lower().startswith(("yolo", "ultralytics"))


def is_coco(config: ExportConfig) -> bool:
    """Whether consumers use COCO category ids."""
    return config.format.lower().startswith("coco")


def _usable(id_: str, config: ExportConfig, count: int | None = None) -> bool:
    if is_yolo(config):
        total = len(config.classes) if count is None else count
        return _WHOLE.fullmatch(id_) is not None and int(id_) < total
    return not is_coco(config) or (_WHOLE.fullmatch(id_) is not None and id_ != "0")


def _kind_of_numbers(config: ExportConfig) -> tuple[str, str]:
    """How ids that cannot be used were counted, and the code of it."""
    ids = [entry.id for entry in config.classes]
    numbers = sorted(int(id_) for id_ in ids if _WHOLE.fullmatch(id_))
    if len(set(numbers)) < len(ids):
        return "", "export.class-ids"
    if numbers[-1] - numbers[0] == len(ids) - 1:
        return f"these count from {numbers[0]}", "export.class-offset"
    if is_yolo(config):
        return f"these go up to {numbers[-1]} for {len(ids)} classes", "export.class-gaps"
    return "", "export.class-ids"


def _by_number(id_: str) -> tuple[int, str]:
    """Order of ids written as numbers (2 before 10), whatever their length."""
    return (len(id_), id_)


def _in_order(common: Sequence[ClassEntry], ids: Mapping[str, str]) -> bool:
    return not _displaced(common, ids)


def _displaced(common: Sequence[ClassEntry], ids: Mapping[str, str]) -> list[ClassEntry]:
    """The classes that stand at another place than in the snapshot, in the order of their ids."""
    there = sorted(common, key=lambda entry: _by_number(ids[entry.name]))
    here = sorted(common, key=lambda entry: _by_number(entry.id))
    return [entry for entry, other in zip(here, there, strict=True) if entry is not other]


def _shift(wrong: Sequence[ClassEntry], ids: Mapping[str, str]) -> int:
    """By how much every id is higher than in the snapshot; 0: not all by the same."""
    pairs = [(entry.id, ids[entry.name]) for entry in wrong]
    if not all(_WHOLE.fullmatch(id_) for pair in pairs for id_ in pair):
        return 0
    steps = {int(here) - int(there) for here, there in pairs}
    return steps.pop() if len(steps) == 1 else 0


def _firsts(entries: Sequence[ClassEntry]) -> list[ClassEntry]:
    """The entries whose name and id no earlier one has; the others are told as repeated."""
    names: set[str] = set()
    ids: set[str] = set()
    kept = []
    for entry in entries:
        if entry.name not in names and entry.id not in ids:
            kept.append(entry)
        names.add(entry.name)
        ids.add(entry.id)
    return kept


def _repeated(config: ExportConfig, what: str, key: Callable[[ClassEntry], Hashable]) -> Iterator[Finding]:
    seen: Counter[Hashable] = Counter()
    for entry in config.classes:
        seen[key(entry)] += 1
        if seen[key(entry)] == 2:
            yield _finding(
                config,
                "export.class-duplicate",
                f"The {what} {shown(key(entry))} occurs more than once in the class map.",
                f"Give every class {'a name' if what == 'name' else 'an id'} of its own.",
                [entry],
            )


def _mismatch(
    config: ExportConfig, code: str, how: str, wrong: Sequence[ClassEntry], ids: Mapping[str, str]
) -> Finding:
    text = f"The classes are numbered {how} the snapshot: {_pairs(wrong, ids)}."
    fix = "Number the classes in the same order." if code == "export.class-order" else _LIKE_THE_SNAPSHOT
    return _finding(config, code, text, fix, wrong)


def _pairs(wrong: Sequence[ClassEntry], ids: Mapping[str, str]) -> str:
    there = [f"{shown(e.name)} is {e.id} here and {ids.get(e.name, 'missing')} there" for e in wrong[:3]]
    return f"{', '.join(there)}{f' and {len(wrong) - 3:,} more' if len(wrong) > 3 else ''}"


def _finding(config: ExportConfig, code: str, text: str, fix: str, about: Sequence[ClassEntry]) -> Finding:
    return Finding(
        code=code,
        text=text,
        fix=fix,
        file=config.file,
        line=about[0].line,
        items=tuple(entry.name for entry in about),
    )
