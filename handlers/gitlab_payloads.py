"""The fields of GitLab's payloads that are read, with their types; everything else is skipped.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from typing import Annotated

from msgspec import Meta, Struct

from handlers.payloads import Line, Number, Sha

FullPath = Annotated[
    str,
    Meta(
        max_length=1024,
        pattern=r"\A(?!(?:.*/)?\.{1,2}(?:/|\Z))[A-Za-z0-9._-]{1,255}(?:/[A-Za-z0-9._-]{1,255}){1,21}\Z",
    ),
]
"""Groups, up to twenty subgroups, and the project."""


class Project(Struct):
    """A project; of a merge request, the one it targets."""

    id: Number
    path_with_namespace: FullPath


class Event(Struct):
    """What most events have; which of them need it, each says itself."""

    project: Project | None = None


class MergeRequest(Struct):
    """A merge request; some events do not say `action`, and only a pipeline may name another project's."""

    iid: Number
    action: Line = ""
    target_project_id: Number | None = None


class MergeRequestEvent(Event, kw_only=True):
    """`Merge Request Hook`."""

    object_attributes: MergeRequest


class Note(Struct):
    """A comment. `action` is there since 16.11, when edits began to be told too."""

    noteable_type: Line = ""
    note: str | None = None
    action: Line = ""
    author_id: Number | None = None
    updated_by_id: Number | None = None


class NoteEvent(Event, kw_only=True):
    """`Note Hook`; of a commit, an issue or a snippet when `merge_request` is missing."""

    object_attributes: Note
    merge_request: MergeRequest | None = None


class PushEvent(Event, kw_only=True):
    """`Push Hook`; `after` is all zeros when the branch was deleted."""

    ref: Line
    after: Sha


class Pipeline(Struct):
    """A pipeline; of a merged result or a train, `sha` is a commit no branch has."""

    sha: Sha
    status: Line = ""


class PipelineEvent(Event, kw_only=True):
    """`Pipeline Hook`; `merge_request` is there for pipelines of merge requests only."""

    object_attributes: Pipeline
    merge_request: MergeRequest | None = None


class Home(Struct):
    """Where a project is shown: the server's own address, then its full path."""

    homepage: Line


class JobEvent(Event, kw_only=True):
    """`Job Hook`. Its `commit.id` is the id of the pipeline; many servers send no `project`."""

    ref: Line
    sha: Sha
    build_status: Line = ""
    project_id: Number | None = None
    repository: Home | None = None
