"""Pipelines: of branches, of merge requests, of merged results and of merge trains.

A pipeline's status is that of its newest rows together, statuses from outside and CI jobs alike.
A merge request's head pipeline is the newest that ran on its head, those made for it before any
other. So a status from outside on a head that CI did not reach yet makes a pipeline of its own,
which opens the merge (https://gitlab.com/gitlab-org/gitlab/-/issues/443254).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from tests.fakes.gitlab.conversation import Conversation
from tests.fakes.gitlab.model import FINISHED, CommitStatus, MergeRequest, Pipeline, Project, User

MADE_FOR_MERGE_REQUEST = "merge_request_event"


class Kind(StrEnum):
    """Which commit a merge request's pipeline tests; also the last part of its ref."""

    HEAD = "head"
    """The head itself: a detached pipeline."""
    MERGE = "merge"
    """A merge of the head into the target branch: merged results."""
    TRAIN = "train"
    """A merge of the head into what the merge train before it will make of the target branch."""


class Pipelines(Conversation):
    """What people, runners and GitLab do with pipelines."""

    def run_pipeline(
        self,
        project: Project,
        branch: str,
        *,
        by: User,
        jobs: Sequence[str] = ("test",),
        outcome: str = "",
    ) -> Pipeline:
        """A pipeline of the branch's tip, as a push starts it; `outcome` as for `finish`, "" leaves it running."""
        with self.lock:
            made = self.add_pipeline(project, project.branches[branch], branch, by=by, source="push")
            return self._start(made, jobs, outcome)

    def run_merge_request_pipeline(
        self,
        mr: MergeRequest,
        kind: Kind = Kind.HEAD,
        *,
        by: User,
        jobs: Sequence[str] = ("test",),
        outcome: str = "",
        project: Project | None = None,
        onto: str | None = None,
    ) -> Pipeline:
        """A pipeline made for the merge request, in its source project unless told otherwise.

        `onto`: the commit the head is merged into, by default the target branch's tip.
        """
        with self.lock:
            sha = mr.sha
            if kind is not Kind.HEAD:
                sha = self.merge_commit(
                    mr.project,
                    onto or mr.project.branches[mr.target_branch],
                    mr.sha,
                    by=by,
                    message=f"Merge branch '{mr.source_branch}' into {mr.target_branch}",
                )
            ref = f"refs/merge-requests/{mr.iid}/{kind}"
            home = project or (mr.source_project if kind is Kind.HEAD else mr.project)
            made = self.add_pipeline(home, sha, ref, by=by, source=MADE_FOR_MERGE_REQUEST, mr=mr)
            return self._start(made, jobs, outcome)

    def merge_commit(self, project: Project, base: str, head: str, *, by: User, message: str) -> str:
        """A commit that merges `head` into `base`, on no branch."""
        raise NotImplementedError

    def move(self, project: Project, branch: str, sha: str, *, by: User) -> str:
        """Point a branch at a commit."""
        raise NotImplementedError

    def add_pipeline(
        self, project: Project, sha: str, ref: str, *, by: User, source: str, mr: MergeRequest | None = None
    ) -> Pipeline:
        """A pipeline without rows. It becomes the head pipeline of the merge requests it belongs to."""
        now = self.clock.tick()
        made = Pipeline(
            id=self.new_id(),
            iid=len(project.pipelines) + 1,
            project=project,
            sha=sha,
            ref=ref,
            source=source,
            status="created",
            user=by,
            created_at=now,
            updated_at=now,
            merge_request=mr,
        )
        project.pipelines.append(made)
        for one in self.open_merge_requests():
            self.find_head_pipeline(one)
        return made

    def find_head_pipeline(self, mr: MergeRequest) -> None:
        """Give the merge request its head pipeline; without a fitting one the old one stays."""
        mr.pipelines = sorted(pipelines_of(mr), key=lambda one: one.id)
        mr.head_pipeline = next((one for one in pipelines_of(mr) if tested(one) == mr.sha), mr.head_pipeline)

    def _start(self, pipeline: Pipeline, jobs: Sequence[str], outcome: str) -> Pipeline:
        for name in jobs:
            self._job(pipeline, name, pipeline.user)
        self.settle_pipeline(pipeline)
        if outcome:
            self.finish(pipeline, outcome)
        return pipeline

    def _job(self, pipeline: Pipeline, name: str, by: User) -> CommitStatus:
        now = self.clock.tick()
        job = CommitStatus(
            id=self.new_id(),
            name=name,
            status="running",
            sha=pipeline.sha,
            ref=pipeline.ref,
            author=by,
            created_at=now,
            updated_at=now,
            started_at=now,
            generic=False,
            stage="test",
        )
        pipeline.statuses.append(job)
        return job

    def finish(self, pipeline: Pipeline, outcome: str = "success", *, job: str | None = None) -> None:
        """End the unfinished jobs (or the one named) as success, failed, canceled or skipped.

        A pipeline without jobs, as after ``[skip ci]``, takes the outcome itself.
        """
        with self.lock:
            now = self.clock.tick()
            for row in pipeline.statuses:
                if not row.generic and row.status not in FINISHED and job in (None, row.name):
                    row.status, row.finished_at, row.updated_at = outcome, now, now
                    self.announce_job(pipeline.project, pipeline, row)
            if not pipeline.statuses:
                self._become(pipeline, outcome)
            self.settle_pipeline(pipeline)

    def retry(self, pipeline: Pipeline, job: str, *, by: User) -> CommitStatus:
        """Run a job again: a new row takes the old one's place."""
        with self.lock:
            made = self._job(pipeline, job, by)
            retire_older(pipeline, made)
            self.settle_pipeline(pipeline)
            return made

    def settle_pipeline(self, pipeline: Pipeline) -> None:
        """Compute the status anew and announce it when it changed.

        Rows that were all retried make a success: https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/services/ci/pipeline_processing/atomic_processing_service/status_collection.rb
        """
        nothing = "success" if pipeline.statuses else pipeline.status
        self._become(pipeline, composite(pipeline.statuses) or nothing)

    def _become(self, pipeline: Pipeline, status: str) -> None:
        if status == pipeline.status:
            return
        pipeline.status, pipeline.updated_at = status, self.clock.tick()
        self.announce_pipeline(pipeline.project, pipeline)


def tested(pipeline: Pipeline) -> str:
    """The head that a pipeline tested: of a merge request's merge its second parent, else its commit."""
    if pipeline.merge_request is None or pipeline.ref.endswith(f"/{Kind.HEAD}"):
        return pipeline.sha
    return pipeline.project.store.commits[pipeline.sha].parents[1]


def pipelines_of(mr: MergeRequest) -> list[Pipeline]:
    """All pipelines of a merge request, in GitLab's order: those made for it first, then the newest.

    A branch pipeline belongs to it when it ran in the source project on one of its commits.
    """
    homes = dict.fromkeys([mr.source_project, mr.project])
    made = [one for home in homes for one in home.pipelines if one.merge_request is mr]
    store = mr.project.store
    shas = {version.head_commit_sha for version in mr.versions} | {mr.sha}
    shas |= {one.oid for one in store.between(mr.project.branches[mr.target_branch], mr.sha)}
    branch = [
        one
        for one in mr.source_project.pipelines
        if one.ref == mr.source_branch and one.sha in shas and one.source != MADE_FOR_MERGE_REQUEST
    ]
    return sorted(made, key=_newest) + sorted(branch, key=_newest)


def _newest(pipeline: Pipeline) -> int:
    return -pipeline.id


def retire_older(pipeline: Pipeline, row: CommitStatus) -> None:
    """Whatever has the same name makes way, whoever wrote it; the row itself keeps what it was."""
    for other in pipeline.statuses:
        if other.name == row.name and other is not row:
            other.retried = True


def composite(rows: Iterable[CommitStatus]) -> str | None:
    """The status of several rows together; None without any.

    https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/status/composite.rb
    """
    seen = {_counted(row) for row in rows if not row.retried}
    if not seen:
        return None
    for status, only in EXACT:
        if seen <= only:
            return status
    if seen & {"running", "pending"}:
        return "running"
    if "manual" in seen:
        return "manual"
    return "running" if "created" in seen else "failed"


def _counted(row: CommitStatus) -> str:
    if row.allow_failure and row.status in {"failed", "canceled"}:
        return "warning"
    return "ignored" if row.allow_failure and row.status == "manual" else row.status


EXACT = (
    ("skipped", {"skipped", "ignored"}),
    ("success", {"success", "skipped", "warning", "ignored"}),
    ("created", {"created", "warning", "ignored"}),
    ("canceled", {"canceled", "success", "skipped", "warning", "ignored"}),
    ("pending", {"pending", "created", "skipped", "warning", "ignored"}),
)
"""The first set that holds all there is, gives the status."""
