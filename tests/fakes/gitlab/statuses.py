"""Commit statuses from outside, with the state machine behind ``POST /projects/:id/statuses/:sha``.

Read from GitLab's source:
https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/services/ci/create_commit_status_service.rb
https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/services/ci/pipelines/add_job_service.rb
https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/models/commit_status.rb
https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/policies/ci/pipeline_policy.rb
"""

from tests.fakes.exchange import RefusedError
from tests.fakes.faults import Fault
from tests.fakes.gitlab.model import CommitStatus, Pipeline, Project, User
from tests.fakes.gitlab.pipelines import Pipelines, retire_older

MAX_LENGTH = 255
CREATED = "created"

EVENTS: dict[str, tuple[str, frozenset[str], str]] = {
    "pending": ("enqueue", frozenset({"created", "skipped", "manual", "scheduled"}), "pending"),
    "running": ("run", frozenset({"pending"}), "running"),
    "success": ("success", frozenset({"created", "preparing", "pending", "running"}), "success"),
    "failed": ("drop", frozenset({"created", "preparing", "pending", "running", "manual"}), "failed"),
    "canceled": ("cancel", frozenset({"created", "preparing", "pending", "running", "manual"}), "canceled"),
    "skipped": ("skip", frozenset({"created", "preparing", "pending"}), "skipped"),
}
"""Which event a posted state fires, from which statuses it may, and what it makes."""


class Statuses(Pipelines):
    """What tokens do with commit statuses."""

    def crowd_statuses(self, *, times: int = 1) -> Fault:
        """Somebody else holds the lock of a commit's statuses for the next `times` posts: 409."""
        body = {"message": "Another update to this commit status is in progress"}
        fault = Fault("POST", r"/api/v4/projects/[^/]+/statuses/.*", times, status=409, body=body)
        return self.faults.add(fault)

    def post_status(
        self,
        project: Project,
        sha: str,
        state: str,
        *,
        by: User,
        name: str = "default",
        ref: str | None = None,
        pipeline_id: int | None = None,
        description: str | None = None,
        target_url: str | None = None,
    ) -> CommitStatus:
        """Write a status.

        Raises RefusedError: 400 for what cannot follow, 404 for an unknown place, 403 for the pipeline of
        a protected branch to which `by` may not push.
        """
        with self.lock:
            if sha not in project.store.commits:
                raise RefusedError(404, "404 Commit Not Found")
            found = matching(project, sha, ref, pipeline_id)
            ref = ref or (found.ref if found else _containing(project, sha))
            if ref is None:
                raise RefusedError(404, "404 References for commit Not Found")
            if found is None and pipeline_id is not None:
                raise RefusedError(404, "404 Pipeline for pipeline_id, sha and ref Not Found")
            if not project.may_update(by, ref):
                raise RefusedError(403, "403 Forbidden")
            pipeline = found or self.add_pipeline(project, sha, ref, by=by, source="external")
            row = _open_row(pipeline, name, ref, by) or self._new_row(pipeline, name, by)
            given = {"description": description, "target_url": target_url}
            _validate(pipeline, row, given)
            self._apply(row, state)
            for field, value in given.items():
                if value is not None:
                    setattr(row, field, value)
            if row not in pipeline.statuses:
                pipeline.statuses.append(row)
            retire_older(pipeline, row)
            if not row.retried:  # a retried row that changes does not wake the pipeline
                self.settle_pipeline(pipeline)
            return row

    def _new_row(self, pipeline: Pipeline, name: str, by: User) -> CommitStatus:
        now = self.clock.tick()
        return CommitStatus(
            id=self.new_id(),
            name=name,
            status=CREATED,
            sha=pipeline.sha,
            ref=pipeline.ref,
            author=by,
            created_at=now,
            updated_at=now,
        )

    def _apply(self, row: CommitStatus, state: str) -> None:
        """Fire the event of the posted state. Raises RefusedError (400), and then nothing is saved."""
        status = row.status
        if state == "running" and status == CREATED:
            status = "pending"
        event, sources, target = EVENTS[state]
        if status not in sources:
            raise RefusedError(
                400,
                f"Cannot transition status via :{event} from :{status} "
                f'(Reason(s): Status cannot transition via "{event}")',
            )
        now = self.clock.tick()
        row.status, row.updated_at = target, now
        if target == "running":
            row.started_at = now
        elif target in {"success", "failed", "canceled"}:
            row.finished_at = now


def matching(project: Project, sha: str, ref: str | None, pipeline_id: int | None) -> Pipeline | None:
    """The newest pipeline of the commit, of any ref unless one is asked for."""
    fitting = (
        one
        for one in reversed(project.pipelines)
        if one.sha == sha and ref in (None, one.ref) and pipeline_id in (None, one.id)
    )
    return next(fitting, None)


def _containing(project: Project, sha: str) -> str | None:
    """The first branch that contains the commit."""
    for name, tip in sorted(project.branches.items()):
        if any(commit.oid == sha for commit in project.store.ancestry(tip)):
            return name
    return None


def _open_row(pipeline: Pipeline, name: str, ref: str, by: User) -> CommitStatus | None:
    """The row that is written again: unfinished, of this very user; even one that was retried."""
    for row in pipeline.statuses:
        mine = row.generic and row.author is by and (row.name, row.ref) == (name, ref)
        if mine and row.status in {"pending", "running"}:
            return row
    return None


def _validate(pipeline: Pipeline, row: CommitStatus, given: dict[str, str | None]) -> None:
    problems: dict[str, list[str]] = {}
    for field, value in {**given, "ref": row.ref}.items():
        if value is not None and len(value) > MAX_LENGTH:
            problems[field] = [f"is too long (maximum is {MAX_LENGTH} characters)"]
    url = given["target_url"]
    if url and not url.startswith(("http://", "https://")):
        problems.setdefault("target_url", []).append("is blocked: Only allowed schemes are http, https")
    if any(not other.generic and other.name == row.name for other in pipeline.statuses):
        problems["name"] = ["has already been taken"]
    if problems:
        raise RefusedError(400, problems)
