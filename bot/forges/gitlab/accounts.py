"""Who is who: what a listing leaves out of an account, and accounts by name, address and right."""

import re
from collections.abc import Iterable

from bot.forges.base import Account
from bot.forges.errors import NotFoundError
from bot.forges.gitlab import wire
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.view import View, is_human

DEVELOPER = 30
"""The lowest level that may push (https://docs.gitlab.com/api/access_requests/#valid-access-levels)."""

ASKED_ONE_BY_ONE = 5
"""Up to so many people, asking for each one's level is cheaper than listing all members."""

_NOREPLY = re.compile(r"(\d{1,18})-([^@]+)@users\.noreply\.", re.IGNORECASE)
"""https://docs.gitlab.com/user/profile/#use-an-automatically-generated-private-commit-email"""


class Accounts:
    """Looks accounts up. `bots` remembers who is one: it never changes, and a non-administrator may
    ask for few single users (https://docs.gitlab.com/administration/settings/rate_limit_on_users_api/).
    """

    def __init__(self, view: View, bots: dict[int, bool]) -> None:
        self._view = view
        self._bots = bots

    def of(self, user: wire.User, *, can_write: bool = False) -> Account:
        """The account with what a listing leaves out: whether it is a bot, whatever it is called."""
        human = is_human(user) and not self._is_bot(user.id)
        return Account(id=user.id, login=user.username, human=human, can_write=can_write)

    def writers(self, users: Iterable[wire.User]) -> tuple[Account, ...]:
        """Accounts with their right to write now: at least Developer, directly or by a group."""
        named = list(users)
        listed = self._all_members() if len(named) > ASKED_ONE_BY_ONE else None
        found: list[Account] = []
        for user in named:
            member = self._member(user) if listed is None else listed.get(user.id)
            if member is not None and _is_writer(member):
                found.append(self.of(member, can_write=True))
            else:
                found.append(Account(id=user.id, login=user.username, human=is_human(user)))
        return tuple(found)

    def by_name(self, username: str) -> wire.User | None:
        """The user of exactly that name; GitLab ignores case."""
        what = f"looking for @{username}"
        for found in self._view.session.pages(what, "/users", wire.User, {"username": username}):
            if found.username.casefold() == username.casefold():
                return found
        return None

    def by_mail(self, mail: str) -> wire.User | None:
        """The user of a private commit address, or whose public address it is.

        The search also finds people who put the address into their name.
        """
        noreply = _NOREPLY.match(mail)
        if noreply is not None:
            return wire.User(id=int(noreply[1]), username=noreply[2])
        what = "looking for the account of an address"
        for found in self._view.session.pages(what, "/users", wire.User, {"search": mail}):
            user = self._single(found.id)
            if user is not None and mail.casefold() == (user.public_email or "").casefold():
                return user
        return None

    def _member(self, user: wire.User) -> read.Member | None:
        path = f"/members/all/{user.id}"
        try:
            return self._view.get(f"reading the level of @{user.username}", path, read.Member)
        except NotFoundError:
            return None

    def _all_members(self) -> dict[int, read.Member]:
        listed = self._view.pages("listing who may write", "/members/all", read.Member)
        return {member.id: member for member in listed}

    def _is_bot(self, user_id: int) -> bool:
        """Deleted, or hidden from us: nobody whose word counts."""
        if user_id not in self._bots and self._single(user_id) is None:
            return True
        return self._bots[user_id]

    def _single(self, user_id: int) -> wire.User | None:
        try:
            user = self._view.session.get(f"reading user {user_id}", f"/users/{user_id}", wire.User)
        except NotFoundError:
            return None
        self._bots[user_id] = user.bot
        return user


def _is_writer(member: read.Member) -> bool:
    is_active = (member.state, member.membership_state) == ("active", "active")
    return is_active and member.access_level >= DEVELOPER
