"""Ways to a green check that nobody approved; each was possible once."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.database import open_pool
from bot.forges.base import Repository
from bot.forges.errors import ForgeError
from bot.reconcile import handle
from bot.store import Store
from bot.targets import Target
from tests.fakes.git_objects import Symlink
from tests.fakes.service import WATCHED, Service, cured, plain

pytestmark = pytest.mark.slow


def group(service: Service, head: str, base: str, branch: str) -> Target:
    return Target(
        repository=service.repository,
        merge_group_head=head,
        merge_group_base=base,
        merge_group_ref=f"refs/heads/{branch}",
    )


def test_a_merge_group_made_up_in_a_payload_opens_nothing(service: Service) -> None:
    root = service.push({"README.md": "No policy yet.\n"}, by="ana", branch="main", message="Root")
    pull = service.release()
    for branch in (
        f"gh-readonly-queue/main/pr-{pull.number}-{root}",
        "gh-readonly-queue/main/pr-99-x",
        "other",
    ):
        target = group(service, pull.head_sha, root, branch)
        with suppress(ForgeError):
            handle(target, service.jobs.services)
        assert service.check(pull).state != "success"


def test_a_real_queue_branch_does_not_vouch_for_another_commit_or_base(service: Service) -> None:
    pull = service.release()
    merged = service.world.enqueue(service.repo, pull, by=service.person("ana"))
    branch = next(name for name in service.repo.branches if name.startswith("gh-readonly-queue/"))
    service.settle()
    assert service.check(merged).state != "success"
    with pytest.raises(ForgeError, match="not the tip"):
        handle(group(service, pull.head_sha, "0" * 40, branch), service.jobs.services)
    service.push({"docs/more.md": "x"}, by="bob", branch="next")
    service.world.retarget(service.repo, pull, "next", by=service.person("dana"))
    with pytest.raises(ForgeError, match="not one of pull request"):
        handle(group(service, merged, "0" * 40, branch), service.jobs.services)


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
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"

    class Broken(Store):
        def blob(self, repository: Repository, oid: str) -> bytes | None:
            raise KeyError("a bug")

    services = replace(service.jobs.services, store=Broken(open_pool(service.url)))
    with pytest.raises(KeyError):
        handle(Target(repository=service.repository, number=pull.number), services)
    services.store.close()
    shown = service.check(pull)
    assert shown.state == "failure"
    assert "failed inside the service" in plain(shown.text)
    service.later(timedelta(minutes=6))
    assert service.check(pull).state == "success"


def test_a_release_pushed_back_after_another_was_approved_is_not_approved(service: Service) -> None:
    pull = service.release()
    first = pull.head_sha
    service.push({WATCHED: "Another release.\n"}, by="dana", branch=pull.head_ref)
    service.settle()
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"
    service.world.move(service.repo, pull.head_ref, first, by=service.person("dana"))
    service.settle()
    assert service.check(pull).state == "pending"


def test_the_same_bytes_as_a_link_are_not_what_was_approved(service: Service) -> None:
    pull = service.release({**cured(service.start), WATCHED: "../README.md"})
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"
    service.push({WATCHED: Symlink("../README.md")}, by="dana", branch=pull.head_ref)
    service.settle()
    assert service.check(pull).state == "pending"
