"""One release, evaluated: manifest, evidence, six gates, then judging."""

from bot.answers import Finding
from bot.codeowners import Leadership, lead_of
from bot.evaluation.answering import Answers, Questions
from bot.evaluation.judging import Terms, judge
from bot.evaluation.manifests import base_manifest, candidate_manifest, release_blockers
from bot.evaluation.people import Context
from bot.evaluation.rulebook import Rulebook
from bot.evaluation.scope import Scope, Trees
from bot.evaluation.trees import Reader, TreeFiles, changed_paths
from bot.fingerprint import FingerprintInputs
from bot.gates import unreadable_manifest_answers
from bot.globs import compile_glob
from bot.manifest import Manifest
from bot.policy import POLICY_PATHS
from bot.policy_digest import policy_digest
from bot.releases import Release


def evaluate_release(
    reader: Reader, trees: Trees, scope: Scope, rulebook: Rulebook, context: Context
) -> Release:
    """Answer the seven gates for one touched release and decide. Raises ForgeError."""
    parsed = candidate_manifest(reader, trees, scope)
    before = base_manifest(reader, trees, scope)
    blockers = release_blockers(trees, scope, parsed, before, base_ref=context.base_ref)
    files = (TreeFiles(trees.head, reader.blob), TreeFiles(trees.base, reader.blob))
    read = (
        Answers(answers=unreadable_manifest_answers(parsed.problems))
        if (manifest := parsed.value) is None
        else context.answering(_questions(manifest, before, trees, scope, context), *files)
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
        item_files=read.item_files,
    )


def _leadership(scope: Scope, rulebook: Rulebook) -> tuple[Leadership, tuple[Finding, ...]]:
    """Who leads, by the manifest's path on the base branch; a rename must not choose another lead."""

    def lead(path: str) -> Leadership:
        dataset = scope.dataset
        return lead_of(
            rulebook.codeowners,
            path,
            release_lead=dataset.release_lead,
            deputies=dataset.deputies,
            release_section=dataset.release_section,
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


def _questions(
    manifest: Manifest, before: Manifest | None, trees: Trees, scope: Scope, context: Context
) -> Questions:
    return Questions(
        manifest=manifest,
        path=scope.manifest,
        before=before,
        base_path=scope.base_manifest,
        rules=scope.dataset.gates,
        downstream=context.downstream,
        now=context.now,
        redefined=_redefined(trees, scope),
    )


def _redefined(trees: Trees, scope: Scope) -> tuple[str, ...]:
    """Changed files that say what the team's own checks do; the policy names manifests to `export-smoke`."""
    rule = scope.dataset.gates.export
    if not rule.downstream_checks:
        return ()
    globs = [compile_glob(glob) for glob in (*rule.defined_in, *POLICY_PATHS)]
    changed = changed_paths(trees.merge_base, trees.head)
    return tuple(path for path in changed if any(glob.matches(path) for glob in globs))


def _inputs(scope: Scope, read: Answers, leadership: Leadership, context: Context) -> FingerprintInputs:
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
