"""GitLab as the account a token belongs to: a person's, a project's or a group's, or a service account's."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.forges.base import Repository
from bot.forges.gitlab import wire
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.accounts import DEVELOPER
from bot.forges.gitlab.client import Connection, Session
from bot.forges.gitlab.closing import Closing
from bot.forges.gitlab.project import GitLabProject

CLIENTS_PER_THREAD = 32
HOOK_PATH = "/webhooks/gitlab"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisabledHook:
    """A webhook to us that GitLab switched off after failures; `until` is None when for good."""

    id: int
    until: datetime | None


class GitLabToken:
    """GitLab at `url` with one token; safe to share between threads.

    `closing` says what closes a merge beside the commit status.
    """

    def __init__(self, *, url: str, token: str, closing: Closing | None = None) -> None:
        self._connection = Connection(url=url, token=token)
        self._closing = closing or Closing()
        self._bots: dict[int, bool] = {}
        self._of_thread = threading.local()

    def project(self, repository: Repository) -> GitLabProject:
        """The project of that id: one client per thread and project, which keeps its trees."""
        projects: OrderedDict[Repository, GitLabProject]
        projects = self._of_thread.__dict__.setdefault("projects", OrderedDict())
        if repository not in projects:
            projects[repository] = GitLabProject(
                repository,
                Session(self._connection),
                our_user_id=lambda: self.user_id,
                bots=self._bots,
                closing=self._closing,
            )
        projects.move_to_end(repository)
        if len(projects) > CLIENTS_PER_THREAD:
            projects.popitem(last=False)
        return projects[repository]

    def repositories(self) -> Iterator[Repository]:
        """Every project the token's account may push to, by membership.

        https://docs.gitlab.com/api/projects/#list-all-projects
        """
        query = {
            "membership": "true",
            "min_access_level": str(DEVELOPER),
            "archived": "false",
            "simple": "true",
            "pagination": "keyset",
            "order_by": "id",
        }
        what = "listing the projects of the token's account"
        for one in self._session.pages(what, "/projects", read.Repository, query):
            yield Repository(forge="gitlab", id=one.id, full_name=one.path_with_namespace)

    def disabled_hooks(self, repository: Repository) -> tuple[DisabledHook, ...]:
        """The project's webhooks to us that GitLab does not deliver any more.

        https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks

        Raises:
            UnauthorizedError: only Maintainers see webhooks.
        """
        what = f"listing the webhooks of {repository.full_name}"
        hooks = self._session.pages(what, f"/projects/{repository.id}/hooks", read.Hook)
        return tuple(
            DisabledHook(id=hook.id, until=hook.disabled_until)
            for hook in hooks
            if hook.alert_status != "executable" and hook.url.partition("?")[0].endswith(HOOK_PATH)
        )

    @cached_property
    def user_id(self) -> int:
        """Numeric id of the token's account."""
        return self._session.get("reading the token's account", "/user", wire.User).id

    @property
    def _session(self) -> Session:
        session: Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = Session(self._connection)
        return session
