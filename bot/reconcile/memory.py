"""What is remembered of one pull request, as `bot.reconcile` asks for it, kept in the store."""

from dataclasses import dataclass
from datetime import datetime

from bot.forges.base import Repository
from bot.publications import Publication, PublicationKind, Publications
from bot.releases import Evaluation
from bot.report.text import to_json
from bot.report.words import release_key
from bot.store import PullRequestState, Store
from bot.store.evaluations import RecordedEvaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestMemory:
    """The memory of one pull request."""

    store: Store
    repository: Repository
    number: int

    def publications(self) -> Publications:
        """What the forge showed of the releases of this pull request, as far as it is remembered."""
        return self.store.publications(self.repository, self.number)

    def remember_publications(self, evaluation: Evaluation, at: datetime, known: Publications) -> None:
        """Keep `known` (it may come from the forge), and what `evaluation` shows anew since `at`."""
        if not self.publications().known:
            self.store.add_publications(self.repository, self.number, known.known, evaluation.head_sha)
        shown = [
            Publication(release_key=release_key(release), kind=kind, fingerprint=fingerprint, at=at)
            for release in evaluation.releases
            for kind, fingerprint in (
                (PublicationKind.FINAL, release.fingerprint),
                (PublicationKind.UNWAIVED, release.unwaived_fingerprint),
            )
        ]
        self.store.add_publications(self.repository, self.number, known.news(shown), evaluation.head_sha)

    def inputs_key(self) -> str:
        """Digest of the inputs last evaluated, "" for none."""
        state = self.store.state(self.repository, self.number)
        return state.inputs_key if state else ""

    def twins(self, head_sha: str) -> tuple[int, ...]:
        """Other pull requests last seen with this head."""
        numbers = self.store.numbers_at_head(self.repository, head_sha)
        return tuple(number for number in numbers if number != self.number)

    def remember(
        self, evaluation: Evaluation, base_sha: str, inputs_key: str, look_again_at: datetime | None
    ) -> None:
        """Keep the latest state, and append to the record when something changed."""
        self.store.save_state(
            self.repository,
            self.number,
            PullRequestState(
                head_sha=evaluation.head_sha,
                inputs_key=inputs_key,
                decision=str(evaluation.kind),
                next_look_at=look_again_at,
            ),
        )
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

    def forget(self) -> None:
        """The pull request is closed: no sweep looks at it again. What was decided stays recorded."""
        self.store.forget_state(self.repository, self.number)
