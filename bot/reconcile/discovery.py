"""What lost deliveries may have hidden: the open pull requests of every repository of every forge."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import structlog

from bot.forges.base import Repository
from bot.forges.connect import connection, gitlab
from bot.forges.errors import ForgeError, NotFoundError, UnauthorizedError
from bot.forges.gitlab import GitLabToken
from bot.services import Services
from bot.settings import Settings
from bot.targets import Lookup, Target

log = structlog.get_logger()

REDELIVER_AFTER = timedelta(days=3)
"""GitHub keeps deliveries three days."""


def discover(services: Services) -> Iterable[Target | Lookup]:
    """Every repository of every configured forge; one that fails does not stop the others.

    Raises:
        ForgeError: what the first of those that failed said, at the end.
    """
    failures: list[ForgeError] = []
    for found in _configured(services.settings):
        try:
            yield from found(services)
        except ForgeError as error:
            failures.append(error)
            log.warning("discovery failed", reason=str(error))
    if failures:
        raise failures[0]


def _configured(settings: Settings) -> Iterator[Callable[[Services], Iterable[Lookup]]]:
    if settings.github_app_id is not None or settings.github_token is not None:
        yield _on_github
    if settings.gitlab_token is not None:
        yield _on_gitlab


def _on_github(services: Services) -> Iterable[Lookup]:
    """Failed deliveries of the App are asked for again first; they come back through the front door."""
    client = connection(services.settings)
    for failed in client.failed_deliveries(services.now() - REDELIVER_AFTER):
        client.redeliver(failed.id)
        log.info("redelivery asked for", delivery=failed.guid, kind=failed.event)
    for installation in client.installations():
        for repository in client.repositories(installation):
            yield Lookup(repository=repository)


def _on_gitlab(services: Services) -> Iterable[Lookup]:
    """GitLab redelivers nothing, and switches off webhooks that fail: those are named in the log."""
    client = gitlab(services.settings)
    for repository in client.repositories():
        yield Lookup(repository=repository)
        _report_disabled_hooks(client, repository)


def _report_disabled_hooks(client: GitLabToken, repository: Repository) -> None:
    try:
        disabled = client.disabled_hooks(repository)
    except (NotFoundError, UnauthorizedError):
        return  # a Developer's token sees no webhooks; or the project is gone
    for hook in disabled:
        until = "for good" if hook.until is None else f"until {hook.until.isoformat()}"
        log.warning("webhook disabled by GitLab", repository=repository.full_name, hook=hook.id, until=until)
