"""Routes of a pull request's conversation: comments and reactions."""

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.github.exchange import Call
from tests.fakes.github.model import Comment, Pull, Repo
from tests.fakes.github.routes.table import route
from tests.fakes.github.shapes import pulls

MAX_BODY = 65_536


@route("GET", "/repos/<owner>/<name>/issues/<int:number>/comments")
def list_comments(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, issues_or_pull_requests="read")
    pull = call.pull(repo, number)
    return [pulls.comment(call.world, repo, pull, one) for one in call.page(pull.comments)], 200, {}


@route("POST", "/repos/<owner>/<name>/issues/<int:number>/comments")
def create_comment(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, issues_or_pull_requests="write")
    pull, token = call.pull(repo, number), call.token
    app = token.installation.app if token.installation else None
    made = call.world.comment(repo, pull, _body(call), by=token.user, app=app)
    return pulls.comment(call.world, repo, pull, made), 201, {}


@route("PATCH", "/repos/<owner>/<name>/issues/comments/<int:comment_id>")
def edit_comment(call: Call, owner: str, name: str, comment_id: int) -> Answer:
    repo = call.repo(owner, name, issues_or_pull_requests="write")
    pull, comment = _find(repo, comment_id)
    call.world.edit_comment(repo, pull, comment, _body(call), by=call.token.user)
    return pulls.comment(call.world, repo, pull, comment), 200, {}


@route("DELETE", "/repos/<owner>/<name>/issues/comments/<int:comment_id>")
def delete_comment(call: Call, owner: str, name: str, comment_id: int) -> Answer:
    repo = call.repo(owner, name, issues_or_pull_requests="write")
    pull, comment = _find(repo, comment_id)
    call.world.delete_comment(repo, pull, comment, by=call.token.user)
    return None, 204, {}


@route("POST", "/repos/<owner>/<name>/issues/comments/<int:comment_id>/reactions")
def create_reaction(call: Call, owner: str, name: str, comment_id: int) -> Answer:
    repo = call.repo(owner, name, issues_or_pull_requests="write")
    _, comment = _find(repo, comment_id)
    if call.sent.get("content") not in pulls.REACTIONS:
        raise RefusedError(422, "Validation Failed")
    made, new = call.world.react(comment, call.sent["content"], by=call.token.user)
    return pulls.reaction(call.world, made), 201 if new else 200, {}


@route("GET", "/repos/<owner>/<name>/issues/comments/<int:comment_id>/reactions")
def list_reactions(call: Call, owner: str, name: str, comment_id: int) -> Answer:
    repo = call.repo(owner, name, issues_or_pull_requests="read")
    _, comment = _find(repo, comment_id)
    return [pulls.reaction(call.world, one) for one in call.page(comment.reactions)], 200, {}


def _body(call: Call) -> str:
    body = call.sent.get("body")
    if not isinstance(body, str) or not body:
        raise RefusedError(422, "Validation Failed")
    if len(body) > MAX_BODY:
        raise RefusedError(422, "Body is too long (maximum is 65536 characters)")
    return body


def _find(repo: Repo, comment_id: int) -> tuple[Pull, Comment]:
    for pull in repo.pulls.values():
        for comment in pull.comments:
            if comment.id == comment_id:
                return pull, comment
    raise RefusedError(404, "Not Found")
