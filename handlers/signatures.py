"""Is this delivery from the forge? Decided on raw bytes, in constant time, before anything is parsed."""

import hashlib
import hmac
import re
from collections.abc import Sequence

_SHAPE = re.compile(rb"sha256=[0-9a-f]{64}")


def looks_signed(header: str | None) -> bool:
    """Whether ``X-Hub-Signature-256`` has the form of a signature; worth reading the body for."""
    return header is not None and _SHAPE.fullmatch(_bytes(header)) is not None


def is_signed(body: bytes, header: str | None, secrets: Sequence[bytes]) -> bool:
    """Whether `header` is the HMAC-SHA256 of `body` under one of `secrets` (several while rotating).

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    if header is None or not secrets:
        return False
    given = _bytes(header)
    matches = [
        hmac.compare_digest(b"sha256=" + hmac.digest(secret, body, hashlib.sha256).hex().encode(), given)
        for secret in secrets
    ]
    return any(matches)


def _bytes(header: str) -> bytes:
    # WSGI hands header bytes over as latin-1 text (PEP 3333); compare_digest refuses non-ASCII text.
    return header.encode("utf-8", "surrogateescape")
