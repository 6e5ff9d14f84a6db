"""What is remembered of one pull request, as `bot.reconcile` asks for it, kept in the store."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.forges.base import Repository
from bot.publications import Publication, Publications
from bot.reconcile.lists import ListKeeper
from bot.releases import Evaluation
from bot.report.text import to_json
from bot.store import PullRequestState, Store
from bot.store.evaluations import RecordedEvaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestMemory:
    """The memory of one pull request."""

    store: Store
    repository: Repository
    number: int
    lists: ListKeeper | None = None

    def publications(self) -> Publications:
        """What the forge showed of the releases of this pull request, as far as it is remembered."""
        return self.store.publications(self.repository, self.number)

    def remember_publications(self, publications: Iterable[Publication]) -> None:
        """Keep what the forge showed, as far as it is not kept already."""
        self.store.add_publications(self.repository, self.number, publications)

    def linked(self, evaluation: Evaluation) -> Evaluation:
        """`evaluation` as it is shown: where lists are kept for download, with their links."""
        return evaluation if self.lists is None else self.lists.linked(evaluation)

    @contextmanager
    def alone_on(self, head_sha: str) -> Iterator[None]:
        """Hold this commit against every other evaluation that would publish on it; they wait."""
        with self.store.holding(f"{self.repository.forge}/{self.repository.id}/{head_sha}"):
            yield

    def inputs_key(self) -> str:
        """Digest of the inputs last evaluated, "" for none."""
        state = self.store.state(self.repository, self.number)
        return state.inputs_key if state else ""

    def twins(self, head_sha: str) -> tuple[int, ...]:
        """Other pull requests last seen with this head."""
        numbers = self.store.numbers_at_head(self.repository, head_sha)
        return tuple(number for number in numbers if number != self.number)

    def remember(
        self,
        head_sha: str,
        evaluation: Evaluation,
        base_sha: str,
        inputs_key: str,
        look_again_at: datetime | None,
    ) -> None:
        """Keep the latest state of the pull request at `head_sha`, and record it."""
        self.store.save_state(
            self.repository,
            self.number,
            PullRequestState(
                head_sha=head_sha,
                inputs_key=inputs_key,
                decision=str(evaluation.kind),
                next_look_at=look_again_at,
            ),
        )
        self.record(evaluation, base_sha)

    def record(self, evaluation: Evaluation, base_sha: str) -> None:
        """Append to the record when something changed."""
        self.store.record_evaluation(
            self.repository,
            RecordedEvaluation(
                number=self.number,
                head_sha=evaluation.head_sha,
                base_sha=base_sha,
                decision=str(evaluation.kind),
                fingerprint=" ".join(release.fingerprint for release in evaluation.releases),
                report=to_json(evaluation),
                evaluated_at=evaluation.evaluated_at,
            ),
        )

    def forget(self, twins: Iterable[int], now: datetime) -> None:
        """The pull request is closed: no sweep looks at it again. What was decided stays recorded.

        Its `twins`, open ones with the same head, may have shown its decision: they are due at once.
        """
        for number in twins:
            self.store.look_again_at(self.repository, number, now)
        self.store.forget_state(self.repository, self.number)
