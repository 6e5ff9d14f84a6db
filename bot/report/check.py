"""The checks we publish: ``sevengates``, its pending form, and ``sevengates/policy``."""

from collections.abc import Sequence
from dataclasses import replace

from bot.answers import DecisionKind, Finding
from bot.forges.base import Account, Check, CheckState
from bot.releases import Evaluation, Release
from bot.report.body import policy_notes, policy_sections, sections
from bot.report.external_id import encode_external_id
from bot.report.limits import fit
from bot.report.markdown import clean, clip
from bot.report.wording import in_words
from bot.report.words import GITHUB_WORDS, ForgeWords, counted, named, open_tally, short_fingerprint

CHECK_NAME = "sevengates"
POLICY_CHECK_NAME = "sevengates/policy"
MAX_TITLE = 255
MAX_ANNOTATION = 60_000
"""Bytes of one annotation's message: below the forge's 64 KB
(https://docs.github.com/en/rest/checks/runs#create-a-check-run)."""

_STATES = {
    DecisionKind.NOT_APPLICABLE: CheckState.SUCCESS,
    DecisionKind.ERROR: CheckState.FAILURE,
    DecisionKind.BLOCKED: CheckState.FAILURE,
    DecisionKind.IMMATURE: CheckState.FAILURE,
    DecisionKind.READY: CheckState.PENDING,
    DecisionKind.APPROVED: CheckState.SUCCESS,
}


def check(evaluation: Evaluation, words: ForgeWords = GITHUB_WORDS) -> Check:
    """What the check ``sevengates`` says about `evaluation`, on its head commit."""
    evaluation = in_words(evaluation, words)
    return Check(
        name=CHECK_NAME,
        head_sha=evaluation.head_sha,
        state=_STATES[evaluation.kind],
        title=title(evaluation, words),
        summary=fit(tuple(sections(evaluation, words))),
        annotations=annotations(_findings(evaluation)),
        external_id=encode_external_id(evaluation),
        approvers=_approvers(evaluation),
    )


def pending_check(head_sha: str) -> Check:
    """What stands on the head commit while its gates are evaluated."""
    return Check(
        name=CHECK_NAME,
        head_sha=head_sha,
        state=CheckState.PENDING,
        title="Evaluating the release",
        summary="The seven gates are being evaluated; what stood here before no longer counts.\n",
    )


def policy_check(evaluation: Evaluation, words: ForgeWords = GITHUB_WORDS) -> Check | None:
    """What ``sevengates/policy`` says; None when the pull request leaves the policy alone."""
    spoken = in_words(evaluation, words)
    problems, notes = spoken.policy_problems, spoken.policy_notes
    if problems is None:
        return None
    found = f"has {counted(len(problems), 'problem')}" if problems else "is valid"
    noted = f", with {counted(len(notes), 'note')}" if notes and not problems else ""
    return Check(
        name=POLICY_CHECK_NAME,
        head_sha=evaluation.head_sha,
        state=CheckState.FAILURE if problems else CheckState.SUCCESS,
        title=f"The policy {found}{noted}",
        summary=fit((*policy_sections(problems), *policy_notes(notes))),
        annotations=annotations((*problems, *notes)),
    )


def title(evaluation: Evaluation, words: ForgeWords = GITHUB_WORDS) -> str:
    """One line of plain text, at most 255 characters, the important part first."""
    evaluation = in_words(evaluation, words)
    if evaluation.error is not None:
        text = f"Could not evaluate: {evaluation.error.text}"
    elif evaluation.held is not None and evaluation.kind is DecisionKind.READY:
        text = f"Held: {evaluation.held.text}"
    elif not evaluation.releases:
        text = f"No dataset release in this {words.pull_request}"
    elif len(evaluation.releases) == 1:
        text = _release_title(evaluation.releases[0])
    else:
        parts = [
            f"{release.dataset} {_kind(release.decision.kind).lower()}" for release in evaluation.releases
        ]
        text = f"{_kind(evaluation.kind)}: {', '.join(parts)}"
    return clip(clean(text), MAX_TITLE)


def annotations(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that lie in a file, ready for a forge: plain text, a line (1 if unknown), no doubles."""
    placed = (
        replace(
            finding,
            text=_limited(finding.text),
            fix=_limited(finding.fix),
            line=finding.line or 1,
            items=(),
            label="",
            annotator="",
            whole_list="",
        )
        for finding in findings
        if finding.file is not None
    )
    return tuple(dict.fromkeys(placed))


def _approvers(evaluation: Evaluation) -> tuple[Account, ...]:
    """Who may decide every release of the pull request: an approval of one of them approves all."""
    named = [{account.id: account for account in release.approvers} for release in evaluation.releases]
    return tuple(a for id_, a in named[0].items() if all(id_ in other for other in named)) if named else ()


def _release_title(release: Release) -> str:
    why = release.decision.reason
    match release.decision.kind:
        case DecisionKind.BLOCKED | DecisionKind.IMMATURE if not release.blockers:
            why = open_tally(release)
        case DecisionKind.READY if release.decision.leaderless:
            why = f"nobody can release it yet. {why}"
        case DecisionKind.READY:
            why = f"waiting for {release.mention or 'the release lead'}"
        case DecisionKind.APPROVED if release.approved_by:
            return f"Approved by {named(release.approved_by)} ({short_fingerprint(release.fingerprint)})"
    return f"{_kind(release.decision.kind)}: {why}"


def _kind(kind: DecisionKind) -> str:
    return kind.value.replace("_", " ").capitalize()


def _findings(evaluation: Evaluation) -> tuple[Finding, ...]:
    found = [one for one in (evaluation.error, evaluation.held) if one is not None]
    for release in evaluation.releases:
        found += release.blockers
        found += (finding for answer in release.answers for finding in answer.findings)
    return tuple(found)


def _limited(text: str) -> str:
    """`text` on one line; half the limit each, since a message holds text and fix."""
    return clean(text).encode()[: MAX_ANNOTATION // 2].decode(errors="ignore")
