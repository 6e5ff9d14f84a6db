"""What of ``/api/graphql`` is answered: accounts behind a merge request's commits, edits of its notes."""

import re

from tests.fakes.exchange import Answer, RefusedError, Route
from tests.fakes.gitlab.exchange import MAX_PAGE, Call
from tests.fakes.gitlab.model import Level, MergeRequest, User
from tests.fakes.gitlab.shapes.people import Json, when


def answer(call: Call) -> Answer:
    """``project(fullPath:).mergeRequest(iid:)`` with ``commits`` or ``notes``, at most 100 nodes a page.

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
    nodes = _commits if "commits" in str(sent["query"]) else _notes
    kind = nodes.__name__.removeprefix("_")
    shown = None if mr is None else {kind: _page(nodes(call, mr), _after(sent))}
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


def _commits(call: Call, mr: MergeRequest) -> list[Json]:
    return [
        {"sha": one.oid, "author": _author(call.world.account_of(one.author.email))}
        for one in call.world.commits_of(mr)
    ]


def _author(user: User | None) -> Json | None:
    if user is None:
        return None
    return {"id": f"gid://gitlab/User/{user.id}", "username": user.username, "bot": user.bot}


def _notes(call: Call, mr: MergeRequest) -> list[Json]:
    """Newest first. REST tells edits from other changes of a note nowhere."""
    return [
        {"id": f"gid://gitlab/Note/{one.id}", "lastEditedAt": when(one.last_edited_at)}
        for one in reversed(mr.notes)
    ]


def _page(nodes: list[Json], start: int) -> Json:
    end = start + MAX_PAGE
    return {"nodes": nodes[start:end], "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)}}


GRAPHQL: Route = ("POST", "/api/graphql", answer)
