"""The reviews in Encord's label rows: what was said, and when.

A rejection's reason is what the team's issue tags say, the best structured reasons of all tools:
https://docs.encord.com/sdk-documentation/projects-sdk/sdk-projects-issues-comments
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from bot.evidence.model import ReviewOutcome
from bot.evidence.values import plain_text, utc


class Review(msgspec.Struct, rename={"created_at": "createdAt", "created_by": "createdBy"}):
    """One review of one labelled object or classification."""

    approved: bool | None
    created_at: str
    created_by: str | None = None
    user_email: str | None = None
    comment: str | None = None
    issue_tags: list[str] | None = None


def reason(review: Review, said: str) -> str:
    """The tags of the rejection, in one order; without any the first line of what was `said`."""
    tags = sorted({plain_text(tag).strip() for tag in review.issue_tags or ()} - {""})
    return ", ".join(tags) or said.partition("\n")[0]


def outcome(approved: bool | None) -> ReviewOutcome:
    """What a review says; a word that is missing is none."""
    if approved is None:
        return ReviewOutcome.UNKNOWN
    return ReviewOutcome.APPROVED if approved else ReviewOutcome.REJECTED


def time(text: str) -> datetime:
    """A time as Encord writes it: ISO 8601, or as in e-mail; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
    except ValueError:
        return utc(text, "a time")
    return utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC), "a time")
