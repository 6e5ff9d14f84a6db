"""What can go wrong with a forge; every method of `bot.forges.base.Forge` may raise `ForgeError`."""

from datetime import datetime


class ForgeError(Exception):
    """Talking to the forge did not work; the text says what was being done."""


class NotFoundError(ForgeError):
    """The object does not exist, or we may not see it."""


class UnauthorizedError(ForgeError):
    """The forge refuses our credentials or permissions."""


class RateLimitedError(ForgeError):
    """The forge asks us to come back at `retry_at` (aware UTC)."""

    def __init__(self, message: str, *, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class NotReadyError(ForgeError):
    """The forge is still preparing what we must read or write.

    A merge request being prepared, approvals being reset, a pipeline being created: until then
    nothing is decided, and the merge stays closed. It is tried again within seconds.
    """


class TooLargeError(ForgeError):
    """A blob exceeds the size the caller allows."""
