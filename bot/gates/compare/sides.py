"""What the two sides of a comparison can tell, beyond what they hold."""

from bot.evidence.model import Loaded, Snapshot
from bot.gates.compare.changes import ChangeKind


def unsure(snapshot: Loaded[Snapshot], baseline: Loaded[Snapshot]) -> frozenset[ChangeKind]:
    """The changes that may only look so, because one side cannot tell all its items."""
    seeming = ((snapshot, ChangeKind.REMOVE_ITEMS), (baseline, ChangeKind.ADD_ITEMS))
    return frozenset(kind for side, kind in seeming if not side.whole)


def single_file(snapshot: Loaded[Snapshot]) -> str | None:
    """The file that line numbers of the snapshot speak of; None for a directory of files."""
    used = snapshot.used
    return used.file if used and used.digest.startswith("sha256:") else None
