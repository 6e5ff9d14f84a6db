"""The one query of ``/api/graphql`` that is answered: the accounts behind a merge request's commits."""

import re

from tests.fakes.exchange import Answer, RefusedError, Route
from tests.fakes.gitlab.exchange import MAX_PAGE, Call
from tests.fakes.gitlab.model import Level, MergeRequest
from tests.fakes.gitlab.shapes.people import Json


def answer(call: Call) -> Answer:
    """``project(fullPath:).mergeRequest(iid:).commits``, at most 100 nodes a page.

    A project or merge request the caller does not see is null, not an error
    (https://docs.gitlab.com/api/graphql/reference/).
    """
    if not call.world.graphql:
        raise RefusedError(404, "404 Not Found")
    user = call.user
    sent = call.sent
    path, iid = (_argument(sent, name) for name in ("fullPath", "iid"))
    project = call.world.project_by_path(path)
    if project is None or not project.can(user, Level.REPORTER):
        return {"data": {"project": None}}, 200, {}
    mr = project.merge_requests.get(int(iid))
    shown = None if mr is None else {"commits": _commits(call, mr, _after(sent))}
    return {"data": {"project": {"mergeRequest": shown}}}, 200, {}


def _argument(sent: Json, name: str) -> str:
    """An argument of the query, a literal or a variable."""
    found = re.search(rf'{name}:\s*(?:\$(\w+)|"([^"]*)")', str(sent.get("query", "")))
    if found is None:
        raise RefusedError(400, f"no argument {name}")
    return found[2] if found[1] is None else str(sent.get("variables", {}).get(found[1], ""))


def _after(sent: Json) -> int:
    cursor = re.search(r'after:\s*(?:\$(\w+)|"(\d+)")', str(sent.get("query", "")))
    if cursor is None:
        return 0
    return int(cursor[2] or sent.get("variables", {}).get(cursor[1]) or 0)


def _commits(call: Call, mr: MergeRequest, start: int) -> Json:
    commits = call.world.commits_of(mr)
    end = start + MAX_PAGE
    nodes = []
    for commit in commits[start:end]:
        user = call.world.account_of(commit.author.email)
        author = (
            {"id": f"gid://gitlab/User/{user.id}", "username": user.username, "bot": user.bot}
            if user
            else None
        )
        nodes.append({"sha": commit.oid, "author": author})
    return {"nodes": nodes, "pageInfo": {"hasNextPage": end < len(commits), "endCursor": str(end)}}


GRAPHQL: Route = ("POST", "/api/graphql", answer)
