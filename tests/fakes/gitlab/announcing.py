"""Which deliveries follow from which change: the payloads GitLab sends to a project's webhooks."""

from typing import Any

from tests.fakes.gitlab.model import CommitStatus, MergeRequest, Note, Pipeline, Project, User
from tests.fakes.gitlab.registry import Registry


class Announcing(Registry):
    """Emits a delivery to every webhook of the project a change belongs to."""

    def announce_merge_request(
        self, action: str, project: Project, mr: MergeRequest, by: User, **more: Any
    ) -> None: ...

    def announce_note(self, project: Project, mr: MergeRequest, note: Note, by: User) -> None: ...

    def announce_push(
        self, project: Project, branch: str, before: str | None, after: str, by: User
    ) -> None: ...

    def announce_pipeline(self, project: Project, pipeline: Pipeline) -> None: ...

    def announce_job(self, project: Project, pipeline: Pipeline, status: CommitStatus) -> None: ...
