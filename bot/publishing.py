"""From an evaluation to what stands on the forge: one check, one policy check, one comment."""

from datetime import datetime

from bot.forges.base import Forge, PullRequest
from bot.releases import Evaluation
from bot.report.check import check, pending_check, policy_check
from bot.report.comment import comment
from bot.report.words import words_of


def publish_pending(forge: Forge, head_sha: str) -> None:
    """Close the merge while the gates are being answered."""
    forge.publish(pending_check(head_sha))


def publish(forge: Forge, pull: PullRequest, evaluation: Evaluation, *, with_comment: bool) -> datetime:
    """Make the forge show `evaluation`; returns the forge's time of its first publication.

    The check comes first: it closes or opens the merge.
    """
    words = words_of(forge.repository.forge)
    at = forge.publish(check(evaluation, words))
    policy = policy_check(evaluation)
    if policy is not None:
        forge.publish(policy)
    if with_comment:
        forge.comment(pull, comment(evaluation, words))
    return at
