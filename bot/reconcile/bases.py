"""A pull request that is not aimed at the default branch: its success must not open that one."""

from dataclasses import replace

from bot.answers import Finding
from bot.codeowners import Dialect
from bot.evaluation.branches import unrelated, why_held
from bot.evaluation.evaluate import Survey, survey
from bot.evaluation.trees import Reader
from bot.forges.base import Forge, PullRequest
from bot.forges.errors import NotFoundError
from bot.releases import Evaluation


def held_elsewhere(
    evaluation: Evaluation,
    found: Survey,
    forge: Forge,
    reader: Reader,
    pull: PullRequest,
    *,
    dialect: Dialect,
) -> Evaluation:
    """`evaluation`, held where its success would count on the default branch too. Raises ForgeError."""
    if pull.base_ref == pull.default_branch or not evaluation.kind.opens_the_merge:
        return evaluation
    names = {"base_ref": pull.base_ref, "default_branch": pull.default_branch}
    there = replace(pull, base_ref=pull.default_branch, head_sha=found.trees.revisions.head_sha)
    held: Finding | None
    try:
        revisions = forge.revisions(there)
    except NotFoundError:
        held = unrelated(**names)
    else:
        held = why_held(found, survey(reader, revisions, dialect=dialect), **names)
    if held is None:
        return evaluation
    banner = f"The check stays pending. {held.text} {held.fix}"
    return replace(evaluation, held=held, banners=(banner, *evaluation.banners))
