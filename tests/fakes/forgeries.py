"""Signatures that are not: every nibble changed, and the classics."""

import hashlib
import hmac

SECRET = b"0123456789abcdef0123456789abcdef"
BODY = b'{"action":"opened","number":2}'


def sign(body: bytes, secret: bytes = SECRET) -> str:
    """The header GitHub would send."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def forgeries() -> list[str]:
    """Headers that must all be refused for `BODY`."""
    true = sign(BODY)
    digest = true.removeprefix("sha256=")
    nibbles = [
        "sha256=" + digest[:at] + other + digest[at + 1 :]
        for at in range(len(digest))
        for other in "0123456789abcdef"
        if other != digest[at]
    ]
    classics = [
        "",
        digest,
        "sha256=",
        "sha256=" + digest.upper(),
        "SHA256=" + digest,
        "sha256= " + digest,
        f"{true},{true}",
        true + "0",
        "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest(),
        "sha512=" + hmac.new(SECRET, BODY, hashlib.sha512).hexdigest(),
        "sha256=" + hashlib.sha256(BODY).hexdigest(),
        "sha256=" + hashlib.sha256(SECRET + BODY).hexdigest(),
        sign(BODY, b""),
        sign(BODY + b"\n"),
        sign(b""),
        "sha256=é" + digest[1:],
        "\udce9" * 10,
        "sha256=" + "\uff10" * 64,
        "v1," + digest,
    ]
    return [*nibbles, *(true[:length] for length in range(len(true))), *classics]
