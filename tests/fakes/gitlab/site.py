"""A site on GitLab: one private project of a group, and a project access token of ours."""

import base64
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from bot.forges.base import Forge, Repository
from bot.forges.gitlab import GitLabToken
from tests.fakes.clock import Clock
from tests.fakes.exchange import Exchange
from tests.fakes.faults import BAD_GATEWAY, Fault
from tests.fakes.gitlab.acting import Acting
from tests.fakes.gitlab.deliveries import signed_headers
from tests.fakes.gitlab.model import CommitStatus
from tests.fakes.gitlab.server import GitLabServer, serve
from tests.fakes.gitlab.world import World
from tests.fakes.site import OUR_CHECK, Delivery, Shown, Write

SLOW_DOWN = {"message": {"error": "This endpoint has been requested too many times. Try again later."}}
COMMENT = r"/api/v4/projects/.*/notes/\d+"
OURS = "/api/v4/projects/.*"
LIMITED = {"read": f"{OURS}/repository/tree", "write": f"{OURS}/statuses/.*"}
STATES = {"success": "success", "failed": "failure"}
CODE = re.compile(r" \[[^\[\]]+\]\Z")
"""What a line carries besides its title."""


class GitLabSite(Acting):
    """The stand-in on its Free tier, with no CI: our status is what "Pipelines must succeed" waits for."""

    kind = "gitlab"
    webhook = "/webhooks/gitlab"
    detailed = False
    failure = "failure"
    rewords = False

    def __init__(self, server: GitLabServer, full_name: str) -> None:
        super().__init__(server.world, full_name)
        self.server = server
        self.exchanges = server.exchanges
        self.bot, self.token = self.world.project_token(self.project)
        self.login = self.bot.username
        self.signing_token = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.hook = self.world.hook(self.project, "", signing_token=self.signing_token)
        self.repository = Repository(
            forge="gitlab", id=self.project.id, full_name=self.project.path_with_namespace
        )
        self.forge: Forge = self.adapter()

    def adapter(self) -> Forge:
        return GitLabToken(url=self.server.url, token=self.token).project(self.repository)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "GITLAB_URL": self.server.url,
            "GITLAB_TOKEN": self.token,
            "GITLAB_SIGNING_TOKEN": self.signing_token,
        }

    # Checks.

    def shown(self, at: str | int, name: str = OUR_CHECK) -> Shown:
        ours = [row for row in self.rows(at, name) if row.author is self.bot]
        assert ours, f"no status {name}"
        return _shown(ours[-1].status, ours[-1].description)

    def all_shown(self, at: str | int, name: str = OUR_CHECK) -> list[Shown]:
        return [_shown(row.status, row.description) for row in self.rows(at, name)]

    def rows(self, at: str | int, name: str = OUR_CHECK) -> list[CommitStatus]:
        """Every status of that name, oldest first, whoever wrote it."""
        sha = at if isinstance(at, str) else self.head(at)
        found = [row for one in self.project.pipelines for row in one.statuses]
        return sorted((row for row in found if (row.sha, row.name) == (sha, name)), key=lambda row: row.id)

    def foreign_check(self, at: str | int, name: str, conclusion: str, *, by: str | None = None) -> None:
        """On a commit that only a fork has, a job of a pipeline that a member runs in our project."""
        login = by or f"ci-{len(self.world.users)}"
        self.person(login)
        state = "failed" if conclusion == "failure" else conclusion
        if isinstance(at, int) and self.merge_request(at).source_project is not self.project:
            self.world.run_merge_request_pipeline(
                self.merge_request(at),
                by=self.user(login),
                jobs=(name,),
                outcome=state,
                project=self.project,
            )
            return
        sha = at if isinstance(at, str) else self.head(at)
        self.world.post_status(self.project, sha, state, by=self.user(login), name=name)

    # The wire.

    def deliveries(self, since: int = 0) -> list[Delivery]:
        return [
            Delivery(number=number, event=one.event, headers=signed_headers(one), body=one.body)
            for number, one in enumerate(self.world.deliveries.log)
            if number >= since
        ]

    def answered(self, delivery: Delivery, status: int) -> None:
        logged = self.world.deliveries.log[delivery.number]
        logged.status = "OK" if status < 400 else f"Invalid HTTP Response: {status}"
        logged.status_code = status

    def deliver_to(self, url: str) -> None:
        self.hook.url = f"{url}{self.webhook}"

    def requests(self, method: str) -> int:
        return len(self.server.calls(method, OURS))

    def writes(self) -> list[Write]:
        return [
            Write(method=one.method, path=one.path, shown=_written(one))
            for one in self.exchanges
            if one.method != "GET" and re.fullmatch(OURS, one.path) and one.status < 400
        ]

    def evaluations(self, number: int) -> int:
        return len(self.server.calls("GET", f"{OURS}/merge_requests/{number}/approvals"))

    def bad_gateway(self, method: str, *, times: int = 1) -> None:
        self.world.faults.bad_gateway(method=method, path=OURS, times=times)

    def reset_after_apply(self, method: str) -> None:
        self.world.faults.reset_after_apply(method=method, path=OURS)

    def fail_comment(self, *, applied: bool) -> None:
        status = 0 if applied else 502
        self.world.faults.add(
            Fault("PUT", COMMENT, status=status, body=BAD_GATEWAY, reset=applied, applied=applied)
        )

    def let_meet(self, method: str, count: int) -> None:
        self.world.faults.add(Fault(method, OURS, times=count, meeting=threading.Barrier(count)))

    def rate_limit(self, what: str, *, wait: timedelta) -> None:
        headers = {"Retry-After": str(round(wait.total_seconds()))}
        self.world.faults.add(Fault(path=LIMITED[what], status=429, headers=headers, body=SLOW_DOWN))

    def limit_trees(self, entries: int) -> None:
        """GitLab gives trees by pages and leaves nothing out."""


def _shown(status: str, description: str | None) -> Shown:
    return Shown(state=STATES.get(status, "pending"), title=CODE.sub("", description or ""), text="")


def _written(one: Exchange) -> Shown | None:
    """What a write of a status says, None for any other."""
    if "/statuses/" not in one.path:
        return None
    sent: Mapping[str, Any] = one.sent
    return _shown(sent["state"], sent.get("description"))


@contextmanager
def gitlab_site(full_name: str = "acme/data", *, clock: Clock | None = None) -> Iterator[GitLabSite]:
    """A site with a project access token of ours."""
    with serve(World(clock=clock)) as server:
        yield GitLabSite(server, full_name)
