"""People: what they did on a pull request, and who stands behind a CODEOWNERS owner."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from urllib.parse import quote

from bot.forges.base import Account, Activity, Comment, Commit, PullRequest, Review, ReviewState
from bot.forges.errors import NotFoundError
from bot.forges.github import wire
from bot.forges.github.history import read_pull
from bot.forges.github.view import NOBODY, View, account
from bot.forges.trailers import co_authors, mail_in

ASKED_ONE_BY_ONE = 2
"""Up to so many members of a team, asking for each one's permission is cheaper than a listing."""

_WRITING = frozenset({"admin", "write"})
"""``maintain`` is reported as ``write``
(https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user)."""
_NOREPLY = re.compile(r"(\d{1,18})\+([^@+]+)@users\.noreply\.", re.IGNORECASE)


def activity(view: View, pull: PullRequest, *, our_user_id: int) -> Activity:
    """Commits, reviews, comments and pushers, all pages of each.

    GitHub lists 250 commits at most
    (https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request) and says how many
    there are; the list is complete when the numbers agree and the head is among them.
    """
    number = pull.number
    live = read_pull(view, number)
    listed = list(
        view.pages(f"listing the commits of pull request {number}", f"/pulls/{number}/commits", wire.Commit)
    )
    return Activity(
        commits=_commits(listed),
        reviews=tuple(_reviews(view, number)),
        comments=tuple(comments(view, number, our_user_id)),
        pushers=_pushers(view, live, {commit.sha for commit in listed}),
        pushers_known=_is_ours(live),
        commits_complete=live.commits == len(listed) and any(one.sha == pull.head_sha for one in listed),
    )


def comments(view: View, number: int, our_user_id: int) -> Iterator[Comment]:
    """The conversation, oldest first."""
    what = f"listing the comments of pull request {number}"
    for one in view.pages(what, f"/issues/{number}/comments", wire.Comment):
        author = account(one.user) or NOBODY
        yield Comment(
            id=one.id,
            author=author,
            body=one.body or "",
            created_at=one.created_at,
            updated_at=one.updated_at,
            ours=author.id == our_user_id,
        )


def members(view: View, owner: str) -> tuple[Account, ...]:
    """The accounts an owner of CODEOWNERS means; empty when GitHub knows none."""
    if not owner.startswith("@"):
        return ()
    organization, slash, team = owner[1:].partition("/")
    try:
        if not slash:
            return (_with_permission(view, organization),)
        return _team(view, organization, team)
    except NotFoundError:
        return ()


def _team(view: View, organization: str, team: str) -> tuple[Account, ...]:
    """Members of a team of the repository's own organisation; others own nothing here."""
    if organization.lower() != view.owner.lower():
        return ()
    path = f"/orgs/{quote(organization)}/teams/{quote(team)}/members"
    what = f"listing the members of @{organization}/{team}"
    people = [one for one in view.session.pages(what, path, wire.User) if account(one)]
    writers = _writers(view) if len(people) > ASKED_ONE_BY_ONE else frozenset()
    return tuple(
        account(one, can_write=True) or NOBODY if one.id in writers else _with_permission(view, one.login)
        for one in people
    )


def _writers(view: View) -> frozenset[int]:
    what = "listing who may write"
    listed = view.pages(what, "/collaborators", wire.Collaborator, {"permission": "push"})
    return frozenset(one.id for one in listed if one.permissions.push)


def _with_permission(view: View, login: str) -> Account:
    found = view.get(
        f"reading the permission of @{login}",
        f"/collaborators/{quote(login)}/permission",
        wire.Permission,
    )
    return account(found.user, can_write=found.permission in _WRITING) or NOBODY


def _is_ours(live: wire.Pull) -> bool:
    """Whether the head branch lies in the repository itself, not in a fork."""
    return (
        live.head.repo is not None and live.base.repo is not None and live.head.repo.id == live.base.repo.id
    )


def _pushers(view: View, live: wire.Pull, shas: AbstractSet[str]) -> tuple[Account, ...]:
    """Who pushed a commit of the pull request, from the activity log of its branch.

    The log of a fork is not ours to read: then nobody is known
    (https://docs.github.com/en/rest/repos/repos#list-repository-activities).
    """
    if not _is_ours(live):
        return ()
    what = f"reading who pushed to {live.head.ref}"
    pushes = view.pages(what, "/activity", wire.Push, {"ref": f"refs/heads/{live.head.ref}"})
    found = [account(push.actor) for push in pushes if push.after in shas]
    return tuple({one.id: one for one in found if one is not None}.values())


def _reviews(view: View, number: int) -> Iterator[Review]:
    what = f"listing the reviews of pull request {number}"
    for one in view.pages(what, f"/pulls/{number}/reviews", wire.Review):
        if one.submitted_at is None:  # our own unsubmitted draft; GitHub shows it to nobody else
            continue
        yield Review(
            id=one.id,
            author=account(one.user) or NOBODY,
            state=_review_state(one.state),
            submitted_at=one.submitted_at,
            commit_sha=one.commit_id,
            url=one.html_url,
        )


def _commits(listed: Sequence[wire.Commit]) -> tuple[Commit, ...]:
    known = _accounts_by_mail(listed)
    return tuple(_commit(commit, known) for commit in listed)


def _commit(commit: wire.Commit, known: Mapping[str, Account]) -> Commit:
    trailers = co_authors(commit.commit.message)
    accounts = (_co_author(text, known) for text in trailers)
    return Commit(
        sha=commit.sha,
        author=account(commit.author),
        committer=account(commit.committer),
        co_authors=trailers,
        co_author_accounts=tuple(found for found in accounts if found is not None),
    )


def _co_author(text: str, known: Mapping[str, Account]) -> Account | None:
    """GitHub gives no accounts for co-authors; a no-reply address carries the account's id."""
    mail = mail_in(text)
    noreply = _NOREPLY.match(mail)
    if noreply is None:
        return known.get(mail.lower()) if mail else None
    return Account(id=int(noreply[1]), login=noreply[2], human=not noreply[2].endswith("[bot]"))


def _accounts_by_mail(listed: Sequence[wire.Commit]) -> dict[str, Account]:
    known: dict[str, Account] = {}
    for commit in listed:
        for signature, user in (
            (commit.commit.author, commit.author),
            (commit.commit.committer, commit.committer),
        ):
            found = account(user)
            if signature is not None and found is not None:
                known[signature.email.lower()] = found
    return known


def _review_state(word: str) -> ReviewState:
    """A state we do not know is no opinion."""
    known = {state.value: state for state in ReviewState}
    return known.get(word.lower(), ReviewState.COMMENTED)
