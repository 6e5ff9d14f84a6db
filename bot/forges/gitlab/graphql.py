"""The two things that only GitLab's GraphQL knows, as an addition to REST.

Where it is closed to us, or too old for the question, nothing is known: a commit's author by other
means, an edit by the time of any change (https://docs.gitlab.com/api/graphql/reference/). A question
that failed is asked again another time: for that moment, an author must not become unknown.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from msgspec import Struct, field

from bot.forges.errors import ForgeError, NotFoundError, UnauthorizedError
from bot.forges.gitlab import wire
from bot.forges.gitlab.view import View

_AUTHORS = """
query ($fullPath: ID!, $iid: String!, $after: String) {
  project(fullPath: $fullPath) {
    mergeRequest(iid: $iid) {
      commits(first: 100, after: $after) {
        nodes { sha author { id username bot } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""

_EDITS = """
query ($fullPath: ID!, $iid: String!, $after: String) {
  project(fullPath: $fullPath) {
    mergeRequest(iid: $iid) {
      notes(first: 100, after: $after) {
        nodes { id lastEditedAt }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""

_UNDEFINED = "undefinedField"
"""How a server answers that never heard of a field (https://graphql-ruby.org/errors/validation_errors)."""


class _User(Struct, frozen=True):
    id: str
    username: str = ""
    bot: bool = False


class _Node(Struct, frozen=True, rename="camel"):
    """A commit or a note."""

    sha: str = ""
    author: _User | None = None
    id: str = ""
    last_edited_at: datetime | None = None


class _PageInfo(Struct, frozen=True, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class _Page(Struct, frozen=True, rename="camel"):
    nodes: list[_Node]
    page_info: _PageInfo


class _MergeRequest(Struct, frozen=True):
    commits: _Page | None = None
    notes: _Page | None = None


class _Project(Struct, frozen=True, rename="camel"):
    merge_request: _MergeRequest | None = None


class _Data(Struct, frozen=True):
    project: _Project | None = None


class _Extensions(Struct, frozen=True):
    code: str = ""


class _Problem(Struct, frozen=True):
    extensions: _Extensions = _Extensions()


class _Answer(Struct, frozen=True):
    data: _Data | None = None
    errors: list[_Problem] = field(default_factory=list)


T = TypeVar("T")


def commit_authors(view: View, number: int) -> dict[str, wire.User]:
    """By SHA, the accounts GitLab sees behind the authors of a merge request's commits."""
    what = f"finding the authors of merge request {number}"
    return {
        node.sha: wire.User(id=_number(node.author.id), username=node.author.username, bot=node.author.bot)
        for node in _nodes(view, what, _AUTHORS, number)
        if node.author is not None
    }


def edits(view: View, number: int) -> dict[int, datetime | None]:
    """By id, when each note of a merge request was last edited; None when never."""
    what = f"finding edited comments of merge request {number}"
    return {_number(node.id): node.last_edited_at for node in _nodes(view, what, _EDITS, number)}


def _nodes(view: View, what: str, question: str, number: int) -> Iterator[_Node]:
    """GraphQL wants the path of the project; GitLab is asked for it by id.

    Our own copy may come from the payload of a webhook, which a maintainer of any project can shape
    (https://docs.gitlab.com/user/project/integrations/webhooks/#custom-webhook-template).
    """
    path = view.get("reading the path", "", wire.Project).path_with_namespace
    after: str | None = None
    while True:
        page = _page(view, what, question, {"fullPath": path, "iid": str(number), "after": after})
        if page is None:
            return
        yield from page.nodes
        if not page.page_info.has_next_page or page.page_info.end_cursor == after:
            return
        after = page.page_info.end_cursor


def _page(view: View, what: str, question: str, variables: dict[str, str | None]) -> _Page | None:
    try:
        answer = view.ask(what, question, variables, _Answer)
    except (NotFoundError, UnauthorizedError):
        return None
    if any(problem.extensions.code == _UNDEFINED for problem in answer.errors):
        return None
    project = answer.data.project if answer.data else None
    merge_request = project.merge_request if project else None
    page = merge_request.commits or merge_request.notes if merge_request else None
    if page is None or answer.errors:
        raise ForgeError(f"{what} of {view.full_name}: GraphQL gave no answer")
    return page


def _number(global_id: str) -> int:
    """``gid://gitlab/User/7`` is 7; 0 for what is no record, such as the note made up for an event."""
    found = re.search(r"/(\d{1,18})\Z", global_id)
    return int(found[1]) if found else 0
