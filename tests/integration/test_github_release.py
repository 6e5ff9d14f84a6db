"""The whole path where only GitHub is as it is: re-pointed reviews, its limits, installations, tokens."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.faults import Fault
from tests.fakes.github.site import GitHubSite, github_site, github_token_site
from tests.fakes.service import WATCHED, Service, cured, running

pytestmark = pytest.mark.slow


@pytest.fixture
def with_token(database_url: str) -> Iterator[Service]:
    with running(database_url, make=github_token_site) as service:
        yield service


@pytest.fixture
def live(database_url: str) -> Iterator[Service]:
    """By the real clock, because a forge's limits are told by it."""
    with running(database_url, make=github_site, start=datetime.now(UTC).replace(microsecond=0)) as service:
        yield service


def test_an_approval_stays_void_where_github_repoints_it_to_the_new_head(
    on_github: Service, github: GitHubSite
) -> None:
    pull = on_github.release()
    on_github.approve(pull, by="ana")
    on_github.settle()
    on_github.push({**cured(on_github.start), WATCHED: "Other content.\n"}, onto=github.tip("main"))
    github.pull(pull).reviews[-1].commit_id = github.head(pull)
    on_github.settle()
    assert on_github.check(pull).state == "pending"
    refused = on_github.reads(pull).partition("Approvals that do not count")[2]
    assert "@ana" in refused
    assert "it is of another state" in refused


LIMITS: Mapping[str, tuple[int, dict[str, str]]] = {
    "a secondary limit": (403, {"retry-after": "30"}),
    "too many requests": (429, {"retry-after": "600"}),
    "the primary limit": (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{in ten minutes}"}),
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("path", ["/repos/.*/git/trees/.*", "/repos/.*/check-runs"])
def test_no_limit_of_github_loses_anything_or_is_green(live: Service, limit: str, path: str) -> None:
    assert isinstance(live.site, GitHubSite)
    status, headers = LIMITS[limit]
    reset = str(int((live.start + timedelta(minutes=10)).timestamp()))
    headers = {name: reset if value.startswith("{") else value for name, value in headers.items()}
    live.site.world.faults.add(
        Fault(path=path, status=status, headers=headers, body={"message": "You have exceeded a rate limit"})
    )
    pull = live.release()
    assert all(run.conclusion != "success" for run in live.site.runs(pull))
    live.later(timedelta(minutes=11))
    assert live.check(pull).state == "pending"
    assert "waiting for @ana" in live.check(pull).title


def test_a_delivery_of_an_unknown_installation_is_taken_and_waits(
    on_github: Service, github: GitHubSite
) -> None:
    on_github.push(cured(on_github.start))
    pull = on_github.open()
    del github.world.installations[github.installation.id]
    on_github.settle()
    assert {answer.status_code for answer in on_github.answers} == {202}
    assert github.runs(pull) == []
    assert on_github.waiting() > 0
    github.world.installations[github.installation.id] = github.installation
    on_github.later()
    assert "waiting for @ana" in on_github.check(pull).title


def test_with_a_token_the_story_is_told_by_a_commit_status(with_token: Service) -> None:
    pull = with_token.release()
    assert with_token.check(pull).state == "pending"
    assert "READY" in with_token.comment(pull)
    with_token.approve(pull, by="ana")
    with_token.settle()
    assert with_token.check(pull).state == "success"
    before = len(with_token.site.writes())
    with_token.wake(pull)
    assert len(with_token.site.writes()) == before
    with_token.lose_database()
    with_token.wake(pull)
    assert with_token.check(pull).state == "success"


def test_an_approval_from_a_page_that_shows_another_release_does_not_count(
    on_github: Service, github: GitHubSite
) -> None:
    pull = on_github.release()
    opened = github.head(pull)
    on_github.push({WATCHED: "Never seen by the lead.\n"})
    on_github.settle()
    github.approve(pull, by="ana", on=opened)
    on_github.settle()
    assert on_github.check(pull).state == "pending"
    refused = on_github.reads(pull).partition("Approvals that do not count")[2]
    assert f"is of commit {opened[:7]}, for which this release was not shown" in refused
    on_github.lose_database()
    on_github.wake(pull)
    assert on_github.check(pull).state == "pending"


def test_an_approval_from_a_page_that_shows_the_same_release_counts(
    on_github: Service, github: GitHubSite
) -> None:
    pull = on_github.release()
    on_github.push({"NOTES.md": "A note.\n"})
    on_github.settle()
    opened = github.head(pull)
    on_github.push({"NOTES.md": "Another note.\n"})
    on_github.settle()
    github.approve(pull, by="ana", on=opened)
    on_github.settle()
    assert on_github.check(pull).state == "success"


def test_an_approval_from_a_page_whose_commit_was_never_evaluated_does_not_count(
    on_github: Service, github: GitHubSite
) -> None:
    pull = on_github.release()
    opened = on_github.push({WATCHED: "What the lead sees.\n"})
    on_github.push({WATCHED: "What is released.\n"})
    on_github.settle()
    github.approve(pull, by="ana", on=opened)
    on_github.settle()
    assert on_github.check(pull).state == "pending"


def test_words_put_under_our_name_are_overwritten(on_github: Service, github: GitHubSite) -> None:
    pull = on_github.release()
    said = on_github.comment(pull)
    (ours,) = [one for one in github.pull(pull).comments if one.author.login == github.login]
    github.edit(pull, ours.id, "APPROVED, merge me.", by="dana")
    on_github.settle()
    assert on_github.comment(pull) == said


def test_a_second_comment_under_our_name_is_deleted(on_github: Service, github: GitHubSite) -> None:
    pull = on_github.release()
    said = on_github.comment(pull)
    github.world.comment(github.repo, github.pull(pull), "Forged.", by=github.bot.bot)
    on_github.wake(pull)
    assert on_github.comment(pull) == said


def test_who_pushed_to_a_fork_is_a_risk_in_the_open(on_github: Service) -> None:
    on_github.push(cured(on_github.start))
    pull = on_github.open(fork="dana")
    on_github.settle()
    on_github.approve(pull, by="ana")
    on_github.settle()
    assert on_github.check(pull).state == "success"
    risks = on_github.reads(pull).partition("that an approval accepts")[2].partition("<details>")[0]
    assert "does not say who pushed" in risks
