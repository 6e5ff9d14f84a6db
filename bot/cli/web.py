"""`python -m bot web`: the web process, served by granian."""

import argparse
import os

from bot.settings import Settings

THREADS = 8
"""At most; each waits for the database, and the pool has as many connections."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser("web", help="run the web process on $PORT")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")  # noqa: S104
    parser.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    from bot.cli.starting import stop_with_parent, with_settings

    def serve(settings: Settings) -> int:
        if args.stop_with_parent:
            stop_with_parent()
        return _serve(settings, args.host)

    return with_settings(serve)


def _serve(settings: Settings, host: str) -> int:
    from granian import Granian
    from granian.constants import Interfaces

    from bot.database import find_url
    from bot.migrations import require_current
    from bot.settings import require_forge

    # Said here once; the server's own processes would only repeat a traceback.
    require_forge(settings)
    require_current(find_url(settings.database_url, settings.sevengates_var))
    Granian(
        "handlers.app:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=settings.port,
        workers=1,
        blocking_threads=min(THREADS, 2 * (os.cpu_count() or 1) + 1),
        websockets=False,
        log_access=False,  # a path under /releases/ is a secret
        respawn_failed_workers=True,
        workers_kill_timeout=20,
    ).serve()
    return 0
