"""Git's object database in memory, with the real object ids (SHA-1 over Git's own encodings)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

FILE, EXECUTABLE, SYMLINK, SUBMODULE, DIRECTORY = "100644", "100755", "120000", "160000", "040000"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A tree entry other than a directory: its mode and its object id."""

    mode: str
    oid: str


@dataclass(frozen=True, slots=True)
class Symlink:
    """What a test pushes to get a symbolic link."""

    target: str


@dataclass(frozen=True, slots=True)
class Submodule:
    """What a test pushes to get a gitlink."""

    commit: str


Content = bytes | str | Symlink | Submodule | None


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    email: str
    at: datetime

    def encode(self) -> str:
        return f"{self.name} <{self.email}> {int(self.at.timestamp())} +0000"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitObject:
    oid: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    status: str
    path: str
    oid: str
    previous: str | None = None


@dataclass(slots=True)
class ObjectStore:
    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, Leaf]] = field(default_factory=dict)
    """Direct entries of every tree, by name; directories have the mode ``040000``."""
    commits: dict[str, CommitObject] = field(default_factory=dict)

    def add_blob(self, data: bytes) -> str:
        oid = _oid("blob", data)
        self.blobs[oid] = data
        return oid

    def add_tree(self, files: Mapping[str, Leaf]) -> str:
        """Store the nested trees of a flat listing; the id of the root."""
        here: dict[str, Leaf] = {}
        below: dict[str, dict[str, Leaf]] = {}
        for path, leaf in files.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[rest] = leaf
            else:
                here[name] = leaf
        for name, entries in below.items():
            here[name] = Leaf(DIRECTORY, self.add_tree(entries))
        ordered = dict(sorted(here.items(), key=lambda e: e[0] + "/" * (e[1].mode == DIRECTORY)))
        data = b"".join(
            f"{leaf.mode.lstrip('0')} {name}".encode() + b"\0" + bytes.fromhex(leaf.oid)
            for name, leaf in ordered.items()
        )
        oid = _oid("tree", data)
        self.trees[oid] = ordered
        return oid

    def add_commit(
        self, *, tree: str, parents: tuple[str, ...], author: Signature, committer: Signature, message: str
    ) -> str:
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {author.encode()}", f"committer {committer.encode()}", "", message]
        oid = _oid("commit", "\n".join(lines).encode())
        self.commits[oid] = CommitObject(
            oid=oid, tree=tree, parents=parents, author=author, committer=committer, message=message
        )
        return oid

    def changed_tree(self, tree: str | None, changes: Mapping[str, Content]) -> str:
        """The tree after `changes`; None as content deletes the path."""
        files = dict(self.files(tree)) if tree else {}
        for path, content in changes.items():
            match content:
                case None:
                    del files[path]
                case Symlink(target):
                    files[path] = Leaf(SYMLINK, self.add_blob(target.encode()))
                case Submodule(commit):
                    files[path] = Leaf(SUBMODULE, commit)
                case _:
                    data = content.encode() if isinstance(content, str) else content
                    files[path] = Leaf(FILE, self.add_blob(data))
        return self.add_tree(files)

    def walk(self, tree: str, prefix: str = "") -> Iterator[tuple[str, Leaf]]:
        """Every entry below a tree, directories included, parents first."""
        for name, leaf in self.trees[tree].items():
            yield prefix + name, leaf
            if leaf.mode == DIRECTORY:
                yield from self.walk(leaf.oid, f"{prefix}{name}/")

    def files(self, tree: str) -> Iterator[tuple[str, Leaf]]:
        return ((path, leaf) for path, leaf in self.walk(tree) if leaf.mode != DIRECTORY)

    def at(self, commit: str, path: str) -> Leaf | None:
        """What lies at `path` in a commit."""
        tree = self.commits[commit].tree
        *directories, name = path.split("/")
        for directory in directories:
            leaf = self.trees[tree].get(directory)
            if leaf is None or leaf.mode != DIRECTORY:
                return None
            tree = leaf.oid
        return self.trees[tree].get(name)

    def tree_of(self, sha: str) -> str | None:
        """The tree a commit or tree id names."""
        if sha in self.commits:
            return self.commits[sha].tree
        return sha if sha in self.trees else None

    def ancestry(self, sha: str) -> Iterator[CommitObject]:
        """A commit and everything before it, newest first by commit time."""
        seen, waiting = {sha}, [self.commits[sha]]
        while waiting:
            waiting.sort(key=lambda commit: commit.committer.at)
            commit = waiting.pop()
            yield commit
            fresh = [parent for parent in commit.parents if parent not in seen]
            seen.update(fresh)
            waiting.extend(self.commits[parent] for parent in fresh)

    def merge_base(self, one: str, other: str) -> str | None:
        mine = {commit.oid for commit in self.ancestry(one)}
        return next((commit.oid for commit in self.ancestry(other) if commit.oid in mine), None)

    def between(self, base: str, head: str) -> list[CommitObject]:
        """Commits reachable from `head` and not from `base`, oldest first."""
        known = {commit.oid for commit in self.ancestry(base)}
        return [commit for commit in self.ancestry(head) if commit.oid not in known][::-1]

    def touching(self, sha: str, path: str) -> Iterator[CommitObject]:
        """The commits that changed what lies at `path`, newest first."""
        for commit in self.ancestry(sha):
            before = [self.at(parent, path) for parent in commit.parents] or [None]
            if self.at(commit.oid, path) not in before:
                yield commit

    def merged_tree(self, base: str, head: str) -> str | None:
        """The tree of a merge of two commits; None when both sides changed a file in different ways."""
        ancestor = self.merge_base(base, head)
        old = dict(self.files(self.commits[ancestor].tree)) if ancestor else {}
        ours, theirs = (dict(self.files(self.commits[sha].tree)) for sha in (base, head))
        merged: dict[str, Leaf] = {}
        for path in sorted(ours.keys() | theirs.keys()):
            mine, other, before = ours.get(path), theirs.get(path), old.get(path)
            if mine != other and before not in (mine, other):
                return None
            winner = other if mine == before else mine
            if winner is not None:
                merged[path] = winner
        return self.add_tree(merged)

    def changed_files(self, base: str, head: str) -> list[ChangedFile]:
        """What differs between two commits; a file that only moved is a rename."""
        old, new = (dict(self.files(self.commits[sha].tree)) for sha in (base, head))
        gone = {leaf.oid: path for path, leaf in old.items() if path not in new}
        changed: list[ChangedFile] = []
        moved: set[str] = set()
        for path, leaf in sorted(new.items()):
            if path in old:
                if old[path] != leaf:
                    changed.append(ChangedFile("modified", path, leaf.oid))
            elif leaf.oid in gone and gone[leaf.oid] not in moved:
                moved.add(gone[leaf.oid])
                changed.append(ChangedFile("renamed", path, leaf.oid, gone[leaf.oid]))
            else:
                changed.append(ChangedFile("added", path, leaf.oid))
        lost = sorted(path for path in old if path not in new and path not in moved)
        return changed + [ChangedFile("removed", path, old[path].oid) for path in lost]


def _oid(kind: str, data: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()
