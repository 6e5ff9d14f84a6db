"""Reconciling one pull request: read it live, evaluate, publish if its head is still the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.answers import DecisionKind, Finding, worst
from bot.evaluation.evaluate import Survey, evaluate, survey
from bot.evaluation.people import Context, People
from bot.evaluation.rulebook import Dialect
from bot.evaluation.trees import Reader
from bot.forges.base import (
    Account,
    Activity,
    Forge,
    ForgeError,
    PullRequest,
    RateLimitedError,
    Revisions,
)
from bot.publications import Publications
from bot.reconcile.inputs import conclusions, inputs_key_of, with_forgery
from bot.reconcile.memory import PullRequestMemory
from bot.reconcile.publications import published_on_forge
from bot.reconcile.publishing import publish_check, publish_comment, publish_pending
from bot.reconcile.replies import explained_gates, reply_to_commands
from bot.releases import Evaluation

log = structlog.get_logger()

LOOK_AGAIN = {
    DecisionKind.NOT_APPLICABLE: timedelta(hours=6),
    DecisionKind.APPROVED: timedelta(minutes=5),
    DecisionKind.READY: timedelta(minutes=15),
    DecisionKind.BLOCKED: timedelta(hours=1),
    DecisionKind.IMMATURE: timedelta(hours=1),
    DecisionKind.ERROR: timedelta(minutes=5),
}
"""When the sweep looks again, event or not: readiness expires, and deliveries get lost."""


FAILED = "failed"
"""The inputs key of an evaluation that did not come to an end: equal to no other."""


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


def reconcile(
    subject: Subject,
    forge: Forge,
    reader: Reader,
    memory: PullRequestMemory,
    *,
    dialect: Dialect,
    now: Callable[[], datetime],
) -> Evaluation | None:
    """Evaluate and publish; None when the pull request is closed.

    Files are read through `reader` (the forge, or a cache before it).

    Raises:
        HeadMovedError: the head changed meanwhile; nothing was published.
        ForgeError: reading or publishing failed; where possible the check says so.
    """
    pull = forge.pull_request(subject.number)
    if not pull.is_open and subject.group is None:
        memory.forget()
        return None
    run = _Run(
        forge=forge, reader=reader, memory=memory, pull=pull, subject=subject, dialect=dialect, now=now
    )
    try:
        return run.evaluate_and_publish()
    except ForgeError as error:
        run.publish_error(error)
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    forge: Forge
    reader: Reader
    memory: PullRequestMemory
    pull: PullRequest
    subject: Subject
    dialect: Dialect
    now: Callable[[], datetime]

    def evaluate_and_publish(self) -> Evaluation:
        revisions = self.subject.group or self.forge.revisions(self.pull)
        found = survey(self.reader, revisions, dialect=self.dialect)
        if not found.applies:
            evaluation = evaluate(self.reader, found, self._context(None, {}))
            return self._finish(found, evaluation, known=Publications(), inputs_key="")
        activity = self.forge.activity(self.pull)
        observed = self.forge.checks(revisions.head_sha)
        downstream = conclusions(observed)
        inputs_key = inputs_key_of(revisions, self.pull.base_ref, activity, downstream)
        fresh = inputs_key != self.memory.inputs_key()
        if fresh:
            publish_pending(self.forge, revisions.head_sha)
        known = self.memory.publications()
        if not known.known:
            known = published_on_forge(self.forge, activity, observed)
        people = self._people(activity, known)
        evaluation = evaluate(self.reader, found, self._context(people, downstream))
        evaluation = with_forgery(evaluation, observed)
        evaluation = replace(evaluation, explained=explained_gates(activity, people.members))
        finished = self._finish(found, evaluation, known=known, inputs_key=inputs_key)
        if fresh:
            reply_to_commands(self.forge, self.pull, activity, evaluation)
        return finished

    def _finish(
        self, found: Survey, evaluation: Evaluation, *, known: Publications, inputs_key: str
    ) -> Evaluation:
        shown = self._worst_of_twins(evaluation)
        live = self.forge.pull_request(self.pull.number)
        if self.subject.group is None and (live.head_sha, live.base_ref) != (
            found.trees.revisions.head_sha,
            self.pull.base_ref,
        ):
            raise HeadMovedError(f"pull request {self.pull.number} moved to {live.head_sha[:7]}")
        at = publish_check(self.forge, shown)
        if self._needs_comment(evaluation):
            publish_comment(self.forge, self.pull, evaluation)
        if shown is evaluation:
            self.memory.remember_publications(evaluation, at, known)
        look_again_at = self.now() + LOOK_AGAIN[evaluation.kind]
        self.memory.remember(evaluation, found.trees.revisions.base_sha, inputs_key, look_again_at)
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
            publish_check(self.forge, evaluation)
        except ForgeError as second:
            log.warning("error not shown", number=self.pull.number, reason=str(second))
        self.memory.remember(evaluation, "", FAILED, retry_at)

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
        memory = replace(self.memory, number=number)
        return replace(self, pull=pull, memory=memory, subject=Subject(number=number)).evaluate()

    def evaluate(self) -> Evaluation:
        """Evaluate without publishing anything."""
        found = survey(self.reader, self.forge.revisions(self.pull), dialect=self.dialect)
        activity = self.forge.activity(self.pull)
        observed = self.forge.checks(self.pull.head_sha)
        people = self._people(activity, self.memory.publications())
        return evaluate(self.reader, found, self._context(people, conclusions(observed)))

    def _context(self, people: People | None, downstream: Mapping[str, str]) -> Context:
        return Context(
            number=self.pull.number,
            base_ref=self.pull.base_ref,
            now=self.now(),
            people=people,
            downstream=downstream,
        )

    def _people(self, activity: Activity, known: Publications) -> People:
        members: dict[str, tuple[Account, ...]] = {}

        def resolve(owner: str) -> tuple[Account, ...]:
            if owner not in members:
                members[owner] = self.forge.members(owner)
            return members[owner]

        return People(
            author=self.pull.author,
            head_sha=self.pull.head_sha,
            activity=activity,
            members=resolve,
            publications=known,
        )
