"""The local checkout, against real repositories made by the git command."""

import subprocess
from pathlib import Path

import pytest

from bot.checkout import Checkout, GitMissingError, NoMergeBaseError, NotARepositoryError, UnknownRefError
from bot.forges.base import ObjectKind
from bot.forges.errors import ForgeError, NotFoundError, TooLargeError

IDENTITY = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]


def git(path: Path, *command: str) -> str:
    done = subprocess.run(["git", *IDENTITY, "-C", str(path), *command], capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(path: Path, message: str = "change", **files: str) -> str:
    for name, text in files.items():
        (path / name).write_text(text)
    git(path, "add", "-A")
    git(path, "commit", "-q", "--allow-empty", "-m", message)
    return git(path, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    (path / "sub").mkdir()
    (path / "sub" / "ünï code.txt").write_text("ü")
    (path / "link").symlink_to("a")
    commit(path, a="one")
    return path


def test_a_merge_base_is_found_where_both_branches_moved(repository):
    start = git(repository, "rev-parse", "HEAD")
    git(repository, "switch", "-q", "-c", "release")
    head = commit(repository, b="two")
    git(repository, "switch", "-q", "main")
    base = commit(repository, c="three")
    found = Checkout(repository).revisions("main", "release")
    assert (found.base_sha, found.merge_base_sha, found.head_sha) == (base, start, head)


def test_a_tree_holds_files_links_directories_and_odd_names(repository):
    sha = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{sha},module")
    git(repository, "commit", "-q", "-m", "add a submodule")
    checkout = Checkout(repository / "sub")
    tree = checkout.tree(checkout.resolve("HEAD"))
    assert {path: entry.kind for path, entry in tree.entries.items()} == {
        "a": ObjectKind.FILE,
        "link": ObjectKind.SYMLINK,
        "module": ObjectKind.SUBMODULE,
        "sub": ObjectKind.DIRECTORY,
        "sub/ünï code.txt": ObjectKind.FILE,
    }
    assert tree.entries["a"].size == 3
    assert tree.entries["sub"].size is None
    assert not tree.truncated


def test_a_blob_is_read_only_within_its_limit(repository):
    checkout = Checkout(repository)
    entries = checkout.tree("HEAD").entries
    assert checkout.blob(entries["a"].oid, max_bytes=3) == b"one"
    with pytest.raises(TooLargeError, match="3 bytes, at most 2"):
        checkout.blob(entries["a"].oid, max_bytes=2)
    with pytest.raises(NotFoundError, match="it is a tree, not a file"):
        checkout.blob(entries["sub"].oid, max_bytes=99)
    with pytest.raises(NotFoundError, match="not in this clone"):
        checkout.blob("f" * 40, max_bytes=99)


def test_history_lists_only_commits_that_touched_the_path_newest_first(repository):
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, b="unrelated")
    last = commit(repository, a="two")
    checkout = Checkout(repository)
    assert list(checkout.history("a", last)) == [last, first]
    assert list(checkout.history("*", last)) == []


def test_an_unknown_ref_is_named(repository):
    checkout = Checkout(repository)
    for ref in ("nowhere", "--all", ""):
        with pytest.raises(UnknownRefError, match="no such commit here"):
            checkout.resolve(ref)
    with pytest.raises(ForgeError, match="running git rev-parse"):
        checkout.resolve("a\0b")


def test_a_failing_git_command_says_what_was_being_done(repository):
    with pytest.raises(ForgeError, match=r"running git ls-tree in .*"):
        Checkout(repository).tree("nowhere")


def test_a_directory_outside_of_any_repository_is_named(tmp_path):
    with pytest.raises(NotARepositoryError, match="not a git repository"):
        Checkout(tmp_path)
    with pytest.raises(NotARepositoryError, match="no such directory"):
        Checkout(tmp_path / "missing")


def test_a_machine_without_git_is_told_so(repository, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitMissingError, match="install git"):
        Checkout(repository)


def test_a_shallow_clone_without_merge_base_is_told_to_fetch(repository, tmp_path):
    git(repository, "switch", "-q", "-c", "release")
    commit(repository, b="two")
    git(repository, "switch", "-q", "main")
    commit(repository, c="three")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", f"file://{repository}", str(clone))
    with pytest.raises(NoMergeBaseError, match="git fetch --unshallow"):
        Checkout(clone).revisions("origin/main", "origin/release")


def test_unrelated_histories_have_no_merge_base(repository):
    git(repository, "switch", "-q", "--orphan", "other")
    commit(repository, z="alone")
    with pytest.raises(NoMergeBaseError, match="name a base they share"):
        Checkout(repository).revisions("main")


def test_the_default_base_is_what_origin_calls_its_default(repository, tmp_path):
    git(repository, "branch", "-m", "main", "trunk")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(repository), str(clone))
    assert Checkout(clone).default_base() == "origin/trunk"


def test_without_origin_main_or_master_is_the_default_base(repository):
    checkout = Checkout(repository)
    assert checkout.default_base() == "main"
    git(repository, "branch", "-m", "main", "master")
    assert checkout.default_base() == "master"
    git(repository, "branch", "-m", "master", "trunk")
    with pytest.raises(UnknownRefError, match="name one with --base"):
        checkout.default_base()


@pytest.mark.parametrize(
    ("remote", "forge"),
    [
        ("https://github.com/acme/gitlab.git", "github"),
        ("git@gitlab.example.org:acme/data.git", "gitlab"),
        ("https://gitlab.com/acme/data", "gitlab"),
        ("https://oauth2:glpat-x@gitlab.com/acme/data.git", "gitlab"),
        ("https://gitlab-ci-token:x@github.com/acme/data.git", "github"),
        ("ssh://git@gitlab.example.org:2222/acme/data.git", "gitlab"),
        ("git@example.org:gitlab@work.git", "github"),
        ("ssh://git@git.example.org/acme/data", "github"),
    ],
)
def test_the_forge_is_guessed_from_the_remote(repository, remote, forge):
    git(repository, "remote", "add", "origin", remote)
    assert Checkout(repository).forge_guess() == forge


def test_the_forge_is_guessed_from_a_gitlab_folder(repository):
    assert Checkout(repository).forge_guess() == "github"
    (repository / ".gitlab").mkdir()
    (repository / ".gitlab" / "CODEOWNERS").write_text("* @ana\n")
    commit(repository)
    assert Checkout(repository).forge_guess() == "gitlab"


def test_a_dirty_work_tree_is_noticed(repository):
    checkout = Checkout(repository)
    assert not checkout.is_dirty()
    (repository / "new").write_text("x")
    assert checkout.is_dirty()


def test_nothing_of_the_repository_is_executed(repository, tmp_path):
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "diff.t.textconv", "core.pager", "gpg.program"):
        git(repository, "config", key, str(trap))
    commit(repository, **{".gitattributes": "* diff=t\n"})
    (tmp_path / "sprung").unlink(missing_ok=True)
    checkout = Checkout(repository)
    sha = checkout.resolve("HEAD")
    checkout.blob(checkout.tree(sha).entries["a"].oid, max_bytes=9)
    assert list(checkout.history("a", sha))
    assert not checkout.is_dirty()
    assert not (tmp_path / "sprung").exists()


def test_the_environment_cannot_point_at_another_repository(repository, tmp_path, monkeypatch):
    expected = git(repository, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert Checkout(repository).resolve("HEAD") == expected
