"""The one use case: make the forge show what is true of a pull request right now.

A delivery only says "look at pull request n again". Reconciling reads the live state, evaluates
it, and publishes the result if the head is still the one that was evaluated. It is idempotent:
run it twice, at any time, after any crash, and the forge shows the same; what already stands is
not written again.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.answers import DecisionKind, Finding, worst
from bot.evaluation.evaluate import Survey, evaluate, survey
from bot.evaluation.people import Context, People
from bot.evaluation.rulebook import Dialect
from bot.forges.base import (
    Account,
    Activity,
    Forge,
    ForgeError,
    ObservedCheck,
    PullRequest,
    RateLimitedError,
    Revisions,
)
from bot.publications import published_on_forge
from bot.publishing import publish, publish_pending
from bot.releases import Evaluation
from bot.replies import reply_to_commands

log = structlog.get_logger()

LOOK_AGAIN = {
    DecisionKind.APPROVED: timedelta(minutes=5),
    DecisionKind.READY: timedelta(minutes=15),
    DecisionKind.BLOCKED: timedelta(hours=1),
    DecisionKind.IMMATURE: timedelta(hours=1),
    DecisionKind.ERROR: timedelta(minutes=5),
}
"""When the sweep looks again, event or not: readiness expires, and deliveries get lost."""


class HeadMovedError(Exception):
    """The pull request has another head than the one evaluated: evaluate again at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is evaluated: a pull request at its head, or at the commit of a merge group.

    `group` holds the revisions of the merge group's commit: the merged tree against the commit it
    was built on. Approvals are those of the pull request; they hold when the fingerprint of the
    merged tree is the one approved.
    """

    number: int
    group: Revisions | None = None


class Memory(Protocol):
    """What we remember of one pull request between evaluations; losing it loses no decision."""

    def publications(self) -> Mapping[str, datetime]:
        """Fingerprint → forge time of its first publication."""

    def remember_publications(self, fingerprints: tuple[str, ...], head_sha: str, at: datetime) -> None:
        """Keep the first publication of each fingerprint; later ones change nothing."""

    def inputs_key(self) -> str:
        """Digest of the inputs last evaluated, "" for none."""

    def twins(self, head_sha: str) -> tuple[int, ...]:
        """Other open pull requests known to have this head."""

    def remember(self, evaluation: Evaluation, inputs_key: str, look_again_at: datetime | None) -> None:
        """Keep the outcome: the latest state, and a record when something changed."""

    def forget(self, *, merged: bool) -> None:
        """The pull request is closed: no sweep looks at it again."""


def reconcile(
    subject: Subject, forge: Forge, memory: Memory, *, dialect: Dialect, now: Callable[[], datetime]
) -> Evaluation | None:
    """Evaluate and publish; None when the pull request is closed.

    Raises:
        HeadMovedError: the head changed meanwhile; nothing was published.
        ForgeError: reading or publishing failed; where possible the check says so.
    """
    pull = forge.pull_request(subject.number)
    if not pull.is_open and subject.group is None:
        memory.forget(merged=pull.is_merged)
        return None
    run = _Run(forge=forge, memory=memory, pull=pull, subject=subject, dialect=dialect, now=now)
    try:
        return run.evaluate_and_publish()
    except ForgeError as error:
        run.publish_error(error)
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    forge: Forge
    memory: Memory
    pull: PullRequest
    subject: Subject
    dialect: Dialect
    now: Callable[[], datetime]

    def evaluate_and_publish(self) -> Evaluation:
        revisions = self.subject.group or self.forge.revisions(self.pull)
        found = survey(self.forge, revisions, dialect=self.dialect)
        if not found.applies:
            evaluation = evaluate(self.forge, found, self._context(None, {}))
            return self._finish(found, evaluation, inputs_key="")
        activity = self.forge.activity(self.pull)
        observed = self.forge.checks(revisions.head_sha)
        downstream = conclusions(observed)
        inputs_key = _inputs_key(revisions, self.pull.base_ref, activity, downstream)
        fresh = inputs_key != self.memory.inputs_key()
        if fresh:
            publish_pending(self.forge, revisions.head_sha)
        people = self._people(activity, observed)
        evaluation = evaluate(self.forge, found, self._context(people, downstream))
        evaluation = _with_forgery(evaluation, observed)
        finished = self._finish(found, evaluation, inputs_key=inputs_key)
        if fresh:
            reply_to_commands(self.forge, self.pull, activity, evaluation)
        return finished

    def _finish(self, found: Survey, evaluation: Evaluation, *, inputs_key: str) -> Evaluation:
        shown = self._worst_of_twins(evaluation)
        live = self.forge.pull_request(self.pull.number)
        if self.subject.group is None and (live.head_sha, live.base_ref) != (
            found.trees.revisions.head_sha,
            self.pull.base_ref,
        ):
            raise HeadMovedError(f"pull request {self.pull.number} moved to {live.head_sha[:7]}")
        at = publish(self.forge, self.pull, shown, with_comment=self._needs_comment(shown))
        fingerprints = [f for r in evaluation.releases for f in (r.fingerprint, r.unwaived_fingerprint)]
        self.memory.remember_publications(tuple(dict.fromkeys(fingerprints)), evaluation.head_sha, at)
        wait = LOOK_AGAIN.get(evaluation.kind)
        self.memory.remember(evaluation, inputs_key, self.now() + wait if wait else None)
        log.info(
            "evaluated",
            repository=self.forge.repository.full_name,
            number=self.pull.number,
            head=evaluation.head_sha,
            decision=str(evaluation.kind),
        )
        return evaluation

    def _needs_comment(self, evaluation: Evaluation) -> bool:
        """A pull request that releases nothing gets no comment, but one it has must not stay wrong."""
        if self.subject.group is not None:
            return False
        speaks = evaluation.kind is not DecisionKind.NOT_APPLICABLE or bool(evaluation.policy_problems)
        return speaks or self.memory.inputs_key() != ""

    def publish_error(self, error: ForgeError) -> None:
        """Say on the check that the evaluation failed; the error itself goes to the job's edge."""
        retry_at = (
            error.retry_at
            if isinstance(error, RateLimitedError)
            else self.now() + LOOK_AGAIN[DecisionKind.ERROR]
        )
        head_sha = self.subject.group.head_sha if self.subject.group else self.pull.head_sha
        evaluation = Evaluation(
            number=self.pull.number,
            base_ref=self.pull.base_ref,
            head_sha=head_sha,
            evaluated_at=self.now(),
            error=Finding(
                code="forge.unavailable",
                text=f"The forge did not answer as expected: {error}.",
                fix="Nothing to do: it is tried again by itself.",
            ),
            retry_at=retry_at,
        )
        try:
            publish(self.forge, self.pull, evaluation, with_comment=False)
        except ForgeError as second:
            log.warning("error not shown", number=self.pull.number, reason=str(second))
        self.memory.remember(evaluation, "", retry_at)

    def _worst_of_twins(self, evaluation: Evaluation) -> Evaluation:
        """A check belongs to a commit: where pull requests share a head, the worse decision stands."""
        shown = evaluation
        for number in self.memory.twins(evaluation.head_sha) if self.subject.group is None else ():
            other = self._evaluate_twin(number)
            if other is not None and worst([shown.kind, other.kind]) is not shown.kind:
                banner = (
                    f"Pull request #{number} has the same head commit and a worse decision; it is shown here."
                )
                shown = replace(other, banners=(*other.banners, banner))
        return shown

    def _evaluate_twin(self, number: int) -> Evaluation | None:
        pull = self.forge.pull_request(number)
        if not pull.is_open or pull.head_sha != self.pull.head_sha:
            return None
        twin = replace(self, pull=pull, subject=Subject(number=number))
        found = survey(self.forge, self.forge.revisions(pull), dialect=self.dialect)
        activity = self.forge.activity(pull)
        observed = self.forge.checks(pull.head_sha)
        return evaluate(
            self.forge, found, twin._context(twin._people(activity, observed), conclusions(observed))
        )

    def _context(self, people: People | None, downstream: Mapping[str, str]) -> Context:
        return Context(
            number=self.pull.number,
            base_ref=self.pull.base_ref,
            now=self.now(),
            people=people,
            downstream=downstream,
        )

    def _people(self, activity: Activity, observed: tuple[ObservedCheck, ...]) -> People:
        known = dict(self.memory.publications())
        if not known:
            known = published_on_forge(self.forge, activity, observed)
        members: dict[str, tuple[Account, ...]] = {}

        def resolve(owner: str) -> tuple[Account, ...]:
            if owner not in members:
                members[owner] = self.forge.members(owner)
            return members[owner]

        return People(author=self.pull.author, activity=activity, members=resolve, published_at=known.get)


def conclusions(observed: tuple[ObservedCheck, ...]) -> dict[str, str]:
    """The latest conclusion of every foreign check by name: what the team's own CI says."""
    foreign = (check for check in observed if not check.ours)
    dated = sorted(
        foreign, key=lambda check: check.first_published_at.timestamp() if check.first_published_at else 0.0
    )
    return {check.name: check.conclusion for check in dated}


def _with_forgery(evaluation: Evaluation, observed: tuple[ObservedCheck, ...]) -> Evaluation:
    forgers = sorted({check.app for check in observed if check.name == "sevengates" and not check.ours})
    if not forgers:
        return evaluation
    banner = (
        f"A check named `sevengates` on this commit was not published by this service but by {', '.join(forgers)}. "
        "Require the check together with its app, so that only ours counts."
    )
    return replace(evaluation, banners=(banner, *evaluation.banners))


def _inputs_key(
    revisions: Revisions, base_ref: str, activity: Activity, downstream: Mapping[str, str]
) -> str:
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
