"""The commits of a merge request, and the accounts behind their addresses.

REST names none. A private commit address carries the account's id; GraphQL knows every author whose
address GitLab verified; a public address can be searched for.
"""

from collections.abc import Iterable, Mapping
from itertools import chain, islice

from bot.forges.base import Account, Commit
from bot.forges.gitlab import graphql
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.accounts import Accounts
from bot.forges.gitlab.view import View, account
from bot.forges.trailers import co_authors, mail_in

MAX_SEARCHES = 50
"""Addresses searched for in one merge request; who wrote the rest is not known."""


def commits(view: View, number: int, accounts: Accounts) -> tuple[Commit, ...]:
    """Every commit, oldest first; GitLab lists the newest first.

    https://docs.gitlab.com/api/merge_requests/#get-single-merge-request-commits
    """
    what, path = f"listing the commits of merge request {number}", f"/merge_requests/{number}/commits"
    listed = list(view.pages(what, path, read.Commit))[::-1]
    known = _accounts(view, number, listed, accounts)
    return tuple(_commit(one, known) for one in listed)


def _commit(commit: read.Commit, known: Mapping[str, Account]) -> Commit:
    trailers = co_authors(commit.message)
    found = (known.get(_key(mail_in(trailer))) for trailer in trailers)
    return Commit(
        sha=commit.id,
        author=known.get(_key(commit.author_email)),
        committer=known.get(_key(commit.committer_email)),
        co_authors=trailers,
        co_author_accounts=tuple(one for one in found if one is not None),
    )


def _accounts(
    view: View, number: int, listed: Iterable[read.Commit], accounts: Accounts
) -> dict[str, Account]:
    """The account of every address in the commits, as far as GitLab tells."""
    known: dict[str, Account] = {}
    authors = graphql.commit_authors(view, number)
    for commit in listed:
        author = account(authors.get(commit.id))
        if author is not None:
            known[_key(commit.author_email)] = author
    named = dict.fromkeys(_key(mail) for mail in chain.from_iterable(map(_mails, listed)))
    for mail in islice((mail for mail in named if mail and mail not in known), MAX_SEARCHES):
        found = account(accounts.by_mail(mail))
        if found is not None:
            known[mail] = found
    return known


def _mails(commit: read.Commit) -> list[str]:
    trailers = co_authors(commit.message)
    return [commit.author_email, commit.committer_email, *(mail_in(trailer) for trailer in trailers)]


def _key(mail: str) -> str:
    return mail.strip().casefold()
