"""A folder of this machine looks like the tree of a commit."""

import subprocess
from pathlib import Path

import pytest

from bot.forges.base import ObjectKind
from bot.forges.errors import NotFoundError, TooLargeError
from bot.local_files import LocalFiles


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "hello").write_text("hello\n")
    (tmp_path / "a" / "b" / "large").write_bytes(bytes(3 << 20))
    (tmp_path / "link").symlink_to("a/hello")
    return LocalFiles(tmp_path)


@pytest.mark.parametrize("path", ["a/hello", "a/b/large"])
def test_a_file_has_the_id_that_git_gives_it(path: str, files: LocalFiles) -> None:
    entry = files.entry(path)
    assert entry is not None
    told = subprocess.run(
        ["git", "hash-object", files.root / path], check=True, capture_output=True, text=True
    )
    assert (entry.kind, entry.oid) == (ObjectKind.FILE, told.stdout.strip())
    assert entry.size == (files.root / path).stat().st_size
    assert files.entry(path) is entry


def test_folders_links_and_nothing_are_told_apart(files: LocalFiles) -> None:
    kinds = {path: entry and entry.kind for path in ("a", "link", "none") for entry in [files.entry(path)]}
    assert kinds == {"a": ObjectKind.DIRECTORY, "link": ObjectKind.SYMLINK, "none": None}


def test_only_files_are_read_and_none_larger_than_asked_for(files: LocalFiles) -> None:
    assert files.read("a/hello", max_bytes=6) == b"hello\n"
    with pytest.raises(TooLargeError):
        files.read("a/hello", max_bytes=5)
    for path in ("a", "link", "none"):
        with pytest.raises(NotFoundError):
            files.read(path, max_bytes=100)


def test_all_files_below_a_folder_are_listed(files: LocalFiles) -> None:
    assert files.below("a") == ("a/b/large", "a/hello")
    assert files.below("") == ("a/b/large", "a/hello", "link")
