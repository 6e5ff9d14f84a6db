"""The result of one evaluation: what the comment, the check, the CLI and the store all render.

Pure data. One pull request may release several datasets; each is a `Release` with its own lead,
fingerprint and decision. A change of policy or CODEOWNERS is a `Release` too (`governance`),
answered by gate 7 alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.answers import Answer, Decision, DecisionKind, Finding, worst
from bot.forges.base import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release (or change of governance) as evaluated at one head commit.

    `fingerprint` binds approvals, `unwaived_fingerprint` (the same without waivers) binds waivers.
    `lead` is the CODEOWNERS owner as written, None when nobody is named. `mention` says whom to
    wait for in text ("@ana", "a member of @acme/leads"), `approvers` are the accounts who may decide.
    `item_files` is item id → file, for the items that findings name.
    """

    dataset: str
    manifest: str
    version: str
    decision: Decision
    answers: tuple[Answer, ...]
    fingerprint: str
    unwaived_fingerprint: str
    blockers: tuple[Finding, ...] = ()
    snapshot_digest: str = ""
    baseline: str = ""
    lead: str | None = None
    mention: str = ""
    approved_by: str = ""
    approvers: tuple[Account, ...] = ()
    governance: bool = False
    item_files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything known about one pull request (or merge group) at one head commit.

    `banners` are sentences for the top of the comment (a broken policy was replaced by its last
    good version, the policy changes in this pull request). `watched` are the globs of the policy,
    shown when nothing applies. `error` is set exactly when the decision is `error`.
    `policy_problems` belong to the separate check ``sevengates/policy``; None: the pull request
    does not touch the policy. `policy_notes` do not make it wrong. `explained` are the gates
    whose documentation somebody asked for, distinct, in the order of asking. `held`: why a success
    may not stand on this commit.
    """

    number: int
    base_ref: str
    head_sha: str
    evaluated_at: datetime
    releases: tuple[Release, ...] = ()
    banners: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    reason: str = ""
    error: Finding | None = None
    retry_at: datetime | None = None
    policy_problems: tuple[Finding, ...] | None = None
    policy_notes: tuple[Finding, ...] = ()
    explained: tuple[str, ...] = ()
    held: Finding | None = None

    @property
    def kind(self) -> DecisionKind:
        """The decision for the whole pull request: the worst of its releases.

        What is held stays ready at best.
        """
        if self.error is not None:
            return DecisionKind.ERROR
        kind = worst([release.decision.kind for release in self.releases])
        return DecisionKind.READY if self.held is not None and kind.opens_the_merge else kind
