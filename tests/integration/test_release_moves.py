"""What moves while it is being evaluated, and what need not be read twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.database import open_pool
from bot.reconcile import handle
from bot.store import Store
from bot.targets import Target
from tests.fakes.service import WATCHED, Service

pytestmark = pytest.mark.slow


def evaluate_while(service: Service, pull: int, act: Callable[[], object]) -> None:
    """Evaluate; `act` happens once, after everything was read and before anything is published."""
    acts = [act]

    class Meanwhile(Store):
        @contextmanager
        def holding(self, name: str) -> Iterator[None]:
            for happens in acts:
                acts.clear()
                happens()
            with super().holding(name):
                yield

    services = replace(service.jobs.services, store=Meanwhile(open_pool(service.url)))
    handle(Target(repository=service.repository, number=pull), services)
    services.store.close()
    assert not acts


def test_what_was_evaluated_of_a_head_that_moved_is_not_published(service: Service) -> None:
    pull = service.release(settled=False)
    old = service.site.head(pull)
    read = service.site.evaluations(pull)
    evaluate_while(service, pull, lambda: service.push({WATCHED: "Pushed meanwhile.\n"}))
    assert service.site.head(pull) != old
    assert {shown.title for shown in service.site.all_shown(old)} == {"Evaluating the release"}
    assert "waiting for @ana" in service.check(pull).title
    assert service.site.evaluations(pull) == read + 2


def test_what_was_evaluated_for_another_base_is_not_published(service: Service) -> None:
    pull = service.release(settled=False)
    service.push({WATCHED: "Only on the next branch.\n"}, by="bob", branch="next")
    evaluate_while(service, pull, lambda: service.site.retarget(pull, "next", by="dana"))
    assert service.check(pull).state == "failure"
    assert not any("waiting for" in shown.title for shown in service.site.all_shown(pull))
    assert "Update the branch with `next`" in service.comment(pull)


def test_a_blob_is_read_once(service: Service) -> None:
    pull = service.release()
    first, evaluations = blobs_read(service), service.site.evaluations(pull)
    assert first
    service.wake(pull)
    assert service.site.evaluations(pull) > evaluations
    assert blobs_read(service) == first
    assert len(first) == len(set(first))


def blobs_read(service: Service) -> list[str]:
    return [one.path for one in service.site.exchanges if one.method == "GET" and "/blobs/" in one.path]
