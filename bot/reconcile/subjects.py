"""What is evaluated: a pull request, or a merge group whose commits are verified with the forge.

A payload names a branch and a commit; both are resolved live. The branches of a queue are made by
the forge alone, and their names say for which pull request, onto which branch and on which commit:
``gh-readonly-queue/<base>/pr-<number>-<base SHA>``
(https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue).
"""

import re
from dataclasses import dataclass, replace

from bot.forges.base import Forge, PullRequest, Revisions
from bot.forges.errors import ForgeError
from bot.targets import Target

_BRANCH = re.compile(r"gh-readonly-queue/(.+)/pr-(\d+)-([0-9a-f]{40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is evaluated: a pull request at its head, or a merge group's commit made for it.

    `group_head` is that commit, `group_branch` the branch the forge's queue made for it. Approvals
    are those of the pull request; they hold when the fingerprint of the merged tree is the one
    approved.
    """

    number: int
    group_head: str = ""
    group_branch: str = ""


def subject_of(target: Target) -> Subject | None:
    """The subject a job means; None for a merge group of no pull request."""
    if target.number is not None:
        return Subject(number=target.number)
    branch = (target.merge_group_ref or "").removeprefix("refs/heads/")
    match = _BRANCH.fullmatch(branch)
    if match is None or target.merge_group_head is None:
        return None
    return Subject(number=int(match.group(2)), group_head=target.merge_group_head, group_branch=branch)


def group_revisions(forge: Forge, pull: PullRequest, head_sha: str, branch: str) -> Revisions:
    """What to compare: the group's commit with what it is built on, by the rules of the live base.

    Raises:
        ForgeError: branch, commit and pull request do not belong together.
    """
    match = _BRANCH.fullmatch(branch)
    what = f"reading merge group {head_sha[:7]}"
    if match is None or match.group(1) != pull.base_ref or int(match.group(2)) != pull.number:
        raise ForgeError(f"{what}: its branch is not one of pull request {pull.number}")
    if forge.revisions(replace(pull, base_ref=branch)).base_sha != head_sha or head_sha == pull.head_sha:
        raise ForgeError(f"{what}: it is not the tip of its branch")
    built_on = match.group(3)
    live = forge.revisions(replace(pull, head_sha=built_on))
    if live.merge_base_sha != live.base_sha:
        raise ForgeError(f"{what}: it is built on a commit that does not follow {pull.base_ref}")
    return Revisions(base_sha=live.base_sha, merge_base_sha=built_on, head_sha=head_sha)
