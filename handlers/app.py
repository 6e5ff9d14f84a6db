"""The web process: `create_app` is the factory that granian (or any WSGI server) calls."""

import os
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask, Response

from bot import database, logs, migrations
from bot.metrics import Metrics
from bot.queue import Queue
from bot.settings import Settings, load, require_forge
from bot.store import Store
from handlers import github_webhooks, gitlab_webhooks
from handlers.github_webhooks import GitHubWebhooks
from handlers.gitlab_webhooks import GitLabWebhooks
from handlers.health import Health
from handlers.intake import Intake
from handlers.pages import Pages

LARGEST_BODY = 25 * 1024 * 1024
"""The cap of both forges on a payload: https://docs.github.com/en/webhooks/webhook-events-and-payloads
and https://docs.gitlab.com/user/gitlab_com/#webhooks"""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(settings: Settings | None = None, *, now: Callable[[], datetime] = _utc_now) -> Flask:
    """The application over `settings`, or over those of the environment; `now` is an aware clock.

    Only forges that are configured have a route; the others answer 404.

    Raises:
        SettingsError: the settings are incomplete.
        DatabaseUnknownError: there is no database to connect to.
        SchemaError: the database was not migrated.
    """
    if settings is None:
        settings = load(os.environ)
        logs.configure(settings.sevengates_log_level, settings.secrets)
    require_forge(settings)
    url = database.find_url(settings.database_url, settings.sevengates_var)
    migrations.require_current(url)
    pool = database.open_pool(url)
    store = Store(pool)
    metrics = Metrics(store)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions["sevengates_store"] = store
    app.register_blueprint(Health(store=store, metrics=metrics).blueprint())
    if settings.public_url is not None:
        app.register_blueprint(Pages(store=store).blueprint())
    queue = Queue(pool)

    def intake(forge: str, events: frozenset[str]) -> Intake:
        return Intake(forge=forge, events=events, store=store, queue=queue, metrics=metrics)

    if settings.has_github:
        taken = intake(github_webhooks.FORGE, github_webhooks.KNOWN_EVENTS)
        app.register_blueprint(GitHubWebhooks(settings=settings, intake=taken).blueprint())
    if settings.has_gitlab:
        taken = intake(gitlab_webhooks.FORGE, gitlab_webhooks.KNOWN_EVENTS)
        app.register_blueprint(GitLabWebhooks(settings=settings, intake=taken, now=now).blueprint())
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response
