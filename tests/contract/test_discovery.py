"""The sweep finds the repositories of every configured forge, and what stands in its way."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from psycopg_pool import ConnectionPool
from structlog.testing import capture_logs

from bot.forges.base import Repository
from bot.forges.errors import ForgeError, RateLimitedError, UnauthorizedError
from bot.forges.gitlab import DisabledHook, GitLabToken
from bot.reconcile import discover
from bot.services import Services
from bot.settings import load
from bot.store import Store
from bot.targets import Lookup, Target
from tests.contract.scenes import judged
from tests.fakes.faults import Fault
from tests.fakes.github.site import GitHubSite
from tests.fakes.gitlab.deliveries import FOR_GOOD
from tests.fakes.gitlab.model import Level
from tests.fakes.gitlab.site import GitLabSite

OURS = "https://gates.example/webhooks/gitlab"


@pytest.fixture
def gitlab() -> Iterator[GitLabSite]:
    with judged("gitlab") as made:
        assert isinstance(made, GitLabSite)
        yield made


def _found(*environments: Mapping[str, str]) -> list[Repository]:
    return [one.repository for one in _discovered(*environments)]


def _discovered(*environments: Mapping[str, str]) -> list[Target | Lookup]:
    merged = {name: value for environment in environments for name, value in environment.items()}
    store = Store(ConnectionPool(open=False))
    return list(discover(Services(settings=load(merged), store=store)))


def test_every_project_the_token_may_push_to_is_found_past_the_first_page(gitlab: GitLabSite) -> None:
    made = [gitlab.project]
    for n in range(110):
        made.append(gitlab.world.project(f"acme/more/p{n}"))
        gitlab.world.grant(made[-1], Level.DEVELOPER, gitlab.bot)
    gitlab.world.grant(gitlab.world.project("acme/readable"), Level.REPORTER, gitlab.bot)
    gitlab.world.project("other/unseen")

    found = list(GitLabToken(url=gitlab.server.url, token=gitlab.token).repositories())

    expected = [Repository(forge="gitlab", id=one.id, full_name=one.path_with_namespace) for one in made]
    assert sorted(found, key=lambda one: one.id) == expected


def test_both_forges_are_searched(github: GitHubSite, gitlab: GitLabSite) -> None:
    assert _found(github.environment, gitlab.environment) == [github.repository, gitlab.repository]
    assert _found(gitlab.environment) == [gitlab.repository]
    assert _found(github.environment) == [github.repository]
    assert _found() == []


def test_a_forge_that_fails_does_not_stop_the_other(github: GitHubSite, gitlab: GitLabSite) -> None:
    github.world.faults.add(Fault(path="/app/.*", times=9, status=500))
    store = Store(ConnectionPool(open=False))
    services = Services(settings=load({**github.environment, **gitlab.environment}), store=store)
    found: list[Repository] = []

    with pytest.raises(ForgeError, match="GitHub answered 500"):
        found.extend(one.repository for one in discover(services))

    assert found == [gitlab.repository]


def test_a_limit_of_gitlab_is_told_after_github_was_searched(github: GitHubSite, gitlab: GitLabSite) -> None:
    gitlab.world.faults.add(Fault(path=".*/projects", status=429, headers={"Retry-After": "60"}))

    with pytest.raises(RateLimitedError, match="listing the projects"):
        _found(github.environment, gitlab.environment)


def _log(gitlab: GitLabSite) -> list[Mapping[str, object]]:
    with capture_logs() as logged:
        assert _found(gitlab.environment) == [gitlab.repository]
    return [one for one in logged if one["log_level"] == "warning"]


def test_a_webhook_that_gitlab_switched_off_is_named_in_the_log(gitlab: GitLabSite) -> None:
    world = gitlab.world
    until = world.clock.at.replace(microsecond=0) + timedelta(days=1)
    gitlab.hook.url, gitlab.hook.failures = OURS, FOR_GOOD
    later = world.hook(gitlab.project, f"{OURS}?tenant=1")
    later.failures, later.disabled_until = 4, until
    world.hook(gitlab.project, OURS)
    world.hook(gitlab.project, "https://chat.example/hook").failures = FOR_GOOD

    token = GitLabToken(url=gitlab.server.url, token=gitlab.token)
    assert set(token.disabled_hooks(gitlab.repository)) == {
        DisabledHook(id=gitlab.hook.id, until=None),
        DisabledHook(id=later.id, until=until),
    }
    told = {(one["repository"], one["hook"], one["until"]) for one in _log(gitlab)}
    assert told == {
        ("acme/data", gitlab.hook.id, "for good"),
        ("acme/data", later.id, f"until {until.isoformat()}"),
    }


def test_a_token_that_sees_no_webhooks_still_finds_the_project(gitlab: GitLabSite) -> None:
    gitlab.world.grant(gitlab.project, Level.DEVELOPER, gitlab.bot)
    gitlab.hook.url, gitlab.hook.failures = OURS, FOR_GOOD

    assert _log(gitlab) == []
    with pytest.raises(UnauthorizedError):
        GitLabToken(url=gitlab.server.url, token=gitlab.token).disabled_hooks(gitlab.repository)


def test_a_project_that_is_deleted_meanwhile_stops_nothing(gitlab: GitLabSite) -> None:
    gitlab.world.faults.add(Fault(path=".*/hooks", status=404))

    assert _log(gitlab) == []
