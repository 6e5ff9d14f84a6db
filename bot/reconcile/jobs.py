"""What the worker calls: evaluate one target, find targets, report what cannot be evaluated."""

from collections.abc import Iterable

import structlog

from bot.answers import Finding
from bot.codeowners import dialect_of
from bot.forges.base import PullRequest
from bot.forges.connect import open_forge
from bot.forges.errors import ForgeError
from bot.reconcile.cache import CachedReader
from bot.reconcile.lists import list_keeper
from bot.reconcile.memory import PullRequestMemory
from bot.reconcile.publishing import publish_check, publish_comment
from bot.reconcile.pull_request import FAILED, HeadMovedError, reconcile
from bot.reconcile.subjects import subject_of
from bot.releases import Evaluation
from bot.remote.environment import remote_of
from bot.services import Services
from bot.targets import Lookup, Target
from bot.workshop import Workshop

log = structlog.get_logger()

MOVES = 3
"""How often a head that moves under the evaluation is followed at once."""


def handle(target: Target, services: Services) -> None:
    """Evaluate the live state of `target` and publish the decision. Raises ForgeError."""
    forge = open_forge(target.repository, services.settings)
    subject = subject_of(target)
    if subject is None:
        log.warning("merge group of no pull request", repository=target.repository.full_name)
        return
    memory = PullRequestMemory(
        store=services.store,
        repository=target.repository,
        number=subject.number,
        # A merge group lives for minutes, and the links of the pull request must not end with it.
        lists=None if subject.group_head else list_keeper(services, target.repository),
    )
    # Who may read one repository may not read another: each has a shelf of its own.
    place = f"{target.forge}-{target.repository.id}"
    folder = services.settings.sevengates_var / "cache" / "snapshots" / place
    workshop = Workshop(folder=folder, remote=remote_of(services.settings))
    for attempt in range(1, MOVES + 1):
        try:
            reconcile(
                subject,
                forge,
                CachedReader(forge, services.store),
                memory,
                dialect=dialect_of(target.forge),
                now=services.now,
                answering=workshop,
            )
        except HeadMovedError as moved:
            if attempt == MOVES:
                raise ForgeError(f"evaluating a head that keeps moving: {moved}") from moved
        else:
            return


def report_poison(target: Target, services: Services) -> None:
    """Publish a failed check: evaluating `target` killed its worker repeatedly."""
    subject = subject_of(target)
    if subject is None:
        return
    forge = open_forge(target.repository, services.settings)
    pull = forge.pull_request(subject.number)
    evaluation = Evaluation(
        number=pull.number,
        base_ref=pull.base_ref,
        head_sha=subject.group_head or pull.head_sha,
        evaluated_at=services.now(),
        error=Finding(
            code="bot.poison",
            text="Evaluating this commit stopped the worker several times, so it is not tried again.",
            fix="Make the release's files smaller or simpler and push, or ask the operator for the log.",
        ),
    )
    publish_check(forge, pull, evaluation)
    if not subject.group_head:
        publish_comment(forge, pull, evaluation)
        memory = PullRequestMemory(store=services.store, repository=target.repository, number=pull.number)
        memory.remember(pull.head_sha, evaluation, "", FAILED, None)  # only an event brings it back
        services.store.drop_lists(target.repository, pull.number)


def find(lookup: Lookup, services: Services) -> Iterable[Target]:
    """The open pull requests that `lookup` means. Raises ForgeError."""
    for pull in open_forge(lookup.repository, services.settings).open_pull_requests():
        if lookup.head_sha in {None, pull.head_sha} and lookup.base_ref in {None, pull.base_ref}:
            asked = lookup.head_sha is not None or lookup.base_ref is not None
            if asked or not _known(lookup, pull, services):
                yield Target(repository=lookup.repository, number=pull.number)


def _known(lookup: Lookup, pull: PullRequest, services: Services) -> bool:
    """Whether this head was evaluated already: then its own time to be looked at again will come."""
    state = services.store.state(lookup.repository, pull.number)
    return state is not None and state.head_sha == pull.head_sha
