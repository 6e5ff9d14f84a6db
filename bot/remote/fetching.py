"""Bytes from an allowed place, within limits of size and time."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from time import monotonic

from bot.evidence.remote import RemoteError, TooLargeRemoteError
from bot.remote.https import https_chunks
from bot.remote.places import HttpsUrl, Places
from bot.remote.stores import store_chunks


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFiles:
    """A `bot.evidence.remote.Remote` of the places that the operator allows.

    `authorities`: a file of certificates that servers may be signed by, besides or instead of the
    public ones; `seconds`: for one file, until its last byte.
    """

    places: Places
    authorities: str | None = None
    seconds: float = 240.0

    def allows(self, url: str) -> bool:
        """Whether `url` is in a place that the operator allows."""
        return self.places.find(url) is not None

    def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """The bytes at an allowed URL. Raises RemoteError."""
        found = self.places.find(url)
        if found is None:
            raise RemoteError("it is not in an allowed place", "Commit the file and name it by `path`.")
        deadline = monotonic() + self.seconds
        chunks = (
            https_chunks(found, self.places, self.authorities, max_bytes)
            if isinstance(found, HttpsUrl)
            else store_chunks(found, max_bytes)
        )
        return _collected(chunks, max_bytes, deadline)


def _collected(chunks: Generator[bytes, None, None], max_bytes: int, deadline: float) -> bytes:
    data = BytesIO()
    with closing(chunks):
        for chunk in chunks:
            if data.tell() + len(chunk) > max_bytes:
                raise TooLargeRemoteError(
                    f"it holds more than {max_bytes:,} bytes", "Write it as Parquet, or split the data set."
                )
            if monotonic() > deadline:
                raise RemoteError("it took too long", "Make the file smaller, or have it served faster.")
            data.write(chunk)
    return data.getvalue()
