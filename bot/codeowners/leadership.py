"""Who leads the release of a path: its owner, or the one of its owners whom the policy names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.answers import Finding
from bot.codeowners.github import GitHubCodeOwners
from bot.codeowners.gitlab import GitLabCodeOwners
from bot.codeowners.lines import Ownership

CodeOwners = GitHubCodeOwners | GitLabCodeOwners

RELEASE_SECTION = "Release Lead"
"""The section of GitLab's CODEOWNERS that decides, unless the policy names another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """Who leads and who may stand in, as CODEOWNERS writes them, and the line that says so.

    `lead` is None when nobody leads; `findings` then says why. A deputy who is no owner is left
    out and is in `findings`.
    """

    lead: str | None = None
    deputies: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    section: str | None = None
    line: int | None = None
    file: str | None = None
    findings: tuple[Finding, ...] = ()


def lead_of(
    owners: CodeOwners | None,
    path: str,
    *,
    release_lead: str | None,
    deputies: Sequence[str],
    release_section: str = RELEASE_SECTION,
) -> Leadership:
    """Find the release lead of `path`.

    `owners` is the CODEOWNERS file of the base branch, None when it has none. `release_lead` and
    `deputies` are the policy's; names are compared without regard to case. Where GitLab sections
    speak of the path, the one called `release_section` decides; without it, all that are not
    optional (or all, when every one is) count together.
    """
    if owners is None:
        return Leadership(findings=(_missing(),))
    unread = tuple(problem for problem in owners.problems if problem.code == "codeowners.too-large")
    if unread:
        return Leadership(file=owners.file, findings=unread)
    lines = _deciding(owners.owners_of(path), release_section)
    named = _distinct(owner for line in lines for owner in line.owners)
    found = Leadership(
        owners=named,
        section=lines[0].section if lines else None,
        line=lines[0].line if lines else None,
        file=owners.file,
    )
    doubts = owners.doubts(path)
    if doubts:
        return replace(found, findings=tuple(_unclear(doubt, path) for doubt in doubts))
    return _nominated(found, path, release_lead, deputies)


def _deciding(lines: tuple[Ownership, ...], release_section: str) -> tuple[Ownership, ...]:
    wanted = release_section.casefold()
    for line in lines:
        if line.section is not None and line.section.casefold() == wanted:
            return (line,)
    return tuple(line for line in lines if not line.optional) or lines


def _distinct(owners: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for owner in owners:
        first.setdefault(owner.casefold(), owner)
    return tuple(first.values())


def _nominated(found: Leadership, path: str, release_lead: str | None, deputies: Sequence[str]) -> Leadership:
    if not found.owners:
        return replace(found, findings=(_no_owner(found, path),))
    spelled = {owner.casefold(): owner for owner in found.owners}
    if release_lead is None and len(found.owners) > 1:
        return replace(found, findings=(_shared(found, path),))
    lead = spelled.get(release_lead.casefold()) if release_lead is not None else found.owners[0]
    if lead is None:
        return replace(found, findings=(_not_owner("lead", "release_lead", release_lead or "", found, path),))
    return replace(
        found,
        lead=lead,
        deputies=_distinct(
            spelled[d.casefold()] for d in deputies if spelled.get(d.casefold(), lead) != lead
        ),
        findings=tuple(
            _not_owner("deputy", "deputies", deputy, found, path)
            for deputy in deputies
            if deputy.casefold() not in spelled
        ),
    )


def _missing() -> Finding:
    return Finding(
        code="codeowners.missing",
        text="The base branch has no CODEOWNERS file, so nobody owns this release.",
        fix="Add a CODEOWNERS file to the base branch that names the owner of the release manifest.",
        file="CODEOWNERS",
        line=1,
    )


def _no_owner(found: Leadership, path: str) -> Finding:
    cause = "no line of it matches" if found.line is None else "the line that decides names nobody"
    return Finding(
        code="lead.no-owner",
        text=f"{path} has no owner in CODEOWNERS: {cause}.",
        fix="Name its owner in CODEOWNERS on the base branch, below every other line that matches it.",
        file=found.file,
        line=found.line,
    )


def _shared(found: Leadership, path: str) -> Finding:
    return Finding(
        code="lead.shared",
        text=f"{path} has {len(found.owners)} owners and the policy does not say which of them leads.",
        fix=f"Set release_lead in the policy to one of {', '.join(found.owners)}.",
        file=found.file,
        line=found.line,
    )


def _not_owner(role: str, key: str, name: str, found: Leadership, path: str) -> Finding:
    return Finding(
        code=f"{role}.not-in-codeowners",
        text=f"The policy names {name} under {key}, but CODEOWNERS names no such owner of {path}.",
        fix=f"Add {name} to the owners of {path}, or correct {key} in the policy.",
        file=found.file,
        line=found.line,
    )


def _unclear(doubt: Finding, path: str) -> Finding:
    return Finding(
        code="codeowners.unclear",
        text=f"The owner of {path} is unclear. {doubt.text}",
        fix=doubt.fix,
        file=doubt.file,
        line=doubt.line,
    )
