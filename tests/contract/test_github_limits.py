"""GitHub's ways of saying "later": each becomes RateLimitedError at once, and nobody sleeps."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.forges.errors import ForgeError, RateLimitedError, UnauthorizedError
from bot.forges.github.errors import WITHOUT_ADVICE
from tests.fakes.faults import Fault
from tests.fakes.github.site import GitHubSite

PRIMARY = "API rate limit exceeded for installation ID 1."
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """An answer that limits; `resets` puts the end of the window into the headers."""

    status: int
    message: str
    wait: timedelta
    after: str = ""
    resets: bool = False

    def headers(self) -> dict[str, str]:
        if self.after:
            return {"Retry-After": self.after}
        if not self.resets:
            return {}
        at = int((datetime.now(UTC) + self.wait).timestamp())
        return {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(at)}


LIMITS = {
    "403-reset": Limit(403, PRIMARY, HOUR, resets=True),
    "429-reset": Limit(429, PRIMARY, HOUR, resets=True),
    "403-after": Limit(403, SECONDARY, timedelta(seconds=90), after="90"),
    "403-bare": Limit(403, SECONDARY, WITHOUT_ADVICE),
    "429-after": Limit(429, "Too Many Requests", HOUR, after="3600"),
    "429-bare": Limit(429, "Too Many Requests", WITHOUT_ADVICE),
    "403-unnamed": Limit(403, "Forbidden", timedelta(seconds=90), after="90"),
}


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
@pytest.mark.parametrize("what", ["read", "write", "blob"])
def test_a_limit_says_when_to_come_back_and_is_not_slept_through(
    github: GitHubSite, what: str, limit: Limit
) -> None:
    github.push("release", {"a": "1"})
    pull = github.forge.pull_request(github.open("release"))
    comment = github.say(pull.number, "hello", by="ben")
    oid = github.forge.tree(pull.head_sha).entries["a"].oid
    acts = {
        "read": lambda: github.forge.pull_request(pull.number),
        "write": lambda: github.forge.react(pull, comment, "eyes"),
        "blob": lambda: github.forge.blob(oid, max_bytes=10),
    }
    github.world.faults.rate_limit(status=limit.status, message=limit.message, headers=limit.headers())
    begun, now = time.monotonic(), datetime.now(UTC)

    with pytest.raises(RateLimitedError) as raised:
        acts[what]()

    assert abs(raised.value.retry_at - now - limit.wait) < timedelta(seconds=10)
    assert time.monotonic() - begun < 10
    acts[what]()


def test_a_plain_refusal_is_no_limit(github: GitHubSite) -> None:
    refusal = {"message": "Resource not accessible by integration"}
    github.world.faults.add(Fault(path="/repos/.*", status=403, body=refusal))

    with pytest.raises(UnauthorizedError, match="refuses") as raised:
        github.forge.pull_request(1)
    assert "Resource" not in str(raised.value)


def test_an_answer_in_another_shape_is_an_error_and_not_a_crash(github: GitHubSite) -> None:
    github.world.faults.add(Fault(path="/repos/.*", status=200, body={"number": "seven"}))

    with pytest.raises(ForgeError, match="not understood"):
        github.forge.pull_request(1)


def test_a_forge_that_is_gone_is_an_error(github: GitHubSite) -> None:
    forge = github.adapter()
    github.world.faults.add(Fault(times=8, reset=True))

    with pytest.raises(ForgeError, match="connection to GitHub failed"):
        forge.pull_request(1)
