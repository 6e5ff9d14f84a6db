"""Where people reach the service: the address that links in comments begin with."""

import re
from typing import Annotated

from pydantic import AfterValidator

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::[0-9]{1,5})?(?:/[A-Za-z0-9_~][A-Za-z0-9_.~-]*)*/?"
)
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})


def _checked(value: str) -> str:
    """`value` without a slash at its end. Raises ValueError, which never quotes it."""
    found = _ADDRESS.fullmatch(value)
    if found is None:
        raise ValueError("is not an address such as https://gates.example.org")
    if found["scheme"] == "http" and found["host"] not in _OWN_MACHINE:
        raise ValueError("is not https: whoever listens could read the lists")
    return value.rstrip("/")


PublicUrl = Annotated[str, AfterValidator(_checked)]
"""An https address, or an http one of this machine, that needs no escaping; no query, no password."""
