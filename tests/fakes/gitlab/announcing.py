"""Which deliveries follow from which change: the payloads GitLab sends to a project's webhooks."""

import uuid
from typing import Any

from tests.fakes.clock import Clock
from tests.fakes.gitlab.deliveries import Deliveries
from tests.fakes.gitlab.model import CommitStatus, MergeRequest, Note, Pipeline, Project, User
from tests.fakes.gitlab.registry import Registry
from tests.fakes.gitlab.shapes import hooks, pipeline_hooks
from tests.fakes.gitlab.shapes.hooks import Json

ZERO = "0" * 40
MOST_COMMITS = 20
"""A push hook lists the newest of its commits (https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events)."""


class Announcing(Registry):
    """Emits a delivery to every webhook of the project a change belongs to."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self.deliveries = Deliveries(self.clock)
        self._push_uuid = ""

    def close(self) -> None:
        self.deliveries.close()

    def _announce(self, kind: str, project: Project, payload: Json, *, event_uuid: str = "") -> None:
        event = EVENTS[kind]
        event_uuid = event_uuid or str(uuid.uuid4())
        for hook in project.hooks:
            if kind in hook.events:
                self.deliveries.emit(event, payload, hook=hook, instance=self.url, event_uuid=event_uuid)

    def announce_merge_request(
        self,
        action: str,
        project: Project,
        mr: MergeRequest,
        by: User,
        *,
        changes: Json | None = None,
        **more: Any,
    ) -> None:
        """`action` is open, reopen, update, approved, approval, unapproved, unapproval, merge or close.

        `more` goes to the object's attributes: an update has `oldrev` only when code was pushed,
        and then the event UUID of that push.
        """
        payload = {
            "object_kind": "merge_request",
            "event_type": "merge_request",
            "user": hooks.user(self, by),
            "project": hooks.project(self, project),
            "repository": hooks.repository(self, project),
            "object_attributes": {**hooks.merge_request(self, mr), "action": action, **more},
            "labels": [],
            "changes": changes or {},
            "assignees": [],
            "reviewers": [hooks.reviewer(self, one) for one in mr.reviewers],
        }
        event_uuid = self._push_uuid if "oldrev" in more else ""
        self._announce("merge_requests", project, payload, event_uuid=event_uuid)

    def announce_note(self, project: Project, mr: MergeRequest, note: Note, by: User) -> None:
        """A note was written or edited, by anybody: the bot hears of its own too. System notes have no hook."""
        if note.system:
            return
        action = "create" if note.updated_at == note.created_at else "update"
        payload = {
            "object_kind": "note",
            "event_type": "note",
            "user": hooks.user(self, by),
            "project_id": project.id,
            "project": hooks.project(self, project),
            "repository": hooks.repository(self, project),
            "object_attributes": hooks.note(self, mr, note, action),
            "merge_request": hooks.merge_request_of_note(self, mr),
        }
        self._announce("note", project, payload)

    def announce_push(
        self, project: Project, branch: str, before: str | None, after: str | None, by: User
    ) -> None:
        """`before` None made the branch, `after` None deleted it."""
        store = project.store
        commits = store.between(before, after) if before and after else []
        shown = hooks.user(self, by)
        payload = {
            "object_kind": "push",
            "event_name": "push",
            "before": before or ZERO,
            "after": after or ZERO,
            "ref": f"refs/heads/{branch}",
            "checkout_sha": after,
            "user_id": by.id,
            "user_name": by.name,
            "user_username": by.username,
            "user_email": by.public_email,
            "user_avatar": shown["avatar_url"],
            "project_id": project.id,
            "project": hooks.project(self, project),
            "repository": {
                **hooks.repository(self, project),
                "git_http_url": f"{hooks.page(self, project)}.git",
                "git_ssh_url": hooks.ssh_url(self, project),
                "visibility_level": hooks.VISIBILITY[project.visibility],
            },
            "commits": [hooks.pushed_commit(self, project, one) for one in commits[-MOST_COMMITS:]],
            "total_commits_count": len(commits),
        }
        self._push_uuid = str(uuid.uuid4())
        self._announce("push", project, payload, event_uuid=self._push_uuid)

    def announce_pipeline(self, project: Project, pipeline: Pipeline) -> None:
        """The pipeline's status changed. Statuses from outside are not among its builds."""
        jobs = [row for row in pipeline.statuses if not row.generic and not row.retried]
        commit = hooks.commit(self, project, project.store.commits[pipeline.sha])
        del commit["title"]
        payload = {
            "object_kind": "pipeline",
            "object_attributes": pipeline_hooks.pipeline(pipeline),
            "merge_request": None,
            "user": hooks.user(self, pipeline.user),
            "project": hooks.project_in_pipeline(self, project),
            "commit": commit,
            "builds": [pipeline_hooks.build(self, row) for row in jobs],
        }
        if pipeline.merge_request is not None:
            payload["merge_request"] = hooks.merge_request_of_pipeline(self, pipeline.merge_request)
        self._announce("pipeline", project, payload)

    def announce_job(self, project: Project, pipeline: Pipeline, status: CommitStatus) -> None:
        """A CI job changed; statuses from outside have no such hook."""
        if status.generic:
            return
        commit = project.store.commits[status.sha]
        payload = {
            "object_kind": "build",
            "ref": status.ref,
            "tag": False,
            "before_sha": ZERO,
            "sha": status.sha,
            "build_id": status.id,
            "build_name": status.name,
            "build_stage": status.stage,
            "build_status": status.status,
            "build_created_at": hooks.stamp(status.created_at),
            "build_started_at": hooks.stamp(status.started_at),
            "build_finished_at": hooks.stamp(status.finished_at),
            "build_duration": None,
            "build_queued_duration": None,
            "build_allow_failure": status.allow_failure,
            "build_failure_reason": "script_failure" if status.status == "failed" else "unknown_failure",
            "pipeline_id": pipeline.id,
            "runner": None,
            "project_id": project.id,
            "project_name": f"{project.namespace.name} / {project.path}",
            "user": hooks.user(self, status.author),
            "commit": {
                "id": pipeline.id,
                "name": None,
                "sha": commit.oid,
                "message": commit.message,
                "author_name": commit.author.name,
                "author_email": commit.author.email,
                "status": pipeline.status,
                "duration": None,
                "started_at": hooks.stamp(status.started_at),
                "finished_at": hooks.stamp(status.finished_at),
            },
            "repository": {
                **hooks.repository(self, project),
                "git_http_url": f"{hooks.page(self, project)}.git",
                "git_ssh_url": hooks.ssh_url(self, project),
                "visibility_level": hooks.VISIBILITY[project.visibility],
            },
            "environment": None,
        }
        self._announce("job", project, payload)


EVENTS = {
    "push": "Push Hook",
    "merge_requests": "Merge Request Hook",
    "note": "Note Hook",
    "pipeline": "Pipeline Hook",
    "job": "Job Hook",
}
