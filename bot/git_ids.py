"""The ids that Git gives to files and directories, from their bytes.

https://git-scm.com/book/en/v2/Git-Internals-Git-Objects; repositories of the object format
``sha256`` use the same documents with that hash.
"""

import hashlib
import posixpath
from collections.abc import Mapping
from typing import Final, NamedTuple

from bot.forges.base import ObjectKind

KINDS: Final = {  # https://git-scm.com/docs/git-fast-import#_filemodify
    "040000": ObjectKind.DIRECTORY,
    "120000": ObjectKind.SYMLINK,
    "160000": ObjectKind.SUBMODULE,
}
"""What a mode says beside plain files."""


_DIRECTORY = "40000"
"""The mode of a directory within a tree, without the zero that is shown before it."""


class GitFile(NamedTuple):
    """A file as Git knows it: its mode, and the id of its bytes."""

    mode: str
    oid: str


def new_hash(kind: str, size: int, *, length: int = 40) -> "hashlib._Hash":
    """The hash of an object of `size` bytes, to be fed with them; `length` is that of ids in hex."""
    found = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    found.update(f"{kind} {size}\0".encode())
    return found


def tree_id(files: Mapping[str, GitFile], *, length: int = 40) -> str:
    """The id of the directory that holds `files`, by their paths below it."""
    trees: dict[str, dict[str, GitFile]] = {"": {}}
    for path, file in files.items():
        parent, name = posixpath.split(path)
        trees.setdefault(parent, {})[name] = file
        while parent:
            parent = posixpath.dirname(parent)
            trees.setdefault(parent, {})
    made = ""
    for directory in sorted(trees, key=lambda path: path.count("/") + bool(path), reverse=True):
        made = _tree(trees[directory], length)
        parent, name = posixpath.split(directory)
        trees[parent][name] = GitFile(_DIRECTORY, made)
    return made


def _tree(entries: Mapping[str, GitFile], length: int) -> str:
    names = sorted(entries, key=lambda name: _order(name, entries[name]))
    content = b"".join(_entry(name, entries[name]) for name in names)
    found = new_hash("tree", len(content), length=length)
    found.update(content)
    return found.hexdigest()


def _order(name: str, file: GitFile) -> bytes:
    """Directories are sorted as if their names ended with a slash."""
    return _encoded(name) + (b"/" if file.mode == _DIRECTORY else b"")


def _entry(name: str, file: GitFile) -> bytes:
    return f"{file.mode} ".encode() + _encoded(name) + b"\0" + bytes.fromhex(file.oid)


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
