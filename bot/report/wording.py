"""An evaluation in the words of the forge that shows it.

The core calls a pull request a pull request, wherever it comes from. Before anything is shown,
our own sentences get the forge's word for it; what they quote between backticks, reasons that
people gave, and the record in the store stay as they are.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.answers import GATE_NAMES, Answer, Finding, Table
from bot.releases import Evaluation, Release
from bot.report.words import ForgeWords

_PULL_REQUEST = re.compile(r"\b(p)(ull request)(s?\b)(?: #(?=\d))?", re.IGNORECASE)


def spoken(text: str, words: ForgeWords) -> str:
    """`text` with the forge's word for a pull request, and its sign before a number."""

    def translated(found: re.Match[str]) -> str:
        word = words.pull_request
        if found[1].isupper():
            word = word[0].upper() + word[1:]
        return word + found[3] + (f" {words.sign}" if found[0].endswith("#") else "")

    parts = text.split("`")
    return "`".join(
        part if quoted % 2 else _PULL_REQUEST.sub(translated, part) for quoted, part in enumerate(parts)
    )


def in_words(evaluation: Evaluation, words: ForgeWords) -> Evaluation:
    """The evaluation as people of the forge read it."""
    problems = evaluation.policy_problems
    return replace(
        evaluation,
        banners=tuple(spoken(banner, words) for banner in evaluation.banners),
        reason=spoken(evaluation.reason, words),
        error=None if evaluation.error is None else _finding(evaluation.error, words),
        held=None if evaluation.held is None else _finding(evaluation.held, words),
        policy_problems=None if problems is None else _findings(problems, words),
        policy_notes=_findings(evaluation.policy_notes, words),
        releases=tuple(_release(release, words) for release in evaluation.releases),
    )


def _release(release: Release, words: ForgeWords) -> Release:
    return replace(
        release,
        decision=replace(release.decision, reason=spoken(release.decision.reason, words)),
        blockers=_findings(release.blockers, words),
        answers=tuple(_answer(answer, words) for answer in release.answers),
    )


def _answer(answer: Answer, words: ForgeWords) -> Answer:
    return replace(
        answer,
        headline=spoken(answer.headline, words),
        findings=_findings(answer.findings, words),
        facts=tuple(_fact(fact, words) for fact in answer.facts)
        if answer.gate == GATE_NAMES[-1]  # the facts of the others are data
        else answer.facts,
    )


def _fact(fact: Table, words: ForgeWords) -> Table:
    rows = tuple(tuple(spoken(cell, words) for cell in row) for row in fact.rows)
    return replace(fact, title=spoken(fact.title, words), rows=rows)


def _findings(findings: Iterable[Finding], words: ForgeWords) -> tuple[Finding, ...]:
    return tuple(_finding(finding, words) for finding in findings)


def _finding(finding: Finding, words: ForgeWords) -> Finding:
    return replace(finding, text=spoken(finding.text, words), fix=spoken(finding.fix, words))
