"""Which file each item is that the findings of a release name."""

from collections.abc import Iterable, Mapping

from bot.answers import Answer
from bot.evaluation.answering import Answers, Questions, answers_from, read_evidence
from bot.evaluation.trees import TreeFiles
from bot.evidence.exports.conversion import Converter
from bot.evidence.release import ReleaseEvidence


class FilingAnswers:
    """Answers in this process, and keeps the files of the items its findings name."""

    def __init__(self, convert: Converter | None = None) -> None:
        self._convert = convert
        self.files: dict[str, Mapping[str, str]] = {}
        """Path of the manifest → item id → file."""

    def __call__(self, questions: Questions, candidate: TreeFiles, base: TreeFiles) -> Answers:
        """Raises ForgeError when reading fails."""
        evidence = read_evidence(questions, candidate, base, convert=self._convert)
        read = answers_from(evidence, questions)
        self.files[questions.path] = item_files(evidence, read.answers)
        return read


def item_files(evidence: ReleaseEvidence, answers: Iterable[Answer]) -> dict[str, str]:
    """Item id → file, for the items in findings that the snapshot or its baseline knows."""
    named = {item for answer in answers for finding in answer.findings for item in finding.items}
    return {
        item.id: item.file
        for source in (evidence.baseline, evidence.snapshot)
        if source.value is not None
        for item in source.value.items
        if item.id in named
    }
