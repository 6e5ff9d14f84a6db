"""Gate 7, release owned: who explicitly approves this release?

CODEOWNERS of the base branch says who owns the release manifest. One owner is the release lead;
of several, the policy names the one who leads (`release_lead`), because shared accountability
often means that nobody decides. Deputies named by the policy decide in the lead's place.

**Passes** when the lead (or a deputy) approves the pull request, as anybody would, after this very
release was shown: its fingerprint is in the comment. A push that changes the release voids the
approval; a rebase or an unrelated commit does not.
**Waits** while the lead is named, could decide, and has not.
**Fails** when nobody can decide (the lead is the author, committed to the branch, or has no write
access), when an owner is missing, or when somebody eligible requests changes.
**Vague** when several own the manifest and nobody is named, or the one named is not an owner.

Somebody whom the forge maps to no account, or who pushed to a fork, could be the lead. That is named
as a risk, or, with `unknown_people: bar`, nobody can approve until it is cured.

To fix it: name one owner, or `release_lead` and `deputies`, on the base branch.
"""

from bot.answers import Answer, Finding, Outcome, Table
from bot.approvals import Candidate, Judgement, Role
from bot.codeowners import Leadership
from bot.waivers import RefusedWaiver

GATE = "release_owned"
UNKNOWN_AUTHOR, UNKNOWN_PUSHER = "commits.unknown-author", "commits.unknown-pusher"
"""Somebody took part who cannot be told from the lead: a risk that whoever approves accepts."""

_VAGUE_CODES = {"lead.shared", "lead.not-in-codeowners", "lead.unresolved", "codeowners.unclear"}


def check(
    leadership: Leadership, judgement: Judgement | None, *, refused_waivers: tuple[RefusedWaiver, ...] = ()
) -> Answer:
    """Answer gate 7. `judgement` is None offline, where nothing is known of people."""
    if leadership.lead is None:
        return _nobody_named(leadership)
    if judgement is None:
        return _answer(
            Outcome.WAITING,
            f"{leadership.lead} leads; whether the release is approved is known to the forge alone.",
            findings=leadership.findings,
        )
    facts = _facts(judgement, refused_waivers)
    findings = (*leadership.findings, *_unknown(judgement))
    if not judgement.eligible:
        return _answer(
            Outcome.FAILED,
            "Nobody can approve this release.",
            findings=(*findings, _nobody_eligible(leadership, judgement)),
            facts=facts,
        )
    if judgement.blocking:
        return _blocked(judgement, findings, facts)
    if judgement.approved is not None:
        candidate, review = judgement.approved
        role = "" if candidate.role is Role.LEAD else f" as {candidate.role}"
        return _answer(
            Outcome.PASSED,
            f"Approved by @{candidate.account.login}{role} on {review.submitted_at:%Y-%m-%d %H:%M} UTC.",
            findings=findings,
            facts=facts,
        )
    return _answer(
        Outcome.WAITING, f"Waiting for {who(leadership, judgement)}.", findings=findings, facts=facts
    )


def who(leadership: Leadership, judgement: Judgement | None) -> str:
    """Whom everybody waits for, as text: ``@ana``, ``a member of @acme/leads``, or a deputy."""
    lead = leadership.lead or ""
    if judgement is not None and not any(c.role is Role.LEAD for c in judgement.eligible):
        deputies = [f"@{candidate.account.login}" for candidate in judgement.eligible]
        return " or ".join(deputies[:3]) or lead
    return f"a member of {lead}" if "/" in lead else lead


def _nobody_named(leadership: Leadership) -> Answer:
    vague = any(finding.code in _VAGUE_CODES for finding in leadership.findings)
    headline = "It is not clear who leads this release." if vague else "Nobody owns this release."
    return _answer(Outcome.VAGUE if vague else Outcome.FAILED, headline, findings=leadership.findings)


def _nobody_eligible(leadership: Leadership, judgement: Judgement) -> Finding:
    reasons = "; ".join(f"@{c.account.login} {c.barred}" for c in judgement.candidates)
    return Finding(
        code="lead.nobody-eligible",
        text=f"Nobody named by CODEOWNERS and the policy may decide: "
        f"{reasons or f'{leadership.lead} has no members we can see'}.",
        fix="Name a deputy who took no part in this pull request (policy `deputies`, and CODEOWNERS), "
        "or let somebody else commit.",
        file=leadership.file,
        line=leadership.line,
    )


def _blocked(judgement: Judgement, findings: tuple[Finding, ...], facts: tuple[Table, ...]) -> Answer:
    names = ", ".join(f"@{candidate.account.login}" for candidate in judgement.blocking)
    finding = Finding(
        code="lead.changes-requested",
        text=f"{names} requested changes.",
        fix="Make the changes and ask for another review.",
    )
    return _answer(Outcome.FAILED, f"{names} requested changes.", findings=(*findings, finding), facts=facts)


def _unknown(judgement: Judgement) -> tuple[Finding, ...]:
    found = []
    if judgement.unknown_commits:
        found.append(
            Finding(
                code=UNKNOWN_AUTHOR,
                text=f"{len(judgement.unknown_commits)} commits name people without an account on the forge; "
                "it cannot be shown who wrote them.",
                fix="Commit with an e-mail address that belongs to an account of the forge.",
                items=judgement.unknown_commits,
            )
        )
    if not judgement.pushers_known:
        found.append(
            Finding(
                code=UNKNOWN_PUSHER,
                text="The branch lies in a fork, and the forge does not say who pushed to it.",
                fix="Push to a branch of this repository instead.",
            )
        )
    return tuple(found)


def _facts(judgement: Judgement, refused: tuple[RefusedWaiver, ...]) -> tuple[Table, ...]:
    tables = [
        Table(
            title="Who could approve", columns=("who", "as", "can decide"), rows=_rows(judgement.candidates)
        )
    ]
    if judgement.ignored:
        rows = tuple((f"@{i.login}", f"{i.at:%Y-%m-%d %H:%M:%S} UTC", i.why) for i in judgement.ignored)
        tables.append(Table(title="Approvals that do not count", columns=("who", "when", "why"), rows=rows))
    if refused:
        rows = tuple((f"@{r.login}", r.gate, r.why) for r in refused)
        tables.append(Table(title="Waivers that do not count", columns=("who", "gate", "why"), rows=rows))
    return tuple(tables)


def _rows(named: tuple[Candidate, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (f"@{c.account.login}", str(c.role), f"no: {c.barred}" if c.barred else "yes") for c in named
    )


def _answer(
    outcome: Outcome,
    headline: str,
    *,
    findings: tuple[Finding, ...] = (),
    facts: tuple[Table, ...] = (),
) -> Answer:
    return Answer(gate=GATE, outcome=outcome, headline=headline, findings=findings, facts=facts)
