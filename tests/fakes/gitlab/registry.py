"""Who and what exists: people, groups, projects, their members, access tokens, webhooks."""

import secrets
import threading
from itertools import count
from typing import Any

from tests.fakes.clock import Clock
from tests.fakes.faults import Faults
from tests.fakes.gitlab.model import Group, Hook, Level, Project, Tier, Token, User


class Registry:
    """The state of one GitLab, and how tests put things into it. Names and paths are case-insensitive."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.faults = Faults()
        self.url = "http://127.0.0.1"
        self.host = "127.0.0.1"
        """What private commit addresses end in."""
        self.tells_approval_times = True
        """Off: approvals have no ``approved_at``, as on older servers."""
        self.graphql = True
        """Off: ``/api/graphql`` answers 404, as behind a proxy that lets only REST through."""
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.projects: dict[int, Project] = {}
        self.tokens: dict[str, Token] = {}
        self.quick_actions: list[tuple[str, str]] = []
        """Who ran which command by a line of a note."""
        self._ids = count(1001)

    def close(self) -> None:
        """Stop what runs beside the requests."""

    def new_id(self) -> int:
        return next(self._ids)

    def user(self, username: str, *, name: str = "", bot: bool = False, public_email: str = "") -> User:
        """The account of that name, made when it does not exist yet."""
        known = self.users.get(username.lower())
        if known is None:
            known = User(id=self.new_id(), username=username, name=name or username.title(), bot=bot)
            self.users[username.lower()] = known
        known.public_email = public_email or known.public_email
        return known

    def user_by_id(self, number: int) -> User | None:
        return next((one for one in self.users.values() if one.id == number), None)

    def commit_mail(self, user: User) -> str:
        """The address of the user's commits (https://docs.gitlab.com/user/profile/#use-an-automatically-generated-private-commit-email)."""
        return user.commit_email or f"{user.id}-{user.username}@users.noreply.{self.host}"

    def account_of(self, mail: str) -> User | None:
        """The account a commit's address belongs to; REST never tells, GraphQL does."""
        known = self.users.values()
        return next((one for one in known if mail in (self.commit_mail(one), one.public_email)), None)

    def group(self, full_path: str) -> Group:
        """The group of that path, made with the groups above it when it does not exist yet."""
        known = self.groups.get(full_path.lower())
        if known is None:
            above, _, path = full_path.rpartition("/")
            parent = self.group(above) if above else None
            known = Group(id=self.new_id(), name=path, path=path, parent=parent)
            self.groups[full_path.lower()] = known
        return known

    def project(self, path_with_namespace: str, *, tier: Tier = Tier.FREE, **settings: Any) -> Project:
        """A new project; `settings` are fields of `Project`."""
        namespace, _, path = path_with_namespace.rpartition("/")
        made = Project(
            id=self.new_id(),
            path=path,
            namespace=self.group(namespace),
            tier=tier,
            created_at=self.clock.tick(),
            **settings,
        )
        self.projects[made.id] = made
        return made

    def fork(self, project: Project, namespace: str) -> Project:
        """A copy of the project, with its branches, in another namespace."""
        made = self.project(f"{namespace}/{project.path}", store=project.store, forked_from=project)
        made.branches.update(project.branches)
        return made

    def project_by_path(self, path: str) -> Project | None:
        known = self.projects.values()
        return next((one for one in known if one.path_with_namespace.lower() == path.lower()), None)

    def grant(self, holder: Project | Group, level: Level, *users: User) -> None:
        """Make people direct members of a project or group."""
        holder.members.update({user.id: level for user in users})

    def revoke(self, holder: Project | Group, *users: User) -> None:
        for user in users:
            holder.members.pop(user.id, None)

    def invite(self, project: Project, group: Group, level: Level = Level.DEVELOPER) -> None:
        """Share the project with a group."""
        project.invited.append((group, level))

    def token(self, user: User, *, scopes: tuple[str, ...] = ("api",)) -> str:
        """A personal access token of `user`."""
        made = Token(value="glpat-" + secrets.token_hex(10), user=user, scopes=scopes)
        self.tokens[made.value] = made
        return made.value

    def project_token(self, project: Project, level: Level = Level.MAINTAINER) -> tuple[User, str]:
        """A project access token, and the bot user it makes."""
        bot = self.user(f"project_{project.id}_bot_{secrets.token_hex(8)}", name="sevengates", bot=True)
        self.grant(project, level, bot)
        return bot, self.token(bot)

    def hook(self, project: Project, url: str, *, token: str = "", signing_token: str = "") -> Hook:
        """Add a webhook to the project."""
        made = Hook(
            id=self.new_id(), url=url, created_at=self.clock.tick(), token=token, signing_token=signing_token
        )
        project.hooks.append(made)
        return made
