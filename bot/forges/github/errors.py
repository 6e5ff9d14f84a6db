"""From what PyGithub and requests raise to `ForgeError`, in words that say what was being done.

Bodies of GitHub's answers are never repeated: they may hold a token, or text of strangers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import requests
from github import GithubException, RateLimitExceededException

from bot.forges.errors import ForgeError, NotFoundError, RateLimitedError, UnauthorizedError

WITHOUT_ADVICE = timedelta(seconds=60)
"""How long a limit lasts when GitHub names no time
(https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api)."""


class RefusedError(ForgeError):
    """GitHub understood and declined (422): a permission not granted, a value it does not take."""


class BadCredentialsError(UnauthorizedError):
    """GitHub does not know our token or key (401); another one may be known."""


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Name every failure inside by `what` ("reading pull request 7 of acme/data").

    Raises:
        ForgeError: one of its kinds, by the status of the answer.
    """
    try:
        yield
    except GithubException as error:
        raise _translated(what, error) from None
    except requests.Timeout:
        raise ForgeError(f"{what}: GitHub did not answer in time") from None
    except requests.RequestException:
        raise ForgeError(f"{what}: the connection to GitHub failed") from None
    except (msgspec.ValidationError, RuntimeError, AssertionError, ValueError):
        # PyGithub asserts where URLs may lead and raises RuntimeError for a redirect elsewhere.
        raise ForgeError(f"{what}: GitHub's answer was not understood") from None


def _translated(what: str, error: GithubException) -> ForgeError:
    headers = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
    if error.status == 429 or (error.status == 403 and _is_limit(error, headers)):
        return RateLimitedError(f"{what}: GitHub's rate limit is reached", retry_at=_retry_at(headers))
    match error.status:
        case 401:
            return BadCredentialsError(f"{what}: GitHub does not accept our credentials")
        case 403:
            return UnauthorizedError(f"{what}: GitHub refuses this to our credentials")
        case 404 | 410:
            return NotFoundError(f"{what}: not found, or not visible to us")
        case 422:
            return RefusedError(f"{what}: GitHub declined the request")
        case status:
            return ForgeError(f"{what}: GitHub answered {status}")


def _is_limit(error: GithubException, headers: Mapping[str, str]) -> bool:
    return (
        isinstance(error, RateLimitExceededException)
        or "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
    )


def _retry_at(headers: Mapping[str, str]) -> datetime:
    now = datetime.now(UTC)
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if after.isdigit():
        return now + timedelta(seconds=int(after))
    if reset.isdigit() and headers.get("x-ratelimit-remaining") == "0":
        return max(now, datetime.fromtimestamp(int(reset), UTC)) + timedelta(seconds=1)
    return now + WITHOUT_ADVICE
