"""Ways to a green check that nobody approved; each was possible once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.database import open_pool
from bot.forges.base import Repository
from bot.reconcile import handle
from bot.store import Store
from bot.targets import Target
from demo import seed
from tests.fakes.git_objects import Symlink
from tests.fakes.service import WATCHED, Service, cured, running
from tests.fakes.site import MakeSite, MergeRefusedError

pytestmark = pytest.mark.slow


def test_a_twin_that_was_never_seen_is_asked_too(service: Service) -> None:
    service.push({".sevengates.yaml": None, "docs/x.md": "x"}, by="ana", branch="ungated")
    pull = service.release(settled=False)
    service.settle()
    twin = service.open(base="ungated")
    service.lose_database()
    service.wake(twin)
    service.work()
    assert service.check(pull).state != "success"


def test_a_failure_inside_the_service_is_an_error_and_never_the_old_green(service: Service) -> None:
    pull = service.release()
    service.approve(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"

    class Broken(Store):
        def blob(self, repository: Repository, oid: str) -> bytes | None:
            raise KeyError("a bug")

    services = replace(service.jobs.services, store=Broken(open_pool(service.url)))
    with pytest.raises(KeyError):
        handle(Target(repository=service.repository, number=pull), services)
    services.store.close()
    assert service.check(pull).state == "failure"
    assert "failed inside the service" in service.explains(pull)
    service.later(timedelta(minutes=6))
    assert service.check(pull).state == "success"


def test_a_release_pushed_back_after_another_was_approved_is_not_approved(service: Service) -> None:
    pull = service.release()
    first = service.site.head(pull)
    service.push({WATCHED: "Another release.\n"}, by="dana")
    service.settle()
    service.approve(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"
    service.site.move(seed.BRANCH, first, by="dana")
    service.settle()
    assert service.check(pull).state == "pending"


def test_the_same_bytes_as_a_link_are_not_what_was_approved(service: Service) -> None:
    pull = service.release({**cured(service.start), WATCHED: "../README.md"})
    service.approve(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"
    service.push({WATCHED: Symlink("../README.md")}, by="dana")
    service.settle()
    assert service.check(pull).state == "pending"


def test_what_the_comment_never_showed_is_not_approved(service: Service) -> None:
    pull = service.release()
    before = service.comment(pull)
    service.push({WATCHED: "Another release.\n"}, by="dana")
    service.site.fail_comment(applied=False)
    service.settle()
    assert service.comment(pull) == before
    service.site.clock.at += timedelta(minutes=1)
    service.approve(pull, by="ana")
    service.later()
    assert service.comment(pull) != before
    assert service.check(pull).state == "pending"
    assert "it is of another state" in service.reads(pull)
    service.approve(pull, by="ana")
    service.settle()
    service.site.merge(pull, by="dana")


def test_what_a_comment_showed_before_we_were_stopped_is_not_taken_for_the_release_before(
    service: Service,
) -> None:
    pull = service.release()
    first, before = service.site.head(pull), service.comment(pull)
    service.push({WATCHED: "Another release.\n"}, by="dana")
    service.site.fail_comment(applied=True)
    service.settle()
    assert service.comment(pull) != before
    service.site.clock.at += timedelta(minutes=1)
    service.approve(pull, by="ana")
    service.site.move(seed.BRANCH, first, by="dana")
    service.later()
    assert service.check(pull).state == "pending"


def ungoverned(service: Service) -> None:
    service.push({".sevengates.yaml": None}, by="dana", branch="scratch")


def prepared(service: Service) -> None:
    """Rules as they are, and the release there already: a pull request onto it releases nothing."""
    service.push(cured(service.start), by="dana", branch="scratch")


@pytest.mark.parametrize("make_scratch", [ungoverned, prepared])
def test_a_branch_that_asks_less_opens_nothing_on_the_default_branch(
    service: Service, make_scratch: Callable[[Service], None]
) -> None:
    make_scratch(service)
    files = {**cured(service.start), "NOTES.md": "A note.\n"}
    service.push(files, by="dana", onto=service.site.tip("scratch"))
    pull = service.open(base="scratch")
    service.settle()
    assert service.check(pull).state == "pending"
    assert "would count on `main` too" in service.comment(pull)
    assert service.check(pull).title.startswith("Held: ")
    service.site.retarget(pull, "main", by="dana")
    with pytest.raises(MergeRefusedError):
        service.site.merge(pull, by="dana")


def test_a_branch_that_the_policy_lists_is_released_to(database_url: str, make_site: MakeSite) -> None:
    listed = seed.POLICY + b'branches: ["release/*"]\n'
    with running(database_url, make=make_site, **{".sevengates.yaml": listed}) as service:
        service.push({"docs/x.md": "x", ".sevengates.yaml": None}, by="ana", branch="release/1")
        service.push({"docs/x.md": "y"}, branch="fix", onto=service.site.tip("release/1"))
        pull = service.open(branch="fix", base="release/1")
        service.settle()
        assert service.check(pull).state == "success"
        assert service.comment(pull) == ""


def test_what_is_no_longer_held_has_its_comment_corrected(service: Service) -> None:
    ungoverned(service)
    service.push({WATCHED: "x\n"}, by="dana", onto=service.site.tip("scratch"))
    pull = service.open(base="scratch")
    service.settle()
    assert service.check(pull).state == "pending"
    service.push({"docs/x.md": "x", ".sevengates.yaml": None}, by="dana", onto=service.site.tip("main"))
    service.push({".sevengates.yaml": None}, by="ana", branch="main")
    service.settle()
    service.wake(pull)
    assert service.check(pull).state == "success"
    assert "stays pending" not in service.comment(pull)
