"""Routes of Premium and Ultimate: approval rules, external status checks, merge trains.

On Free they are not there (404), as in GitLab's Community Edition. The routes of Ultimate answer 401
on Premium: https://gitlab.com/gitlab-org/gitlab/-/blob/master/ee/lib/api/status_checks.rb
"""

from collections.abc import Sequence

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.licensed import members_among
from tests.fakes.gitlab.merging import asked_checks
from tests.fakes.gitlab.model import ApprovalRule, Level, MergeRequest, Project, Tier, User
from tests.fakes.gitlab.routes.merge_requests import MR
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes import licensed as shapes
from tests.fakes.site import MergeRefusedError

ANSWERS = frozenset({"passed", "failed", "pending"})


def _premium(mr: MergeRequest) -> MergeRequest:
    if mr.project.tier is Tier.FREE:
        raise RefusedError(404, "404 Not Found")
    return mr


def _editable(call: Call, mr: MergeRequest) -> MergeRequest:
    """Maintainers edit rules, and the author who is a Developer, unless the project prevents it.

    https://gitlab.com/gitlab-org/gitlab/-/merge_requests/251391
    """
    needs = Level.DEVELOPER if mr.author is call.user else Level.MAINTAINER
    if _premium(mr).project.prevent_editing_rules or not mr.project.can(call.user, needs):
        raise RefusedError(403, "403 Forbidden")
    return mr


def _ultimate(project: Project) -> Project:
    if project.tier is Tier.FREE:
        raise RefusedError(404, "404 Not Found")
    if project.tier is not Tier.ULTIMATE:
        raise RefusedError(401, "401 Unauthorized")
    return project


@route("GET", f"{MR}/approval_state")
def approval_state(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid)
    rules = [] if mr.project.tier is Tier.FREE else mr.rules
    overwritten = any(one.source_rule_id is None for one in rules)
    shown = [shapes.rule_state(call.world, mr, one) for one in rules]
    return {"approval_rules_overwritten": overwritten, "rules": shown}, 200, {}


@route("GET", f"{MR}/approval_rules")
def list_rules(call: Call, ident: str, iid: int) -> Answer:
    mr = _premium(call.merge_request(ident, iid))
    return [shapes.rule(call.world, mr, one) for one in call.page(mr.rules)], 200, {}


@route("POST", f"{MR}/approval_rules")
def create_rule(call: Call, ident: str, iid: int) -> Answer:
    mr = _editable(call, call.merge_request(ident, iid, Level.DEVELOPER))
    name, required = str(call.required("name")), int(call.required("approvals_required"))
    if any(one.name == name for one in mr.rules):
        raise RefusedError(400, {"name": ["has already been taken"]})
    made = call.world.add_rule(mr, name, _users(call), required=required)
    return shapes.rule(call.world, mr, made), 201, {}


@route("PUT", f"{MR}/approval_rules/<int:number>")
def edit_rule(call: Call, ident: str, iid: int, number: int) -> Answer:
    """People not named are taken out."""
    mr = _editable(call, call.merge_request(ident, iid, Level.DEVELOPER))
    one = _rule(mr, number)
    one.name = call.sent.get("name", one.name)
    one.approvals_required = int(call.sent.get("approvals_required", one.approvals_required))
    if "user_ids" in call.sent:
        one.users = members_among(mr, _users(call))
    if "group_ids" in call.sent:
        ids = call.sent["group_ids"]
        one.groups = [group for group in call.world.groups.values() if group.id in ids]
    return shapes.rule(call.world, mr, one), 200, {}


@route("DELETE", f"{MR}/approval_rules/<int:number>")
def delete_rule(call: Call, ident: str, iid: int, number: int) -> Answer:
    mr = _editable(call, call.merge_request(ident, iid, Level.DEVELOPER))
    mr.rules.remove(_rule(mr, number))
    return None, 204, {}


def _rule(mr: MergeRequest, number: int) -> ApprovalRule:
    for one in mr.rules:
        if one.id == number:
            return one
    raise RefusedError(404, "404 Not found")


def _users(call: Call) -> Sequence[User]:
    ids = call.sent.get("user_ids", [])
    return [one for one in call.world.users.values() if one.id in ids]


@route("GET", "/projects/<ident>/external_status_checks")
def list_project_checks(call: Call, ident: str) -> Answer:
    """Only for maintainers: others get 401 here too."""
    project = _ultimate(call.project(ident, Level.REPORTER))
    if not project.can(call.user, Level.MAINTAINER):
        raise RefusedError(401, "401 Unauthorized")
    return [shapes.project_check(project.id, one) for one in call.page(project.status_checks)], 200, {}


@route("GET", f"{MR}/status_checks")
def list_checks(call: Call, ident: str, iid: int) -> Answer:
    mr = call.merge_request(ident, iid, Level.DEVELOPER)
    _ultimate(mr.project)
    return [shapes.check(call.world, mr, one) for one in call.page(asked_checks(mr))], 200, {}


@route("POST", f"{MR}/status_check_responses")
def answer_check(call: Call, ident: str, iid: int) -> Answer:
    """https://docs.gitlab.com/api/status_checks/#set-status-of-an-external-status-check."""
    mr = call.merge_request(ident, iid, Level.DEVELOPER)
    _ultimate(mr.project)
    number, sha, status = (call.required(name) for name in ("external_status_check_id", "sha", "status"))
    if status not in ANSWERS:
        raise RefusedError(400, "status does not have a valid value")
    found = next((one for one in mr.project.status_checks if one.id == int(number)), None)
    if found is None:
        raise RefusedError(404, "404 Not found")
    if sha != mr.sha:
        raise RefusedError(409, f"SHA does not match HEAD of source branch: {mr.sha}")
    made = call.world.answer_status_check(mr, found, status, sha=sha)
    return shapes.response(call.world, mr, made), 201, {}


@route("GET", "/projects/<ident>/merge_trains")
def list_trains(call: Call, ident: str) -> Answer:
    project = _with_trains(call.project(ident, Level.DEVELOPER))
    return [shapes.car(call.world, mr) for mr in call.page(project.train)], 200, {}


@route("GET", "/projects/<ident>/merge_trains/merge_requests/<int:iid>")
def get_car(call: Call, ident: str, iid: int) -> Answer:
    project = _with_trains(call.project(ident, Level.DEVELOPER))
    mr = next((one for one in project.train if one.iid == iid), None)
    if mr is None:
        raise RefusedError(404, "404 Not Found")
    return shapes.car(call.world, mr), 200, {}


@route("POST", "/projects/<ident>/merge_trains/merge_requests/<int:iid>")
def join_train(call: Call, ident: str, iid: int) -> Answer:
    project = _with_trains(call.project(ident, Level.DEVELOPER))
    mr = call.merge_request(ident, iid)
    if call.sent.get("sha") not in {None, mr.sha}:
        raise RefusedError(409, f"SHA does not match HEAD of source branch: {mr.sha}")
    try:
        call.world.join_train(mr, by=call.user)
    except MergeRefusedError as error:
        raise RefusedError(400, "400 Bad request - Failed to merge") from error
    return [shapes.car(call.world, one) for one in project.train], 201, {}


def _with_trains(project: Project) -> Project:
    if project.tier is Tier.FREE or not project.merge_trains_enabled:
        raise RefusedError(403, "403 Forbidden")
    return project
