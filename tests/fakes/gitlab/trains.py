"""Merge trains (Premium): merge requests in a row, each tested on top of those before it.

https://docs.gitlab.com/ci/pipelines/merge_trains/
"""

from tests.fakes.exchange import RefusedError
from tests.fakes.gitlab.merging import refusal
from tests.fakes.gitlab.model import MergeRequest, Pipeline, Project, Tier, User
from tests.fakes.gitlab.pipelines import Kind, Pipelines
from tests.fakes.site import MergeRefusedError


class Trains(Pipelines):
    """What people and GitLab do with merge trains."""

    def join_train(self, mr: MergeRequest, *, by: User, outcome: str = "") -> Pipeline:
        """Put a mergeable merge request at the train's end; the pipeline of its car.

        Raises RefusedError (403) where there are no trains, MergeRefusedError as merging does.
        """
        with self.lock:
            project = mr.project
            if project.tier is Tier.FREE or not project.merge_trains_enabled:
                raise RefusedError(403, "403 Forbidden")
            problem = refusal(mr)
            if problem or mr in project.train:
                raise MergeRefusedError(problem or "already in the merge train")
            project.train.append(mr)
            return self._run_car(mr, by, outcome)

    def leave_train(self, mr: MergeRequest, *, by: User) -> None:
        """Take a merge request out; the cars behind it are tested anew."""
        with self.lock:
            behind = cars(mr.project, mr.target_branch)
            behind = behind[behind.index(mr) + 1 :]
            mr.project.train.remove(mr)
            self.system_note(mr, "removed this merge request from the merge train", by=by)
            for one in behind:
                self._run_car(one, by, "")

    def settle_pipeline(self, pipeline: Pipeline) -> None:
        super().settle_pipeline(pipeline)
        mr = pipeline.merge_request
        if mr is not None and pipeline.ref.endswith(f"/{Kind.TRAIN}"):
            self._refresh_train(mr.project, mr.target_branch, pipeline.user)

    def _run_car(self, mr: MergeRequest, by: User, outcome: str) -> Pipeline:
        row = cars(mr.project, mr.target_branch)
        place = row.index(mr)
        before = row[place - 1].head_pipeline if place else None
        return self.run_merge_request_pipeline(
            mr, Kind.TRAIN, by=by, onto=before.sha if before else None, outcome=outcome
        )

    def _refresh_train(self, project: Project, branch: str, by: User) -> None:
        """Merge what succeeded at the front; a car that failed leaves."""
        while row := cars(project, branch):
            first = row[0].head_pipeline
            if first is None or not first.ref.endswith(f"/{Kind.TRAIN}"):
                return
            if first.status in {"failed", "canceled", "skipped"}:
                self.leave_train(row[0], by=by)
                return
            if first.status != "success":
                return
            project.train.remove(row[0])
            self.move(project, branch, first.sha, by=by)


def cars(project: Project, branch: str) -> list[MergeRequest]:
    """The train of one target branch, first to merge first."""
    return [mr for mr in project.train if mr.target_branch == branch]
