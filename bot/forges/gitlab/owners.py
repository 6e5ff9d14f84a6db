"""The accounts behind an owner of CODEOWNERS (https://docs.gitlab.com/user/project/codeowners/)."""

from urllib.parse import quote

from bot.forges.base import Account
from bot.forges.errors import NotFoundError
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.accounts import Accounts
from bot.forges.gitlab.view import View

_ROLES = {"developer": 30, "maintainer": 40, "owner": 50}


def members(view: View, owner: str, accounts: Accounts) -> tuple[Account, ...]:
    """``@user``, ``@group/subgroup`` (direct members), ``@@role`` or an address; none when unknown.

    A group's name is never a user's: both live in one namespace.
    """
    if owner.startswith("@@"):
        return _with_role(view, owner[2:].casefold(), accounts)
    if not owner.startswith("@"):
        user = accounts.by_mail(owner) if "@" in owner else None
        return () if user is None else accounts.writers([user])
    name = owner[1:]
    user = accounts.by_name(name) if "/" not in name else None
    return accounts.writers([user]) if user is not None else _of_group(view, name, accounts)


def _with_role(view: View, role: str, accounts: Accounts) -> tuple[Account, ...]:
    """Direct members of the project with exactly that role, as GitLab counts them."""
    level = _ROLES.get(role.removesuffix("s"))
    if level is None:
        return ()
    listed = view.pages(f"listing the {role}s", "/members", read.Member)
    return accounts.writers(one for one in listed if one.access_level == level)


def _of_group(view: View, name: str, accounts: Accounts) -> tuple[Account, ...]:
    path = f"/groups/{quote(name, safe='')}"
    what = f"listing the members of @{name}"
    try:
        group = view.session.get(what, path, read.Group, {"with_projects": "false"})
        return accounts.writers(view.session.pages(what, f"/groups/{group.id}/members", read.Member))
    except NotFoundError:
        return ()
