"""A change of policy or CODEOWNERS: who governs releases, decided by the lead of the old state.

Such a change has no dataset and no evidence; gate 7 alone answers. Each changed file is one
`Release`, led by its owner in the CODEOWNERS of the base branch.
"""

from dataclasses import dataclass

from bot.codeowners import Leadership, lead_of
from bot.evaluation.judging import Terms, judge
from bot.evaluation.people import Context
from bot.evaluation.rulebook import Rulebook
from bot.evaluation.scope import Trees
from bot.fingerprint import FingerprintInputs
from bot.releases import Release


def governance_releases(
    trees: Trees, rulebook: Rulebook, changed: tuple[str, ...], context: Context
) -> tuple[Release, ...]:
    """One release for each governing file the pull request changes."""
    return tuple(_release(trees, rulebook, path, context) for path in changed)


def _release(trees: Trees, rulebook: Rulebook, path: str, context: Context) -> Release:
    entry = trees.head.entries.get(path)
    leadership = _leadership(rulebook, path)
    inputs = FingerprintInputs(
        dataset=f"governance of {path}",
        base_ref=context.base_ref,
        watched={path: entry.oid if entry else "deleted"},
        lead=leadership.lead or "",
    )
    verdict = judge((), inputs, leadership, context, terms=Terms())
    return Release(
        dataset=path,
        manifest=path,
        version="",
        decision=verdict.decision,
        answers=verdict.answers,
        fingerprint=verdict.fingerprint,
        unwaived_fingerprint=verdict.unwaived_fingerprint,
        lead=leadership.lead,
        mention=verdict.mention,
        approved_by=verdict.approved_by,
        governance=True,
    )


def _leadership(rulebook: Rulebook, path: str) -> Leadership:
    """The owner of the file; where several own it, the one release lead among them."""
    nominated = _Nominated.by(rulebook)
    first = lead_of(rulebook.codeowners, path, release_lead=None, deputies=())
    owners = {owner.casefold() for owner in first.owners}
    leads = [lead for lead in nominated.leads if lead.casefold() in owners]
    return lead_of(
        rulebook.codeowners,
        path,
        release_lead=leads[0] if len(leads) == 1 else None,
        deputies=tuple(deputy for deputy in nominated.deputies if deputy.casefold() in owners),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nominated:
    leads: tuple[str, ...]
    deputies: tuple[str, ...]

    @classmethod
    def by(cls, rulebook: Rulebook) -> "_Nominated":
        datasets = rulebook.policy.datasets if rulebook.policy else ()
        return cls(
            leads=tuple(dict.fromkeys(d.release_lead for d in datasets if d.release_lead)),
            deputies=tuple(dict.fromkeys(deputy for d in datasets for deputy in d.deputies)),
        )
