"""The class map of an export against the schema: names and ids, each finding on the line of its class."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from bot.answers import Finding
from bot.evidence.model import ClassEntry, ExportConfig, Label
from bot.evidence.problems import shown
from bot.gates.wording import counted, named

_POSITIVE = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_SEPARATORS = re.compile(r"[\W_]+")


def name_findings(
    config: ExportConfig, labels: Sequence[Label], in_use: Mapping[str, int]
) -> Iterator[Finding]:
    """Classes dropped, invented or renamed; `in_use` counts the snapshot's annotations per class."""
    active = dict.fromkeys(label.name for label in labels if label.active)
    mapped = {entry.name for entry in config.classes}
    dropped = {_normal(name): name for name in active if name not in mapped}
    for entry in config.classes:
        if entry.name not in active:
            meant = dropped.pop(_normal(entry.name), None)
            yield _renamed(config, entry, meant) if meant else _invented(config, entry, labels)
    yield from (_dropped(config, name, in_use.get(name, 0)) for name in sorted(dropped.values()))
    strays = sorted(in_use.keys() - mapped - active.keys())
    yield from (_dropped(config, name, in_use[name]) for name in strays)


def id_findings(config: ExportConfig) -> Iterator[Finding]:
    """Names or ids that occur twice, and ids that the format's consumers cannot use."""
    yield from _repeated(config, "name", lambda entry: entry.name)
    yield from _repeated(config, "id", lambda entry: entry.id)
    wrong = [entry for entry in config.classes if not _usable(entry.id, config)]
    if wrong:
        rule = (
            f"YOLO numbers its classes from 0 to {len(config.classes) - 1} without gaps"
            if is_yolo(config)
            else "COCO category ids are positive whole numbers"
        )
        yield Finding(
            code="export.class-ids",
            text=f"{rule}; {named([entry.id for entry in wrong])} cannot be used.",
            fix="Number the classes as the format asks, in the order of the schema.",
            file=config.file,
            line=wrong[0].line,
            items=tuple(entry.name for entry in wrong),
        )


def snapshot_agreement(config: ExportConfig, classes: Mapping[str, str]) -> Iterator[Finding]:
    """Whether classes that the snapshot has too keep their ids, or their order in another convention.

    `classes` is the snapshot's id → name. Ids are compared when they are ids of the export's format;
    a COCO snapshot exported to YOLO is renumbered, and then the order has to stay.
    """
    ids = {name: id_ for id_, name in classes.items()}
    common = [entry for entry in config.classes if entry.name in ids]
    if all(_usable(id_, config, len(classes)) for id_ in classes):
        wrong = [entry for entry in common if ids[entry.name] != entry.id]
    else:
        there = sorted(common, key=lambda entry: by_number(ids[entry.name]))
        here = sorted(common, key=lambda entry: by_number(entry.id))
        wrong = [entry for entry, other in zip(here, there, strict=True) if entry is not other]
    if wrong and (is_yolo(config) or is_coco(config)):
        yield _mismatch(config, wrong, {entry.name: ids[entry.name] for entry in wrong}, "snapshot")


def artefact_agreement(config: ExportConfig, classes: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the exported files number the classes as the configuration says; none stated is none wrong."""
    ids = {name: id_ for id_, name in classes.items()}
    wrong = [entry for entry in config.classes if ids and ids.get(entry.name) != entry.id]
    extra = sorted(ids.keys() - {entry.name for entry in config.classes})
    if wrong:
        yield _mismatch(config, wrong, ids, "artefact")
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


def by_number(id_: str) -> tuple[int, str]:
    """Order of ids written as numbers (2 before 10), whatever their length."""
    return (len(id_), id_)


def _usable(id_: str, config: ExportConfig, count: int | None = None) -> bool:
    if is_yolo(config):
        total = len(config.classes) if count is None else count
        return id_ == "0" or (_POSITIVE.fullmatch(id_) is not None and int(id_) < total)
    return not is_coco(config) or _POSITIVE.fullmatch(id_) is not None


def _normal(name: str) -> str:
    """A name as sanitisers leave it: case, width, spaces and punctuation do not count."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _SEPARATORS.sub("-", plain).strip("-") or plain


def _renamed(config: ExportConfig, entry: ClassEntry, meant: str) -> Finding:
    return Finding(
        code="export.class-renamed",
        text=f"Class {shown(entry.name)} is not in the schema; did you mean {shown(meant)}?",
        fix=f"Write the name exactly as the schema does: {shown(meant)}.",
        file=config.file,
        line=entry.line,
        items=(entry.name,),
    )


def _invented(config: ExportConfig, entry: ClassEntry, labels: Sequence[Label]) -> Finding:
    inactive = any(label.name == entry.name for label in labels)
    return Finding(
        code="export.class-invented",
        text=f"Class {shown(entry.name)} is {'inactive' if inactive else 'not'} in the schema.",
        fix="Remove the class from the export, or make it active in the schema.",
        file=config.file,
        line=entry.line,
        items=(entry.name,),
    )


def _dropped(config: ExportConfig, name: str, count: int) -> Finding:
    used = f", which {counted(count, 'annotation')} of the snapshot use{'s' if count == 1 else ''}"
    return Finding(
        code="export.class-dropped",
        text=f"The export has no class {shown(name)}{used if count else ''}.",
        fix="Add the class to the export's class map.",
        file=config.file,
        line=config.classes[0].line if config.classes else None,
        items=(name,),
    )


def _repeated(config: ExportConfig, what: str, key: Callable[[ClassEntry], Hashable]) -> Iterator[Finding]:
    seen: Counter[Hashable] = Counter()
    for entry in config.classes:
        seen[key(entry)] += 1
        if seen[key(entry)] == 2:
            yield Finding(
                code="export.class-duplicate",
                text=f"The {what} {shown(key(entry))} occurs more than once in the class map.",
                fix=f"Give every class {'a name' if what == 'name' else 'an id'} of its own.",
                file=config.file,
                line=entry.line,
                items=(entry.name,),
            )


def _mismatch(
    config: ExportConfig, wrong: Sequence[ClassEntry], ids: Mapping[str, str], whose: str
) -> Finding:
    there = [f"{shown(e.name)} is {e.id} here and {ids.get(e.name, 'missing')} there" for e in wrong[:3]]
    more = f" and {len(wrong) - 3:,} more" if len(wrong) > 3 else ""
    return Finding(
        code="export.class-map-mismatch",
        text=f"The class map disagrees with the {whose}: {', '.join(there)}{more}.",
        fix="Export again with this configuration."
        if whose == "artefact"
        else "Number the classes in the same order.",
        file=config.file,
        line=wrong[0].line,
        items=tuple(entry.name for entry in wrong),
    )
