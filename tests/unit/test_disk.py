"""The files of a checkout on the disk, with Git's own ids, against real repositories."""

import os
import subprocess
from pathlib import Path

import pytest

from bot.checkout import Checkout, NotARepositoryError
from bot.disk import DiskFiles
from bot.evidence.sources import MAX_SNAPSHOT
from bot.forges.base import ObjectKind
from bot.forges.errors import NotFoundError, TooLargeError
from bot.git_ids import GitFile, new_hash, tree_id
from tests.fakes.smoke_repository import lfs_pointer

IDENTITY = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]


def git(path: Path, *command: str) -> str:
    done = subprocess.run(["git", *IDENTITY, "-C", str(path), *command], capture_output=True, check=True)
    return done.stdout.decode().strip()


def write(path: Path, **files: bytes) -> None:
    for name, data in files.items():
        place = path / name.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Files, programs, links and odd names, all committed."""
    path = tmp_path / "data"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    write(path, out__labels__a=b"one", out__labels__b=b"two", out_x=b"", run=b"#!/bin/sh\n")
    (path / "out" / "ünï code").write_bytes(b"\xff")
    (path / "out.txt").write_bytes(b"sorted after out/")
    (path / "run").chmod(0o755)
    (path / "out" / "link").symlink_to("labels/a")
    git(path, "add", "-A")
    git(path, "commit", "-q", "-m", "begin")
    return path


def files(path: Path) -> DiskFiles:
    return DiskFiles.of(Checkout(path))


def test_ids_are_those_of_git(repository: Path) -> None:
    found, tree = files(repository / "out"), Checkout(repository).tree("HEAD")
    assert {path: kind for path in tree.entries if (kind := found.entry(path)) != tree.entries[path]} == {
        "out/link": found.entry("out/link")
    }
    assert found.entry("out/link").kind is ObjectKind.SYMLINK
    assert found.entry("").oid == git(repository, "rev-parse", "HEAD^{tree}")
    assert found.below("") == tuple(
        sorted(path for path, one in tree.entries.items() if one.kind is not ObjectKind.DIRECTORY)
    )


def test_changed_and_new_files_have_the_ids_they_will_have(repository: Path) -> None:
    write(repository, out__labels__a=b"changed", out__labels__new=b"new")
    (repository / "out" / "labels" / "b").unlink()
    there = files(repository)
    assert there.entry("out/labels/b") is None
    assert there.below("out/labels") == ("out/labels/a",)
    assert there.with_untracked().below("out/labels") == ("out/labels/a", "out/labels/new")
    (repository / "out" / "labels" / "new").unlink()
    before = there.entry("out").oid
    git(repository, "add", "-A")
    assert before == files(repository).entry("out").oid == git(repository, "write-tree", "--prefix=out/")


def test_a_directory_that_git_does_not_know_has_the_id_it_would_have(repository: Path) -> None:
    write(repository, **{".gitignore": b"build/\n"}, build__labels__a=b"one", build__run=b"two")
    (repository / "build" / "run").chmod(0o755)
    (repository / "build" / "link").symlink_to("/etc/passwd")
    here = files(repository)
    assert here.below("build") == ("build/labels/a", "build/link", "build/run")
    mine = here.entry("build").oid
    git(repository, "add", "-f", "build")
    assert mine == git(repository, "write-tree", "--prefix=build/")


def test_files_in_lfs_have_the_id_of_the_pointer_they_stand_for(repository: Path) -> None:
    data = b"large" * 1000
    write(repository, out__big=lfs_pointer(data))
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "point")
    committed = Checkout(repository).tree("HEAD").entries
    write(repository, out__big=data)
    there = files(repository)
    assert there.entry("out/big").oid == committed["out/big"].oid
    assert there.entry("out").oid == committed["out"].oid
    assert there.read("out/big", max_bytes=9999) == data
    write(repository, out__big=data + b"!")
    assert files(repository).entry("out/big").oid == git(repository, "hash-object", "out/big")


def test_nothing_outside_and_nothing_of_gits_own_is_read(repository: Path, tmp_path: Path) -> None:
    write(tmp_path, secret__a=b"secret")
    (repository / "away").symlink_to(tmp_path / "secret")
    os.mkfifo(repository / "pipe")
    here = files(repository)
    assert here.entry("away/a").kind is ObjectKind.SYMLINK
    for path in (".git/config", ".GIT/config", "pipe", "missing", "out/labels/a/b", "a\0b"):
        assert here.entry(path) is None
    for path in ("away/a", "away", ".git/config", "pipe", "out", "missing"):
        with pytest.raises(NotFoundError):
            here.read(path, max_bytes=99)
    assert not any(".git" in path for path in here.with_untracked().below(""))
    with pytest.raises(TooLargeError, match="3 bytes, at most 2"):
        here.read("out/labels/a", max_bytes=2)


def test_submodules_are_what_git_says_and_hold_no_files(repository: Path) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    write(repository, module__inner=b"x")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{sha},module")
    here = files(repository)
    assert here.entry("module").kind is ObjectKind.SUBMODULE
    assert here.entry("module/inner") is None
    assert "module/inner" not in here.with_untracked().below("")
    git(repository, "commit", "-q", "-m", "module")
    assert files(repository).entry("").oid == git(repository, "rev-parse", "HEAD^{tree}")


def test_a_huge_file_is_not_even_hashed(repository: Path) -> None:
    with (repository / "huge").open("wb") as file:
        file.truncate(10 << 30)
    entry = files(repository).entry("huge")
    assert (entry.oid, entry.size) == ("", 10 << 30)
    assert entry.size > MAX_SNAPSHOT
    assert files(repository).entry("").oid != ""  # Git does not know it yet
    assert files(repository).with_untracked().entry("more") is None
    (repository / "more").mkdir()
    (repository / "huge").rename(repository / "more" / "huge")
    assert files(repository).entry("more").oid == ""
    with pytest.raises(TooLargeError):
        files(repository).read("more/huge", max_bytes=MAX_SNAPSHOT)


def test_a_file_in_conflict_is_known_by_its_bytes(repository: Path) -> None:
    git(repository, "switch", "-q", "-c", "other")
    write(repository, out_x=b"theirs")
    git(repository, "commit", "-q", "-am", "theirs")
    git(repository, "switch", "-q", "main")
    write(repository, out_x=b"ours")
    git(repository, "commit", "-q", "-am", "ours")
    subprocess.run(
        ["git", *IDENTITY, "-C", str(repository), "merge", "-q", "other"], capture_output=True, check=False
    )
    assert "out_x" not in Checkout(repository).staged()
    assert files(repository).entry("out_x").oid == git(repository, "hash-object", "out_x")


def test_repositories_of_sha256_have_longer_ids(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    write(tmp_path, a__b=b"one")
    git(tmp_path, "add", "-A")
    assert files(tmp_path).entry("").oid == git(tmp_path, "write-tree")
    write(tmp_path, a__c=b"two")
    assert files(tmp_path).entry("a/c").oid == git(tmp_path, "hash-object", "a/c")


def test_a_bare_repository_has_no_files(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare")
    with pytest.raises(NotARepositoryError, match="no work tree"):
        files(tmp_path)


def test_directories_deeper_than_any_recursion_have_an_id() -> None:
    deep = "/".join(["d"] * 3000)
    assert len(tree_id({f"{deep}/a": GitFile("100644", "0" * 40)})) == 40
    assert tree_id({}) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    assert new_hash("blob", 0).hexdigest() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
