"""When a pull request may be merged, and the commit that merging makes."""

from tests.fakes.git_objects import ObjectStore, Signature
from tests.fakes.github.model import CheckRun, Pull, Repo, RequiredCheck
from tests.fakes.site import MergeRefusedError

SATISFYING = frozenset({"success", "neutral", "skipped"})
"""Conclusions that satisfy a required check: GitHub lets all three pass."""


def newest_run(repo: Repo, sha: str, required: RequiredCheck) -> CheckRun | None:
    runs = [
        run
        for run in repo.check_runs
        if run.head_sha == sha and run.name == required.context and required.app_id in (None, run.app.id)
    ]
    return runs[-1] if runs else None


def refusal(repo: Repo, pull: Pull) -> str | None:
    """Why the pull request may not be merged now; None when it may."""
    if pull.state != "open":
        return "Pull Request is not mergeable"
    if pull.draft:
        return "Pull Request is still a draft"
    for required in repo.required_checks.get(pull.base_ref, []):
        problem = _unsatisfied(repo, pull.head_sha, required)
        if problem:
            return f'Required status check "{required.context}" {problem}.'
    return None


def _unsatisfied(repo: Repo, sha: str, required: RequiredCheck) -> str | None:
    run = newest_run(repo, sha, required)
    if run is not None:
        if run.status != "completed":
            return "is in progress"
        return None if run.conclusion in SATISFYING else "is failing"
    if required.app_id is None:
        states = [one.state for one in repo.statuses if one.sha == sha and one.context == required.context]
        if states:
            return None if states[-1] == "success" else f"is {states[-1]}"
    return "is expected"


def mergeable_state(repo: Repo, pull: Pull) -> str:
    if pull.merged_at is not None:
        return "unknown"
    return "blocked" if refusal(repo, pull) else "clean"


def merged_commit(store: ObjectStore, *, base: str, head: str, by: Signature, message: str) -> str:
    """A merge commit of two commits; files changed on both sides in different ways are refused."""
    tree = store.merged_tree(base, head)
    if tree is None:
        raise MergeRefusedError("Merge conflict")
    return store.add_commit(tree=tree, parents=(base, head), author=by, committer=by, message=message)
