"""Gates 1 to 6 of one release: everything that reads evidence, and nothing that knows people.

What goes in and what comes out are plain values, so that it can run in another process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bot.answers import Answer
from bot.documents import read_manifest
from bot.evaluation.item_files import item_files
from bot.evaluation.readings import with_readings
from bot.evaluation.round_trips import with_round_trips
from bot.evaluation.scope import MAX_MANIFEST_BYTES
from bot.evaluation.trees import TreeFiles
from bot.evidence.exports.conversion import Converter
from bot.evidence.load import load_release
from bot.evidence.model import CheckResult
from bot.evidence.release import ReleaseEvidence
from bot.evidence.remote import NOWHERE, Remote
from bot.evidence.shelf import MemoryShelf, Shelf
from bot.gates import answer_evidence_gates
from bot.manifest import Manifest
from bot.policy import GateRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """A readable candidate manifest at `path`, that of the base branch at `base_path`, and the rules.

    `redefined` are changed files that say what the team's own checks do.
    """

    manifest: Manifest
    path: str
    before: Manifest | None
    base_path: str | None
    rules: GateRules
    downstream: tuple[CheckResult, ...]
    now: datetime
    redefined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers of gates 1 to 6, what the fingerprint binds beside them, and where items lie.

    `item_files` is item id → file, for the items that the findings name.
    """

    answers: tuple[Answer, ...]
    version: str = ""
    snapshot_digest: str = ""
    baseline: str = ""
    baseline_digest: str = ""
    external: Mapping[str, str] = field(default_factory=dict)
    item_files: Mapping[str, str] = field(default_factory=dict)


class Answering(Protocol):
    """Where the questions of one release are answered: here, or under a budget of memory and time."""

    def __call__(self, questions: Questions, candidate: TreeFiles, base: TreeFiles) -> Answers:
        """Raises ForgeError when reading fails."""


def answer_here(
    questions: Questions,
    candidate: TreeFiles,
    base: TreeFiles,
    shelf: Shelf | None = None,
    *,
    convert: Converter | None = None,
    remote: Remote = NOWHERE,
) -> Answers:
    """Load the evidence the manifest names from two trees and answer, in this process."""
    return answers_from(
        read_evidence(questions, candidate, base, shelf, convert=convert, remote=remote), questions
    )


def read_evidence(
    questions: Questions,
    candidate: TreeFiles,
    base: TreeFiles,
    shelf: Shelf | None = None,
    *,
    convert: Converter | None = None,
    remote: Remote = NOWHERE,
) -> ReleaseEvidence:
    """The evidence the manifest names, and a round trip of each export by `convert` (None: none).

    Raises ForgeError when reading fails.
    """
    manifest = questions.manifest
    shelf = shelf or MemoryShelf()
    evidence = load_release(
        manifest=manifest,
        manifest_path=questions.path,
        line=read_manifest(_bytes(candidate, questions.path), file=questions.path).line,
        candidate=candidate,
        base=base,
        base_manifest=questions.before,
        base_manifest_path=questions.base_path,
        compare=questions.rules.compare,
        now=questions.now,
        shelf=shelf,
        remote=remote,
    )
    exports = with_readings(evidence.snapshot, evidence.exports, manifest, shelf)
    if convert is not None:
        exports = with_round_trips(evidence.snapshot, exports, convert, shelf)
    return replace(evidence, exports=exports)


def answers_from(evidence: ReleaseEvidence, questions: Questions) -> Answers:
    """The answers of gates 1 to 6 from evidence that was read."""
    manifest = questions.manifest
    answers = answer_evidence_gates(
        evidence=evidence,
        manifest_intent=manifest.intent,
        rules=questions.rules,
        downstream=questions.downstream,
        now=questions.now,
        redefined=questions.redefined,
    )
    return Answers(
        answers=answers,
        version=manifest.version,
        snapshot_digest=evidence.snapshot.used.digest if evidence.snapshot.used else "",
        baseline=evidence.baseline_name,
        baseline_digest=evidence.baseline.used.digest if evidence.baseline.used else "",
        external=_external(manifest),
        item_files=item_files(evidence, answers),
    )


def _bytes(files: TreeFiles, path: str) -> bytes:
    return files.read(path, max_bytes=MAX_MANIFEST_BYTES)


def _external(manifest: Manifest) -> dict[str, str]:
    """Evidence by URL, which no Git object id of the head binds: URL → declared digest."""
    sources = (manifest.schema_, manifest.snapshot, manifest.assignments, manifest.reviews)
    return {s.url: s.digest or "" for s in sources if s is not None and s.url is not None}
