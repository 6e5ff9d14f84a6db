"""The fingerprints carried by our own check run, so that publication times survive our database.

``sg1;<key>,<fingerprint>,<unwaived>;…``: one part per release, ``=`` for an unwaived fingerprint
that is the same. Fingerprints are never shortened: a part that does not fit is left out, and an
approval of that release then needs the store.
"""

import re

from bot.releases import Evaluation
from bot.report.words import release_key

MAX_LENGTH = 1_000
_VERSION = "sg1"
_PART = re.compile(r"([0-9a-f]{12}),([0-9A-Za-z-]{1,200}),(=|[0-9A-Za-z-]{1,200})")


def encode_external_id(evaluation: Evaluation) -> str:
    """All releases' keys and fingerprints, at most 1,000 characters; "" without releases."""
    text = ""
    for release in evaluation.releases:
        unwaived = release.unwaived_fingerprint
        same = "=" if unwaived == release.fingerprint else unwaived
        part = f";{release_key(release, evaluation.number)},{release.fingerprint},{same}"
        if len(_VERSION) + len(text) + len(part) <= MAX_LENGTH:
            text += part
    return _VERSION + text if text else ""


def decode_external_id(text: str) -> tuple[tuple[str, str, str], ...]:
    """(release key, fingerprint, unwaived fingerprint) of each release; empty for any other text."""
    version, *parts = text[: MAX_LENGTH + 1].split(";")
    matches = [_PART.fullmatch(part) for part in parts]
    if version != _VERSION or len(text) > MAX_LENGTH or not all(matches):
        return ()
    found = (match.groups() for match in matches if match)
    return tuple((key, now, now if before == "=" else before) for key, now, before in found)
