"""From what python-gitlab and requests raise to `ForgeError`, in words that say what was being done.

Bodies of GitLab's answers are never repeated: they may hold a token, or text of strangers.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec
import requests
from gitlab.exceptions import GitlabError

from bot.forges.errors import ForgeError, NotFoundError, RateLimitedError, UnauthorizedError

WITHOUT_ADVICE = timedelta(seconds=60)
"""How long a limit lasts when GitLab names no time
(https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers)."""


class Reason(StrEnum):
    """Why GitLab declined, as far as its words are known; the value is a part of them."""

    UNKNOWN = ""
    NO_TRANSITION = "Cannot transition status"
    """The commit status already says so, or cannot come back to it."""
    NAME_TAKEN = "'name': ['has already been taken']"
    """A CI job of the pipeline has the name of the status."""
    PIPELINE_FULL = "number of jobs has exceeded the limit"
    """The pipeline takes no further status."""


class ConflictError(ForgeError):
    """Somebody else wrote at the same moment, or the object moved on (409): read again."""


class DeclinedError(ForgeError):
    """GitLab understood and declined (400, 422)."""

    def __init__(self, message: str, *, reason: Reason = Reason.UNKNOWN) -> None:
        super().__init__(message)
        self.reason = reason


@contextmanager
def doing(what: str, headers: Callable[[], Mapping[str, str]]) -> Iterator[None]:
    """Name every failure inside by `what` ("reading merge request 7 of acme/data").

    `headers` gives those of the last answer: python-gitlab's errors do not carry them.

    Raises:
        ForgeError: one of its kinds, by the status of the answer.
    """
    try:
        yield
    except GitlabError as error:
        raise _translated(what, error, headers()) from None
    except requests.TooManyRedirects:
        raise ForgeError(f"{what}: GitLab redirects elsewhere; GITLAB_URL must be its own address") from None
    except requests.Timeout:
        raise ForgeError(f"{what}: GitLab did not answer in time") from None
    except requests.RequestException:
        raise ForgeError(f"{what}: the connection to GitLab failed") from None
    except (msgspec.MsgspecError, ValueError):
        raise ForgeError(f"{what}: GitLab's answer was not understood") from None


def _translated(what: str, error: GitlabError, headers: Mapping[str, str]) -> ForgeError:
    match error.response_code:
        case 401:
            return UnauthorizedError(f"{what}: GitLab does not accept our token")
        case 403:
            return UnauthorizedError(f"{what}: GitLab refuses this to our token")
        case 404 | 410:
            return NotFoundError(f"{what}: not found, or not visible to us")
        case 409:
            return ConflictError(f"{what}: changed by somebody else at the same moment")
        case 400 | 422:
            return DeclinedError(f"{what}: GitLab declined the request", reason=_reason(error))
        case 429:
            return RateLimitedError(f"{what}: GitLab's rate limit is reached", retry_at=_retry_at(headers))
        case status:
            return ForgeError(f"{what}: GitLab answered {status}")


def _reason(error: GitlabError) -> Reason:
    words = str(error.error_message)
    known = (reason for reason in Reason if reason and reason.value in words)
    return next(known, Reason.UNKNOWN)


def _retry_at(headers: Mapping[str, str]) -> datetime:
    now = datetime.now(UTC)
    after, reset = headers.get("Retry-After", ""), headers.get("RateLimit-Reset", "")
    if after.isdigit():
        return now + timedelta(seconds=int(after))
    if reset.isdigit():
        return max(now, datetime.fromtimestamp(int(reset), UTC)) + timedelta(seconds=1)
    return now + WITHOUT_ADVICE
