"""Routes of projects and of Git data: branches, trees, blobs, commits, push events."""

import base64
import json
from urllib.parse import unquote

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.git_objects import CommitObject
from tests.fakes.gitlab.exchange import DEFAULT_PAGE, MAX_PAGE, Call
from tests.fakes.gitlab.model import Level, Project
from tests.fakes.gitlab.routes.table import route
from tests.fakes.gitlab.shapes import projects


@route("GET", "/projects")
def list_projects(call: Call) -> Answer:
    """``membership=true``: those the caller is a member of, directly or by a group."""
    user = call.user
    least = Level(int(call.flag("min_access_level") or Level.GUEST))
    member = call.flag("membership") == "true" or call.flag("min_access_level") is not None
    found = [
        one
        for one in sorted(call.world.projects.values(), key=lambda one: -one.id)
        if one.can(user, least) or (not member and one.visibility == "public")
    ]
    simple = call.flag("simple") == "true"
    shown = [
        projects.basic_project(call.world, one) if simple else projects.project(call.world, one, user)
        for one in call.page(found)
    ]
    return shown, 200, {}


@route("GET", "/projects/<ident>")
def get_project(call: Call, ident: str) -> Answer:
    return projects.project(call.world, call.project(ident), call.user), 200, {}


@route("GET", "/projects/<ident>/repository/branches/<name>")
def get_branch(call: Call, ident: str, name: str) -> Answer:
    project, name = call.project(ident, Level.REPORTER), unquote(name)
    if name not in project.branches:
        raise RefusedError(404, "404 Branch Not Found")
    return projects.branch(call.world, project, name, project.branches[name]), 200, {}


@route("GET", "/projects/<ident>/repository/tree")
def get_tree(call: Call, ident: str) -> Answer:
    """Pages of 20 unless asked otherwise; ``pagination=keyset`` is followed by the Link header."""
    project = call.project(ident, Level.REPORTER)
    commit = _resolve(project, call.flag("ref") or project.default_branch)
    if commit is None:
        raise RefusedError(404, "404 Tree Not Found")
    recursive = call.flag("recursive") in {"true", "1"}
    store = project.store
    entries = list(store.walk(commit.tree) if recursive else store.trees[commit.tree].items())
    if call.flag("pagination") != "keyset":
        return [projects.tree_entry(*one) for one in call.page(entries)], 200, {}
    size = min(int(call.flag("per_page") or DEFAULT_PAGE), MAX_PAGE)
    start = _after(entries, call.flag("page_token"))
    if start + size < len(entries):
        call.cursor(page_token=_token(entries[start + size - 1][0]))
    return [projects.tree_entry(*one) for one in entries[start : start + size]], 200, {}


def _token(path: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"file_name": path}).encode()).decode()


def _after(entries: list[tuple[str, object]], token: str | None) -> int:
    if not token:
        return 0
    last = json.loads(base64.urlsafe_b64decode(token))["file_name"]
    return next(n for n, (path, _) in enumerate(entries) if path == last) + 1


@route("GET", "/projects/<ident>/repository/blobs/<sha>/raw")
def raw_blob(call: Call, ident: str, sha: str) -> Answer:
    data = _blob(call.project(ident, Level.REPORTER), sha)
    return data, 200, {"Content-Type": "text/plain", "X-Content-Type-Options": "nosniff"}


@route("GET", "/projects/<ident>/repository/blobs/<sha>")
def get_blob(call: Call, ident: str, sha: str) -> Answer:
    data = _blob(call.project(ident, Level.REPORTER), sha)
    content = base64.b64encode(data).decode()
    return {"size": len(data), "encoding": "base64", "content": content, "sha": sha}, 200, {}


def _blob(project: Project, sha: str) -> bytes:
    data = project.store.blobs.get(sha)
    if data is None:
        raise RefusedError(404, "404 Blob Not Found")
    return data


@route("GET", "/projects/<ident>/repository/commits")
def list_commits(call: Call, ident: str) -> Answer:
    """Newest first, of ``ref_name`` (the default branch) that touched ``path``; without totals."""
    project = call.project(ident, Level.REPORTER)
    commit = _resolve(project, call.flag("ref_name") or project.default_branch)
    if commit is None:
        return call.page([], counted=False), 200, {}
    path = call.flag("path")
    found = project.store.touching(commit.oid, path) if path else project.store.ancestry(commit.oid)
    shown = [projects.commit(call.world, project, one) for one in call.page(list(found), counted=False)]
    return shown, 200, {}


@route("GET", "/projects/<ident>/repository/commits/<sha>")
def get_commit(call: Call, ident: str, sha: str) -> Answer:
    project = call.project(ident, Level.REPORTER)
    commit = _resolve(project, unquote(sha))
    if commit is None:
        raise RefusedError(404, "404 Commit Not Found")
    latest = [one for one in project.pipelines if one.sha == commit.oid]
    body = {
        **projects.commit(call.world, project, commit),
        "stats": {"additions": 0, "deletions": 0, "total": 0},
        "status": latest[-1].status if latest else None,
        "project_id": project.id,
        "last_pipeline": None,
    }
    return body, 200, {}


@route("GET", "/projects/<ident>/repository/merge_base")
def merge_base(call: Call, ident: str) -> Answer:
    project = call.project(ident, Level.REPORTER)
    refs = call.request.args.getlist("refs[]")
    if len(refs) < 2:
        raise RefusedError(400, "Provide at least 2 refs")
    commits = [_resolve(project, ref) for ref in refs]
    known = [one.oid for one in commits if one is not None]
    if len(known) < len(refs):
        missing = [ref for ref, one in zip(refs, commits, strict=True) if one is None]
        raise RefusedError(400, f"Could not find ref{'s' * (len(missing) > 1)}: {', '.join(missing)}")
    found = project.store.merge_base(*known[:2])
    if found is None:
        raise RefusedError(404, "404 Merge Base Not Found")
    return projects.commit(call.world, project, project.store.commits[found]), 200, {}


@route("GET", "/projects/<ident>/events")
def events(call: Call, ident: str) -> Answer:
    """Only pushes are kept, newest first."""
    project = call.project(ident)
    pushes = project.pushes[::-1] if call.flag("action") in {None, "pushed"} else []
    shown = [projects.push_event(call.world, project, one) for one in call.page(pushes)]
    return shown, 200, {}


def _resolve(project: Project, ref: str) -> CommitObject | None:
    """A bare name as Git resolves it: a tag shadows the branch of the same name."""
    if ref in project.store.commits:
        return project.store.commits[ref]
    kind, _, short = ref.removeprefix("refs/").partition("/")
    named = {"heads": project.branches, "tags": project.tags}.get(kind, {}).get(short)
    sha = named or project.tags.get(ref) or project.branches.get(ref)
    return project.store.commits[sha] if sha else None
