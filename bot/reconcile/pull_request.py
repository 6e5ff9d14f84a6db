"""Reconciling one pull request: read it live, evaluate, publish if its head is still the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog

from bot.answers import DecisionKind, worst
from bot.codeowners import Dialect
from bot.evaluation.answering import Answering, answer_here
from bot.evaluation.evaluate import Survey, evaluate, survey
from bot.evaluation.people import Context, People
from bot.evaluation.trees import Reader
from bot.evidence.model import CheckResult
from bot.forges.base import Activity, Forge, PullRequest, Revisions, Standing
from bot.forges.errors import ForgeError, NotReadyError
from bot.publications import Publications
from bot.reconcile.again import LOOK_AGAIN
from bot.reconcile.bases import held_elsewhere
from bot.reconcile.failing import failed_evaluation
from bot.reconcile.inputs import conclusions, inputs_key_of, people_of, with_forgery
from bot.reconcile.memory import PullRequestMemory
from bot.reconcile.publications import shown_so_far
from bot.reconcile.publishing import publish_check, publish_comment, publish_pending
from bot.reconcile.replies import explained_gates, may_write, reply_to_commands
from bot.reconcile.showing import show_releases
from bot.reconcile.subjects import Subject, group_revisions
from bot.releases import Evaluation
from bot.report.words import words_of

log = structlog.get_logger()

FAILED = "failed"
"""The inputs key of an evaluation that did not come to an end: equal to no other."""
HELD = "held"
"""That of one that releases nothing and is held all the same: it has a comment."""


class HeadMovedError(Exception):
    """The pull request has another head than the one evaluated: evaluate again at once."""


def reconcile(
    subject: Subject,
    forge: Forge,
    reader: Reader,
    memory: PullRequestMemory,
    *,
    dialect: Dialect,
    now: Callable[[], datetime],
    answering: Answering = answer_here,
) -> Evaluation | None:
    """Evaluate and publish; None when the pull request is closed. Files are read through `reader`.

    Raises:
        HeadMovedError: the head changed meanwhile; nothing was published.
        ForgeError: reading or publishing failed; where possible the check says so.
    """
    pull = forge.pull_request(subject.number)
    if not pull.is_open and not subject.group_head:
        twins = [other.number for other in forge.open_pull_requests() if other.head_sha == pull.head_sha]
        memory.forget(twins, now())
        return None
    run = _Run(
        forge=forge,
        reader=reader,
        memory=memory,
        pull=pull,
        subject=subject,
        dialect=dialect,
        now=now,
        answering=answering,
    )
    try:
        return run.evaluate_and_publish()
    except (HeadMovedError, NotReadyError) as error:
        if isinstance(error, NotReadyError):
            run.close_meanwhile()
        raise
    except Exception as error:  # whatever it was, an old green must not stand
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
    answering: Answering

    def evaluate_and_publish(self) -> Evaluation:
        revisions = self._revisions()
        found = survey(self.reader, revisions, dialect=self.dialect)
        if not found.applies:
            evaluation = self._decided(found, None, ())
            inputs_key = HELD if evaluation.held else ""
            return self._finish(found, evaluation, known=Publications(), inputs_key=inputs_key)
        activity = self.forge.activity(self.pull)
        observed = self.forge.checks(revisions.head_sha)
        known = shown_so_far(self.memory.publications(), self.forge, self.pull, activity, observed)
        people = people_of(self.forge, self.pull, activity, known)
        downstream = conclusions(observed)
        inputs_key = inputs_key_of(
            revisions, self.pull.base_ref, activity, downstream, partial(may_write, people.members)
        )
        fresh = inputs_key != self.memory.inputs_key()
        if fresh:
            publish_pending(self.forge, self.pull, revisions.head_sha)
        evaluation = self._decided(found, people, downstream)
        evaluation = with_forgery(evaluation, observed, words_of(self.forge.repository.forge))
        evaluation = replace(evaluation, explained=explained_gates(activity, people.members))
        finished = self._finish(found, evaluation, known=known, inputs_key=inputs_key)
        if fresh and not self.subject.group_head:
            self._reply(activity, evaluation)
        return finished

    def _revisions(self) -> Revisions:
        """The commits to compare; those of a merge group are taken from the forge, never from a payload."""
        if not self.subject.group_head:
            return self.forge.revisions(self.pull)
        return group_revisions(self.forge, self.pull, self.subject.group_head, self.subject.group_branch)

    def _finish(
        self, found: Survey, evaluation: Evaluation, *, known: Publications, inputs_key: str
    ) -> Evaluation:
        """Publish and remember, alone on this commit: a check speaks for all that share it."""
        head_sha = found.trees.revisions.head_sha
        with self.memory.alone_on(head_sha):
            evaluation = self.memory.linked(evaluation)
            shown = evaluation if self.subject.group_head else self._worst_of_twins(evaluation)
            live = self.forge.pull_request(self.pull.number)
            if not self.subject.group_head and (live.head_sha, live.base_ref) != (
                self.pull.head_sha,
                self.pull.base_ref,
            ):
                raise HeadMovedError(f"pull request {self.pull.number} moved to {live.head_sha[:7]}")
            queued = bool(self.subject.group_head) or found.trees.revisions.queued
            if not self.subject.group_head:
                show_releases(self.forge, self.pull, self.memory, evaluation, known)
            standing = publish_check(self.forge, self.pull, shown, queued=queued)
            if self.subject.group_head:
                self.memory.record(evaluation, found.trees.revisions.base_sha)
            else:
                self._remember(found, evaluation, standing, inputs_key)
        log.info(
            "evaluated",
            repository=self.forge.repository.full_name,
            number=self.pull.number,
            head=evaluation.head_sha,
            decision=str(evaluation.kind),
        )
        return evaluation

    def _remember(self, found: Survey, evaluation: Evaluation, standing: Standing, inputs_key: str) -> None:
        if self._needs_comment(evaluation):
            publish_comment(self.forge, self.pull, evaluation, standing.problems)
        look_again_at = self.now() + LOOK_AGAIN[evaluation.kind]
        base_sha = found.trees.revisions.base_sha
        self.memory.remember(self.pull.head_sha, evaluation, base_sha, inputs_key, look_again_at)

    def _reply(self, activity: Activity, evaluation: Evaluation) -> None:
        """Reactions are courtesy: one that fails spoils no decision."""
        try:
            reply_to_commands(self.forge, self.pull, activity, evaluation)
        except ForgeError as error:
            log.warning("command not answered", number=self.pull.number, reason=str(error))

    def _needs_comment(self, evaluation: Evaluation) -> bool:
        """A pull request that releases nothing gets no comment, but one it has must not stay wrong."""
        speaks = evaluation.kind is not DecisionKind.NOT_APPLICABLE or bool(evaluation.policy_problems)
        return speaks or self.memory.inputs_key() not in {"", FAILED}

    def close_meanwhile(self) -> None:
        """Whatever stood here, it does not speak of what the forge is still preparing."""
        try:
            publish_pending(self.forge, self.pull, self.subject.group_head or self.pull.head_sha)
        except ForgeError as error:
            log.info("not closed yet", number=self.pull.number, reason=str(error))

    def publish_error(self, error: Exception) -> None:
        """Say on the check that the evaluation failed; the error itself goes to the job's edge."""
        retry_at = self.now() + LOOK_AGAIN[DecisionKind.ERROR]
        head_sha = self.subject.group_head or self.pull.head_sha
        evaluation = failed_evaluation(self.pull, head_sha, error, now=self.now(), retry_at=retry_at)
        try:
            publish_check(self.forge, self.pull, evaluation)
        except ForgeError as second:
            log.warning("error not shown", number=self.pull.number, reason=str(second))
        if not self.subject.group_head:
            self.memory.remember(self.pull.head_sha, evaluation, "", FAILED, evaluation.retry_at)

    def _worst_of_twins(self, evaluation: Evaluation) -> Evaluation:
        """Where several open pull requests share a head, the worse decision stands on it.

        Of equal ones, that of the oldest: each showing its own, they would undo each other for ever.
        """
        shown = evaluation
        for pull in self.forge.open_pull_requests():
            if pull.head_sha != self.pull.head_sha or pull.number == self.pull.number:
                continue
            other = self._twin(pull).evaluate()
            if other.head_sha != evaluation.head_sha:
                continue  # a merged result of its own, in a pipeline of its own
            if worst([shown.kind, other.kind]) is not shown.kind:
                banner = (
                    f"Pull request #{pull.number} has the same head commit and a worse decision: this one."
                )
                shown = replace(other, banners=(*other.banners, banner))
            elif other.kind is shown.kind and other.number < shown.number:
                shown = other
        return shown if shown is evaluation else self.memory.linked(shown)

    def _twin(self, pull: PullRequest) -> "_Run":
        memory = replace(self.memory, number=pull.number)
        return replace(self, pull=pull, memory=memory, subject=Subject(number=pull.number))

    def evaluate(self) -> Evaluation:
        """Evaluate without publishing anything."""
        found = survey(self.reader, self.forge.revisions(self.pull), dialect=self.dialect)
        activity = self.forge.activity(self.pull)
        observed = self.forge.checks(self.pull.head_sha)
        known = shown_so_far(self.memory.publications(), self.forge, self.pull, activity, observed)
        people = people_of(self.forge, self.pull, activity, known)
        return self._decided(found, people, conclusions(observed))

    def _decided(
        self, found: Survey, people: People | None, downstream: tuple[CheckResult, ...]
    ) -> Evaluation:
        context = Context(
            number=self.pull.number,
            base_ref=self.pull.base_ref,
            now=self.now(),
            people=people,
            downstream=downstream,
            answering=self.answering,
        )
        evaluation = evaluate(self.reader, found, context)
        return held_elsewhere(evaluation, found, self.forge, self.reader, self.pull, dialect=self.dialect)
