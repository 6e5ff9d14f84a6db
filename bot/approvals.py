"""Whose word counts: who may lead a release, which approvals hold, and which waivers.

Everything is judged by account id, by the content fingerprint, and by the forge's own times. An
approval that cannot be shown to be good does not count, and is listed with the reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.fingerprint import short
from bot.forges.base import Account, Activity, Commit, Review, ReviewState
from bot.publications import PublicationKind, Publications, Shown

NOREPLY_HOST = "users.noreply."
"""Host of addresses that name an account: ``ID+login`` or ``login`` on GitHub, ``ID-login`` on GitLab.
The id outlives a change of login.
(https://docs.github.com/en/account-and-profile/reference/email-addresses-reference)"""

_OPINIONS = {ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED, ReviewState.DISMISSED}


class Role(StrEnum):
    """In what capacity somebody decides."""

    LEAD = "release lead"
    DEPUTY = "deputy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody CODEOWNERS and the policy name, and why they may not decide ("" when they may)."""

    account: Account
    role: Role
    barred: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredApproval:
    """An approval that does not count, and why."""

    login: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the reviews of a pull request amount to for one release."""

    candidates: tuple[Candidate, ...]
    approved: tuple[Candidate, Review] | None = None
    blocking: tuple[Candidate, ...] = ()
    ignored: tuple[IgnoredApproval, ...] = ()
    unknown_commits: tuple[str, ...] = ()
    """Commits whose author or committer the forge maps to no account."""
    pushers_known: bool = True

    @property
    def approver(self) -> str:
        """Login of who approved; "" when nobody did."""
        return self.approved[0].account.login if self.approved else ""

    @property
    def eligible(self) -> tuple[Candidate, ...]:
        """Those who could decide now."""
        return tuple(candidate for candidate in self.candidates if not candidate.barred)


def candidates(
    *,
    leads: Iterable[Account],
    deputies: Iterable[Account],
    author: Account,
    activity: Activity,
    bar_unknown: bool = False,
) -> tuple[Candidate, ...]:
    """Everybody named, leads first, each barred or not.

    Barred: not a human account, no write access now, the author of the pull request, an author,
    committer or co-author of one of its commits, somebody who pushed to it; and everybody while the
    forge does not list every commit, because then nobody can be shown not to be an author; with
    `bar_unknown` also while it maps a commit to no account, or does not know who pushed.
    """
    unknown = bar_unknown and bool(_unknown_commits(activity) or not activity.pushers_known)
    named: dict[int, Candidate] = {}
    for role, accounts in ((Role.LEAD, leads), (Role.DEPUTY, deputies)):
        for account in accounts:
            if account.id not in named:
                why = _bar(account, author, activity) or (
                    "could have done what nobody is known for" if unknown else ""
                )
                named[account.id] = Candidate(account=account, role=role, barred=why)
    return tuple(named.values())


def _bar(account: Account, author: Account, activity: Activity) -> str:
    if not account.human:
        return "is not a human account"
    if not account.can_write:
        return "has no write access"
    if not activity.commits_complete:
        return "could be the author of a commit the forge does not list"
    if account.id == author.id:
        return "is the author of this pull request"
    if any(pusher.id == account.id for pusher in activity.pushers):
        return "pushed to this pull request"
    return next(
        (f"{part} commit {c.sha[:7]}" for c in activity.commits if (part := _part_in(c, account))), ""
    )


def _part_in(commit: Commit, account: Account) -> str:
    if commit.author is not None and commit.author.id == account.id:
        return "is the author of"
    if commit.committer is not None and commit.committer.id == account.id:
        return "is the committer of"
    if any(other.id == account.id for other in commit.co_author_accounts):
        return "is a co-author of"
    if any(_names(trailer, account) for trailer in commit.co_authors):
        return "is a co-author of"
    return ""


def _names(trailer: str, account: Account) -> bool:
    """Whether a ``Co-authored-by`` value points at `account`: by login as name, or noreply address."""
    name, _, address = trailer.partition("<")
    login = account.login.casefold()
    if name.strip().removeprefix("@").casefold() == login:
        return True
    local, _, host = address.rstrip("> ").casefold().partition("@")
    number, _, _ = local.replace("-", "+").partition("+")
    return host.startswith(NOREPLY_HOST) and (local == login or number == str(account.id))


def judge_reviews(
    named: tuple[Candidate, ...],
    activity: Activity,
    *,
    fingerprint: str,
    publications: Publications,
    head_sha: str,
    strict: bool = False,
) -> Judgement:
    """Decide which approval, if any, approves the release with this `fingerprint`.

    A review counts when it is its author's latest opinion (approved, changes requested, dismissed;
    a comment is no opinion), APPROVED, by somebody eligible, and the fingerprint was what the
    forge showed of the release when it was submitted. Forge times have whole seconds: a change in
    the same second does not count. A review that names a commit was made of that commit's page, which
    may have been open for long: the fingerprint must have been shown for that commit, or the commit
    be the head. `strict` also demands that the review sits on the head commit.
    """
    opinions = _latest_opinions(activity.reviews)
    by_id = {candidate.account.id: candidate for candidate in named}
    counted: list[tuple[Candidate, Review]] = []
    ignored: list[IgnoredApproval] = []
    for review in (one for one in opinions if one.state is ReviewState.APPROVED):
        candidate = by_id.get(review.author.id)
        why = _why_not(candidate, review) or _why_not_this(
            review, fingerprint, publications, head_sha, strict=strict
        )
        if why or candidate is None:
            ignored.append(IgnoredApproval(login=review.author.login, at=review.submitted_at, why=why))
        else:
            counted.append((candidate, review))
    counted.sort(key=lambda pair: (pair[0].role is Role.DEPUTY, pair[1].submitted_at))
    return Judgement(
        candidates=named,
        approved=counted[0] if counted else None,
        blocking=_blocking(opinions, by_id),
        ignored=tuple(ignored),
        unknown_commits=_unknown_commits(activity),
        pushers_known=activity.pushers_known,
    )


def _unknown_commits(activity: Activity) -> tuple[str, ...]:
    return tuple(c.sha for c in activity.commits if c.author is None or c.committer is None)


def _latest_opinions(reviews: Iterable[Review]) -> tuple[Review, ...]:
    latest: dict[int, Review] = {}
    for review in sorted(reviews, key=lambda review: (review.submitted_at, review.id)):
        if review.state in _OPINIONS:
            latest[review.author.id] = review
    return tuple(latest.values())


def _blocking(opinions: Iterable[Review], by_id: Mapping[int, Candidate]) -> tuple[Candidate, ...]:
    return tuple(
        by_id[review.author.id]
        for review in opinions
        if review.state is ReviewState.CHANGES_REQUESTED
        and review.author.id in by_id
        and not by_id[review.author.id].barred
    )


def _why_not(candidate: Candidate | None, review: Review) -> str:
    if not review.author.human:
        return "is not a human account"
    if candidate is None:
        return "is neither the release lead nor a deputy"
    if candidate.barred:
        return candidate.barred
    return ""


def _why_not_this(
    review: Review, fingerprint: str, publications: Publications, head_sha: str, *, strict: bool
) -> str:
    shown = publications.shown(PublicationKind.FINAL, fingerprint, review.submitted_at)
    if shown is Shown.SAME_SECOND:
        return f"was given in the same second in which this release ({short(fingerprint)}) was shown"
    if shown is Shown.NO:
        return f"was given while this release ({short(fingerprint)}) was not shown: it is of another state"
    if review.commit_sha == head_sha:
        return ""
    if strict:
        return "is not on the head commit, as the policy demands (`approval: strict`)"
    if review.commit_sha and not publications.shown_on(PublicationKind.FINAL, fingerprint, review.commit_sha):
        return f"is of commit {review.commit_sha[:7]}, for which this release was not shown"
    return ""
