"""One python-gitlab client, configured, and the ways we talk through it: get, pages, send, download, ask."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests
from gitlab import Gitlab
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from bot.forges.errors import TooLargeError
from bot.forges.gitlab.errors import doing
from bot.forges.retries import reads_only

TIMEOUT_SECONDS = 15
PAGE_SIZE = 100
"""GitLab gives 20 unless asked, and never more than 100
(https://docs.gitlab.com/api/rest/#offset-based-pagination)."""
CHUNK_BYTES = 64 * 1024

T = TypeVar("T")
Query = Mapping[str, str | int | Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where GitLab is and as whom we come."""

    url: str
    token: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS


class Session:
    """One client. Not to be shared between threads: requests promises no thread safety."""

    def __init__(self, connection: Connection) -> None:
        http = requests.Session()
        for scheme in ("https://", "http://"):
            http.mount(scheme, HTTPAdapter(max_retries=reads_only()))
        http.max_redirects = 0  # requests would take the token along to any other host
        http.hooks["response"].append(self._note)
        self._headers: Mapping[str, str] = CaseInsensitiveDict()
        self.forge_time = datetime.now(UTC)
        """The forge's clock at its last answer."""
        self._client = Gitlab(
            connection.url,
            private_token=connection.token,
            timeout=connection.timeout_seconds,
            user_agent="sevengates",
            keep_base_url=True,
            retry_transient_errors=False,
            session=http,
        )
        self.host = urlsplit(connection.url).hostname or ""
        """Host name of GitLab, as its private commit addresses end in it."""

    def get(self, what: str, path: str, kind: type[T], query: Query | None = None) -> T:
        """One object. `what` says in words what is being done, for errors."""
        with self._doing(what):
            return _decoded(self._request("get", path, query), kind)

    def pages(self, what: str, path: str, kind: type[T], query: Query | None = None) -> Iterator[T]:
        """Every element of every page of a list, by offset or by keyset as GitLab leads."""
        following: Query | None = {"per_page": PAGE_SIZE, **(query or {})}
        while following is not None:
            with self._doing(what):
                answer = self._request("get", path, following)
                elements = _decoded(answer, list[kind])  # type: ignore[valid-type]
                following = _next(answer, following)
            yield from elements

    def send(self, what: str, verb: str, path: str, kind: type[T], body: object = None) -> T:
        """A write; never repeated by itself. `kind` is `object` for an answer that may be empty."""
        with self._doing(what):
            return _decoded(self._request(verb.lower(), path, None, body), kind)

    def ask(self, what: str, question: str, variables: Mapping[str, object], kind: type[T]) -> T:
        """A GraphQL query (https://docs.gitlab.com/api/graphql/); `kind` is the whole answer."""
        body = {"query": question, "variables": variables}
        with self._doing(what):
            return _decoded(self._request("post", f"{self._client.url}/api/graphql", None, body), kind)

    def download(self, what: str, path: str, *, max_bytes: int) -> bytes:
        """Raw bytes, given up as soon as they are known to be more than `max_bytes`.

        Raises:
            TooLargeError: there are more.
        """
        with self._doing(what), self._request("get", path, None, streamed=True) as answer:
            announced = answer.headers.get("Content-Length", "")
            size = int(announced) if announced.isdigit() else 0
            data = bytearray()
            chunks = answer.iter_content(CHUNK_BYTES)
            while size <= max_bytes and (chunk := next(chunks, b"")):
                data += chunk
                size = len(data)
        if size > max_bytes:
            raise TooLargeError(f"{what}: more than {max_bytes} bytes")
        return bytes(data)

    def _request(
        self, verb: str, path: str, query: Query | None, body: object = None, *, streamed: bool = False
    ) -> requests.Response:
        return self._client.http_request(
            verb,
            path,
            query_data=dict(query or {}),
            post_data=body,  # type: ignore[arg-type]  # whatever JSON can say
            streamed=streamed,
            obey_rate_limit=False,
            extra_headers={"Accept-Encoding": "identity"} if streamed else None,
        )

    def _note(self, answer: requests.Response, *_: object, **__: object) -> None:
        self._headers = answer.headers
        if "Date" in answer.headers:
            self.forge_time = parsedate_to_datetime(answer.headers["Date"])

    def _doing(self, what: str) -> AbstractContextManager[None]:
        self._headers = CaseInsensitiveDict()
        return doing(what, lambda: self._headers)


def _decoded(answer: requests.Response, kind: type[T]) -> T:
    if not answer.content:
        return msgspec.convert(None, kind)
    return msgspec.json.decode(answer.content, type=kind)


def _next(answer: requests.Response, asked: Query) -> Query | None:
    """What to ask for next. Only the query of a link is taken: path and host stay ours.

    Raises:
        ValueError: GitLab leads in a circle.
    """
    url = answer.links.get("next", {}).get("url")
    page = answer.headers.get("X-Next-Page", "")
    following: Query | None = None
    if url:
        following = parse_qs(urlsplit(url).query, keep_blank_values=True)
    elif page:
        following = {**asked, "page": page}
    if following == asked:
        raise ValueError("the next page is this page")
    return following
