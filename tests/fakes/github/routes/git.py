"""Routes of Git data: refs, trees, blobs, commits, comparisons, repositories."""

import base64

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.github.exchange import Call
from tests.fakes.github.model import Repo
from tests.fakes.github.routes.table import route
from tests.fakes.github.shapes import repositories
from tests.fakes.github.shapes.people import node

RAW = "application/vnd.github.raw"
MAX_BLOB_BYTES = 100 * 1024 * 1024


@route("GET", "/repos/<owner>/<name>")
def get_repository(call: Call, owner: str, name: str) -> Answer:
    return repositories.full_repository(call.world, call.repo(owner, name, metadata="read")), 200, {}


@route("GET", "/repos/<owner>/<name>/git/ref/<path:ref>")
def get_ref(call: Call, owner: str, name: str, ref: str) -> Answer:
    repo = call.repo(owner, name, contents="read")
    kind, _, short = ref.partition("/")
    sha = {"heads": repo.branches, "tags": repo.tags}.get(kind, {}).get(short)
    if sha is None:
        raise RefusedError(404, "Not Found")
    return repositories.ref(call.world, repo, ref, sha), 200, {}


@route("GET", "/repos/<owner>/<name>/git/trees/<sha>")
def get_tree(call: Call, owner: str, name: str, sha: str) -> Answer:
    repo = call.repo(owner, name, contents="read")
    tree = repo.store.tree_of(sha)
    if tree is None:
        raise RefusedError(404, "Not Found")
    recursive = call.flag("recursive") is not None
    return repositories.tree(call.world, repo, tree, recursive=recursive), 200, {}


@route("GET", "/repos/<owner>/<name>/git/blobs/<sha>")
def get_blob(call: Call, owner: str, name: str, sha: str) -> Answer:
    repo = call.repo(owner, name, contents="read")
    data = repo.store.blobs.get(sha)
    if data is None:
        raise RefusedError(404, "Not Found")
    if len(data) > MAX_BLOB_BYTES:
        raise RefusedError(403, "This API returns blobs up to 100 MB in size.")
    if call.request.headers.get("Accept", "").startswith(RAW):
        return data, 200, {"Content-Type": f"{RAW}; charset=utf-8"}
    body = {
        "sha": sha,
        "node_id": node("B", sha),
        "size": len(data),
        "url": f"{repositories.api_url(call.world, repo)}/git/blobs/{sha}",
        "content": base64.encodebytes(data).decode(),
        "encoding": "base64",
    }
    return body, 200, {}


@route("GET", "/repos/<owner>/<name>/compare/<path:basehead>")
def compare(call: Call, owner: str, name: str, basehead: str) -> Answer:
    repo = call.repo(owner, name, contents="read")
    base, dots, head = basehead.partition("...")
    ends = [_commit(repo, one) for one in (base, head)]
    if not dots or None in ends:
        raise RefusedError(404, "Not Found")
    body = repositories.comparison(call.world, repo, str(ends[0]), str(ends[1]), call.window)
    if body is None:
        raise RefusedError(404, f"No common ancestor between {base} and {head}.")
    return body, 200, {}


@route("GET", "/repos/<owner>/<name>/commits")
def list_commits(call: Call, owner: str, name: str) -> Answer:
    repo = call.repo(owner, name, contents="read")
    start = _commit(repo, call.flag("sha") or repo.default_branch)
    if start is None:
        raise RefusedError(404, "Not Found")
    path = call.flag("path")
    found = list(repo.store.touching(start, path) if path else repo.store.ancestry(start))
    return [repositories.commit(call.world, repo, one) for one in call.page(found)], 200, {}


@route("GET", "/repos/<owner>/<name>/activity")
def list_activity(call: Call, owner: str, name: str) -> Answer:
    """Newest first, by cursor (https://docs.github.com/en/rest/repos/repos#list-repository-activities)."""
    repo = call.repo(owner, name, contents="read")
    ref = call.flag("ref")
    log = [one for one in reversed(repo.pushes) if ref in {None, one.branch, f"refs/heads/{one.branch}"}]
    start = int(call.flag("after") or 0)
    size = int(call.flag("per_page") or 30)
    if len(log) > start + size:
        call.cursor(after=start + size)
    return [repositories.push(call.world, one) for one in log[start : start + size]], 200, {}


@route("GET", "/repos/<owner>/<name>/commits/<sha>")
def get_commit(call: Call, owner: str, name: str, sha: str) -> Answer:
    repo = call.repo(owner, name, contents="read")
    found = _commit(repo, sha)
    if found is None:
        raise RefusedError(422, f"No commit found for SHA: {sha}")
    return repositories.commit(call.world, repo, repo.store.commits[found]), 200, {}


def _commit(repo: Repo, name: str) -> str | None:
    """GitHub resolves a bare name to a tag before a branch; adapters must not rely on it."""
    if name in repo.store.commits:
        return name
    return repo.tags.get(name) or repo.branches.get(name)
