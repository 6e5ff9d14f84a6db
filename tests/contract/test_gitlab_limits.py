"""GitLab's refusals, limits and troubles: each an error in our words, at once, without its own."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.forges.base import Forge, PullRequest, Repository
from bot.forges.errors import (
    ForgeError,
    NotFoundError,
    RateLimitedError,
    TooLargeError,
    UnauthorizedError,
)
from bot.forges.gitlab import GitLabToken
from bot.forges.gitlab.client import Connection, Session
from bot.forges.gitlab.errors import WITHOUT_ADVICE, ConflictError, DeclinedError, Reason
from tests.contract.scenes import judged
from tests.fakes.faults import Fault
from tests.fakes.gitlab.site import GitLabSite

SECRET_WORDS = {"message": "glpat-0123456789abcdef and what a stranger wrote"}


@pytest.fixture
def site() -> Iterator[GitLabSite]:
    with judged("gitlab") as made:
        assert isinstance(made, GitLabSite)
        yield made


@pytest.fixture
def pull(site: GitLabSite) -> PullRequest:
    site.push("release", {"a": "1"})
    return site.forge.pull_request(site.open("release"))


@dataclass(frozen=True)
class Limit:
    """An answer that limits; `resets` says when the window ends."""

    wait: timedelta
    after: str = ""
    resets: timedelta | None = None

    def headers(self) -> dict[str, str]:
        headers = {"Retry-After": self.after} if self.after else {}
        if self.resets is not None:
            at = int((datetime.now(UTC) + self.resets).timestamp())
            headers |= {"RateLimit-Limit": "600", "RateLimit-Remaining": "0", "RateLimit-Reset": str(at)}
        return headers


HOUR = timedelta(hours=1)
LIMITS = {
    "after": Limit(HOUR, after="3600"),
    "reset": Limit(HOUR, resets=HOUR),
    "both": Limit(timedelta(seconds=90), after="90", resets=HOUR),
    "past": Limit(timedelta(seconds=1), resets=-HOUR),
    "bare": Limit(WITHOUT_ADVICE),
}


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_a_limit_says_when_to_come_back(site: GitLabSite, pull: PullRequest, limit: Limit) -> None:
    site.world.faults.add(Fault(status=429, headers=limit.headers(), body=SECRET_WORDS))
    now = datetime.now(UTC)

    with pytest.raises(RateLimitedError, match="limit is reached") as raised:
        site.forge.pull_request(pull.number)

    assert abs(raised.value.retry_at - now - limit.wait) < timedelta(seconds=10)


def test_a_limit_is_not_slept_through(site: GitLabSite, pull: PullRequest) -> None:
    said = site.say(pull.number, "hello", by="ben")
    oid = site.forge.tree(pull.head_sha).entries["a"].oid
    acts: list[Callable[[], object]] = [
        lambda: site.forge.pull_request(pull.number),
        lambda: list(site.forge.open_pull_requests()),
        lambda: site.forge.blob(oid, max_bytes=10),
        lambda: site.forge.react(pull, said, "eyes"),
        lambda: site.forge.activity(pull),
    ]
    for act in acts:
        asked = len(site.exchanges)
        site.world.faults.add(Fault(status=429, headers={"Retry-After": "30"}, body=SECRET_WORDS))
        begun = time.monotonic()
        with pytest.raises(RateLimitedError):
            act()
        assert time.monotonic() - begun < 10
        assert len(site.exchanges) == asked + 1
        act()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, DeclinedError),
        (401, UnauthorizedError),
        (403, UnauthorizedError),
        (404, NotFoundError),
        (405, ForgeError),
        (409, ConflictError),
        (410, NotFoundError),
        (418, ForgeError),
        (422, DeclinedError),
    ],
)
def test_a_refusal_is_told_in_our_words_only(site: GitLabSite, status: int, kind: type[ForgeError]) -> None:
    for body in (SECRET_WORDS, {"error": "glpat-0123456789abcdef"}, {}):
        site.world.faults.add(Fault(path="/api/v4/projects/.*", status=status, body=body))

        with pytest.raises(ForgeError, match="reading merge request 1 of acme/data: ") as raised:
            site.forge.pull_request(1)

        assert type(raised.value) is kind
        assert "glpat" not in f"{raised.value!r}{raised.value.__cause__!r}"
        assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Cannot transition status via :enqueue from :pending (Reason(s): …)", Reason.NO_TRANSITION),
        ("glpat-0123456789abcdef", Reason.UNKNOWN),
    ],
)
def test_a_refusal_keeps_the_reason_that_is_known(site: GitLabSite, message: str, reason: Reason) -> None:
    site.world.faults.add(Fault(path="/api/v4/projects/.*", status=400, body={"message": message}))

    with pytest.raises(DeclinedError) as raised:
        site.forge.pull_request(1)

    assert raised.value.reason is reason


def test_a_read_is_repeated_after_a_server_error_and_a_write_is_not(
    site: GitLabSite, pull: PullRequest
) -> None:
    said = site.say(pull.number, "hello", by="ben")
    site.world.faults.bad_gateway(method="GET", times=2)
    assert site.forge.pull_request(pull.number).number == pull.number

    site.world.faults.bad_gateway(method="POST")
    with pytest.raises(ForgeError, match="GitLab answered 502"):
        site.forge.react(pull, said, "eyes")
    assert len(site.server.calls("POST", ".*/award_emoji")) == 1


def test_a_write_whose_answer_was_lost_is_not_sent_again(site: GitLabSite, pull: PullRequest) -> None:
    said = site.say(pull.number, "hello", by="ben")
    site.world.faults.reset_after_apply(method="POST")

    with pytest.raises(ForgeError, match="the connection to GitLab failed"):
        site.forge.react(pull, said, "eyes")
    assert site.reactions(pull.number, said) == ["eyes"]


def test_a_server_that_stays_broken_is_an_error(site: GitLabSite) -> None:
    site.world.faults.bad_gateway(times=4)

    with pytest.raises(ForgeError, match="GitLab answered 502"):
        site.forge.pull_request(1)


@pytest.mark.parametrize(
    "body", [{"iid": "seven"}, {"title": None}, {}], ids=["another type", "null", "nothing of it"]
)
def test_an_answer_in_another_shape_is_an_error_and_not_a_crash(
    site: GitLabSite, body: dict[str, str]
) -> None:
    site.world.faults.add(Fault(path="/api/v4/projects/.*", status=200, body=body))

    with pytest.raises(ForgeError, match="not understood"):
        site.forge.pull_request(1)


class _Handler(BaseHTTPRequestHandler):
    """Answers as its server's `answer` says."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Answering)
        server.asked.append((self.path, self.headers.get("PRIVATE-TOKEN", "")))
        server.answer(self)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Answering(ThreadingHTTPServer):
    """A server that is not GitLab; `over` is set when the test is."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, handler: _Handler) -> None:
        raise NotImplementedError


class Endless(Answering):
    """Announces a gigabyte and sends none of it."""

    def answer(self, handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**9))
        handler.end_headers()
        self.over.wait(30)


class Silent(Answering):
    """Never answers."""

    def answer(self, handler: _Handler) -> None:
        self.over.wait(30)


class Circle(Answering):
    """Leads from every page to the same next one, on another host."""

    def answer(self, handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Link", '<http://127.0.0.1:1/api/v4/other?state=opened&page=2>; rel="next"')
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"[]")


class Pages(Answering):
    """Leads on by X-Next-Page alone, as behind a proxy that drops long headers."""

    def answer(self, handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("X-Next-Page", "" if "page=3" in handler.path else "3")
        handler.send_header("Content-Length", "3")
        handler.end_headers()
        handler.wfile.write(b"[7]")


class Redirect(Answering):
    """Sends everybody to another host."""

    def answer(self, handler: _Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", self.elsewhere)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    elsewhere = ""


@contextmanager
def _running(server: Answering) -> Iterator[Forge]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        token = GitLabToken(url=server.url, token="glpat-secret")
        yield token.project(Repository(forge="gitlab", id=1, full_name="acme/data"))
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_blob_that_is_announced_as_too_large_is_not_waited_for() -> None:
    begun = time.monotonic()
    with _running(Endless()) as forge, pytest.raises(TooLargeError, match="more than 1000 bytes"):
        forge.blob("a" * 40, max_bytes=1000)
    assert time.monotonic() - begun < 10


def test_a_server_that_does_not_answer_is_not_waited_for_long() -> None:
    server = Silent()
    with _running(server):
        session = Session(Connection(url=server.url, token="t", timeout_seconds=0.2))
        with pytest.raises(ForgeError, match="trying: GitLab did not answer in time"):
            session.send("trying", "POST", "/notes", object)
        assert len(server.asked) == 1
        with pytest.raises(ForgeError, match="trying: "):
            session.get("trying", "/user", object)
        assert len(server.asked) == 5


def test_every_request_of_the_service_has_a_time_limit() -> None:
    assert 1 <= Connection(url="http://127.0.0.1:1", token="t").timeout_seconds <= 30


def test_pages_are_asked_of_our_own_address_and_never_in_a_circle() -> None:
    server = Circle()
    with _running(server) as forge, pytest.raises(ForgeError, match="not understood"):
        list(forge.open_pull_requests())
    assert len(server.asked) == 2
    assert {path.partition("?")[0] for path, _ in server.asked} == {"/api/v4/projects/1/merge_requests"}


def test_pages_are_followed_without_links() -> None:
    server = Pages()
    with _running(server):
        session = Session(Connection(url=server.url, token="t"))
        assert list(session.pages("listing", "/numbers", int, {"sort": "asc"})) == [7, 7]
    assert [path for path, _ in server.asked] == [
        "/api/v4/numbers?per_page=100&sort=asc",
        "/api/v4/numbers?per_page=100&sort=asc&page=3",
    ]


def test_a_token_does_not_follow_a_redirect_to_another_host() -> None:
    other, server = Pages(), Redirect()
    with _running(other), _running(server) as forge:
        server.elsewhere = other.url
        with pytest.raises(ForgeError, match="GITLAB_URL must be its own address"):
            forge.pull_request(1)
        with pytest.raises(ForgeError, match="GITLAB_URL must be its own address"):
            forge.blob("a" * 40, max_bytes=10)
    assert other.asked == []


def test_a_forge_that_is_gone_is_an_error() -> None:
    with _running(Silent()) as forge:
        pass
    with pytest.raises(ForgeError, match="the connection to GitLab failed"):
        forge.pull_request(1)


def test_no_secret_reaches_a_log_even_at_debug(
    site: GitLabSite, pull: PullRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    forge = site.adapter()
    forge.activity(forge.pull_request(pull.number))
    forge.comment(pull, "<!-- sevengates -->")
    forge.blob(forge.tree(pull.head_sha).entries["a"].oid, max_bytes=10)
    with pytest.raises(NotFoundError) as raised:
        forge.pull_request(404)

    assert {one.headers.get("Private-Token") for one in site.exchanges} == {site.token}
    written = caplog.text + repr(raised.value) + str(raised.value.__cause__)
    assert site.token not in written + repr(Connection(url=site.server.url, token=site.token))
