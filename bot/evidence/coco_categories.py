"""The class map of a COCO file that is an export's configuration: its categories, and nothing else of it.

Such a file may be as large as a snapshot. Its other fields are skipped, not read.
"""

from collections.abc import Iterator

import msgspec

from bot.answers import Finding
from bot.evidence.exports.model import ClassEntry, ExportConfig
from bot.evidence.model import Loaded
from bot.evidence.problems import Problems, shown
from bot.evidence.tables import BOM
from bot.evidence.values import DECODE_ERRORS, Id, explained

_HEAD = 1 << 16
"""Bytes among which a COCO file names one of its arrays."""


class _File(msgspec.Struct):
    categories: list[msgspec.Raw]


class _Category(msgspec.Struct):
    id: Id
    name: object = None


def is_coco_file(data: bytes) -> bool:
    """Whether it is a whole COCO file: JSON with images or annotations beside its categories."""
    if data.removeprefix(BOM).lstrip()[:1] != b"{":
        return False
    ends = (data[:_HEAD], data[-_HEAD:])
    return any(key in end for end in ends for key in (b'"images"', b'"annotations"'))


def read_categories(data: bytes, *, file: str) -> Loaded[ExportConfig]:
    """The class map, every class with its line."""
    problems = Problems(file)
    faults: list[Finding] = []
    entries: list[ClassEntry] = []
    try:
        for category, line in _categories(data):
            if isinstance(category.name, str) and category.name:
                entries.append(ClassEntry(id=str(category.id), name=category.name, line=line))
            else:
                faults.append(_unnamed(category, file, line))
    except DECODE_ERRORS as error:
        problems.add("export.unreadable", f"the file is no COCO: {explained(error)}", "Export it again.")
    if not entries and not faults and not problems:
        problems.add("export.no-classes", "the file has no categories", "Export them too.", line=1)
    return problems.loaded(
        ExportConfig(file=file, format="coco", classes=tuple(entries), faults=tuple(faults))
    )


def _categories(data: bytes) -> Iterator[tuple[_Category, int]]:
    """Every category and its line. Raises what `DECODE_ERRORS` names."""
    raws = msgspec.json.decode(data.removeprefix(BOM), type=_File).categories
    at, line = data.find(b'"categories"'), 1
    line += data.count(b"\n", 0, at)
    for raw in raws:
        place = data.find(bytes(raw), at)
        line += data.count(b"\n", at, place)
        at = place
        yield msgspec.json.decode(raw, type=_Category), line


def _unnamed(category: _Category, file: str, line: int) -> Finding:
    return Finding(
        code="export.class-unnamed",
        text=f"The name of class {shown(category.id)} is not text.",
        fix="Write the name, in quotes.",
        file=file,
        line=line,
        items=(str(category.id),),
    )
