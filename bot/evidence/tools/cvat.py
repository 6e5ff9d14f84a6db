"""CVAT's jobs with the issues found in them: several saved answers of its REST API, read together.

Files are told by what they hold, not by their names: lists of jobs, issues, comments and labels
(see `cvat_lists`), and what names the frames of a task: `GET /api/tasks/<n>/data/meta` saved as
``…<n>.json``, or the task's CVAT XML 1.1.

A job is an assignment of the files of its frames. It is COMPLETED when its stage is *acceptance*
and its state *completed*; until then somebody still has to do something. Ground truth jobs and
consensus replicas repeat frames of other jobs to measure quality and are no work of the release;
they are left out. An issue is a rejection of its frame, with the first comment as its reason,
and resolved when CVAT says so. An accepted job is an approval of its frames, but CVAT does not
say by whom; so it counts as understood only where other evidence names the reviewer. Who holds a
job in a later stage than annotation is its reviewer, so the annotator is then left open.
"""

from collections.abc import Iterator, Mapping

from bot.evidence.model import Assignment, AssignmentStatus, Label, ReviewOutcome, ReviewRecord
from bot.evidence.problems import Problems
from bot.evidence.tools.cvat_frames import Frames
from bot.evidence.tools.cvat_lists import Attribute, Comment, Issue, Job, ListedLabel, Lists, read_list
from bot.evidence.tools.cvat_xml import parse_cvat_xml
from bot.evidence.tools.export import Absent, ToolEvidence, ToolExport, concluded
from bot.evidence.tools.people import Directory
from bot.evidence.tools.records import Record, note_bad_value
from bot.evidence.tools.vocabulary import Vocabulary
from bot.evidence.values import BadValueError, plain_text, text_id, utc, utc_or_none

_STATES_SOURCE = "https://docs.cvat.ai/docs/qa-analytics/manual-qa/"
_TYPES_SOURCE = "https://github.com/cvat-ai/cvat/blob/develop/cvat/apps/engine/models.py"

JOB_STATES = Vocabulary(
    ("annotation / new", AssignmentStatus.PENDING, _STATES_SOURCE),
    ("annotation / in progress", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("annotation / completed", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("annotation / rejected", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("validation / new", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("validation / in progress", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("validation / completed", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("validation / rejected", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("acceptance / new", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("acceptance / in progress", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
    ("acceptance / completed", AssignmentStatus.COMPLETED, _STATES_SOURCE),
    ("acceptance / rejected", AssignmentStatus.IN_PROGRESS, _STATES_SOURCE),
)
"""Stage and state of a job, and how far its work is."""

JOB_TYPES = Vocabulary(
    ("annotation", True, _TYPES_SOURCE),
    ("ground_truth", False, _TYPES_SOURCE),
    ("replica", False, _TYPES_SOURCE),
)
"""Whether a job of that type is work of the release."""


def read_cvat(files: Mapping[str, bytes], *, file: str) -> ToolEvidence:
    """Assignments, reviews and labels of the files (path → bytes) saved from CVAT's API together."""
    problems = Problems(file)
    lists = Lists()
    for path, data in files.items():
        part = Problems(path)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            lists.frames |= parse_cvat_xml(data, part).frames()
        else:
            read_list(data, file=path, into=lists, problems=part)
        problems.take(part.all())
    of_work = Problems(file)
    jobs = None if lists.jobs is None else [_placed(job, lists, of_work) for job in lists.jobs]
    work = None if jobs is None else [placed for placed in jobs if placed is not None]
    export = ToolExport(
        assignments=_missing("jobs") if work is None else tuple(_assignments(work, of_work)),
        reviews=_missing("jobs and issues")
        if work is None or lists.issues is None
        else (*_approvals(work, of_work), *_rejections(lists, of_work)),
        labels=_missing("labels") if lists.labels is None else tuple(_labels(lists.labels, problems)),
    )
    return concluded(export, problems, file, of_work=of_work)


_Work = tuple[Record[Job], tuple[str, ...]]


def _missing(what: str) -> Absent:
    return Absent(
        text=f"The files from CVAT hold no list of {what}.",
        fix=f"Save the list of {what} from CVAT's API and name the directory that holds all of them.",
    )


def _placed(job: Record[Job], lists: Lists, problems: Problems) -> _Work | None:
    """A job that is work of the release, with the files of its frames."""
    if JOB_TYPES.meaning(job.value.type) is False:
        return None
    frames = lists.frames.get(job.value.task_id, Frames(names={}))
    names = frames.between(job.value.start_frame, job.value.stop_frame)
    if names is None:
        problems.add(
            "cvat.no-frame-names",
            f"job {job.value.id} names frames {job.value.start_frame} to {job.value.stop_frame} of task "
            f"{job.value.task_id}, whose files the export does not name",
            _save_frames(job.value.task_id),
            line=job.line,
        )
        return None
    return (job, names) if names else None


def _save_frames(task: int) -> str:
    return f"Save /api/tasks/{task}/data/meta as meta-{task}.json beside the jobs."


def _assignments(work: list[_Work], problems: Problems) -> Iterator[Assignment]:
    people = Directory(job.value.assignee for job, _ in work)
    for job, names in work:
        status, word = _status(job.value)
        done = status is AssignmentStatus.COMPLETED
        try:
            yield Assignment(
                id=str(job.value.id),
                items=tuple(text_id(name) for name in names),
                assignee=people.name(job.value.assignee),
                status=status,
                status_text=plain_text(word),
                completed_at=utc_or_none(job.value.updated_date, "updated_date") if done else None,
                line=job.line,
            )
        except BadValueError as error:
            note_bad_value(error, job, problems)


def _status(job: Job) -> tuple[AssignmentStatus, str]:
    word = f"{job.stage} / {job.state}"
    if JOB_TYPES.meaning(job.type) is None:
        return AssignmentStatus.UNKNOWN, f"a job of type {job.type}"
    return JOB_STATES.meaning(word) or AssignmentStatus.UNKNOWN, word


def _approvals(work: list[_Work], problems: Problems) -> Iterator[ReviewRecord]:
    for job, names in work:
        if _status(job.value)[0] is not AssignmentStatus.COMPLETED:
            continue
        try:
            at = utc(job.value.updated_date, "updated_date")
            for name in names:
                yield ReviewRecord(
                    item=text_id(name),
                    annotator="",
                    reviewer="",
                    outcome=ReviewOutcome.APPROVED,
                    at=at,
                    note=f"job {job.value.id} accepted",
                    line=job.line,
                )
        except BadValueError as error:
            note_bad_value(error, job, problems)


def _rejections(lists: Lists, problems: Problems) -> Iterator[ReviewRecord]:
    jobs = {job.value.id: job.value for job in lists.jobs or ()}
    people = Directory(issue.value.owner for issue in lists.issues or ())
    said: dict[int, str] = {}
    for comment in sorted(lists.comments or (), key=_comment_number):
        said.setdefault(comment.value.issue, comment.value.message)
    for issue in lists.issues or ():
        try:
            yield _rejection(issue, jobs.get(issue.value.job), lists, people, said.get(issue.value.id, ""))
        except BadValueError as error:
            note_bad_value(error, issue, problems)


def _comment_number(comment: Record[Comment]) -> int:
    return comment.value.id


def _rejection(
    issue: Record[Issue], job: Job | None, lists: Lists, people: Directory, said: str
) -> ReviewRecord:
    if job is None:
        raise BadValueError(
            "cvat.unknown-job",
            f"the issue is on job {issue.value.job}, which is not among the jobs",
            "Save the jobs and the issues of the same tasks.",
        )
    frames = lists.frames.get(job.task_id, Frames(names={}))
    item = frames.names.get(issue.value.frame)
    if item is None:
        raise BadValueError(
            "cvat.no-frame-names",
            f"the export does not name the file of frame {issue.value.frame} of task {job.task_id}",
            _save_frames(job.task_id),
        )
    made = utc(issue.value.created_date, "created_date")
    changed = utc_or_none(issue.value.updated_date, "updated_date") or made
    text = plain_text(said).strip()
    return ReviewRecord(
        item=text_id(item),
        annotator=people.name(job.assignee) if job.stage == "annotation" else "",
        reviewer=people.name(issue.value.owner),
        outcome=ReviewOutcome.REJECTED,
        at=made,
        reason=text.partition("\n")[0],
        note=text,
        resolved_at=changed if issue.value.resolved else None,
        line=issue.line,
    )


def _labels(labels: list[Record[ListedLabel]], problems: Problems) -> Iterator[Label]:
    for label in labels:
        if label.value.has_parent:
            continue
        try:
            rule = plain_text("; ".join(_asked(attribute) for attribute in label.value.attributes))
            yield Label(id=str(label.value.id), name=text_id(label.value.name), rule=rule, line=label.line)
        except BadValueError as error:
            note_bad_value(error, label, problems)


def _asked(attribute: Attribute) -> str:
    kind = f"{attribute.input_type}{' mutable' if attribute.mutable else ''}"
    return f"{attribute.name} ({kind}): {', '.join(attribute.values)}"
