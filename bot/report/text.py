"""The report for a terminal, and for programs: plain text and JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.answers import Answer, Finding, Outcome
from bot.releases import Evaluation, Release
from bot.report.markdown import clean
from bot.report.wording import in_words
from bot.report.words import (
    GITHUB_WORDS,
    HEADLINES,
    QUESTIONS,
    ForgeWords,
    answer_word,
    location,
    moment,
    named,
    short_fingerprint,
    tally,
)

JSON_VERSION = 1

SHOWN_ITEMS = 10
"""Items printed of one finding."""


def to_text(evaluation: Evaluation, words: ForgeWords = GITHUB_WORDS) -> str:
    """Everything, every finding included, as lines without control characters."""
    return "\n".join(line.rstrip() for line in _lines(in_words(evaluation, words), words)) + "\n"


def _lines(evaluation: Evaluation, words: ForgeWords) -> Iterator[str]:
    for banner in evaluation.banners:
        yield f"note: {clean(banner)}"
    if evaluation.error is not None:
        yield "COULD NOT EVALUATE"
        yield from finding_lines(evaluation.error)
        if evaluation.retry_at is not None:
            yield f"    tried again at {moment(evaluation.retry_at)}"
    elif not evaluation.releases:
        reason = evaluation.reason or f"this {words.pull_request} changes no watched file"
        yield f"NOT APPLICABLE: {clean(reason)}"
        yield from (f"    watched: {clean(glob)}" for glob in evaluation.watched)
    for release in evaluation.releases:
        yield from _release(release)
    for problem in evaluation.policy_problems or ():
        yield "policy:"
        yield from finding_lines(problem)


def _release(release: Release) -> Iterator[str]:
    yield f"{clean(release.dataset)} {clean(release.version)}: {HEADLINES[release.decision.kind]}"
    yield f"    {clean(release.decision.reason)}"
    if release.answers:
        fingerprint = short_fingerprint(release.fingerprint) or "none"
        yield f"    {tally(release.answers)}; fingerprint {clean(fingerprint)}"
    for blocker in release.blockers:
        yield from finding_lines(blocker)
    yield ""
    for answer in release.answers:
        yield from _answer(answer)


def answer_to_text(answer: Answer) -> str:
    """One answer by itself, every finding included."""
    return "\n".join(line.rstrip() for line in _answer(answer, "--json")) + "\n"


def _answer(answer: Answer, whole: str = "--slices DIR") -> Iterator[str]:
    yield f"{answer.number}  {answer_word(answer):<8} {QUESTIONS[answer.gate]:<32} {clean(answer.headline)}"
    if answer.waiver is not None:
        by, until = clean(named(answer.waiver.by)), moment(answer.waiver.expires_at)
        yield f"    waived by {by} until {until}: {clean(answer.waiver.reason)}"
    for finding in answer.findings:
        yield from finding_lines(finding, whole)
    for fact in answer.facts if answer.outcome is not Outcome.PASSED else ():
        yield f"    {clean(fact.title)}:"
        for row in (fact.columns, *fact.rows):
            yield "      " + "  ".join(clean(value) for value in row)


def finding_lines(finding: Finding, whole: str = "--slices DIR") -> Iterator[str]:
    """One finding: what, where, how to cure it, and which items; the option `whole` tells all of these."""
    where = location(finding)
    place = f" ({clean(where)})" if where else ""
    yield f"    - {clean(finding.text)}{place} [{clean(finding.code)}]"
    yield f"      fix: {clean(finding.fix)}"
    if finding.items:
        more = len(finding.items) - SHOWN_ITEMS
        rest = f" and {more:,} more ({whole} writes them all)" if more > 0 else ""
        yield f"      items: {', '.join(clean(item) for item in finding.items[:SHOWN_ITEMS])}{rest}"


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as JSON values with stable keys: what ``--json`` prints and the store keeps.

    Lone surrogates and NUL, which PostgreSQL's ``jsonb`` refuses, are replaced
    (https://www.postgresql.org/docs/current/datatype-json.html).
    """
    record: dict[str, Any] = _storable(_evaluation_json(evaluation))
    return record


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """One answer by itself, as `to_json` has it."""
    record: dict[str, Any] = _storable(_answer_json(answer))
    return record


def _evaluation_json(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "sevengates": JSON_VERSION,
        "number": evaluation.number,
        "base_ref": evaluation.base_ref,
        "head_sha": evaluation.head_sha,
        "evaluated_at": evaluation.evaluated_at.isoformat(),
        "decision": evaluation.kind.value,
        "reason": evaluation.reason,
        "banners": list(evaluation.banners),
        "watched": list(evaluation.watched),
        "error": None if evaluation.error is None else _finding_json(evaluation.error),
        "retry_at": _time(evaluation.retry_at),
        "policy_problems": None
        if evaluation.policy_problems is None
        else [_finding_json(problem) for problem in evaluation.policy_problems],
        "releases": [_release_json(release) for release in evaluation.releases],
    }


def _release_json(release: Release) -> dict[str, Any]:
    return {
        "dataset": release.dataset,
        "version": release.version,
        "manifest": release.manifest,
        "governance": release.governance,
        "decision": release.decision.kind.value,
        "reason": release.decision.reason,
        "fingerprint": release.fingerprint,
        "unwaived_fingerprint": release.unwaived_fingerprint,
        "snapshot_digest": release.snapshot_digest,
        "baseline": release.baseline,
        "lead": release.lead,
        "approved_by": release.approved_by,
        "blockers": [_finding_json(blocker) for blocker in release.blockers],
        "answers": [_answer_json(answer) for answer in release.answers],
    }


def _answer_json(answer: Answer) -> dict[str, Any]:
    waiver = answer.waiver
    return {
        "gate": answer.gate,
        "number": answer.number,
        "outcome": answer.outcome.value,
        "headline": answer.headline,
        "findings": [_finding_json(finding) for finding in answer.findings],
        "evidence": [
            {"source": used.source, "digest": used.digest, "as_of": _time(used.as_of)}
            for used in answer.evidence
        ],
        "facts": [
            {"title": fact.title, "columns": list(fact.columns), "rows": [list(row) for row in fact.rows]}
            for fact in answer.facts
        ],
        "waiver": None
        if waiver is None
        else {
            "by": waiver.by,
            "reason": waiver.reason,
            "at": waiver.at.isoformat(),
            "expires_at": waiver.expires_at.isoformat(),
            "comment_id": waiver.comment_id,
        },
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "text": finding.text,
        "fix": finding.fix,
        "file": finding.file,
        "line": finding.line,
        "items": list(finding.items),
        "annotations": [list(one) for one in finding.annotations],
        "class": finding.label,
        "annotator": finding.annotator,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _storable(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, the same shape out
    match value:
        case str():
            return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
        case list():
            return [_storable(entry) for entry in value]
        case dict():
            return {key: _storable(entry) for key, entry in value.items()}
        case _:
            return value
