"""What every process of the service does first: read the environment, and say plainly what is wrong."""

import os
import signal
import sys
import threading
from collections.abc import Callable

import psycopg

from bot import logs
from bot.database import DatabaseUnknownError
from bot.embedded import EmbeddedServerError
from bot.migrations import SchemaError
from bot.settings import Settings, SettingsError, load

CANNOT_START = 2


def with_settings(run: Callable[[Settings], int]) -> int:
    """Run with the settings of the environment; what the operator can cure is one plain message."""
    try:
        settings = load(os.environ)
        logs.configure(settings.sevengates_log_level, settings.secrets)
        return run(settings)
    except (SettingsError, DatabaseUnknownError, SchemaError, EmbeddedServerError) as error:
        print(f"sevengates cannot start: {error}", file=sys.stderr)
    except psycopg.OperationalError as error:
        reason = str(error).strip()
        print(f"sevengates cannot start: the database does not answer: {reason}", file=sys.stderr)
    return CANNOT_START


def stop_with_parent() -> None:
    """Stop when the parent dies, even by SIGKILL: our standard input is a pipe it holds open."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
