"""What every gate does with the state of its evidence: missing, in doubt, or good enough to judge.

A gate *rests on* the pieces of evidence it had to read for its answer, and only these decide.

**Failing wins.** A doubt never hides a failure: the answer is failed, and the doubts stand beside it.

- What a piece says counts although it is in doubt (too old, of unknown time, bound to another
  snapshot): stale assignments that show open work fail. Fresh evidence cures both.
- What follows from nothing but the readable pieces counts although another is missing or in doubt:
  splits of the candidate that share items fail, whatever becomes of the baseline.
- Nothing is invented: what only looks so because something cannot be read is no failure. Of a piece
  that is not `whole`, what it lacks may well exist; a gate counts absence there as vague.

Without a failure, every missing or doubted piece makes the answer vague, whatever the others say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.answers import Answer, Finding, Outcome, Table
from bot.evidence.model import Loaded
from bot.gates.wording import counted

Piece = Loaded[Any]
"""Evidence of whatever kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The findings of one gate by their weight.

    `failing` are proven by the evidence, `vague` say what the evidence cannot tell, `risks` are
    shown and decide nothing.
    """

    failing: tuple[Finding, ...] = ()
    vague: tuple[Finding, ...] = ()
    risks: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Failed when anything is proven, else vague when anything is unknown, else passed."""
        if self.failing:
            return Outcome.FAILED
        return Outcome.VAGUE if self.vague else Outcome.PASSED


def conclude(
    gate: str, *, rests_on: Sequence[Piece], weighed: Weighed, headline: str, facts: Iterable[Table]
) -> Answer:
    """The answer of a gate that could read what its findings say.

    Doubts about the evidence stand beside what fails; where nothing does, they make the answer vague.
    """
    doubts = _problems(rests_on)
    vague = tuple(dict.fromkeys((*doubts, *weighed.vague)))
    doubted = doubts and not weighed.failing
    return Answer(
        gate=gate,
        outcome=replace(weighed, vague=vague).outcome,
        headline=f"In doubt, because of the evidence itself: {headline}" if doubted else headline,
        findings=(*weighed.failing, *vague, *weighed.risks),
        evidence=tuple(used for piece in rests_on for used in piece.evidence),
        facts=tuple(table for table in facts if table.rows),
    )


def proven_only(
    gate: str, *, rests_on: Sequence[Piece], failing: tuple[Finding, ...], headline: str
) -> Answer:
    """The answer of a gate that misses evidence, from what the rest proves; vague where it proves nothing."""
    if not failing:
        return not_judgeable(gate, *rests_on)
    return conclude(gate, rests_on=rests_on, weighed=Weighed(failing=failing), headline=headline, facts=())


def not_judgeable(gate: str, *rests_on: Piece) -> Answer:
    """The vague answer of a gate that misses evidence: every problem of every piece it needs."""
    missing = sum(piece.value is None for piece in rests_on)
    findings = _problems(rests_on) or (
        Finding(
            code="evidence.missing",
            text="The evidence is missing and nothing says why.",
            fix="Name the evidence in the release manifest.",
        ),
    )
    return Answer(
        gate=gate,
        outcome=Outcome.VAGUE,
        headline=f"Cannot be judged: {counted(missing, 'piece')} of evidence could not be read.",
        findings=findings,
        evidence=tuple(used for piece in rests_on for used in piece.evidence),
    )


def placed(finding: Finding, piece: Piece, line: int | None = None) -> Finding:
    """The finding with the place it speaks of: the file `piece` was read from, and a line of it."""
    if piece.used is None or piece.used.file is None:
        return finding
    return replace(finding, file=piece.used.file, line=line)


def age_in_days(at: datetime, now: datetime) -> float:
    """Days from `at` to `now`, negative when `at` lies in the future; exact for whole days.

    A float instead of ``now - timedelta(days=...)``: a policy may name more days than dates exist.
    """
    return (now - at) / timedelta(days=1)


def _problems(pieces: Iterable[Piece]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(problem for piece in pieces for problem in piece.problems))
