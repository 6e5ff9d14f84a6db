"""`python -m bot sweep`: what the worker does every few minutes, once and now."""

import argparse

from bot.settings import Settings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("sweep", help="enqueue what is due or may have been lost, once")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Enqueue; a running worker does the work."""
    from bot.cli.starting import with_settings

    return with_settings(_sweep)


def _sweep(settings: Settings) -> int:
    from bot import reconcile
    from bot.database import find_url, open_pool
    from bot.jobs import Jobs
    from bot.migrations import require_current
    from bot.queue import Queue
    from bot.services import Services
    from bot.settings import require_forge
    from bot.store import Store
    from bot.sweep import Sweep

    require_forge(settings)
    url = find_url(settings.database_url, settings.sevengates_var)
    require_current(url)
    pool = open_pool(url, size=2)
    services = Services(settings=settings, store=Store(pool))
    sweep = Sweep(jobs=Jobs(reconciler=reconcile, services=services, queue=Queue(pool)))
    due, found = sweep.look_at_due(), sweep.discover()
    services.store.close()
    print(f"enqueued {due} due pull requests and {found} searches")
    return 0
