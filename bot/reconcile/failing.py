"""What is shown when an evaluation could not be finished: an error, never an answer, never green."""

from datetime import datetime

from bot.answers import Finding
from bot.forges.base import PullRequest
from bot.forges.errors import ForgeError, RateLimitedError
from bot.releases import Evaluation


def failed_evaluation(
    pull: PullRequest, head_sha: str, error: Exception, *, now: datetime, retry_at: datetime
) -> Evaluation:
    """The evaluation that says so; a rate limit sets its own time. Nothing of a bug's text is shown."""
    if isinstance(error, RateLimitedError):
        retry_at = error.retry_at
    return Evaluation(
        number=pull.number,
        base_ref=pull.base_ref,
        head_sha=head_sha,
        evaluated_at=now,
        error=_unavailable(error) if isinstance(error, ForgeError) else _broken(),
        retry_at=retry_at,
    )


def _unavailable(error: ForgeError) -> Finding:
    return Finding(
        code="forge.unavailable",
        text=f"The forge did not answer as expected: {error}.",
        fix="Nothing to do: it is tried again by itself.",
    )


def _broken() -> Finding:
    return Finding(
        code="bot.failed",
        text="Evaluating this commit failed inside the service; its log says why.",
        fix="Nothing to do: it is tried again by itself. Tell the operator if it stays.",
    )
