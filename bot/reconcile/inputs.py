"""What an evaluation depends on beside files: people, the checks of others, and a digest of all inputs."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

from bot.commands import parse
from bot.evaluation.people import People
from bot.evidence.model import CheckResult
from bot.forges.base import Account, Activity, Comment, Forge, ObservedCheck, PullRequest, Revisions
from bot.publications import Publications
from bot.releases import Evaluation
from bot.report.check import CHECK_NAME
from bot.report.words import ForgeWords


def conclusions(observed: tuple[ObservedCheck, ...]) -> tuple[CheckResult, ...]:
    """What the team's own CI says: the latest conclusion of every name, reporter, pipeline source and suite.

    A workflow that runs again takes back what it said; another one under the same name does not.
    """
    latest = {
        (check.name, check.app, check.pipeline, check.suite): check.conclusion
        for check in observed
        if not check.ours
    }
    return tuple(
        CheckResult(name=name, conclusion=conclusion, app=app, pipeline=pipeline)
        for (name, app, pipeline, _), conclusion in sorted(latest.items())
    )


def with_forgery(
    evaluation: Evaluation, observed: tuple[ObservedCheck, ...], words: ForgeWords
) -> Evaluation:
    """`evaluation` with a banner when somebody else publishes a check under our name."""
    forgers = sorted({check.app for check in observed if check.name == CHECK_NAME and not check.ours})
    if not forgers:
        return evaluation
    whose = ", ".join(forgers)
    banner = f"A check named `{CHECK_NAME}` on this commit is not ours but of {whose}. {words.only_ours}"
    return replace(evaluation, banners=(banner, *evaluation.banners))


def inputs_key_of(
    revisions: Revisions,
    base_ref: str,
    activity: Activity,
    downstream: tuple[CheckResult, ...],
    may_write: Callable[[Comment], bool],
) -> str:
    """A digest that changes whenever an input changes that people or the forge can change."""
    document = [
        (revisions.base_sha, revisions.merge_base_sha, revisions.head_sha, base_ref),
        [(review.id, review.state, review.submitted_at.isoformat()) for review in activity.reviews],
        [
            (comment.id, comment.updated_at.isoformat())
            for comment in activity.comments
            if not comment.ours and parse(comment.body) is not None and may_write(comment)
        ],
        [(check.name, check.app, check.pipeline, check.conclusion) for check in downstream],
    ]
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()


def people_of(forge: Forge, pull: PullRequest, activity: Activity, known: Publications) -> People:
    """Who takes part in a pull request; each owner is looked up once."""
    members: dict[str, tuple[Account, ...]] = {}

    def resolve(owner: str) -> tuple[Account, ...]:
        if owner not in members:
            members[owner] = forge.members(owner)
        return members[owner]

    return People(
        author=pull.author,
        head_sha=pull.head_sha,
        activity=activity,
        members=resolve,
        publications=known,
    )
