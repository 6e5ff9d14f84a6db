"""What an evaluation depends on beside files: the checks of others, and a digest of all inputs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from bot.forges.base import Activity, ObservedCheck, Revisions
from bot.releases import Evaluation
from bot.report.check import CHECK_NAME


def conclusions(observed: tuple[ObservedCheck, ...]) -> dict[str, str]:
    """The latest conclusion of every foreign check by name: what the team's own CI says."""
    return {check.name: check.conclusion for check in observed if not check.ours}


def with_forgery(evaluation: Evaluation, observed: tuple[ObservedCheck, ...]) -> Evaluation:
    """`evaluation` with a banner when somebody else publishes a check under our name."""
    forgers = sorted({check.app for check in observed if check.name == CHECK_NAME and not check.ours})
    if not forgers:
        return evaluation
    banner = (
        f"A check named `{CHECK_NAME}` on this commit is not ours but of {', '.join(forgers)}. "
        "Require the check together with its app, so that only ours counts."
    )
    return replace(evaluation, banners=(banner, *evaluation.banners))


def inputs_key_of(
    revisions: Revisions, base_ref: str, activity: Activity, downstream: Mapping[str, str]
) -> str:
    """A digest that changes whenever an input changes that people or the forge can change."""
    document = [
        (revisions.base_sha, revisions.merge_base_sha, revisions.head_sha, base_ref),
        [(review.id, review.state, review.submitted_at.isoformat()) for review in activity.reviews],
        [
            (comment.id, comment.updated_at.isoformat())
            for comment in activity.comments
            if not comment.ours and "/sevengates" in comment.body
        ],
        sorted(downstream.items()),
    ]
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()
