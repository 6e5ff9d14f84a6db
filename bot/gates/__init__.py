"""The seven gates: one pure function in one file each, bound to its slice by one ordered table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from inspect import getdoc
from types import ModuleType

from bot.answers import GATE_NAMES, Answer, Finding, Outcome
from bot.evidence.model import CheckResult
from bot.evidence.release import ReleaseEvidence
from bot.gates import (
    assignments_settled,
    export_validated,
    rejections_resolved,
    release_owned,
    review_scope,
    schema_stable,
    snapshot_compare,
)
from bot.manifest import IntendedChange
from bot.policy import GateRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One row of the table: the gate's name, its question, and its documentation in Markdown."""

    name: str
    question: str
    documentation: str


def _row(module: ModuleType, question: str) -> Gate:
    return Gate(
        name=module.__name__.rpartition(".")[2], question=question, documentation=getdoc(module) or ""
    )


GATES = (
    _row(schema_stable, "Schema stable?"),
    _row(assignments_settled, "Assignment statuses real?"),
    _row(review_scope, "Required review scope completed?"),
    _row(rejections_resolved, "Repeated rejection reasons resolved?"),
    _row(snapshot_compare, "Latest snapshot compares cleanly?"),
    _row(export_validated, "Export path validated?"),
    _row(release_owned, "Who explicitly approves the release?"),
)
"""The gates in their order, `GATE_NAMES`."""


def answer_evidence_gates(
    *,
    evidence: ReleaseEvidence,
    manifest_intent: tuple[IntendedChange, ...] | None,
    rules: GateRules,
    downstream: tuple[CheckResult, ...],
    now: datetime,
    redefined: tuple[str, ...] = (),
) -> tuple[Answer, ...]:
    """The answers of gates 1 to 6, in order, each from its slice of `evidence` and its rule.

    `downstream` is what the team's own checks on the head commit conclude, `redefined` which files
    that say what these checks do are changed.
    """
    return (
        *_labelling(evidence, rules, now),
        snapshot_compare.check(
            snapshot=evidence.snapshot,
            baseline=evidence.baseline,
            baseline_name=evidence.baseline_name,
            intent=manifest_intent,
            rule=rules.compare,
        ),
        export_validated.check(
            labels=evidence.labels,
            snapshot=evidence.snapshot,
            exports=evidence.exports,
            downstream=downstream,
            rule=rules.export,
            redefined=redefined,
        ),
    )


def _labelling(evidence: ReleaseEvidence, rules: GateRules, now: datetime) -> tuple[Answer, ...]:
    """Gates 1 to 4: what the labelling tool's evidence says."""
    snapshot, assignments, reviews = evidence.snapshot, evidence.assignments, evidence.reviews
    return (
        schema_stable.check(
            labels=evidence.labels,
            labels_before=evidence.labels_before,
            snapshot=snapshot,
            reviews=reviews,
            rule=rules.schema_,
            now=now,
        ),
        assignments_settled.check(
            assignments=assignments,
            snapshot=snapshot,
            baseline=evidence.baseline,
            rule=rules.assignments,
            now=now,
        ),
        review_scope.check(
            reviews=reviews,
            assignments=assignments,
            snapshot=snapshot,
            baseline=evidence.baseline,
            rule=rules.review,
            now=now,
        ),
        rejections_resolved.check(reviews=reviews, rule=rules.rejections, now=now),
    )


def unreadable_manifest_answers(problems: Sequence[Finding]) -> tuple[Answer, ...]:
    """Gates 1 to 6, all vague, where the release manifest cannot be read.

    `problems` say why; they are shown once, as blockers, and the first answer points to them.
    """
    first = problems[0] if problems else None
    finding = Finding(
        code="manifest.unreadable",
        text="The release manifest cannot be read, so nothing names the evidence.",
        fix="Correct the manifest.",
        file=first.file if first else None,
        line=first.line if first else None,
    )
    first_answer, *others = vague_answers(finding, "the release manifest cannot be read")
    return (first_answer, *(replace(answer, findings=()) for answer in others))


def vague_answers(
    finding: Finding, why: str = "the evidence takes more than its budget"
) -> tuple[Answer, ...]:
    """Gates 1 to 6, all vague for one reason."""
    return tuple(
        Answer(
            gate=gate,
            outcome=Outcome.VAGUE,
            headline=f"Cannot be judged: {why}.",
            findings=(finding,),
        )
        for gate in GATE_NAMES[:-1]
    )


def explain(gate: str) -> str:
    """What a gate asks, when it passes, fails or is vague, and what cures it, in Markdown.

    Raises:
        KeyError: `gate` is none of `GATE_NAMES`.
    """
    return {row.name: row.documentation for row in GATES}[gate]
