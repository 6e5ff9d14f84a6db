"""`python -m bot work`: the worker process."""

import argparse
from contextlib import nullcontext

from bot.settings import Settings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser("work", help="run the worker process")
    parser.add_argument(
        "--answer-health", action="store_true", help="answer /healthz on PORT, for platforms that ask"
    )
    parser.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Work until SIGTERM or SIGINT; exit status 1 when the worker gave up and should be restarted."""
    from bot.cli.starting import stop_with_parent, with_settings

    def work(settings: Settings) -> int:
        if args.stop_with_parent:
            stop_with_parent()
        return _work(settings, answer_health=args.answer_health)

    return with_settings(work)


def _work(settings: Settings, *, answer_health: bool) -> int:
    from bot import reconcile, worker
    from bot.database import find_url
    from bot.health import answering
    from bot.migrations import require_current
    from bot.settings import require_forge

    require_forge(settings)
    url = find_url(settings.database_url, settings.sevengates_var)
    require_current(url)
    with answering(settings.port) if answer_health else nullcontext():
        return 0 if worker.run(url, settings, reconcile) else 1
