"""CVAT's annotation format "CVAT for images 1.1" (XML), as far as it speaks of work.

https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/. It names the jobs (`segments`)
with their frames, the task's assignee, the labels, and the file of each frame. It does not say
how far a job is, nor anything of reviews: its assignments have an unknown status, so an answer
that rests on it alone is vague. Beside a list of jobs it names their frames.
"""

from dataclasses import dataclass, field

from bot.evidence.model import Assignment, AssignmentStatus, Label
from bot.evidence.problems import Problems
from bot.evidence.tools.cvat_frames import Frames
from bot.evidence.tools.export import Absent, ToolEvidence, ToolExport, concluded
from bot.evidence.tools.records import Record, note_bad_value, note_repeated
from bot.evidence.values import BadValueError, plain_text, text_id
from bot.evidence.xml_elements import Element, xml_elements

NO_STATUS = "not stated in CVAT XML"

_NO_REVIEWS = Absent(
    text="CVAT XML says nothing of reviews.",
    fix="Save the lists of jobs and issues from CVAT's API and name their directory.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    id: str
    first: int
    last: int
    line: int


@dataclass(slots=True, kw_only=True)
class _Task:
    """A task while it is read. `numbers` are absolute frame numbers of images, with their files."""

    id: int | None = None
    assignee: str = ""
    start: int = 0
    step: int = 1
    segments: list[_Segment] = field(default_factory=list)
    numbers: dict[int, str] = field(default_factory=dict)

    def frames(self) -> Frames:
        """The files by number as jobs count: from 0, each step one."""
        steps = {divmod(number - self.start, self.step): name for number, name in self.numbers.items()}
        return Frames(names={step: name for (step, between), name in steps.items() if not between})


@dataclass(slots=True, kw_only=True)
class Document:
    """What an XML file says of tasks and labels."""

    tasks: list[_Task] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def frames(self) -> dict[int, Frames]:
        """The frames of the tasks whose number and files the file names."""
        return {task.id: task.frames() for task in self.tasks if task.id is not None and task.numbers}


def read_cvat_xml(data: bytes, *, file: str) -> ToolEvidence:
    """Assignments (of unknown status) and labels of one XML file."""
    problems = Problems(file)
    document = parse_cvat_xml(data, problems)
    work = [(task, segment) for task in document.tasks for segment in task.segments]
    of_work = Problems(file)
    assignments: list[Assignment] = []
    for task, segment in work:
        record = Record(line=segment.line, place=f"line {segment.line}", value=segment.id)
        try:
            assignments.append(_assignment(task, segment))
        except BadValueError as error:
            note_bad_value(error, record, of_work)
    note_repeated(
        (Record(line=one.line, place=f"line {one.line}", value=one.id) for _, one in work),
        "segment",
        problems,
    )
    export = ToolExport(
        assignments=tuple(assignments) if work else _nothing("segments, so no jobs"),
        reviews=_NO_REVIEWS,
        labels=tuple(document.labels) if document.labels else _nothing("labels"),
    )
    return concluded(export, problems, file, of_work=of_work)


def parse_cvat_xml(data: bytes, problems: Problems) -> Document:
    """What a file says of tasks and labels; what is wrong with it is noted."""
    reading = _Reading(problems)
    root = ""
    for element in xml_elements(data, problems):
        root = element.path[0]
        try:
            reading.take(element)
        except BadValueError as error:
            note_bad_value(
                error, Record(line=element.line, place=f"line {element.line}", value=root), problems
            )
    if root != "annotations" and not problems:
        problems.add("cvat.not-annotations", "the file is XML, but not CVAT's", "Export it as CVAT 1.1.")
    return reading.document


class _Reading:
    """Collects a document from elements in the order they end: children before their parents."""

    def __init__(self, problems: Problems) -> None:
        self.document = Document()
        self._problems = problems
        self._task = _Task()
        self._fields: dict[str, tuple[str, int]] = {}
        self._attributes: list[str] = []

    def take(self, element: Element) -> None:
        """Take in one element."""
        match element.path:
            case ("annotations", "meta", *_, "task" | "job", ("id" | "start_frame" | "frame_filter") as tag):
                self._describe(tag, element)
            case ("annotations", "meta", *_, "task" | "job", "assignee", "username"):
                self._task.assignee = plain_text(element.text)
            case (*_, "segments", "segment", ("id" | "start" | "stop") as tag):
                self._fields[tag] = (element.text, element.line)
            case (*_, "segments", "segment"):
                self._segment(element)
            case ("annotations", "meta", "task" | "job") | (
                "annotations",
                "meta",
                "project",
                "tasks",
                "task",
            ):
                self.document.tasks.append(self._task)
                self._task = _Task()
            case (*_, "labels", "label"):
                self._label(element)
            case (*_, "labels", "label", "name"):
                self._fields["name"] = (element.text, element.line)
            case (*_, "labels", "label", "attributes", "attribute", _):
                self._attributes.append(" ".join(element.text.split()))
            case ("annotations", "image"):
                self._image(element)

    def _describe(self, tag: str, element: Element) -> None:
        match tag:
            case "id":
                self._task.id = _number(element.text, "the task's id")
            case "start_frame":
                self._task.start = _number(element.text, "start_frame")
            case _:
                step = element.text.removeprefix("step=")
                self._task.step = max(_number(step, "frame_filter"), 1) if step else 1

    def _segment(self, element: Element) -> None:
        texts = {name: text for name, (text, _) in self._fields.items()}
        self._fields.clear()
        self._task.segments.append(
            _Segment(
                id=text_id(texts.get("id", "")),
                first=_number(texts.get("start", ""), "start"),
                last=_number(texts.get("stop", ""), "stop"),
                line=element.line,
            )
        )

    def _label(self, element: Element) -> None:
        name = text_id(self._fields.pop("name", ("", 0))[0])
        rule = plain_text("; ".join(self._attributes))
        self._attributes.clear()
        self.document.labels.append(Label(id=name, name=name, rule=rule, line=element.line))

    def _image(self, element: Element) -> None:
        number = _number(element.attributes.get("id", ""), "the image's id")
        name = text_id(element.attributes.get("name", ""))
        tasks = self.document.tasks
        owner = element.attributes.get("task_id")
        mine = (task for task in tasks if str(task.id) == owner or (owner is None and len(tasks) == 1))
        if any(task.numbers.setdefault(number, name) != name for task in mine):
            raise BadValueError(
                "evidence.duplicate-id",
                f"frame {number} is two files",
                "Export it from CVAT again, unedited.",
            )


def _number(text: str, what: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    raise BadValueError(
        "evidence.bad-record", f"{what} is not a number", "Export it from CVAT again, unedited."
    )


def _assignment(task: _Task, segment: _Segment) -> Assignment:
    items = task.frames().between(segment.first, segment.last)
    if not items:
        raise BadValueError(
            "cvat.no-frame-names",
            f"frames {segment.first} to {segment.last} of segment {segment.id} have no files in the export",
            "Export the task as CVAT for images 1.1, with all of its frames.",
        )
    return Assignment(
        id=segment.id,
        items=items,
        assignee=task.assignee,
        status=AssignmentStatus.UNKNOWN,
        status_text=NO_STATUS,
        line=segment.line,
    )


def _nothing(what: str) -> Absent:
    return Absent(
        text=f"The CVAT XML names no {what}.", fix="Export the whole task or project as CVAT 1.1 again."
    )
