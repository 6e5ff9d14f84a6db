"""``/releases/…``: the whole lists of items that comments link to.

A link is a capability: who has it may read its list, and everybody else is told nothing, not even
whether there was one. Wrong, ended and unknown links get the answer of an address that does not
exist, to the byte. Nothing here may write a request's path to a log: the token is in it.

Lists are sent as they are stored, packed and in one piece: a reader who takes them slowly holds a
few megabytes, and never one of the threads that take deliveries.
"""

import re
from dataclasses import dataclass

import psycopg
import structlog
from flask import Blueprint, Response, abort, make_response, request

from bot.list_links import TOKEN
from bot.store import Store

_PATH = re.compile(r"[A-Za-z0-9._/-]{1,500}")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The one page there is."""

    store: Store

    def blueprint(self) -> Blueprint:
        """The route as Flask wants it, for GET and HEAD."""
        blueprint = Blueprint("pages", __name__)
        blueprint.add_url_rule(
            "/releases/<token>/<path:path>",
            view_func=self.whole_list,
            methods=["GET"],
            provide_automatic_options=False,
        )
        return blueprint

    def whole_list(self, token: str, path: str) -> Response:
        """One list as JSON lines, to be saved; 404, or 503 while the database is away.

        Who does not say that it unpacks gzip, as browsers do, gets a file that is gzip.
        """
        if not TOKEN.fullmatch(token) or not _PATH.fullmatch(path):
            abort(404)
        try:
            found = self.store.list_file(token, path)
        except psycopg.Error as error:
            _log.error("list_not_read", error=str(error))
            response = make_response("database unreachable\n", 503)
            response.headers["Content-Type"] = "text/plain; charset=utf-8"
            response.headers["Retry-After"] = "30"
            return response
        if found is None:
            abort(404)
        name = path.replace("/", "-")
        response = Response(found, mimetype="application/jsonl")
        if request.accept_encodings["gzip"]:
            response.headers["Content-Encoding"] = "gzip"
        else:
            name, response.mimetype = f"{name}.gz", "application/gzip"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["X-Robots-Tag"] = "noindex"
        return response
