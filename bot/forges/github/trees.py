"""Trees and blobs by their SHA: what they hold never changes, so trees are kept."""

from collections import OrderedDict
from collections.abc import Iterator

from bot.forges.base import ObjectKind, Tree, TreeEntry
from bot.forges.errors import TooLargeError
from bot.forges.github import wire
from bot.forges.github.view import View

KEPT_TREES = 6
MAX_WALK_REQUESTS = 200
"""Requests spent on a tree too large for one answer (100,000 entries or 7 MB,
https://docs.github.com/en/rest/git/trees) before it is given back as truncated."""

_KINDS = {"120000": ObjectKind.SYMLINK, "160000": ObjectKind.SUBMODULE, "040000": ObjectKind.DIRECTORY}


class TreeReader:
    """Reads trees and blobs of one repository; remembers the last trees and the sizes in them."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._trees: OrderedDict[str, Tree] = OrderedDict()
        self._sizes: dict[str, dict[str, int]] = {}

    def tree(self, sha: str) -> Tree:
        """The recursive tree of a commit; walked directory by directory when GitHub truncates."""
        if sha not in self._trees:
            self._keep(self._read(sha))
        self._trees.move_to_end(sha)
        return self._trees[sha]

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        """The bytes of a blob. Raises TooLargeError, before any request when a tree told the size."""
        size = next((sizes[oid] for sizes in self._sizes.values() if oid in sizes), 0)
        if size > max_bytes:
            raise TooLargeError(f"blob {oid} of {self._view.full_name}: {size} bytes, {max_bytes} allowed")
        return self._view.download(f"reading blob {oid}", f"/git/blobs/{oid}", max_bytes=max_bytes)

    def _keep(self, tree: Tree) -> None:
        self._trees[tree.sha] = tree
        entries = tree.entries.values()
        self._sizes[tree.sha] = {entry.oid: entry.size for entry in entries if entry.size is not None}
        if len(self._trees) > KEPT_TREES:
            oldest, _ = self._trees.popitem(last=False)
            del self._sizes[oldest]

    def _read(self, sha: str) -> Tree:
        answer = self._ask(sha, recursive=True)
        return self._walk(sha) if answer.truncated else Tree(sha, dict(_entries(answer, "")))

    def _walk(self, sha: str) -> Tree:
        """Read level by level; a directory that fits into one answer is read whole."""
        entries: dict[str, TreeEntry] = {}
        too_large = [(sha, "")]
        requests = 0
        truncated = False
        while too_large:
            oid, prefix = too_large.pop()
            answer = self._ask(oid, recursive=False)
            requests += 1
            truncated |= answer.truncated
            level = dict(_entries(answer, prefix))
            entries |= level
            for path, entry in level.items():
                if entry.kind is not ObjectKind.DIRECTORY:
                    continue
                if requests >= MAX_WALK_REQUESTS:
                    return Tree(sha, entries, truncated=True)
                below = self._ask(entry.oid, recursive=True)
                requests += 1
                if below.truncated:
                    too_large.append((entry.oid, f"{path}/"))
                else:
                    entries.update(_entries(below, f"{path}/"))
        return Tree(sha, entries, truncated=truncated)

    def _ask(self, sha: str, *, recursive: bool) -> wire.Tree:
        """GitHub reads any value of ``recursive`` as yes, so "no" is leaving it out."""
        path = f"/git/trees/{sha}"
        if recursive:
            return self._view.get(f"reading tree {sha}", path, wire.Tree, {"recursive": "1"})
        return self._view.get(f"reading tree {sha}", path, wire.Tree)


def _entries(answer: wire.Tree, prefix: str) -> Iterator[tuple[str, TreeEntry]]:
    for entry in answer.tree:
        kind = _KINDS.get(entry.mode, ObjectKind.FILE)
        yield prefix + entry.path, TreeEntry(entry.sha, kind, entry.size)
