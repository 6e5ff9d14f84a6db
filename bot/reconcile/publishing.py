"""From an evaluation to what stands on the forge: one check, one policy check, one comment."""

from dataclasses import replace
from datetime import datetime

from bot.answers import DecisionKind
from bot.forges.base import CheckState, Forge, PullRequest
from bot.releases import Evaluation
from bot.report.check import check, pending_check, policy_check
from bot.report.comment import comment
from bot.report.words import words_of

NOT_THE_APPROVED = (
    "The merged tree is not the release that was approved: update the branch and approve it again"
)


def publish_pending(forge: Forge, head_sha: str) -> None:
    """Close the merge while the gates are being answered."""
    forge.publish(pending_check(head_sha))


def publish_check(forge: Forge, evaluation: Evaluation, *, queued: bool = False) -> datetime:
    """Make the checks on the head commit show `evaluation`; the forge's time of their first publication.

    `queued`: the commit is that of a merge queue. Nobody approves there, so what is only ready fails.
    """
    shown = check(evaluation, words_of(forge.repository.forge))
    if queued and evaluation.kind is DecisionKind.READY:
        shown = replace(shown, state=CheckState.FAILURE, title=NOT_THE_APPROVED)
    at = forge.publish(shown)
    policy = policy_check(evaluation)
    if policy is not None:
        forge.publish(policy)
    return at


def publish_comment(forge: Forge, pull: PullRequest, evaluation: Evaluation) -> None:
    """Make our one comment show `evaluation`."""
    forge.comment(pull, comment(evaluation, words_of(forge.repository.forge)))
