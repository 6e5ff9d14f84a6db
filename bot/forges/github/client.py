"""One PyGithub client, configured, and the three ways we talk through it: get, pages, send."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

import msgspec
import requests
from github import Auth, Github
from github.Requester import Requester
from requests.adapters import HTTPAdapter
from requests.utils import parse_header_links

from bot.forges.errors import TooLargeError
from bot.forges.github.errors import BadCredentialsError, doing
from bot.forges.retries import reads_only

API_VERSION = "2022-11-28"
TIMEOUT_SECONDS = 15
SECONDS_BETWEEN_WRITES = 0.1
PAGE_SIZE = 100
CHUNK_BYTES = 64 * 1024

T = TypeVar("T")
Query = Mapping[str, str | int]


class Identity(Protocol):
    """Who we are on GitHub: how our own checks, statuses and comments are told from others'."""

    @property
    def user_id(self) -> int:
        """Numeric id of the account our comments carry."""

    @property
    def app_id(self) -> int | None:
        """Id of the GitHub App; None with a personal token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where GitHub is and as whom we come. `forget` drops a token that GitHub no longer knows."""

    api_url: str
    auth: Auth.Auth
    forget: Callable[[], None] = lambda: None


class Session:
    """One client. Not to be shared between threads: PyGithub promises no thread safety."""

    def __init__(self, connection: Connection) -> None:
        _silence()
        self._connection = connection
        self._api_url = connection.api_url.rstrip("/")
        self._blobs = requests.Session()
        for scheme in ("https://", "http://"):
            self._blobs.mount(scheme, HTTPAdapter(max_retries=reads_only()))
        self.forge_time = datetime.now(UTC)
        """The forge's clock at its last answer."""
        self._requester: Requester = Github(
            base_url=self._api_url,
            auth=connection.auth,
            timeout=TIMEOUT_SECONDS,
            user_agent="sevengates",
            per_page=PAGE_SIZE,
            retry=reads_only(),
            seconds_between_requests=0,
            seconds_between_writes=SECONDS_BETWEEN_WRITES,
            api_version=API_VERSION,
        ).requester

    def get(self, what: str, path: str, kind: type[T], query: Query | None = None) -> T:
        """One object. `what` says in words what is being done, for errors."""
        with self._doing(what):
            _, data = self._request("GET", path, query)
            return msgspec.convert(data, kind)

    def pages(
        self, what: str, path: str, kind: type[T], query: Query | None = None, *, item: str = ""
    ) -> Iterator[T]:
        """Every element of every page of a list; `item` is the key of a list wrapped in an object."""
        url: str | None = path
        query = {"per_page": PAGE_SIZE, **(query or {})}
        while url is not None:
            with self._doing(what):
                headers, data = self._request("GET", url, query)
                elements = msgspec.convert(data[item] if item else data, list[kind])  # type: ignore[valid-type]
                url, query = _next(headers), None
            yield from elements

    def send(self, what: str, verb: str, path: str, kind: type[T], body: object = None) -> T:
        """A write; never repeated by itself."""
        with self._doing(what):
            _, data = self._request(verb, path, None, body)
            return msgspec.convert(data, kind)

    def download(self, what: str, path: str, *, max_bytes: int) -> bytes:
        """Raw bytes, given up as soon as they are more than `max_bytes`.

        Raises:
            TooLargeError: there are more.
        """
        headers = {"Accept": "application/vnd.github.raw+json", "X-GitHub-Api-Version": API_VERSION}
        with self._doing(what):
            self._connection.auth.authentication(headers)
            answer = self._blobs.get(
                self._api_url + path, headers=headers, stream=True, timeout=TIMEOUT_SECONDS
            )
            with answer:
                if not answer.ok:
                    raise Requester.createException(
                        answer.status_code, dict(answer.headers), _problem(answer)
                    )
                data = bytearray()
                for chunk in answer.iter_content(CHUNK_BYTES):
                    data += chunk
                    if len(data) > max_bytes:
                        break
        if len(data) > max_bytes:
            raise TooLargeError(f"{what}: more than {max_bytes} bytes")
        return bytes(data)

    def _request(
        self, verb: str, path: str, query: Query | None, body: object = None
    ) -> tuple[dict[str, Any], Any]:
        headers, data = self._requester.requestJsonAndCheck(
            verb, path, parameters=dict(query or {}), input=body
        )
        if "date" in headers:
            self.forge_time = parsedate_to_datetime(headers["date"])
        return headers, data

    @contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        try:
            with doing(what):
                yield
        except BadCredentialsError:
            self._connection.forget()
            raise


def _problem(answer: requests.Response) -> dict[str, Any]:
    """The JSON of an error answer, as far as its first chunk holds it."""
    try:
        return msgspec.json.decode(next(answer.iter_content(CHUNK_BYTES), b""), type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


def _next(headers: dict[str, Any]) -> str | None:
    links = parse_header_links(headers.get("link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next"), None)


def _silence() -> None:
    """PyGithub prints answers at DEBUG, and with them fresh installation tokens."""
    for name in ("github", "github.Requester"):
        logging.getLogger(name).setLevel(logging.INFO)
