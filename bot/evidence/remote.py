"""Snapshots at a URL: what fetching them may say, and how their bytes are bound to the manifest.

Fetching itself is an effect of the caller (`bot.remote`); nothing is fetched by default.
"""

import hashlib
from dataclasses import replace
from typing import Protocol

from bot.answers import EvidenceUsed, Finding
from bot.evidence.problems import shown
from bot.evidence.shelf import READERS
from bot.evidence.sources import Fetched, Naming, RefusedSourceError, check_digest
from bot.manifest import Source

_SHA256 = "sha256:"


class RemoteError(Exception):
    """Bytes at a URL cannot be had; the message is the end of a sentence, `cure` is what helps.

    Neither ever holds text that a server sent.
    """

    code = "evidence.unreachable"

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.cure = cure


class TooLargeRemoteError(RemoteError):
    """There are more bytes than are read."""

    code = "evidence.too-large"


class NoDriverError(RemoteError):
    """The operator allows the place, but has not installed what reads it."""

    code = "evidence.no-driver"


class Remote(Protocol):
    """Bytes at URLs, from places that the operator allows."""

    def allows(self, url: str) -> bool:
        """Whether `url` is in a place that the operator allows."""

    def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """The bytes at an allowed URL. Raises RemoteError."""


class Nowhere:
    """The default: no place is allowed."""

    def allows(self, url: str) -> bool:  # noqa: ARG002
        """No."""
        return False

    def fetch(self, url: str, *, max_bytes: int) -> bytes:  # noqa: ARG002
        """Raises RemoteError."""
        raise RemoteError("nothing is fetched here", "Commit the file and name it by `path`.")


NOWHERE = Nowhere()


def admit(source: Source, naming: Naming, remote: Remote) -> tuple[str, str]:
    """The URL of a source that may be fetched, and its digest.

    Raises:
        RefusedSourceError: the operator does not allow the place, or no digest binds its bytes.
    """
    url = source.url or ""
    if not remote.allows(url):
        text = f"{naming.what} is at {shown(url)}, a place that the operator of this service does not allow."
        place = shown(_place(url))
        fix = f"Commit the file and name it by `path`, or ask the operator to add {place} to EVIDENCE_HOSTS."
        raise RefusedSourceError(naming.finding("evidence.host-not-allowed", text, fix, field="url"))
    if source.digest is None or not source.digest.startswith(_SHA256):
        text = f"{naming.what} is at {shown(url)}, and no digest says which bytes are meant there."
        fix = "Write `digest: sha256:` and what `sha256sum` prints of the file."
        raise RefusedSourceError(naming.finding("evidence.url-without-digest", text, fix, field="url"))
    return url, source.digest


def fetched(url: str, source: Source, naming: Naming, remote: Remote, *, max_bytes: int) -> Fetched:
    """The bytes at a URL that was admitted.

    Raises:
        RefusedSourceError: they cannot be had, or are other bytes than declared.
    """
    try:
        data = remote.fetch(url, max_bytes=max_bytes)
    except RemoteError as error:
        text = f"{naming.what} at {shown(url)} could not be fetched: {error}."
        raise RefusedSourceError(naming.finding(error.code, text, error.cure, field="url")) from None
    digest = f"{_SHA256}{hashlib.sha256(data).hexdigest()}"
    check_digest(source, digest, plain(url), naming)
    return Fetched(data=data, used=EvidenceUsed(source=plain(url), digest=digest))


def url_key(url: str, digest: str, form: str | None) -> str:
    """The key of a snapshot at a URL: the digest of its bytes, and what else decides how they are read."""
    document = "\0".join((str(READERS), "url", plain(url), digest, form or ""))
    return hashlib.sha256(document.encode("utf-8", "surrogateescape")).hexdigest()


def plain(url: str) -> str:
    """A URL without what may be a key: no query and no fragment."""
    return url.partition("#")[0].partition("?")[0]


def at_the_manifest(problems: tuple[Finding, ...], naming: Naming) -> tuple[Finding, ...]:
    """Problems of a file that no repository holds, told at the line that names its URL."""
    line = naming.line((*naming.key, "url"))
    return tuple(
        replace(one, text=f"{_where(one)}: {one.text}", file=naming.file, line=line) for one in problems
    )


def _where(problem: Finding) -> str:
    return f"Line {problem.line} of the file" if problem.line else "The file"


def _place(url: str) -> str:
    """What an operator would allow: the host, or scheme and bucket."""
    scheme, _, rest = plain(url).partition("://")
    authority = rest.partition("/")[0]
    return authority if scheme == "https" else f"{scheme}://{authority}"
