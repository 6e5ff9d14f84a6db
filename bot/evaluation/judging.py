"""The last part of an evaluation: fingerprint, waivers, approvals, gate 7, decision.

Order matters. The answers of gates 1 to 6 make the fingerprint without waivers; waivers are
judged against that one; with the accepted ones the final fingerprint is made; approvals are
judged against the final one; gate 7 speaks last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.answers import Answer, Decision, Finding, Waiver, decide
from bot.approvals import Candidate, candidates, judge_reviews
from bot.codeowners import Leadership
from bot.evaluation.people import Context, People
from bot.fingerprint import FingerprintInputs, fingerprint
from bot.forges.base import Account
from bot.gates import release_owned
from bot.policy import DatasetPolicy, WaiverRule
from bot.waivers import Waivers, judge_waivers


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the policy says about deciding; a change of governance is decided by the defaults."""

    max_vague: int = 1
    strict: bool = False
    bar_unknown: bool = False
    waivers: WaiverRule = field(default_factory=WaiverRule)

    @classmethod
    def of(cls, dataset: DatasetPolicy) -> "Terms":
        """The terms of one dataset's policy."""
        return cls(
            max_vague=dataset.max_vague,
            strict=dataset.approval == "strict",
            bar_unknown=dataset.unknown_people == "bar",
            waivers=dataset.waivers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Seven answers (gate 7 alone for governance), both fingerprints, and the decision."""

    answers: tuple[Answer, ...]
    decision: Decision
    fingerprint: str
    unwaived_fingerprint: str
    mention: str
    approvers: tuple[Account, ...]
    approved_by: str


def judge(
    evidence_answers: Sequence[Answer],
    inputs: FingerprintInputs,
    leadership: Leadership,
    context: Context,
    *,
    terms: Terms,
    blockers: Sequence[Finding] = (),
) -> Verdict:
    """Decide one release from the answers of gates 1 to 6 and from what people did."""
    waivers, final, judgement = Waivers(), fingerprint(inputs), None
    if (people := context.people) is not None:
        named = _named(leadership, people, terms)
        waivers = judge_waivers(
            people.activity.comments,
            evidence_answers,
            named,
            fingerprint=final,
            publications=people.publications,
            rule=terms.waivers,
            now=context.now,
        )
        final = fingerprint(inputs.with_waivers(waivers.accepted))
        done, shown = people.activity, people.publications
        judgement = judge_reviews(
            named, done, fingerprint=final, publications=shown, head_sha=people.head_sha, strict=terms.strict
        )
    answers = (
        *_waived(evidence_answers, waivers.accepted),
        release_owned.check(leadership, judgement, refused_waivers=waivers.refused),
    )
    return Verdict(
        answers=answers,
        decision=decide(answers, blockers=blockers, max_vague=terms.max_vague),
        fingerprint=final,
        unwaived_fingerprint=fingerprint(inputs),
        mention=release_owned.who(leadership, judgement),
        approvers=tuple(one.account for one in judgement.eligible) if judgement else (),
        approved_by=judgement.approver if judgement else "",
    )


def _named(leadership: Leadership, people: People, terms: Terms) -> tuple[Candidate, ...]:
    return candidates(
        leads=people.members(leadership.lead) if leadership.lead else (),
        deputies=tuple(account for deputy in leadership.deputies for account in people.members(deputy)),
        author=people.author,
        activity=people.activity,
        bar_unknown=terms.bar_unknown,
    )


def _waived(answers: Sequence[Answer], waivers: Sequence[Waiver]) -> tuple[Answer, ...]:
    by_gate = {waiver.gate: waiver for waiver in waivers}
    return tuple(replace(answer, waiver=by_gate.get(answer.gate)) for answer in answers)
