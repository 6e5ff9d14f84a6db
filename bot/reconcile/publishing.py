"""From an evaluation to what stands on the forge: one check, one policy check, one comment."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.answers import DecisionKind, Finding
from bot.forges.base import CheckState, Forge, PullRequest, Standing
from bot.releases import Evaluation
from bot.report.check import check, pending_check, policy_check
from bot.report.comment import comment
from bot.report.words import words_of

NOT_THE_APPROVED = (
    "The merged tree is not the release that was approved: update the branch and approve it again"
)


def publish_pending(forge: Forge, pull: PullRequest, head_sha: str) -> Standing:
    """Close the merge while the gates are being answered."""
    return forge.publish(pull, pending_check(head_sha))


def publish_check(
    forge: Forge, pull: PullRequest, evaluation: Evaluation, *, queued: bool = False
) -> Standing:
    """Make the checks on the head commit show `evaluation`; how ``sevengates`` stands then.

    `queued`: the commit is that of a merge queue. Nobody approves there, so what is only ready fails.
    """
    words = words_of(forge.repository.forge)
    shown = check(evaluation, words)
    if queued and evaluation.kind is DecisionKind.READY:
        title = NOT_THE_APPROVED if evaluation.held is None else shown.title
        shown = replace(shown, state=CheckState.FAILURE, title=title)
    standing = forge.publish(pull, shown)
    policy = policy_check(evaluation, words)
    if policy is not None:
        forge.publish(pull, policy)
    return standing


def publish_comment(
    forge: Forge, pull: PullRequest, evaluation: Evaluation, problems: Iterable[Finding] = ()
) -> datetime:
    """Make our one comment show `evaluation`, and why the check may not close the merge.

    The forge's time at which it did.
    """
    banners = tuple(f"{problem.text} {problem.fix}" for problem in problems)
    evaluation = replace(evaluation, banners=(*banners, *evaluation.banners))
    return forge.comment(pull, comment(evaluation, words_of(forge.repository.forge)))
