"""When the sweep looks at a pull request again."""

from datetime import timedelta

from bot.answers import DecisionKind

LOOK_AGAIN = {
    DecisionKind.NOT_APPLICABLE: timedelta(hours=6),
    DecisionKind.APPROVED: timedelta(minutes=5),
    DecisionKind.READY: timedelta(minutes=15),
    DecisionKind.BLOCKED: timedelta(hours=1),
    DecisionKind.IMMATURE: timedelta(hours=1),
    DecisionKind.ERROR: timedelta(minutes=5),
}
"""When the sweep looks again, event or not: readiness expires, and deliveries get lost."""
