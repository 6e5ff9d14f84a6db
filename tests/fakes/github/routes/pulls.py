"""Routes of pull requests: state, commits, files, reviews, merging."""

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.github.exchange import Call
from tests.fakes.github.routes.table import route
from tests.fakes.github.shapes import pulls, repositories
from tests.fakes.site import MergeRefusedError

MAX_COMMITS = 250
"""https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request"""
MAX_FILES = 3000
"""https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files"""


@route("GET", "/repos/<owner>/<name>/pulls")
def list_pulls(call: Call, owner: str, name: str) -> Answer:
    repo = call.repo(owner, name, pull_requests="read")
    state = call.flag("state") or "open"
    listed = [pull for pull in reversed(repo.pulls.values()) if state in {"all", pull.state}]
    base = call.flag("base")
    if base:
        listed = [pull for pull in listed if pull.base_ref == base]
    return [pulls.pull_simple(call.world, repo, pull) for pull in call.page(listed)], 200, {}


@route("GET", "/repos/<owner>/<name>/commits/<sha>/pulls")
def pulls_of_commit(call: Call, owner: str, name: str, sha: str) -> Answer:
    repo = call.repo(owner, name, pull_requests="read")
    listed = [pull for pull in repo.pulls.values() if pull.head_sha == sha]
    return [pulls.pull_simple(call.world, repo, pull) for pull in call.page(listed)], 200, {}


@route("GET", "/repos/<owner>/<name>/pulls/<int:number>")
def get_pull(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, pull_requests="read")
    return pulls.pull_request(call.world, repo, call.pull(repo, number)), 200, {}


@route("GET", "/repos/<owner>/<name>/pulls/<int:number>/commits")
def pull_commits(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, pull_requests="read")
    pull = call.pull(repo, number)
    found = repo.store.between(repo.branches[pull.base_ref], pull.head_sha)[:MAX_COMMITS]
    return [repositories.commit(call.world, repo, one) for one in call.page(found)], 200, {}


@route("GET", "/repos/<owner>/<name>/pulls/<int:number>/files")
def pull_files(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, pull_requests="read")
    pull = call.pull(repo, number)
    base = repo.store.merge_base(repo.branches[pull.base_ref], pull.head_sha)
    found = repo.store.changed_files(base, pull.head_sha)[:MAX_FILES] if base else []
    shown = [repositories.changed_file(call.world, repo, pull.head_sha, one) for one in call.page(found)]
    return shown, 200, {}


@route("GET", "/repos/<owner>/<name>/pulls/<int:number>/reviews")
def list_reviews(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, pull_requests="read")
    pull = call.pull(repo, number)
    return [pulls.review(call.world, repo, pull, one) for one in call.page(pull.reviews)], 200, {}


@route("POST", "/repos/<owner>/<name>/pulls/<int:number>/reviews")
def create_review(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, pull_requests="write")
    pull, who = call.pull(repo, number), call.token.user
    states = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
    state = states.get(call.sent.get("event", ""), "PENDING")
    if who is pull.author and state in {"APPROVED", "CHANGES_REQUESTED"}:
        raise RefusedError(422, "Can not approve your own pull request")
    made = call.world.review(
        repo, pull, by=who, state=state, body=call.sent.get("body", ""), commit=call.sent.get("commit_id")
    )
    return pulls.review(call.world, repo, pull, made), 200, {}


@route("PUT", "/repos/<owner>/<name>/pulls/<int:number>/merge")
def merge(call: Call, owner: str, name: str, number: int) -> Answer:
    repo = call.repo(owner, name, contents="write")
    pull = call.pull(repo, number)
    if call.sent.get("sha") not in {None, pull.head_sha}:
        raise RefusedError(409, "Head branch was modified. Review and try the merge again.")
    try:
        sha = call.world.merge(repo, pull, by=call.token.user)
    except MergeRefusedError as error:
        raise RefusedError(405, str(error)) from error
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}, 200, {}
