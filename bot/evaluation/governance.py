"""A change of policy or CODEOWNERS: who governs releases, decided by the lead of the old state.

Such a change has no dataset and no evidence; gate 7 alone answers. Each changed file is one
`Release`, led by its owner in the CODEOWNERS of the base branch.
"""

from dataclasses import dataclass

from bot.answers import Finding
from bot.codeowners import RELEASE_SECTION, Leadership, lead_of
from bot.evaluation.judging import Terms, judge
from bot.evaluation.manifests import moved, truncated
from bot.evaluation.people import Context
from bot.evaluation.rulebook import Rulebook
from bot.evaluation.scope import Trees, bound
from bot.fingerprint import FingerprintInputs
from bot.forges.base import ObjectKind
from bot.releases import Release


def governance_releases(
    trees: Trees, rulebook: Rulebook, changed: tuple[str, ...], context: Context
) -> tuple[Release, ...]:
    """One release for each governing file the pull request changes."""
    return tuple(_release(trees, rulebook, path, context) for path in changed)


def _release(trees: Trees, rulebook: Rulebook, path: str, context: Context) -> Release:
    leadership = _leadership(rulebook, path)
    inputs = FingerprintInputs(
        dataset=f"governance of {path}",
        base_ref=context.base_ref,
        watched={path: bound(trees.head.entries.get(path))},
        lead=leadership.lead or "",
    )
    blockers = _blockers(trees, path, context.base_ref)
    verdict = judge((), inputs, leadership, context, terms=Terms(), blockers=blockers)
    return Release(
        dataset=path,
        manifest=path,
        version="",
        decision=verdict.decision,
        answers=verdict.answers,
        fingerprint=verdict.fingerprint,
        unwaived_fingerprint=verdict.unwaived_fingerprint,
        blockers=blockers,
        lead=leadership.lead,
        mention=verdict.mention,
        approvers=verdict.approvers,
        approved_by=verdict.approved_by,
        governance=True,
    )


def _blockers(trees: Trees, path: str, base_ref: str) -> tuple[Finding, ...]:
    """What keeps the file that would be merged from being the file that is judged."""
    found = []
    if trees.merge_base.entries.get(path) != trees.base.entries.get(path):
        found.append(moved((path,), base_ref))
    if trees.hide_files:
        found.append(truncated())
    entry = trees.head.entries.get(path)
    if entry is not None and entry.kind is not ObjectKind.FILE:
        found.append(
            Finding(
                code="governance.not-a-file",
                text=f"`{path}` is a {entry.kind}, not a file, and governs nothing.",
                fix="Commit it as a plain file.",
                file=path,
                line=1,
            )
        )
    return tuple(found)


def _leadership(rulebook: Rulebook, path: str) -> Leadership:
    """The owner of the file; where several own it, the one release lead among them."""
    nominated = _Nominated.by(rulebook)
    first = lead_of(
        rulebook.codeowners, path, release_lead=None, deputies=(), release_section=nominated.section
    )
    owners = {owner.casefold() for owner in first.owners}
    leads = [lead for lead in nominated.leads if lead.casefold() in owners]
    return lead_of(
        rulebook.codeowners,
        path,
        release_lead=leads[0] if len(leads) == 1 else None,
        deputies=tuple(deputy for deputy in nominated.deputies if deputy.casefold() in owners),
        release_section=nominated.section,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nominated:
    leads: tuple[str, ...]
    deputies: tuple[str, ...]
    section: str
    """That of every dataset, where they agree."""

    @classmethod
    def by(cls, rulebook: Rulebook) -> "_Nominated":
        datasets = rulebook.policy.datasets if rulebook.policy else ()
        sections = {dataset.release_section for dataset in datasets}
        return cls(
            leads=tuple(dict.fromkeys(d.release_lead for d in datasets if d.release_lead)),
            deputies=tuple(dict.fromkeys(deputy for d in datasets for deputy in d.deputies)),
            section=sections.pop() if len(sections) == 1 else RELEASE_SECTION,
        )
