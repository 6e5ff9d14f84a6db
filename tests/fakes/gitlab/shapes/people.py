"""JSON of accounts, members and groups."""

from datetime import datetime
from typing import Any

from tests.fakes.gitlab.model import Group, Level, User
from tests.fakes.gitlab.registry import Registry

Json = dict[str, Any]


def when(moment: datetime | None) -> str | None:
    """A time as GitLab writes it, or null."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def user(world: Registry, account: User) -> Json:
    """The short form that everything else embeds; it does not tell bots from people."""
    return {
        "id": account.id,
        "username": account.username,
        "public_email": account.public_email,
        "name": account.name,
        "state": account.state,
        "locked": False,
        "avatar_url": None,
        "web_url": f"{world.url}/{account.username}",
    }


def full_user(world: Registry, account: User) -> Json:
    return {
        **user(world, account),
        "created_at": when(world.clock.at),
        "bio": "",
        "location": None,
        "website_url": "",
        "organization": None,
        "job_title": "",
        "pronouns": None,
        "bot": account.bot,
        "work_information": None,
        "local_time": None,
    }


def myself(world: Registry, account: User) -> Json:
    """Answer of ``GET /user``."""
    mail = world.commit_mail(account)
    return {
        **full_user(world, account),
        "email": account.public_email or mail,
        "commit_email": mail,
        "confirmed_at": when(world.clock.at),
        "can_create_project": not account.bot,
        "external": False,
        "two_factor_enabled": False,
    }


def member(world: Registry, account: User, level: Level) -> Json:
    return {
        **user(world, account),
        "access_level": int(level),
        "created_at": when(world.clock.at),
        "expires_at": None,
        "membership_state": "active",
    }


def group(world: Registry, one: Group) -> Json:
    return {
        "id": one.id,
        "web_url": f"{world.url}/groups/{one.full_path}",
        "name": one.name,
        "path": one.path,
        "description": "",
        "visibility": "private",
        "full_name": " / ".join(reversed([above.name for above in one.lineage()])),
        "full_path": one.full_path,
        "parent_id": one.parent.id if one.parent else None,
        "created_at": when(world.clock.at),
    }


def namespace(world: Registry, one: Group) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "path": one.path,
        "kind": "group",
        "full_path": one.full_path,
        "parent_id": one.parent.id if one.parent else None,
        "avatar_url": None,
        "web_url": f"{world.url}/groups/{one.full_path}",
    }
