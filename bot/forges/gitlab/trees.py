"""Trees and blobs by their SHA: what they hold never changes, so trees are kept."""

from collections import OrderedDict
from itertools import islice

from bot.forges.base import ObjectKind, Tree, TreeEntry
from bot.forges.gitlab import wire_reading as read
from bot.forges.gitlab.client import PAGE_SIZE
from bot.forges.gitlab.view import View

KEPT_TREES = 6
MAX_REQUESTS = 1_000
"""Requests spent on one tree, 100 entries each, before it is given back as truncated."""

_KINDS = {"120000": ObjectKind.SYMLINK, "160000": ObjectKind.SUBMODULE, "040000": ObjectKind.DIRECTORY}


class TreeReader:
    """Reads trees and blobs of one project; remembers the last trees.

    Commits of forks are read through the project their merge request aims at.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._trees: OrderedDict[str, Tree] = OrderedDict()

    def tree(self, sha: str) -> Tree:
        """The recursive tree of a commit."""
        if sha not in self._trees:
            self._trees[sha] = self._read(sha)
        self._trees.move_to_end(sha)
        if len(self._trees) > KEPT_TREES:
            self._trees.popitem(last=False)
        return self._trees[sha]

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        """The bytes of a blob. Raises TooLargeError as soon as GitLab says or shows that there are more.

        https://docs.gitlab.com/api/repositories/#raw-blob-content
        """
        path = f"/repository/blobs/{oid}/raw"
        return self._view.download(f"reading blob {oid}", path, max_bytes=max_bytes)

    def _read(self, sha: str) -> Tree:
        """Page by page: GitLab has no other recursive listing that names object ids.

        https://docs.gitlab.com/api/repositories/#list-repository-tree
        """
        query = {"ref": sha, "recursive": "true", "pagination": "keyset"}
        listed = self._view.pages(f"reading tree {sha}", "/repository/tree", read.Entry, query)
        entries = {
            entry.path: TreeEntry(entry.id, _KINDS.get(entry.mode, ObjectKind.FILE))
            for entry in islice(listed, MAX_REQUESTS * PAGE_SIZE)
        }
        return Tree(sha, entries, truncated=next(listed, None) is not None)
