"""One neutral scene for every forge: a repository, people, pull requests, and trouble on order."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from bot.forges.base import Forge, Repository
from bot.forges.github import GitHubApp
from tests.contract.openapi import github
from tests.fakes.faults import Fault
from tests.fakes.git_objects import Content, Signature
from tests.fakes.github.model import App, Comment, Pull, User
from tests.fakes.github.registry import app_key
from tests.fakes.github.server import GitHubServer, serve
from tests.fakes.github.world import World


class Scene(Protocol):
    """What a contract test may do to the forge behind the adapter. People are logins."""

    forge: Forge

    def another_worker(self) -> Forge:
        """The same repository through a client of its own."""

    def person(self, login: str, *, role: str | None = "write") -> int:
        """Make an account with a role in the repository (None: none); its id."""

    def team(self, name: str, members: Sequence[str]) -> str:
        """Make a team; the owner that CODEOWNERS would write."""

    def push(
        self,
        branch: str,
        files: Mapping[str, Content],
        *,
        by: str = "ben",
        author: str | None = None,
        stranger: str | None = None,
        message: str = "Change files",
        onto: str | None = None,
    ) -> str:
        """Commit and push; `stranger` is an author's mail that belongs to no account. The SHA."""

    def tag(self, name: str, sha: str) -> None:
        """Make a tag."""

    def open(self, branch: str, *, by: str = "ben", draft: bool = False, title: str = "Release") -> int:
        """Open a pull request; its number."""

    def review(self, number: int, *, by: str, state: str = "approved") -> None: ...

    def comment(self, number: int, body: str, *, by: str) -> int:
        """Write a comment; its id."""

    def comments(self, number: int) -> list[tuple[str, str]]:
        """Login and body of every comment there is."""

    def reactions(self, number: int, comment_id: int) -> list[str]: ...

    def foreign_check(self, sha: str, name: str, conclusion: str) -> None:
        """A check of somebody else, whatever it is named."""

    def merge(self, number: int) -> None:
        """Merge, as the button does."""

    def shown(self, sha: str, name: str) -> tuple[str, str]:
        """State ("pending", "success", "failure") and title of our newest check."""

    def now(self) -> datetime:
        """The forge's clock."""

    def truncate_trees(self, entries: int) -> None:
        """Let recursive trees hold at most so many entries."""

    def bad_gateway(self, method: str, *, times: int = 1) -> None: ...

    def reset_after_apply(self, method: str) -> None:
        """The next such request is carried out, and its answer lost."""

    def let_meet(self, method: str, count: int) -> None:
        """The next `count` such requests wait for each other, and are then carried out."""

    def requests(self, method: str) -> int:
        """How many requests of a method reached the forge."""


class GitHubScene:
    """The stand-in with one private organisation repository and our App installed on it."""

    def __init__(self, server: GitHubServer) -> None:
        self.server = server
        self.world: World = server.world
        self.repo = self.world.repository("acme/data")
        self.bot: App = self.world.app(webhook_secret="secret")
        self.installation = self.world.install(self.bot, self.repo)
        self.world.require(self.repo, "sevengates", app=self.bot)
        self.key = app_key()[0]
        self.person("ben")
        self.push("main", {"README.md": "Street scenes\n"})
        self.app = GitHubApp(api_url=server.url, app_id=self.bot.id, private_keys=[self.key])
        self.repository = Repository(
            forge="github",
            id=self.repo.id,
            full_name=self.repo.full_name,
            installation=self.installation.id,
        )
        self.forge: Forge = self.app.installation(self.repository)

    def another_worker(self) -> Forge:
        app = GitHubApp(api_url=self.server.url, app_id=self.bot.id, private_keys=[self.key])
        return app.installation(self.repository)

    def person(self, login: str, *, role: str | None = "write") -> int:
        user = self.world.user(login)
        if role:
            self.world.grant(self.repo, role, user)
        return user.id

    def team(self, name: str, members: Sequence[str]) -> str:
        self.world.team("acme", name, [self._user(login) for login in members])
        return f"@acme/{name}"

    def push(
        self,
        branch: str,
        files: Mapping[str, Content],
        *,
        by: str = "ben",
        author: str | None = None,
        stranger: str | None = None,
        message: str = "Change files",
        onto: str | None = None,
    ) -> str:
        signed: User | Signature | None = self._user(author) if author else None
        if stranger:
            signed = Signature("Stranger", stranger, self.world.clock.tick())
        return self.world.push(
            self.repo, branch, files, by=self._user(by), author=signed, message=message, onto=onto
        )

    def tag(self, name: str, sha: str) -> None:
        self.repo.tags[name] = sha

    def open(self, branch: str, *, by: str = "ben", draft: bool = False, title: str = "Release") -> int:
        pull = self.world.open_pull_request(self.repo, branch, by=self._user(by), draft=draft, title=title)
        return pull.number

    def review(self, number: int, *, by: str, state: str = "approved") -> None:
        self.world.review(self.repo, self._pull(number), by=self._user(by), state=state.upper())

    def comment(self, number: int, body: str, *, by: str) -> int:
        return self.world.comment(self.repo, self._pull(number), body, by=self._user(by)).id

    def comments(self, number: int) -> list[tuple[str, str]]:
        return [(one.author.login, one.body) for one in self._pull(number).comments]

    def reactions(self, number: int, comment_id: int) -> list[str]:
        found: Comment = next(one for one in self._pull(number).comments if one.id == comment_id)
        return [one.content for one in found.reactions]

    def foreign_check(self, sha: str, name: str, conclusion: str) -> None:
        app = self.world.app(f"ci-{len(self.world.apps)}")
        self.world.check_run(
            self.repo, app, name=name, head_sha=sha, status="completed", conclusion=conclusion
        )

    def merge(self, number: int) -> None:
        self.world.merge(self.repo, self._pull(number), by=self._user("ben"))

    def shown(self, sha: str, name: str) -> tuple[str, str]:
        run = [run for run in self.world.runs(self.repo, sha, name) if run.app is self.bot][-1]
        return run.conclusion or "pending", run.title or ""

    def now(self) -> datetime:
        return self.world.clock.at

    def truncate_trees(self, entries: int) -> None:
        self.repo.tree_limit = entries

    def bad_gateway(self, method: str, *, times: int = 1) -> None:
        self.world.faults.bad_gateway(method=method, path="/repos/.*", times=times)

    def reset_after_apply(self, method: str) -> None:
        self.world.faults.reset_after_apply(method=method, path="/repos/.*")

    def let_meet(self, method: str, count: int) -> None:
        meeting = threading.Barrier(count)
        self.world.faults.add(Fault(method, "/repos/.*", times=count, meeting=meeting))

    def requests(self, method: str) -> int:
        return len(self.server.calls(method, "/repos/.*"))

    def _user(self, login: str) -> User:
        return self.world.user(login)

    def _pull(self, number: int) -> Pull:
        return self.repo.pulls[number]


@contextmanager
def github_scene() -> Iterator[GitHubScene]:
    """A scene whose every exchange is judged by GitHub's OpenAPI when it ends."""
    with serve() as server:
        yield GitHubScene(server)
        problems = [problem for one in server.exchanges for problem in github().problems(one)]
    assert not problems, "\n".join(dict.fromkeys(problems))


SCENES = {"github": github_scene}
"""A forge joins the suite by adding its scene here."""
