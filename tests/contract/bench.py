"""GitLab's stand-in with one merge request, asked over plain HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from tests.fakes.gitlab.model import Level, MergeRequest, Project, Tier, User
from tests.fakes.gitlab.server import GitLabServer, serve
from tests.fakes.gitlab.world import World


@dataclass(slots=True, kw_only=True)
class Bench:
    """@ana maintains acme/data, @ben may push to it and opened a merge request from ``release``."""

    server: GitLabServer
    world: World
    project: Project
    mr: MergeRequest
    ana: User
    ben: User
    tokens: dict[int, str]

    def call(
        self, method: str, path: str, sent: object = None, *, by: User | None = None
    ) -> requests.Response:
        """A request to the project's routes, by @ben unless told; `path` follows the project's id."""
        headers = {"PRIVATE-TOKEN": self._token(by or self.ben)}
        url = f"{self.server.url}/api/v4/projects/{self.project.id}{path}"
        return requests.request(method, url, headers=headers, json=sent, timeout=10)

    def get(self, path: str, *, by: User | None = None) -> Any:
        answer = self.call("GET", path, by=by)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _token(self, user: User) -> str:
        if user.id not in self.tokens:
            self.tokens[user.id] = self.world.token(user)
        return self.tokens[user.id]

    def status(
        self, state: str, *, by: User | None = None, sha: str | None = None, **sent: object
    ) -> requests.Response:
        """Post the status ``sevengates`` on the merge request's head, or on `sha`."""
        body = {"name": "sevengates", "state": state, **sent}
        return self.call("POST", f"/statuses/{sha or self.mr.sha}", body, by=by)

    @property
    def merge_status(self) -> str:
        return str(self.get(f"/merge_requests/{self.mr.iid}")["detailed_merge_status"])


@contextmanager
def bench(tier: Tier = Tier.FREE, **settings: Any) -> Iterator[Bench]:
    """`settings` are fields of `Project`."""
    world = World()
    project = world.project("acme/data", tier=tier, **settings)
    ana, ben = world.user("ana"), world.user("ben")
    world.grant(project, Level.MAINTAINER, ana)
    world.grant(project, Level.DEVELOPER, ben)
    world.push(project, "main", {"README.md": "Street scenes\n"}, by=ana)
    world.push(project, "release", {"release.yaml": "version: 2\n"}, by=ben)
    mr = world.open_merge_request(project, "release", by=ben)
    with serve(world) as server:
        yield Bench(server=server, world=world, project=project, mr=mr, ana=ana, ben=ben, tokens={})
