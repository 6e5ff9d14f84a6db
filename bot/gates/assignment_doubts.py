"""What assignments say and nobody can believe: too old, an unknown status, a time in the future."""

from datetime import datetime

from bot.answers import Finding
from bot.evidence.item_order import natural_key
from bot.evidence.model import Assignment, AssignmentStatus, ItemRange
from bot.evidence.problems import shown
from bot.gates.evidence_state import age_in_days, placed
from bot.gates.hidden_work import Assignments
from bot.gates.wording import counted
from bot.policy import AssignmentsRule


def age(assignments: Assignments, rule: AssignmentsRule, now: datetime) -> tuple[Finding, ...]:
    """The doubt about assignments of unknown time, from the future, or too old; none where they are fresh."""
    as_of = assignments.used.as_of if assignments.used else None
    fix = "Export the assignments again and state as_of in the release manifest."
    if as_of is None:
        text = "The assignments do not say as of when they are true."
        return (placed(Finding(code="assignments.age-unknown", text=text, fix=fix), assignments),)
    hours = 24 * age_in_days(as_of, now)
    if hours < 0:
        text = f"The assignments claim to be true as of a time in the future, {as_of:%Y-%m-%d %H:%M} UTC."
        return (placed(Finding(code="assignments.as-of-in-future", text=text, fix=fix), assignments),)
    if hours > rule.max_age_hours:
        limit = counted(rule.max_age_hours, "hour")
        text = f"The assignments were true as of {as_of:%Y-%m-%d %H:%M} UTC, more than {limit} ago."
        return (placed(Finding(code="assignments.stale", text=text, fix=fix), assignments),)
    return ()


def unclear(
    one: Assignment, items: tuple[str, ...], evidence: Assignments, now: datetime
) -> tuple[Finding, ...]:
    """What an assignment says that cannot be understood, or cannot be true."""
    found = []
    if one.status is AssignmentStatus.UNKNOWN:
        text = f"has the status {shown(one.status_text)}, which is not PENDING, IN_PROGRESS or COMPLETED"
        found.append(("assignments.unknown-status", text, "Map the tool's status to one of the three."))
    if one.completed_at is not None and one.completed_at > now:
        text = f"says it was completed in the future, {one.completed_at:%Y-%m-%d %H:%M} UTC"
        found.append(("assignments.completed-in-future", text, "Correct its completed_at."))
    if isinstance(one.items, ItemRange) and natural_key(one.items.first) > natural_key(one.items.last):
        text = f"ranges from {shown(one.items.first)} back to {shown(one.items.last)}"
        found.append(("assignments.range-reversed", text, "Swap the ends of the range."))
    return tuple(
        placed(
            Finding(
                code=code,
                text=f"Assignment {shown(one.id)} {text}.",
                fix=fix,
                items=items,
                annotator=one.assignee,
            ),
            evidence,
            one.line,
        )
        for code, text, fix in found
    )
