"""Links that open one pull request's lists of items to whoever has them, and to nobody else.

A token is made of a key that only the environment holds and of a random seed that only the
database holds. So the same link can be written again without being stored: the database has its
hash alone, and neither a copy of the database nor the environment by itself opens anything.
"""

import base64
import hashlib
import hmac
import re
import secrets

TOKEN = re.compile(r"sgl_[A-Za-z0-9_-]{43}")
"""How a token looks: a prefix by which it can be told, and 256 bits."""

_PURPOSE = b"sevengates: links to lists, version 1\0"


def new_seed() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(32)


def token_of(key: str, seed: bytes) -> str:
    """The token of a seed. Only who has `key` and `seed` can make it."""
    made = hmac.digest(key.encode(), _PURPOSE + seed, hashlib.sha256)
    return "sgl_" + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def hash_of(token: str) -> bytes:
    """What is stored of a token: 256 bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()
