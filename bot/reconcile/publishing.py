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


def publish_check(forge: Forge, evaluation: Evaluation) -> datetime:
    """Make the checks on the head commit show `evaluation`; the forge's time of their first publication."""
    at = forge.publish(check(evaluation, words_of(forge.repository.forge)))
    policy = policy_check(evaluation)
    if policy is not None:
        forge.publish(policy)
    return at


def publish_comment(forge: Forge, pull: PullRequest, evaluation: Evaluation) -> None:
    """Make our one comment show `evaluation`."""
    forge.comment(pull, comment(evaluation, words_of(forge.repository.forge)))
