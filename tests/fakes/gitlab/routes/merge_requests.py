"""Routes of merge requests: reading them, approving, merging."""

from collections.abc import Callable

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.model import Level, MergeRequest
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes import merge_requests as shapes
from tests.fakes.site import MergeRefusedError

MR = "/projects/<ident>/merge_requests/<int:iid>"


@route("GET", "/projects/<ident>/merge_requests")
def list_merge_requests(call: Call, ident: str) -> Answer:
    """Newest first; ``state`` is ``all`` unless asked."""
    project = call.project(ident, Level.REPORTER)
    wanted: dict[str, Callable[[MergeRequest], str]] = {
        "state": lambda mr: mr.state,
        "source_branch": lambda mr: mr.source_branch,
        "target_branch": lambda mr: mr.target_branch,
    }
    found = [
        mr
        for mr in reversed(project.merge_requests.values())
        if all(call.flag(name) in {None, "all", of(mr)} for name, of in wanted.items())
    ]
    return [shapes.basic_merge_request(call.world, mr) for mr in call.page(found)], 200, {}


@route("GET", MR)
def get_merge_request(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid)
    return shapes.merge_request(call.world, mr, call.user), 200, {}


@route("GET", f"{MR}/commits")
def list_commits(call: Call, ident: str, iid: int) -> Answer:
    """Newest first, of the newest version; none while that is prepared."""
    mr = call.merge_request(ident, iid)
    commits = call.page(call.world.commits_of(mr))
    return [shapes.listed_commit(call.world, mr, one) for one in commits], 200, {}


@route("GET", f"{MR}/versions")
def list_versions(call: Call, ident: str, iid: int) -> Answer:
    """Newest first."""
    mr = call.merge_request(ident, iid)
    return [shapes.version(mr, one) for one in call.page(mr.versions[::-1])], 200, {}


@route("GET", f"{MR}/approvals")
def get_approvals(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid)
    return shapes.approvals(call.world, mr, call.user), 200, {}


@route("POST", f"{MR}/approve")
def approve(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid)
    if not call.world.may_approve(mr, call.user):
        raise RefusedError(401, "401 Unauthorized")
    _same_head(call, mr)
    call.world.approve(mr, by=call.user)
    return shapes.approvals(call.world, mr, call.user), 201, {}


@route("POST", f"{MR}/unapprove")
def unapprove(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid)
    if all(one.user is not call.user for one in mr.approvals):
        raise RefusedError(404, "404 Not found")
    call.world.unapprove(mr, by=call.user)
    return None, 201, {}


@route("GET", f"{MR}/reviewers")
def list_reviewers(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid)
    return [shapes.reviewer(call.world, one) for one in mr.reviewers], 200, {}


@route("PUT", f"{MR}/merge")
def merge(call: Call, ident: str, iid: int) -> Answer:
    """https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request."""
    mr = call.merge_request(ident, iid)
    if not mr.project.can(call.user, Level.DEVELOPER):
        raise RefusedError(401, "401 Unauthorized")
    try:
        problem = None if mr.is_open else "not_open"
        if problem is None:
            _same_head(call, mr)
            call.world.merge(mr, by=call.user)
    except MergeRefusedError as error:
        problem = str(error)
    if problem == "conflict":
        raise RefusedError(422, "Branch cannot be merged")
    if problem is not None:
        raise RefusedError(405, "405 Method Not Allowed")
    return shapes.merge_request(call.world, mr, call.user), 200, {}


def _same_head(call: Call, mr: MergeRequest) -> None:
    if call.sent.get("sha") not in {None, mr.sha}:
        raise RefusedError(409, f"SHA does not match HEAD of source branch: {mr.sha}")
