"""Co-authors, as commit messages name them."""

import re

_CO_AUTHOR = re.compile(r"^co-authored-by:[ \t]*(.+?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_MAIL = re.compile(r"<([^<>]+)>\s*$")


def co_authors(message: str) -> tuple[str, ...]:
    """The values of the ``Co-authored-by`` trailers of a commit message."""
    return tuple(_CO_AUTHOR.findall(message))


def mail_in(trailer: str) -> str:
    """The address at the end of a trailer's value; "" when there is none."""
    found = _MAIL.search(trailer)
    return found[1] if found else ""
