"""The lists and frame tables CVAT's REST API answers with, saved as JSON: jobs, issues, comments, labels.

https://docs.cvat.ai/docs/api_sdk/sdk/reference/apis/ (jobs, issues, comments, labels, tasks);
models: https://github.com/cvat-ai/cvat/tree/develop/cvat/apps/engine. A list is a page
``{"count", "next", "previous", "results"}``, or a bare array of the results of all pages.
"""

import re
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from bot.evidence.problems import Problems, shown
from bot.evidence.tools.cvat_frames import Frames
from bot.evidence.tools.people import Person
from bot.evidence.tools.records import (
    Record,
    Text,
    json_records,
    keys_of,
    listed,
    note_repeated,
    typed,
)

_Number = Annotated[int, msgspec.Meta(ge=0)]


class Job(msgspec.Struct):
    """A job: the frames `start_frame` to `stop_frame` of its task, both included."""

    id: _Number
    task_id: _Number
    type: str
    stage: str
    state: str
    start_frame: _Number
    stop_frame: _Number
    updated_date: str | None
    assignee: Person | None


class Issue(msgspec.Struct):
    """An issue a reviewer opened on one frame of a job."""

    id: _Number
    job: _Number
    frame: _Number
    resolved: bool
    created_date: str
    owner: Person | None
    updated_date: str | None = None


class Comment(msgspec.Struct):
    """One comment of an issue; the first one says what is wrong."""

    id: _Number
    issue: _Number
    message: str


class Attribute(msgspec.Struct):
    """An attribute of a label, part of the rule annotators follow."""

    name: str
    input_type: str = ""
    mutable: bool = False
    values: list[str] = []


class ListedLabel(msgspec.Struct):
    """A label of a project or task; those with a parent are points of a skeleton."""

    id: _Number
    name: str
    attributes: list[Attribute]
    has_parent: bool = False


class _Page(msgspec.Struct):
    count: _Number
    results: list[msgspec.Raw]
    next: str | None


class _Frame(msgspec.Struct):
    name: str


class _FrameTable(msgspec.Struct):
    frames: list[_Frame]
    size: _Number
    deleted_frames: list[_Number] = []


@dataclass(slots=True, kw_only=True)
class Lists:
    """What the JSON files of one export hold; None: no file of that kind is among them."""

    jobs: list[Record[Job]] | None = None
    issues: list[Record[Issue]] | None = None
    comments: list[Record[Comment]] | None = None
    labels: list[Record[ListedLabel]] | None = None
    frames: dict[int, Frames] = field(default_factory=dict)


_KINDS: tuple[tuple[str, frozenset[str], type[Job | Issue | Comment | ListedLabel]], ...] = (
    ("jobs", frozenset({"task_id", "stage", "state"}), Job),
    ("issues", frozenset({"job", "frame", "resolved"}), Issue),
    ("comments", frozenset({"issue", "message"}), Comment),
    ("labels", frozenset({"name", "attributes", "sublabels"}), ListedLabel),
)
_NUMBER = re.compile(r"(\d{1,18})\.json$", re.IGNORECASE)


def read_list(data: bytes, *, file: str, into: Lists, problems: Problems) -> None:
    """Read one JSON file of an export into `into`."""
    records = json_records(data, problems)
    if len(records) == 1 and not data.lstrip().startswith(b"["):
        keys = keys_of(records[0])
        if "frames" in keys:
            _read_frames(records[0], file, into, problems)
            return
        if "results" not in keys:
            _note_unknown(file, problems)
            return
        records = _page(records[0], data, problems)
    elif not records and problems:
        return
    kind = _kind(records, file)
    if kind is None:
        _note_unknown(file, problems)
        return
    name, shape = kind
    found = typed(records, shape, problems)
    note_repeated((Record(line=r.line, place=r.place, value=str(r.value.id)) for r in found), "id", problems)
    setattr(into, name, [*(getattr(into, name) or ()), *found])


def _kind(
    records: tuple[Text, ...], file: str
) -> tuple[str, type[Job | Issue | Comment | ListedLabel]] | None:
    """What a list is of: told by the keys of its first record, and of an empty one by its name."""
    keys = keys_of(records[0]) if records else None
    for name, needed, shape in _KINDS:
        if (name[:-1] in file.rpartition("/")[2].lower()) if keys is None else needed <= keys:
            return name, shape
    return None


def _page(record: Text, data: bytes, problems: Problems) -> tuple[Text, ...]:
    pages = typed([record], _Page, problems)
    if not pages:
        return ()
    page = pages[0].value
    if page.next is not None or page.count != len(page.results):
        problems.add(
            "cvat.partial-list",
            f"the list says it has {page.count} entries, and the file holds {len(page.results)}",
            "Save all pages, for example by asking for `page_size` of at least that many.",
            line=record.line,
        )
    return listed(record, page.results, data)


def _read_frames(record: Text, file: str, into: Lists, problems: Problems) -> None:
    tables = typed([record], _FrameTable, problems)
    number = _NUMBER.search(file)
    if number is None:
        problems.add(
            "cvat.unnamed-frames",
            "a table of frames does not say which task it is of",
            "Save it with the number of its task at the end of the file's name, like meta-9.json.",
        )
    elif tables:
        table = tables[0].value
        names = tuple(frame.name for frame in table.frames)
        if len(names) != table.size:
            problems.add(
                "cvat.video",
                f"the task has {table.size} frames and {len(names)} files, so its frames have no names",
                "Split the video into images before annotating it; items are files.",
                line=record.line,
            )
        into.frames[int(number[1])] = Frames(
            names=dict(enumerate(names)), deleted=frozenset(table.deleted_frames)
        )


def _note_unknown(file: str, problems: Problems) -> None:
    problems.add(
        "cvat.unknown-list",
        f"{shown(file.rpartition('/')[2])} is none of the lists that say something of work and reviews",
        "Name lists of jobs, issues, comments or labels, or a task's `data/meta`; remove other files.",
    )
