"""The record of what was decided, when, and on which evidence; rows are only ever added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Json

from bot.forges.base import Repository
from bot.store.base import Connected


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvaluation:
    """One evaluation as recorded. `report` is the JSON document the caller gave."""

    number: int
    head_sha: str
    base_sha: str
    decision: str
    fingerprint: str
    report: Any
    evaluated_at: datetime


class EvaluationStore(Connected):
    """The history of decisions."""

    def record_evaluation(self, repository: Repository, evaluation: RecordedEvaluation) -> bool:
        """Append, unless commit, base, decision and fingerprint equal the last record; whether it did."""
        with self.connection() as connection:
            added = connection.execute(
                "INSERT INTO evaluations (forge, repository_id, repository, number, head_sha, base_sha,"
                " decision, fingerprint, report, evaluated_at)"
                " SELECT %(forge)s, %(id)s, %(name)s, %(number)s, %(head)s::text, %(base)s::text,"
                " %(decision)s::text, %(fingerprint)s::text, %(report)s, %(at)s"
                " WHERE (%(head)s::text, %(base)s::text, %(decision)s::text, %(fingerprint)s::text)"
                " IS DISTINCT FROM ("
                "  SELECT (head_sha, base_sha, decision, fingerprint) FROM evaluations"
                "  WHERE forge = %(forge)s AND repository_id = %(id)s AND number = %(number)s"
                "  ORDER BY id DESC LIMIT 1)",
                {
                    "forge": repository.forge,
                    "id": repository.id,
                    "name": repository.full_name,
                    "number": evaluation.number,
                    "head": evaluation.head_sha,
                    "base": evaluation.base_sha,
                    "decision": evaluation.decision,
                    "fingerprint": evaluation.fingerprint,
                    "report": Json(evaluation.report),
                    "at": evaluation.evaluated_at,
                },
            )
        return added.rowcount == 1

    def last_evaluation(self, repository: Repository, number: int) -> RecordedEvaluation | None:
        """The newest record of a pull request."""
        with (
            self.connection() as connection,
            connection.cursor(row_factory=class_row(RecordedEvaluation)) as cursor,
        ):
            return cursor.execute(
                "SELECT number, head_sha, base_sha, decision, fingerprint, report, evaluated_at"
                " FROM evaluations WHERE forge = %s AND repository_id = %s AND number = %s"
                " ORDER BY id DESC LIMIT 1",
                (repository.forge, repository.id, number),
            ).fetchone()

    def decision_totals(self) -> dict[str, int]:
        """How many records there are per decision."""
        with self.connection() as connection:
            rows = connection.execute("SELECT decision, count(*) FROM evaluations GROUP BY 1 ORDER BY 1")
            return dict(rows.fetchall())
