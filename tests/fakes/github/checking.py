"""Check runs and commit statuses: written by Apps and tokens, pressed by people."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.github.announcing import Announcing
from tests.fakes.github.model import App, CheckRun, Repo, Status, User


class Checking(Announcing):
    """What Apps and people do with check runs and statuses."""

    def check_run(self, repo: Repo, app: App, **fields: Any) -> CheckRun:
        """A check run of `app`; the fields are those of the REST call (status, conclusion, output…)."""
        with self.lock:
            now = self.clock.tick()
            run = CheckRun(
                id=self.new_id(),
                name=fields["name"],
                head_sha=fields["head_sha"],
                app=app,
                status="queued",
                conclusion=None,
                started_at=now,
                completed_at=None,
                external_id="",
            )
            repo.check_runs.append(run)
            self._change(run, fields)
            self.announce_check_run("created", repo, run, app.bot)
            return run

    def edit_check_run(self, repo: Repo, run: CheckRun, **fields: Any) -> None:
        with self.lock:
            self.clock.tick()
            was = run.status
            self._change(run, fields)
            if run.status == "completed" != was:
                self.announce_check_run("completed", repo, run, run.app.bot)

    def _change(self, run: CheckRun, fields: Mapping[str, Any]) -> None:
        for name in (
            "name",
            "status",
            "external_id",
            "details_url",
            "actions",
            "workflow",
            "started_at",
            "completed_at",
        ):
            if name in fields:
                setattr(run, name, fields[name])
        if fields.get("conclusion"):
            run.conclusion, run.status = fields["conclusion"], "completed"
        if run.status == "completed":
            run.completed_at = run.completed_at or self.clock.at
        else:
            run.conclusion = run.completed_at = None
        output = fields.get("output", {})
        for name in ("title", "summary", "text"):
            if name in output:
                setattr(run, name, output[name])
        run.annotations.extend(output.get("annotations", []))

    def press(self, repo: Repo, run: CheckRun, identifier: str, *, by: User) -> None:
        """Press an action button of a check run."""
        action = {"requested_action": {"identifier": identifier}}
        self.announce_check_run("requested_action", repo, run, by, **action)

    def rerequest(self, repo: Repo, run: CheckRun, *, by: User, suite: bool = False) -> None:
        """Press "Re-run" of a check run (or of its whole suite)."""
        if suite:
            self.announce_check_suite("rerequested", repo, run, by)
        else:
            self.announce_check_run("rerequested", repo, run, by)

    def status(
        self,
        repo: Repo,
        sha: str,
        context: str,
        state: str,
        *,
        by: User,
        description: str | None = None,
        target_url: str | None = None,
    ) -> Status:
        with self.lock:
            status = Status(
                id=self.new_id(),
                sha=sha,
                context=context,
                state=state,
                description=description,
                target_url=target_url,
                creator=by,
                created_at=self.clock.tick(),
            )
            repo.statuses.append(status)
            return status

    def runs(self, repo: Repo, sha: str, name: str | None = None) -> Sequence[CheckRun]:
        """The check runs on a commit, oldest first."""
        return [run for run in repo.check_runs if run.head_sha == sha and name in (None, run.name)]
