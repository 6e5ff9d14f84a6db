"""What the forge showed, read back from our own checks: for when the database was lost.

A check counts only when it was written by our own identity, which the forge vouches for. Checks
stand on commits; those of the head and of the commits that reviews name are read.
"""

from collections.abc import Iterable, Iterator

from bot.forges.base import Activity, Forge, ObservedCheck
from bot.publications import Publication, PublicationKind, Publications
from bot.report.check import CHECK_NAME
from bot.report.external_id import decode_external_id


def published_on_forge(forge: Forge, activity: Activity, observed: Iterable[ObservedCheck]) -> Publications:
    """Everything our checks on the head (`observed`) and on reviewed commits say was shown."""
    checks = list(observed)
    for sha in dict.fromkeys(review.commit_sha for review in activity.reviews if review.commit_sha):
        checks.extend(forge.checks(sha))
    return Publications(tuple(dict.fromkeys(one for check in checks for one in _publications(check))))


def _publications(check: ObservedCheck) -> Iterator[Publication]:
    at = check.first_published_at
    if not check.ours or check.name != CHECK_NAME or at is None:
        return
    for key, final, unwaived in decode_external_id(check.external_id):
        yield Publication(release_key=key, kind=PublicationKind.FINAL, fingerprint=final, at=at)
        yield Publication(release_key=key, kind=PublicationKind.UNWAIVED, fingerprint=unwaived, at=at)
