"""The tools whose exports are read, and how an export is told by its content."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from bot.evidence.model import Assignment, Label, Loaded, ReviewRecord
from bot.evidence.problems import Problems, shown
from bot.evidence.tables import BOM
from bot.evidence.tools.cvat import read_cvat
from bot.evidence.tools.cvat_xml import read_cvat_xml
from bot.evidence.tools.encord import read_encord
from bot.evidence.tools.encord_ontology import read_encord_ontology
from bot.evidence.tools.export import ToolEvidence
from bot.evidence.tools.label_studio import read_label_studio
from bot.evidence.tools.label_studio_config import read_label_studio_config
from bot.evidence.tools.labelbox import read_labelbox

_HEAD = 1 << 16
"""Bytes in which a file says what it is."""

_SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("cvat", re.compile(rb"\A\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!DOCTYPE\s+)?annotations\b", re.DOTALL)),
    ("label-studio", re.compile(rb"\A\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!DOCTYPE\s+)?View\b", re.DOTALL)),
    ("encord", re.compile(rb'"(label_hash|featureNodeHash|annotation_task_status)"\s*:')),
    ("labelbox", re.compile(rb'"(data_row|dataRowId|DataRow ID|dataRow)"\s*:')),
    (
        "label-studio",
        re.compile(
            rb'\A\s*\[.*"(annotations|completions|drafts|annotation_id|inner_id|total_annotations)"\s*:',
            re.DOTALL,
        ),
    ),
    ("cvat", re.compile(rb'"(results|chunk_size|task_id|sublabels)"\s*:')),
)

T = TypeVar("T", Assignment, Label, ReviewRecord)


class _OneFile(Protocol):
    def __call__(self, data: bytes, *, file: str) -> ToolEvidence: ...


def tool_format(data: bytes) -> str | None:
    """The tool whose export a file is, or None. Says nothing of whether the export is sound."""
    head = data[:_HEAD].removeprefix(BOM)
    if head.lstrip()[:1] not in {b"{", b"[", b"<"}:
        return None
    return next((tool for tool, sign in _SIGNS if sign.search(head)), None)


def read_tool(files: Mapping[str, bytes], *, tool: str, file: str) -> ToolEvidence:
    """The evidence of one export: one `file`, or the files (path → bytes) of the directory `file`."""
    evidence = TOOLS[tool](files, file)
    return evidence if file in files else _unplaced(evidence)


def _each(read: Callable[[bytes], _OneFile]) -> Callable[[Mapping[str, bytes], str], ToolEvidence]:
    """A reader of files each of which stands by itself; `read` chooses by a file's content."""

    def together(files: Mapping[str, bytes], file: str) -> ToolEvidence:
        parts = [read(data)(data, file=path) for path, data in files.items()]
        return ToolEvidence(
            assignments=_joined([part.assignments for part in parts], file, lambda one: one.id),
            reviews=_joined([part.reviews for part in parts], file, lambda _: None),
            labels=_joined([part.labels for part in parts], file, lambda one: one.id),
        )

    return together


def _joined(
    parts: list[Loaded[tuple[T, ...]]], file: str, key: Callable[[T], str | None]
) -> Loaded[tuple[T, ...]]:
    problems = Problems(file)
    values: dict[object, T] = {}
    for part in parts:
        problems.take(part.problems)
        for value in part.value or ():
            known = key(value)
            if known is not None and known in values:
                problems.add(
                    "evidence.duplicate-id",
                    f"{shown(known)} occurs twice in the files of the export",
                    "Export every record once.",
                )
            values[(len(values),) if known is None else known] = value
    return problems.loaded(tuple(values.values()))


def _is_xml(data: bytes) -> bool:
    return data.removeprefix(BOM).lstrip().startswith(b"<")


def _label_studio(data: bytes) -> _OneFile:
    return read_label_studio_config if _is_xml(data) else read_label_studio


def _encord(data: bytes) -> _OneFile:
    return read_encord_ontology if b'"featureNodeHash"' in data else read_encord


def _cvat(files: Mapping[str, bytes], file: str) -> ToolEvidence:
    if all(_is_xml(data) for data in files.values()):
        return _each(lambda _: read_cvat_xml)(files, file)
    return read_cvat(files, file=file)


def _labelbox(files: Mapping[str, bytes], file: str) -> ToolEvidence:
    return read_labelbox(files, file=file)


TOOLS: Mapping[str, Callable[[Mapping[str, bytes], str], ToolEvidence]] = {
    "cvat": _cvat,
    "encord": _each(_encord),
    "label-studio": _each(_label_studio),
    "labelbox": _labelbox,
}


def _unplaced(evidence: ToolEvidence) -> ToolEvidence:
    """Without lines: of several files, a line says nothing."""
    return ToolEvidence(
        assignments=_without_lines(evidence.assignments),
        reviews=_without_lines(evidence.reviews),
        labels=_without_lines(evidence.labels),
    )


def _without_lines(loaded: Loaded[tuple[T, ...]]) -> Loaded[tuple[T, ...]]:
    return replace(loaded, value=tuple(_bare(loaded.value)) if loaded.value is not None else None)


def _bare(values: Iterable[T]) -> Iterable[T]:
    return (replace(value, line=None) for value in values)
