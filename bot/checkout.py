"""Read-only access to a local Git repository, through the git command.

A `Checkout` reads commits as a forge does (`bot.evaluation.trees.Reader`): same trees, same blobs,
same Git object ids. Nothing of the repository is executed: no hooks, no external diff, no file
system monitor, no text conversion, no lazy fetch from a promisor remote.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from bot.forges.base import ObjectKind, Revisions, Tree, TreeEntry
from bot.forges.errors import ForgeError, NotFoundError, TooLargeError
from bot.git_ids import KINDS, GitFile

_SAFE_OPTIONS: Final = (
    "--no-replace-objects",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "log.showSignature=false"),
)
_SAFE_ENVIRONMENT: Final = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_DEFAULT_BASES: Final = ("refs/remotes/origin/HEAD", "origin/main", "main", "origin/master", "master")
_TIMEOUT_SECONDS: Final = 120


class GitMissingError(ForgeError):
    """There is no git command on this machine."""


class NotARepositoryError(ForgeError):
    """The path is not inside a Git repository (or one that git refuses to read)."""


class UnknownRefError(NotFoundError):
    """The repository has no commit of that name."""


class NoMergeBaseError(ForgeError):
    """Two commits share no ancestor that this clone knows."""


class Checkout:
    """One local repository; `path` may be any directory inside its work tree.

    Raises:
        GitMissingError: git is not installed.
        NotARepositoryError: `path` is no directory of a repository.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_dir():
            raise NotARepositoryError(f"opening {path}: no such directory; name one of a Git checkout")
        found = self._run("rev-parse", "--git-dir")
        if found.returncode:
            raise NotARepositoryError(
                f"opening {path}: {_complaint(found)}; name a directory of a Git checkout"
            )

    def resolve(self, ref: str) -> str:
        """The SHA of the commit `ref` names. Raises UnknownRefError."""
        found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if found.returncode:
            raise UnknownRefError(f"resolving {ref}: no such commit here; fetch it, or name another")
        return found.stdout.decode().strip()

    def revisions(self, base: str, head: str = "HEAD") -> Revisions:
        """Base tip, merge base and head. Raises UnknownRefError, NoMergeBaseError."""
        base_sha, head_sha = self.resolve(base), self.resolve(head)
        found = self._run("merge-base", base_sha, head_sha)
        if found.returncode:
            cure = "run `git fetch --unshallow`" if self._is_shallow() else "name a base they share"
            raise NoMergeBaseError(f"comparing {head} with {base}: they share no commit here; {cure}")
        return Revisions(base_sha=base_sha, merge_base_sha=found.stdout.decode().strip(), head_sha=head_sha)

    def tree(self, sha: str) -> Tree:
        """The recursive tree of a commit, directories included; paths that are not UTF-8 keep their bytes."""
        listing = self._read("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", sha)
        entries = dict(_entry(line) for line in listing.split(b"\0") if line)
        return Tree(sha=sha, entries=entries)

    def root(self) -> Path:
        """The top of the work tree. Raises NotARepositoryError: there is none."""
        found = self._run("rev-parse", "--show-toplevel")
        if found.returncode:
            raise NotARepositoryError(f"opening {self._path}: it has no work tree; check it out")
        return Path(os.fsdecode(found.stdout.rstrip(b"\n")))

    def staged(self) -> dict[str, GitFile]:
        """Mode and object id of every file in the index, by path; files in conflict are left out."""
        listing = self._read("-C", str(self.root()), "ls-files", "--stage", "-z")
        return dict(_staged(line) for line in listing.split(b"\0") if b" 0\t" in line)

    def blob(self, oid: str, *, max_bytes: int) -> bytes:
        """The bytes of a blob. Raises NotFoundError, TooLargeError (before reading it)."""
        kind, size = self._object(oid)
        if kind != "blob":
            raise NotFoundError(f"reading object {oid}: it is a {kind}, not a file")
        if size > max_bytes:
            raise TooLargeError(f"reading object {oid}: {size} bytes, at most {max_bytes} are read")
        return self._read("cat-file", "blob", oid)

    def history(self, path: str, sha: str) -> Iterator[str]:
        """SHAs of the commits at or before `sha` that touched `path`, newest first."""
        listing = self._read("log", "--format=%H", "--no-ext-diff", "--no-textconv", sha, "--", path)
        yield from listing.decode().split()

    def default_base(self) -> str:
        """What a pull request would go to: origin's default branch, else main or master.

        Raises UnknownRefError when there is none.
        """
        for ref in _DEFAULT_BASES:
            named = self._run("rev-parse", "--abbrev-ref", "--verify", "--quiet", "--end-of-options", ref)
            if not named.returncode:
                return named.stdout.decode().split()[-1]
        raise UnknownRefError("looking for a base branch: no main or master here; name one with --base")

    def forge_guess(self) -> Literal["github", "gitlab"]:
        """Which CODEOWNERS dialect applies, by a ``.gitlab`` folder or the remote's host."""
        listing = self._run("ls-tree", "--name-only", "-z", "--full-tree", "HEAD")
        names = listing.stdout.split(b"\0")
        remote = self._run("config", "--get", "remote.origin.url").stdout
        host = _host(remote)
        is_gitlab = b".gitlab" in names or b".gitlab-ci.yml" in names or b"gitlab" in host
        return "gitlab" if is_gitlab and b"github" not in host else "github"

    def is_dirty(self) -> bool:
        """Whether the work tree differs from HEAD: what was evaluated is not what lies on the disk."""
        if self._run("rev-parse", "--is-inside-work-tree").stdout.strip() != b"true":
            return False  # a bare repository
        return bool(self._read("status", "--porcelain", "-z", "--ignore-submodules=all"))

    def _is_shallow(self) -> bool:
        return self._read("rev-parse", "--is-shallow-repository").strip() == b"true"

    def _object(self, oid: str) -> tuple[str, int]:
        """Kind and size in bytes of an object, without reading it. Raises NotFoundError."""
        answer = self._read("cat-file", "--batch-check", stdin=f"{oid}\n".encode()).decode().split()
        if len(answer) != 3 or answer[0] != oid:
            raise NotFoundError(f"reading object {oid}: it is not in this clone; fetch it")
        return answer[1], int(answer[2])

    def _read(self, *command: str, stdin: bytes = b"") -> bytes:
        done = self._run(*command, stdin=stdin)
        if done.returncode:
            raise ForgeError(f"running git {command[0]} in {self._path}: {_complaint(done)}")
        return done.stdout

    def _run(self, *command: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(  # noqa: S603 - no shell; every argument is ours or follows --end-of-options
                ["git", *_SAFE_OPTIONS, "-C", str(self._path), *command],  # noqa: S607 - the user's own git
                input=stdin,
                capture_output=True,
                check=False,
                timeout=_TIMEOUT_SECONDS,
                env={**_inherited(), **_SAFE_ENVIRONMENT},
            )
        except FileNotFoundError as error:
            raise GitMissingError("running git: it is not installed; install git") from error
        except (subprocess.TimeoutExpired, ValueError) as error:
            raise ForgeError(f"running git {command[0]} in {self._path}: {error}") from error


def _host(remote: bytes) -> bytes:
    """Of a URL (``scheme://user:token@host:port/path``) or of ssh's short form (``user@host:path``)."""
    _, is_url, rest = remote.partition(b"://")
    if not is_url:
        return remote.partition(b":")[0].rpartition(b"@")[2]
    return rest.partition(b"/")[0].rpartition(b"@")[2].partition(b":")[0]


def _inherited() -> dict[str, str]:
    """Our environment without the variables that point git at another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _entry(line: bytes) -> tuple[str, TreeEntry]:
    """One line of ``ls-tree -l -z``: mode, type, object id, size ("-" for none), tab, path."""
    meta, _, path = line.partition(b"\t")
    mode, _, oid, size = meta.decode("ascii").split()
    kind = KINDS.get(mode, ObjectKind.FILE)
    return path.decode("utf-8", "surrogateescape"), TreeEntry(oid, kind, None if size == "-" else int(size))


def _staged(line: bytes) -> tuple[str, GitFile]:
    """One line of ``ls-files --stage -z``: mode, object id, stage, tab, path."""
    meta, _, path = line.partition(b"\t")
    mode, oid, _ = meta.decode("ascii").split()
    return path.decode("utf-8", "surrogateescape"), GitFile(mode, oid)


def _complaint(done: "subprocess.CompletedProcess[bytes]") -> str:
    """What git said, on one line."""
    return " ".join(done.stderr.decode(errors="replace").split())
