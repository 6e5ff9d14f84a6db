"""One release, evaluated: manifest, evidence, six gates, then judging."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.answers import Answer, Finding
from bot.codeowners import Leadership, lead_of
from bot.evaluation.judging import Terms, judge
from bot.evaluation.manifests import base_manifest, candidate_manifest, release_blockers
from bot.evaluation.people import Context
from bot.evaluation.rulebook import Rulebook
from bot.evaluation.scope import Scope, Trees
from bot.evaluation.trees import Reader, TreeFiles
from bot.evidence.load import load_release
from bot.fingerprint import FingerprintInputs
from bot.gates import answer_evidence_gates, unreadable_manifest_answers
from bot.manifest import Manifest
from bot.policy import policy_digest
from bot.releases import Release

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What reading the candidate gave: answers 1 to 6, and what the fingerprint binds beside them."""

    answers: tuple[Answer, ...]
    version: str = ""
    snapshot_digest: str = ""
    baseline: str = ""
    baseline_digest: str = ""
    external: Mapping[str, str] = field(default_factory=dict)


def evaluate_release(
    reader: Reader, trees: Trees, scope: Scope, rulebook: Rulebook, context: Context
) -> Release:
    """Answer the seven gates for one touched release and decide. Raises ForgeError."""
    parsed = candidate_manifest(reader, trees, scope)
    before = base_manifest(reader, trees, scope)
    blockers = release_blockers(trees, scope, parsed, before, base_ref=context.base_ref)
    files = (TreeFiles(trees.head, reader.blob), TreeFiles(trees.base, reader.blob))
    read = (
        _Read(answers=unreadable_manifest_answers(parsed.problems))
        if (manifest := parsed.value) is None
        else _read(
            manifest=manifest, line=parsed.line, before=before, files=files, scope=scope, context=context
        )
    )
    leadership, disputed = _leadership(scope, rulebook)
    blockers += disputed
    verdict = judge(
        read.answers,
        _inputs(scope, read, leadership, context),
        leadership,
        context,
        terms=Terms.of(scope.dataset),
        blockers=blockers,
    )
    return Release(
        dataset=scope.dataset.name,
        manifest=scope.manifest,
        version=read.version,
        decision=verdict.decision,
        answers=verdict.answers,
        fingerprint=verdict.fingerprint,
        unwaived_fingerprint=verdict.unwaived_fingerprint,
        blockers=blockers,
        snapshot_digest=read.snapshot_digest,
        baseline=read.baseline,
        lead=leadership.lead,
        mention=verdict.mention,
        approvers=verdict.approvers,
        approved_by=verdict.approved_by,
    )


def _leadership(scope: Scope, rulebook: Rulebook) -> tuple[Leadership, tuple[Finding, ...]]:
    """Who leads, by the manifest's path on the base branch; a rename must not choose another lead."""

    def lead(path: str) -> Leadership:
        dataset = scope.dataset
        return lead_of(
            rulebook.codeowners, path, release_lead=dataset.release_lead, deputies=dataset.deputies
        )

    there, here = lead(scope.base_manifest or scope.manifest), lead(scope.manifest)
    if (there.lead, there.deputies) == (here.lead, here.deputies):
        return there, ()
    return there, (
        Finding(
            code="manifest.other-lead",
            text=f"Moving the manifest from `{scope.base_manifest}` to `{scope.manifest}` would change who "
            f"leads: {there.lead or 'nobody'} there, {here.lead or 'nobody'} here.",
            fix="Make the owners of both paths agree first, in a pull request of its own.",
            file=scope.manifest,
            line=1,
        ),
    )


def _read(
    *,
    manifest: Manifest,
    line: Callable[[KeyPath], int],
    before: Manifest | None,
    files: tuple[TreeFiles, TreeFiles],
    scope: Scope,
    context: Context,
) -> _Read:
    """Load the evidence the manifest names from the trees of (head, base), and answer gates 1 to 6."""
    candidate, base = files
    rules = scope.dataset.gates
    evidence = load_release(
        manifest=manifest,
        manifest_path=scope.manifest,
        line=line,
        candidate=candidate,
        base=base,
        base_manifest=before,
        base_manifest_path=scope.base_manifest,
        compare=rules.compare,
        now=context.now,
        shelf=context.shelf,
    )
    return _Read(
        answers=answer_evidence_gates(
            evidence=evidence,
            manifest_intent=manifest.intent,
            rules=rules,
            downstream=context.downstream,
            now=context.now,
        ),
        version=manifest.version,
        snapshot_digest=evidence.snapshot.used.digest if evidence.snapshot.used else "",
        baseline=evidence.baseline_name,
        baseline_digest=evidence.baseline.used.digest if evidence.baseline.used else "",
        external=_external(manifest),
    )


def _external(manifest: Manifest) -> dict[str, str]:
    """Evidence by URL, which no Git object id of the head binds: URL → declared digest."""
    sources = (manifest.schema_, manifest.snapshot, manifest.assignments, manifest.reviews)
    return {s.url: s.digest or "" for s in sources if s is not None and s.url is not None}


def _inputs(scope: Scope, read: _Read, leadership: Leadership, context: Context) -> FingerprintInputs:
    return FingerprintInputs(
        dataset=scope.dataset.name,
        base_ref=context.base_ref,
        watched=scope.watched,
        external=read.external,
        policy=policy_digest(scope.dataset),
        baseline=f"{read.baseline} {read.baseline_digest}",
        answers=read.answers,
        lead=leadership.lead or "",
    )
