"""Class names of an export against the schema, each finding on the line of its class."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from bot.answers import Finding
from bot.evidence.exports.model import ClassEntry, ExportConfig
from bot.evidence.model import Label
from bot.evidence.problems import shown
from bot.gates.wording import counted

_SEPARATORS = re.compile(r"[\W_]+")
_FOREIGN = re.compile(r"[^a-z0-9]+")
_BACKGROUND = frozenset({"background", "bg", "ignore", "unlabeled", "unlabelled"})


def name_findings(
    config: ExportConfig, labels: Sequence[Label], in_use: Mapping[str, int]
) -> Iterator[Finding]:
    """Classes dropped, invented or renamed; `in_use` counts the snapshot's annotations per class."""
    active = dict.fromkeys(label.name for label in labels if label.active)
    mapped = {entry.name for entry in config.classes}
    dropped = [name for name in active if name not in mapped]
    for entry in config.classes:
        if entry.name not in active:
            meant = next((name for name in dropped if _was_changed(name, entry.name)), None)
            if meant is not None:
                dropped.remove(meant)
                yield _renamed(config, entry, meant)
            else:
                yield _added(config, entry, labels)
    yield from (_dropped(config, name, in_use.get(name, 0)) for name in sorted(dropped))
    strays = sorted(in_use.keys() - mapped - active.keys())
    yield from (_dropped(config, name, in_use[name]) for name in strays)


def is_background(name: str) -> bool:
    """Whether a class stands for "no object", as detectors of another kind than YOLO number one."""
    return _plain(name).strip("-") in _BACKGROUND


def _plain(name: str) -> str:
    """A name as sanitisers leave it: case, width, spaces and punctuation do not count."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _SEPARATORS.sub("-", folded).strip("-") or folded


def _was_changed(name: str, written: str) -> bool:
    """Whether a tool may have made `written` of `name`: sanitised, without accents, or garbled."""
    if _plain(name) == _plain(written) or _garbled(name) == written:
        return True
    bare = _FOREIGN.sub("", _plain(written))
    accents = unicodedata.normalize("NFKD", _plain(name))
    return len(bare) > 2 and bare in {
        _FOREIGN.sub("", accents),  # letters without their accents
        _FOREIGN.sub("", _plain(name)),  # letters outside of ASCII left out
    }


def _garbled(name: str) -> str | None:
    """UTF-8 taken for Windows' Western code page, as spreadsheets do."""
    try:
        return name.encode().decode("cp1252")
    except UnicodeError:
        return None


def _renamed(config: ExportConfig, entry: ClassEntry, meant: str) -> Finding:
    return Finding(
        code="export.class-renamed",
        text=f"Class {shown(entry.name)} is not in the schema; did you mean {shown(meant)}?",
        fix=f"Write the name exactly as the schema does: {shown(meant)}.",
        file=config.file,
        line=entry.line,
        items=(entry.name,),
    )


def _added(config: ExportConfig, entry: ClassEntry, labels: Sequence[Label]) -> Finding:
    inactive = any(label.name == entry.name for label in labels)
    background = not inactive and is_background(entry.name)
    return Finding(
        code="export.class-background" if background else "export.class-invented",
        text=f"Class {shown(entry.name)} stands for no object: the schema has none, and it shifts the others."
        if background
        else f"Class {shown(entry.name)} is {'inactive' if inactive else 'not'} in the schema.",
        fix="Remove the background class, and number the others without it."
        if background
        else "Remove the class from the export, or make it active in the schema.",
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
