"""What a gate says, and what follows from seven of them.

Pure data and one pure function, `decide`. The words are DESIGN §8's: a *gate* gives an *answer*
(passed, failed, vague; gate 7 alone may be waiting), seven answers give a *decision*.
"Could not evaluate" is no answer: it is the decision `error`, made by the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

GATE_NAMES = (
    "schema_stable",
    "assignments_settled",
    "review_scope",
    "rejections_resolved",
    "snapshot_compare",
    "export_validated",
    "release_owned",
)
"""The seven gates in their fixed order; gate *n* is ``GATE_NAMES[n - 1]``."""


class Outcome(StrEnum):
    """The answer of one gate."""

    PASSED = "passed"
    FAILED = "failed"
    VAGUE = "vague"
    WAITING = "waiting"  # gate 7 only: the lead is named and eligible and has not decided


class DecisionKind(StrEnum):
    """The decision over the seven answers, in order of precedence."""

    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"
    BLOCKED = "blocked"
    IMMATURE = "immature"
    READY = "ready"
    APPROVED = "approved"

    @property
    def opens_the_merge(self) -> bool:
        """Whether the forge may merge: only these two are ever shown as success."""
        return self in {DecisionKind.NOT_APPLICABLE, DecisionKind.APPROVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, where, and the one step that cures it.

    `code` is stable and dotted (``manifest.unknown-key``); it takes part in the fingerprint, so a
    finding must not change its code when only numbers or time move. `text` and `fix` may hold
    text of the pull request: only `bot.report` turns them into Markdown. `items` names the items
    meant (for gate 6 and for pointers also classes, checks and files), complete and in a stable order;
    `annotations` are those meant of them, as (item, id of the annotation). `label` is the class and
    `annotator` the person all of them concern, empty where there is no such one.
    `whole_list` is the address of all items where they are kept for download; it is set by
    `bot.report.slices.with_links` alone, on what is about to be shown.
    """

    code: str
    text: str
    fix: str
    file: str | None = None
    line: int | None = None
    items: tuple[str, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    label: str = ""
    annotator: str = ""
    whole_list: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceUsed:
    """A piece of evidence an answer rests on: where it is, which bytes, and as of when."""

    source: str
    """Repository path or URL."""
    digest: str
    """``sha256:<hex>`` of the bytes, or ``gittree:<hex>`` of a directory."""
    as_of: datetime | None = None

    @property
    def file(self) -> str | None:
        """The path in the repository; None for what is at a URL."""
        return None if "://" in self.source else self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A fact as rows of text: shown under the gate, and the source of plots."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A failed or vague gate accepted by a named person, for this release, until `expires_at`."""

    gate: str
    reason: str
    by: str
    at: datetime
    expires_at: datetime
    comment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one gate says: a headline sentence and everything that supports it."""

    gate: str
    outcome: Outcome
    headline: str
    findings: tuple[Finding, ...] = ()
    evidence: tuple[EvidenceUsed, ...] = ()
    facts: tuple[Table, ...] = ()
    waiver: Waiver | None = None

    @property
    def number(self) -> int:
        """1 to 7."""
        return GATE_NAMES.index(self.gate) + 1

    @property
    def codes(self) -> tuple[str, ...]:
        """The distinct finding codes, sorted: what the fingerprint remembers of this answer."""
        return tuple(sorted({finding.code for finding in self.findings}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The decision for one release and the sentence that explains it."""

    kind: DecisionKind
    reason: str
    failed: tuple[str, ...] = field(default=())
    vague: tuple[str, ...] = field(default=())
    waived: tuple[str, ...] = field(default=())

    @property
    def risks(self) -> tuple[str, ...]:
        """The gates that an approval accepts as they are; that of who approves is never one."""
        return tuple(gate for gate in (*self.vague, *self.waived) if gate != GATE_NAMES[-1])

    @property
    def leaderless(self) -> bool:
        """Whether nothing else stands against it, and nobody can approve it all the same."""
        return self.kind is DecisionKind.READY and GATE_NAMES[-1] in self.vague


def decide(answers: Sequence[Answer], *, blockers: Sequence[Finding] = (), max_vague: int = 1) -> Decision:
    """Decide over `answers` (the seven, or gate 7 alone for a change of governance).

    `blockers` are findings that no gate owns and no waiver lifts (the base moved under the
    release, the manifest cannot be read). More than `max_vague` unwaived vague answers are
    immature: "if two or more of those answers are vague, the release is still immature".

    Raises:
        ValueError: `answers` is empty, or its last one is not gate 7.
    """
    if not answers or answers[-1].gate != GATE_NAMES[-1]:
        raise ValueError("decide() needs the answers in order, gate 7 last")
    failed = tuple(a.gate for a in answers if a.outcome is Outcome.FAILED and a.waiver is None)
    vague = tuple(a.gate for a in answers if a.outcome is Outcome.VAGUE and a.waiver is None)
    waived = tuple(a.gate for a in answers if a.waiver is not None)
    kind, reason = _kind(answers[-1], failed, vague, blockers, max_vague)
    return Decision(kind=kind, reason=reason, failed=failed, vague=vague, waived=waived)


def _kind(
    owner: Answer,
    failed: tuple[str, ...],
    vague: tuple[str, ...],
    blockers: Sequence[Finding],
    max_vague: int,
) -> tuple[DecisionKind, str]:
    if blockers:
        return DecisionKind.BLOCKED, blockers[0].text
    if failed:
        return DecisionKind.BLOCKED, f"{_count(len(failed), 'gate')} failed"
    if len(vague) > max_vague:
        return DecisionKind.IMMATURE, f"{_count(len(vague), 'answer')} vague, {max_vague} allowed"
    if owner.outcome is Outcome.PASSED:
        return DecisionKind.APPROVED, owner.headline
    return DecisionKind.READY, owner.headline


def worst(kinds: Sequence[DecisionKind]) -> DecisionKind:
    """The decision for several releases together: the one of highest precedence after `error`.

    An empty sequence is `not_applicable`; that one yields to every other.
    """
    order = (
        DecisionKind.ERROR,
        DecisionKind.BLOCKED,
        DecisionKind.IMMATURE,
        DecisionKind.READY,
        DecisionKind.APPROVED,
    )
    return next((kind for kind in order if kind in kinds), DecisionKind.NOT_APPLICABLE)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
