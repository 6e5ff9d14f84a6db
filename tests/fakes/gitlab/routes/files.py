"""The route of a file by its path (https://docs.gitlab.com/api/repository_files/)."""

import base64
from urllib.parse import unquote

from tests.fakes.exchange import Answer, RefusedError
from tests.fakes.gitlab.exchange import Call
from tests.fakes.gitlab.model import Level
from tests.fakes.gitlab.routes.table import route


@route("GET", "/projects/<ident>/repository/files/<path>")
def get_file(call: Call, ident: str, path: str) -> Answer:
    """At a commit: `ref` is one's SHA here, a branch otherwise."""
    project, name = call.project(ident, Level.REPORTER), unquote(path)
    ref = call.flag("ref")
    if not ref:
        raise RefusedError(400, "ref is missing")
    commit = project.branches.get(ref, ref)
    found = project.store.at(commit, name) if commit in project.store.commits else None
    data = project.store.blobs.get(found.oid) if found else None
    if found is None or data is None:
        raise RefusedError(404, "404 File Not Found")
    body = {
        "file_name": name.rpartition("/")[2],
        "file_path": name,
        "size": len(data),
        "encoding": "base64",
        "content": base64.b64encode(data).decode(),
        "ref": ref,
        "blob_id": found.oid,
        "commit_id": commit,
        "last_commit_id": commit,
        "execute_filemode": False,
    }
    return body, 200, {}
