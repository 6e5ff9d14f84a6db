"""When fingerprints were first published, read back from our own checks on the forge.

The database remembers it; this is for when the database was lost. A check counts only when it was
written by our own identity, which the forge vouches for.
"""

from collections.abc import Iterable
from datetime import datetime

from bot.forges.base import Activity, Forge, ObservedCheck
from bot.report.check import CHECK_NAME
from bot.report.external_id import decode_external_id


def published_on_forge(
    forge: Forge, activity: Activity, observed: Iterable[ObservedCheck]
) -> dict[str, datetime]:
    """Fingerprint → first publication, from the head and from every commit a review names."""
    checks = list(observed)
    for sha in dict.fromkeys(review.commit_sha for review in activity.reviews if review.commit_sha):
        checks.extend(forge.checks(sha))
    found: dict[str, datetime] = {}
    for check in checks:
        if not check.ours or check.name != CHECK_NAME or check.first_published_at is None:
            continue
        for _, fingerprint, unwaived in decode_external_id(check.external_id):
            for each in (fingerprint, unwaived):
                found[each] = min(found.get(each, check.first_published_at), check.first_published_at)
    return found
