"""Export configurations: the consumer's format and class mapping.

Ours (``format: yolo`` and ``classes`` as a list or a mapping of id to name), Ultralytics'
`data.yaml` (``names``) or COCO's ``categories``; told apart by their keys.
"""

from collections.abc import Iterator, Mapping

from bot.documents import Document, read_yaml
from bot.evidence.model import ClassEntry, ExportConfig, Loaded
from bot.evidence.problems import Problems, shown
from bot.evidence.yolo_config import Named, class_entries

_OURS_FIX = "Write `format`, and `classes` as a list of names or a mapping of id to name."


def read_export_config(data: bytes, *, file: str) -> Loaded[ExportConfig]:
    """Read an export configuration; every class has its line."""
    document = read_yaml(data, file=file)
    if document.problems:
        return Loaded(problems=document.problems)
    problems = Problems(file)
    content = document.data if isinstance(document.data, Mapping) else {}
    form = content.get("format")
    if "classes" in content:
        if not isinstance(form, str):
            problems.add(
                "export.no-format", "`format` is missing", _OURS_FIX, line=document.line(("format",))
            )
        entries = _entries(document, _ours(content["classes"]), problems)
    elif "names" in content:
        form = "yolo"
        entries = class_entries(document, content, problems)
    else:
        form = "coco"
        entries = _entries(document, _coco(content.get("categories")), problems)
    if not entries and not problems:
        problems.add("export.no-classes", "the file maps no classes", _OURS_FIX, line=1)
    return problems.loaded(ExportConfig(file=file, format=str(form), classes=entries))


def _entries(document: Document, named: Iterator[Named], problems: Problems) -> tuple[ClassEntry, ...]:
    entries = []
    for id_, name, path in named:
        line = document.line(path)
        if isinstance(name, str) and name:
            entries.append(ClassEntry(id=id_, name=name, line=line))
        else:
            text = f"the name of class {shown(id_)} is not text"
            problems.add("export.bad-name", text, "Quote the name.", line=line)
    return tuple(entries)


def _ours(classes: object) -> Iterator[Named]:
    if isinstance(classes, Mapping):
        yield from ((key, name, ("classes", key)) for key, name in classes.items())
    elif isinstance(classes, list):
        yield from ((str(index), name, ("classes", index)) for index, name in enumerate(classes))


def _coco(categories: object) -> Iterator[Named]:
    for index, category in enumerate(categories if isinstance(categories, list) else ()):
        fields = category if isinstance(category, Mapping) else {}
        yield str(fields.get("id", "")), fields.get("name"), ("categories", index)
