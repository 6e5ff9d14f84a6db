"""Everything that gates 1 to 6 may look at, as one value."""

from dataclasses import dataclass

from bot.evidence.exports.model import ExportEvidence
from bot.evidence.model import Assignment, Label, Loaded, ReviewRecord, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseEvidence:
    """Everything gates 1 to 6 may look at, for one release.

    `labels_before` is the schema the base branch's manifest names; its value is an empty tuple
    for a first release. `baseline` is the snapshot compared with (always read from the base
    branch) and `baseline_name` the version it calls itself.
    """

    labels: Loaded[tuple[Label, ...]]
    labels_before: Loaded[tuple[Label, ...]]
    snapshot: Loaded[Snapshot]
    baseline: Loaded[Snapshot]
    baseline_name: str
    assignments: Loaded[tuple[Assignment, ...]]
    reviews: Loaded[tuple[ReviewRecord, ...]]
    exports: tuple[ExportEvidence, ...] = ()
