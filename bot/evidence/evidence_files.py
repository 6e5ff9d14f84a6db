"""Labels, assignments and reviews from what the manifest names: a native table or a tool's export.

A file is one export. A directory is one export too, in several files that belong together (CVAT's
jobs, issues and frames; one file per label row): all of its JSON, NDJSON and XML files are read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from bot.answers import EvidenceUsed, Finding
from bot.evidence.detect import TABLE_FORMATS, table_format
from bot.evidence.item_names import ItemNames
from bot.evidence.model import Assignment, ItemRange, Label, Loaded, ReviewRecord
from bot.evidence.native import read_assignments, read_labels, read_reviews
from bot.evidence.sources import (
    MAX_EVIDENCE,
    Files,
    Naming,
    RefusedSourceError,
    check_digest,
    fetch,
    locate,
    read_file,
)
from bot.evidence.tables import TableFormat
from bot.evidence.tools.export import ToolEvidence
from bot.evidence.tools.registry import TOOLS, read_tool, tool_format
from bot.forges.base import ObjectKind
from bot.manifest import Source

FORMATS = (*TABLE_FORMATS, *sorted(TOOLS))
"""The formats a manifest may name for labels, assignments and reviews."""

_PARTS = (".json", ".ndjson", ".jsonl", ".xml")

T = TypeVar("T")


class _TableReader(Protocol[T]):
    def __call__(self, data: bytes, *, file: str, form: TableFormat) -> Loaded[T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """A kind of evidence: how it is read natively, where a tool's export has it, how items are renamed."""

    native: _TableReader[T]
    of_tool: Callable[[ToolEvidence], Loaded[T]]
    renamed: Callable[[T, ItemNames], T]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    files: Mapping[str, bytes]
    used: EvidenceUsed


def read_evidence(
    files: Files,
    source: Source,
    kind: Kind[T],
    naming: Naming,
    *,
    manifest_path: str,
    items: Iterable[str] = (),
) -> Loaded[T]:
    """Evidence of one kind, in the format the manifest or its content says.

    `items` are the ids of the candidate snapshot, to which a tool's names of files are brought.
    """
    try:
        parts = _fetched(files, source, naming, manifest_path)
    except RefusedSourceError as error:
        return Loaded(problems=(error.finding,))
    form = source.format or _format(parts)
    return replace(_read(parts, form, kind, naming, items), used=parts.used)


def _fetched(files: Files, source: Source, naming: Naming, manifest_path: str) -> _Parts:
    path, entry = locate(files, source, naming, manifest_path=manifest_path)
    if entry.kind is not ObjectKind.DIRECTORY:
        fetched = fetch(files, source, naming, manifest_path=manifest_path)
        return _Parts(files={path: fetched.data}, used=fetched.used)
    used = EvidenceUsed(source=path, digest=f"gittree:{entry.oid}")
    check_digest(source, used.digest, path, naming)
    found: dict[str, bytes] = {}
    left = MAX_EVIDENCE
    for part in files.below(path):
        if part.lower().endswith(_PARTS):
            found[part] = _part(files, part, naming, left)
            left -= len(found[part])
    if not found:
        text = f"{naming.what} `{path}` is a directory without JSON or XML files."
        raise RefusedSourceError(naming.finding("evidence.directory", text, "Name the file itself."))
    return _Parts(files=found, used=used)


def _part(files: Files, path: str, naming: Naming, max_bytes: int) -> bytes:
    entry = files.entry(path)
    if entry is not None and entry.kind is not ObjectKind.FILE:
        text = f"`{path}` is a {entry.kind}, whose target is not read."
        raise RefusedSourceError(naming.finding(f"evidence.{entry.kind}", text, "Commit the file itself."))
    return read_file(files, path, naming, max_bytes=max_bytes)


def _format(parts: _Parts) -> str | None:
    """The one format of all files; a single file may be a native table."""
    forms = {tool_format(data) for data in parts.files.values()} - {None}
    if forms:
        return forms.pop() if len(forms) == 1 else None
    path = parts.used.source
    return table_format(parts.files[path], file=path) if path in parts.files else None


def _read(parts: _Parts, form: str | None, kind: Kind[T], naming: Naming, items: Iterable[str]) -> Loaded[T]:
    if form is not None and form in TOOLS:
        loaded = kind.of_tool(read_tool(parts.files, tool=form, file=parts.used.source))
        renamed = None if loaded.value is None else kind.renamed(loaded.value, ItemNames(items))
        return replace(loaded, value=renamed)
    known = next((known for known in TABLE_FORMATS if known == form), None)
    data = parts.files.get(parts.used.source)
    if known is None or data is None:
        return Loaded(problems=(_unknown(parts.used.source, naming),))
    return kind.native(data, file=parts.used.source, form=known)


def _unknown(path: str, naming: Naming) -> Finding:
    text = f"{naming.what} `{path}` is in no format that is read."
    fix = f"Write it as one of {', '.join(FORMATS)}."
    return naming.finding("evidence.unknown-format", text, fix, field="format")


def _same_labels(labels: tuple[Label, ...], _: ItemNames) -> tuple[Label, ...]:
    return labels


def _assignments(found: tuple[Assignment, ...], names: ItemNames) -> tuple[Assignment, ...]:
    return tuple(_assignment(one, names) for one in found)


def _assignment(one: Assignment, names: ItemNames) -> Assignment:
    listed = one.items
    items = listed if isinstance(listed, ItemRange) else tuple(names.item(name) for name in listed)
    return replace(one, items=items, empty_items=frozenset(names.item(name) for name in one.empty_items))


def _reviews(found: tuple[ReviewRecord, ...], names: ItemNames) -> tuple[ReviewRecord, ...]:
    return tuple(replace(review, item=names.item(review.item)) for review in found)


LABELS = Kind(native=read_labels, of_tool=lambda tool: tool.labels, renamed=_same_labels)
ASSIGNMENTS = Kind(native=read_assignments, of_tool=lambda tool: tool.assignments, renamed=_assignments)
REVIEWS = Kind(native=read_reviews, of_tool=lambda tool: tool.reviews, renamed=_reviews)
