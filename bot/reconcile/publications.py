"""What the forge showed, read back from our own checks: for when the database was lost.

A check counts only when it was written by our own identity, which the forge vouches for. Checks
stand on commits; those of the head and of the commits that reviews name are read, or of every head.
"""

from collections.abc import Iterable, Iterator

from bot.forges.base import Activity, Forge, ObservedCheck, PullRequest
from bot.publications import Publication, PublicationKind, Publications
from bot.report.check import CHECK_NAME
from bot.report.external_id import decode_external_id


def shown_so_far(
    remembered: Publications,
    forge: Forge,
    pull: PullRequest,
    activity: Activity,
    observed: Iterable[ObservedCheck],
) -> Publications:
    """What is `remembered`, and what our checks on the head (`observed`) and on reviewed commits say.

    Where nothing is remembered, those on every former head too: what stood there came between.
    """
    checks = [(pull.head_sha, check) for check in observed]
    reviewed = (review.commit_sha for review in activity.reviews)
    former = () if remembered.known else activity.heads
    for sha in dict.fromkeys(sha for sha in (*reviewed, *former) if sha):
        checks.extend((sha, check) for check in forge.checks(sha))
    read_back = dict.fromkeys(one for sha, check in checks for one in _publications(sha, check))
    return remembered | Publications(tuple(read_back))


def _publications(sha: str, check: ObservedCheck) -> Iterator[Publication]:
    at = check.first_published_at
    if not check.ours or check.name != CHECK_NAME or at is None:
        return
    for key, final, unwaived in decode_external_id(check.external_id):
        for kind, fingerprint in ((PublicationKind.FINAL, final), (PublicationKind.UNWAIVED, unwaived)):
            yield Publication(release_key=key, kind=kind, fingerprint=fingerprint, at=at, head_sha=sha)
