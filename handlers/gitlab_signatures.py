"""Is this delivery from GitLab? Standard Webhooks signatures and secret tokens, in constant time.

https://docs.gitlab.com/user/project/integrations/webhooks/ and
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far the clocks may be apart, and how long a captured delivery could be replayed."""

_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")
_SECONDS = re.compile(r"[0-9]{1,11}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Well-formed headers of a recent time; proven only by `is_signed`. `given`: base64, any may match."""

    id: str
    timestamp: str
    given: tuple[bytes, ...]


def recent_signature(id_: str, timestamp: str, signatures: str, *, now: datetime) -> Signature | None:
    """The headers ``webhook-id``, ``-timestamp`` and ``-signature``, when the body is worth reading.

    None when one is empty or malformed, when the time is not within `TOLERANCE` of `now`, or when
    no signature is of the version ``v1``. An id has no dot: dots separate what is signed.
    """
    if not _ID.fullmatch(id_) or not _SECONDS.fullmatch(timestamp):
        return None
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return None
    versions = (part.partition(",") for part in signatures.split(" "))
    given = tuple(_bytes(value) for version, _, value in versions if version == "v1")
    return Signature(id=id_, timestamp=timestamp, given=given) if given else None


def is_signed(body: bytes, signature: Signature, keys: Sequence[bytes]) -> bool:
    """Whether one of the signatures is that of `body` under one of `keys` (several while rotating)."""
    content = f"{signature.id}.{signature.timestamp}.".encode() + body
    true = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)) for key in keys]
    return _any_equal(true, signature.given)


def is_token(header: str | None, tokens: Sequence[bytes]) -> bool:
    """Whether ``X-Gitlab-Token`` is one of `tokens`."""
    return header is not None and _any_equal(tokens, [_bytes(header)])


def _any_equal(true: Sequence[bytes], given: Sequence[bytes]) -> bool:
    matches = [hmac.compare_digest(one, other) for one in true for other in given]
    return any(matches)


def _bytes(header: str) -> bytes:
    # WSGI hands header bytes over as latin-1 text (PEP 3333); other text equals nothing.
    return header.encode("latin-1", "backslashreplace")
