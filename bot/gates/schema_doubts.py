"""What a label schema says of itself and cannot be true."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.answers import Finding
from bot.evidence.contents import plain
from bot.evidence.model import Label, Loaded
from bot.evidence.problems import shown
from bot.gates.evidence_state import placed
from bot.gates.schema_changes import Change


def doubtful(
    labels: Loaded[tuple[Label, ...]], changes: Sequence[Change], now: datetime
) -> tuple[Finding, ...]:
    """The contradictions in the schema itself and in its `changes`, in the order of the file."""
    known = labels.value or ()
    found: list[tuple[str, str, str, Change | None]] = []
    if not any(label.active for label in known):
        text = "The schema has no active class."
        found.append(("schema.empty", text, "Commit the schema the annotators worked with.", None))
    for change in changes:
        if change.at and change.at > now:
            text = (
                f"Class {shown(change.name)} says it changed in the future, {change.at:%Y-%m-%d %H:%M} UTC."
            )
            found.append(("schema.changed-in-future", text, "Correct its changed_at.", change))
        if change.contradicted:
            text = (
                f"Class {shown(change.name)} was {change.description}, but its changed_at did not move on "
                "beyond the released schema and its evidence."
            )
            found.append(("schema.changed-at-not-moved", text, "Correct its changed_at.", change))
    ids = Counter(label.id for label in known)
    names = Counter(plain(label.name) for label in known if label.active)
    for what, key, times in (
        *(("id", *pair) for pair in ids.items()),
        *(("name", *p) for p in names.items()),
    ):
        if times > 1:
            text = f"{times} labels share the {what} {shown(key)}."
            found.append((f"schema.duplicate-{what}", text, f"Give every label a {what} of its own.", None))
    return tuple(
        placed(
            Finding(code=code, text=text, fix=fix, label=change.name if change else ""),
            labels,
            change.line if change else None,
        )
        for code, text, fix, change in found
    )
