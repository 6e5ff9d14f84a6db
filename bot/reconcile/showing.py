"""What people see of a release before they approve it, and since when they do.

The comment shows a release everywhere; a check names its fingerprint too, where there is room for
one. So the comment comes first: whoever finds the fingerprint in a check of ours knows that the
comment had shown it. An approval given before that was given to something else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from bot.forges.base import Forge, PullRequest
from bot.publications import NOTHING, Publication, PublicationKind, Publications
from bot.reconcile.memory import PullRequestMemory
from bot.reconcile.publishing import publish_comment, publish_pending
from bot.releases import Evaluation
from bot.report.words import release_key

TICK = timedelta(seconds=1)
"""How fine the clocks of forges are."""


def show_releases(
    forge: Forge, pull: PullRequest, memory: PullRequestMemory, evaluation: Evaluation, known: Publications
) -> None:
    """Make the comment show what `evaluation` found, and remember it, where that is not `known` already.

    What was shown before is withdrawn first: should we be stopped between the two, an approval
    given meanwhile is of nothing.
    """
    news = known.news(_shown_by(evaluation, pull.head_sha))
    shown: Iterable[Publication] = ()
    if news:
        closed = publish_pending(forge, pull, evaluation.head_sha)
        withdrawn = (replace(one, fingerprint=NOTHING, at=closed.at) for one in known.replaced(news))
        memory.remember_publications((*known.known, *withdrawn))
        at = max(publish_comment(forge, pull, evaluation, closed.problems), closed.at + TICK)
        shown = (replace(one, at=at) for one in news)
    memory.remember_publications((*known.known, *shown))


def _shown_by(evaluation: Evaluation, head_sha: str) -> Iterator[Publication]:
    for release in evaluation.releases:
        key = release_key(release, evaluation.number)
        for kind, fingerprint in (
            (PublicationKind.FINAL, release.fingerprint),
            (PublicationKind.UNWAIVED, release.unwaived_fingerprint),
        ):
            yield Publication(
                release_key=key,
                kind=kind,
                fingerprint=fingerprint,
                at=evaluation.evaluated_at,
                head_sha=head_sha,
            )
