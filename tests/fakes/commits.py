"""A repository in memory, read through the two methods and the history an evaluation needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.forges.base import ObjectKind, Revisions, Tree, TreeEntry
from bot.forges.errors import TooLargeError
from tests.fakes.git_objects import Content, ObjectStore, Signature

SOMEBODY = Signature("Somebody", "somebody@example.org", datetime(2026, 11, 24, tzinfo=UTC))
KINDS = {
    "100644": ObjectKind.FILE,
    "100755": ObjectKind.FILE,
    "120000": ObjectKind.SYMLINK,
    "160000": ObjectKind.SUBMODULE,
    "040000": ObjectKind.DIRECTORY,
}


@dataclass(slots=True)
class Commits:
    """Commits with the real object ids of Git. `read` counts what was asked for."""

    store: ObjectStore = field(default_factory=ObjectStore)
    truncated: set[str] = field(default_factory=set)
    read: list[str] = field(default_factory=list)

    def commit(self, files: Mapping[str, Content], *, onto: str | None = None) -> str:
        """`files` (None deletes) on top of `onto`; the SHA."""
        tree = self.store.commits[onto].tree if onto else None
        return self.store.add_commit(
            tree=self.store.changed_tree(tree, files),
            parents=(onto,) if onto else (),
            author=SOMEBODY,
            committer=SOMEBODY,
            message=f"Commit {len(self.store.commits)}",
        )

    def revisions(self, base: str, head: str) -> Revisions:
        fork = self.store.merge_base(base, head)
        assert fork is not None
        return Revisions(base_sha=base, merge_base_sha=fork, head_sha=head)

    def tree(self, sha: str) -> Tree:
        entries: dict[str, TreeEntry] = {}
        self._walk(self.store.commits[sha].tree, "", entries)
        return Tree(sha=sha, entries=entries, truncated=sha in self.truncated)

    def _walk(self, tree: str, prefix: str, entries: dict[str, TreeEntry]) -> None:
        for name, leaf in self.store.trees[tree].items():
            kind = KINDS[leaf.mode]
            size = len(self.store.blobs[leaf.oid]) if kind is ObjectKind.FILE else None
            entries[prefix + name] = TreeEntry(leaf.oid, kind, size)
            if kind is ObjectKind.DIRECTORY:
                self._walk(leaf.oid, f"{prefix}{name}/", entries)

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        self.read.append(oid)
        if len(self.store.blobs[oid]) > max_bytes:
            raise TooLargeError(f"reading blob {oid}")
        return self.store.blobs[oid]

    def history(self, path: str, sha: str) -> Iterator[str]:
        current: str | None = sha
        while current is not None:
            commit = self.store.commits[current]
            before = commit.parents[0] if commit.parents else None
            old = self.tree(before).entries.get(path) if before else None
            if old != self.tree(current).entries.get(path):
                yield current
            current = before
