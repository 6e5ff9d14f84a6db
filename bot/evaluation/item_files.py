"""Which file each item is that the findings of a release name."""

from collections.abc import Iterable

from bot.answers import Answer
from bot.evidence.release import ReleaseEvidence


def item_files(evidence: ReleaseEvidence, answers: Iterable[Answer]) -> dict[str, str]:
    """Item id → file, for the items in findings that the snapshot or its baseline knows."""
    named = {item for answer in answers for finding in answer.findings for item in finding.items}
    sources = (evidence.baseline, evidence.snapshot) if named else ()
    return {
        item.id: item.file
        for source in sources
        if source.value is not None
        for item in source.value.items
        if item.id in named
    }
