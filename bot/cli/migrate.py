"""`python -m bot migrate`: bring the database schema up to date; safe to repeat."""

import argparse

from bot.settings import Settings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("migrate", help="bring the database schema up to date")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Apply what is missing, our own tables and the job engine's."""
    from bot.cli.starting import with_settings

    return with_settings(_migrate)


def _migrate(settings: Settings) -> int:
    from bot.database import find_url
    from bot.migrations import migrate

    applied = migrate(find_url(settings.database_url, settings.sevengates_var))
    print(f"applied {len(applied)} migrations" if applied else "the database is up to date")
    return 0
