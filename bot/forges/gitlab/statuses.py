"""Commit statuses as they stand: those of a commit as checks, and the rows of one pipeline."""

from bot.forges.base import ObservedCheck
from bot.forges.gitlab import wire
from bot.forges.gitlab.client import Query
from bot.forges.gitlab.pipelines import Place
from bot.forges.gitlab.view import View
from bot.forges.status_line import read_back

_UNFINISHED = frozenset(
    {
        "created",
        "waiting_for_resource",
        "waiting_for_callback",
        "preparing",
        "pending",
        "running",
        "scheduled",
        "canceling",
    }
)
PIPELINES = 10
"""Pipelines of one commit, the newest, whose jobs are told from statuses."""
OPEN = frozenset({"pending", "running"})
"""What an update of ours would find again."""


def observed(view: View, sha: str, our_user_id: int) -> tuple[ObservedCheck, ...]:
    """Every status and CI job on a commit, oldest first.

    Superseded ones too, where they or what took their place is ours; others are over: a job that
    somebody retries has him for its author from then on.
    """
    what, path = f"listing the statuses on {sha}", f"/repository/commits/{sha}/statuses"
    listed = sorted(view.pages(what, path, wire.Status, {"all": "true"}), key=lambda row: row.id)
    newest = {(row.pipeline_id, row.name): row for row in listed}
    sources = _sources_of_jobs(view, sha, [row for row in listed if not is_ours(row, our_user_id)])
    return tuple(
        ObservedCheck(
            name=row.name,
            conclusion=_conclusion(row.status),
            app=row.author.username if row.author else "",
            ours=is_ours(row, our_user_id),
            external_id=fingerprints(row) if is_ours(row, our_user_id) else "",
            first_published_at=row.started_at or row.finished_at or row.created_at,
            pipeline=sources.get(row.id, ""),
        )
        for row in listed
        if (last := newest[row.pipeline_id, row.name]) is row
        or row.pipeline_id is None
        or is_ours(row, our_user_id)
        or is_ours(last, our_user_id)
    )


def _sources_of_jobs(view: View, sha: str, listed: list[wire.Status]) -> dict[int, str]:
    """The source of their pipeline for the rows that are CI jobs.

    Every developer may add a status of any name to a pipeline; only the list of its jobs tells the
    two apart (https://docs.gitlab.com/api/jobs/#list-pipeline-jobs).
    """
    used = sorted({row.pipeline_id for row in listed if row.pipeline_id is not None})[-PIPELINES:]
    if not used:
        return {}
    pipelines = view.pages(f"listing the pipelines on {sha}", "/pipelines", wire.Pipeline, {"sha": sha})
    source_of = {pipeline.id: pipeline.source for pipeline in pipelines}
    return {
        job.id: source_of[number]
        for number in used
        if number in source_of
        for job in view.pages(
            f"listing the jobs of pipeline {number}",
            f"/pipelines/{number}/jobs",
            wire.Job,
            {"include_retried": "true"},
        )
    }


def is_idle(view: View, place: Place, our_user_id: int) -> bool:
    """Whether nothing ran there but what we wrote: skipped, or of a CI configuration GitLab cannot read.

    Without us such a pipeline keeps the merge closed, unless the project has it otherwise.
    """
    if place.pipeline_id is None or place.is_external:
        return False
    others = (row for row in rows(place) if not is_ours(row, our_user_id))
    if any(row.status not in {"skipped", "manual"} for row in others):
        return False
    return not view.get("reading the settings", "", wire.Project).allow_merge_on_skipped_pipeline


def newest_of(place: Place, name: str) -> wire.Status | None:
    """The row of a name that counts in the pipeline: GitLab lists those put aside on demand only."""
    return max(_named(place, name, {}), key=lambda row: row.id, default=None)


def unfinished_of(place: Place, name: str, our_user_id: int) -> list[wire.Status]:
    """Our rows of a name that GitLab would update, those put aside too."""
    named = _named(place, name, {"all": "true"})
    return [row for row in named if is_ours(row, our_user_id) and row.status in OPEN]


def rows(place: Place, asked: Query | None = None) -> list[wire.Status]:
    """The rows of a pipeline, none where there is no pipeline yet."""
    if place.pipeline_id is None:
        return []
    what, path = f"listing the statuses on {place.sha}", f"/repository/commits/{place.sha}/statuses"
    query: Query = {"pipeline_id": place.pipeline_id, **(asked or {})}
    listed = place.view.pages(what, path, wire.Status, query)
    return [row for row in listed if row.pipeline_id in {None, place.pipeline_id}]


def fingerprints(row: wire.Status) -> str:
    """What a row of ours says of them, "" for nothing."""
    return read_back(row.description or "")


def is_ours(row: wire.Status, our_user_id: int) -> bool:
    """By the account, never by the name alone."""
    return row.author is not None and row.author.id == our_user_id


def _named(place: Place, name: str, query: Query) -> list[wire.Status]:
    return [row for row in rows(place, {"name": name, **query}) if row.name == name]


def _conclusion(status: str) -> str:
    return "" if status in _UNFINISHED else "failure" if status == "failed" else status
