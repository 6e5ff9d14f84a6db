"""Waivers: a failed or vague gate accepted by the release lead or a deputy, for this release only.

`/sevengates waive <gate> <reason>` counts when the comment was created, never edited, by somebody
eligible who is not the author, after the release *without waivers* was shown, and not longer ago
than the policy allows. A push that changes the release voids it; gate 7 can never be waived.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.answers import GATE_NAMES, Answer, Outcome, Waiver
from bot.approvals import Candidate
from bot.commands import WaiveCommand, parse
from bot.forges.base import Comment
from bot.policy import WaiverRule
from bot.publications import PublicationKind, Publications, Shown

MIN_REASON = 10
"""Characters a reason needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedWaiver:
    """A waiver that does not count, and why."""

    comment_id: int
    login: str
    gate: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """Every waiver asked for: at most one accepted for each gate, and the refused."""

    accepted: tuple[Waiver, ...] = ()
    refused: tuple[RefusedWaiver, ...] = ()


def judge_waivers(
    comments: Iterable[Comment],
    answers: Sequence[Answer],
    named: tuple[Candidate, ...],
    *,
    fingerprint: str,
    publications: Publications,
    rule: WaiverRule,
    now: datetime,
) -> Waivers:
    """Decide which waivers hold for the release whose fingerprint *without waivers* is given.

    A waiver for a gate that passes now is neither accepted nor refused: there is nothing to waive.
    """
    open_gates = {a.gate for a in answers if a.outcome in {Outcome.FAILED, Outcome.VAGUE}} | {GATE_NAMES[-1]}
    accepted: dict[str, Waiver] = {}
    refused: list[RefusedWaiver] = []
    for comment in sorted(comments, key=lambda comment: (comment.created_at, comment.id)):
        command = None if comment.ours else parse(comment.body)
        if not isinstance(command, WaiveCommand) or command.gate not in open_gates:
            continue
        expires_at = comment.created_at + timedelta(days=rule.expires_days)
        why = (
            _not_by(comment, named)
            or _not_this(command, rule)
            or _not_now(comment, expires_at, now)
            or _not_shown(comment, publications, fingerprint)
        )
        if why:
            refused.append(_refused(comment, command, why))
        else:
            accepted[command.gate] = _accepted(comment, command, expires_at)
    return Waivers(
        accepted=tuple(accepted[gate] for gate in GATE_NAMES if gate in accepted), refused=tuple(refused)
    )


def _accepted(comment: Comment, command: WaiveCommand, expires_at: datetime) -> Waiver:
    return Waiver(
        gate=command.gate,
        reason=command.reason,
        by=comment.author.login,
        at=comment.created_at,
        expires_at=expires_at,
        comment_id=comment.id,
    )


def _refused(comment: Comment, command: WaiveCommand, why: str) -> RefusedWaiver:
    return RefusedWaiver(comment_id=comment.id, login=comment.author.login, gate=command.gate, why=why)


def _not_by(comment: Comment, named: tuple[Candidate, ...]) -> str:
    barred = {candidate.account.id: candidate.barred for candidate in named}
    return barred.get(comment.author.id, "is neither the release lead nor a deputy")


def _not_this(command: WaiveCommand, rule: WaiverRule) -> str:
    if command.gate == GATE_NAMES[-1]:
        return "gate 7 cannot be waived: somebody must approve"
    if command.gate in rule.unwaivable:
        return "the policy does not let this gate be waived"
    if len(command.reason) < MIN_REASON:
        return f"the reason is shorter than {MIN_REASON} characters"
    return ""


def _not_now(comment: Comment, expires_at: datetime, now: datetime) -> str:
    if comment.updated_at != comment.created_at:
        return "was edited: nobody can say who wrote what it says now"
    return f"expired on {expires_at:%Y-%m-%d}" if expires_at <= now else ""


def _not_shown(comment: Comment, publications: Publications, fingerprint: str) -> str:
    if publications.shown(PublicationKind.UNWAIVED, fingerprint, comment.created_at) is Shown.YES:
        return ""
    return "was written while this release was not shown: it is of another state"
