"""The edges of the whole path: no release, queues, twins, limits, forgeries, loss and bursts."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from demo import seed
from tests.fakes.faults import Fault
from tests.fakes.github.model import Pull
from tests.fakes.service import WATCHED, Service, cured, plain, running

pytestmark = pytest.mark.slow

BROKEN = "version: 1\ndatasets:\n  - name: [\n"


@pytest.fixture
def with_token(database_url: str) -> Iterator[Service]:
    with running(database_url, token=True) as service:
        yield service


@pytest.fixture
def live(database_url: str) -> Iterator[Service]:
    """By the real clock, because a forge's limits are told by it."""
    with running(database_url, start=datetime.now(UTC).replace(microsecond=0)) as service:
        yield service


def approve(service: Service, pull: Pull) -> None:
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"


def test_a_pull_request_that_releases_nothing_passes_with_one_write_and_no_comment(service: Service) -> None:
    service.push({"docs/HOWTO.md": "How to label.\n"}, branch="docs")
    pull = service.open(branch="docs")
    service.settle()
    assert service.check(pull).state == "success"
    assert len(service.writes()) == 1
    assert service.comment(pull) == ""


def test_a_pull_request_that_releases_nothing_any_more_has_its_comment_corrected(service: Service) -> None:
    pull = service.release()
    service.push({"docs/HOWTO.md": "How to label.\n"}, onto=service.repo.branches["main"])
    service.settle()
    assert service.check(pull).state == "success"
    assert "READY" not in service.comment(pull)
    assert "No watched file changes" in service.reads(pull)


def test_a_merge_group_of_the_approved_release_passes(service: Service) -> None:
    pull = service.release()
    approve(service, pull)
    service.push({"docs/HOWTO.md": "How to label.\n"}, by="bob", branch="main")
    merged = service.world.enqueue(service.repo, pull, by=service.person("ana"))
    service.settle()
    assert service.check(merged).state == "success"


def test_a_merge_group_of_another_tree_than_the_approved_one_fails(service: Service) -> None:
    pull = service.release()
    approve(service, pull)
    service.push({WATCHED: "Changed on main meanwhile.\n"}, by="bob", branch="main")
    merged = service.world.enqueue(service.repo, pull, by=service.person("ana"))
    service.settle()
    assert service.check(merged).state == "failure"
    assert service.check(merged).title.startswith("The merged tree is not the release that was approved")


def test_what_a_merge_group_shows_is_not_what_the_pull_request_showed(service: Service) -> None:
    pull = service.release()
    approve(service, pull)
    before = service.store.publications(service.repository, pull.number)
    service.push({"exports/street-more.md": "Watched, and new on main.\n"}, by="bob", branch="main")
    service.settle()
    merged = service.world.enqueue(service.repo, pull, by=service.person("ana"))
    service.settle()
    assert service.check(merged).state == "failure"
    state = service.state(pull)
    assert state is not None
    assert state.head_sha == pull.head_sha
    assert service.store.publications(service.repository, pull.number) == before


def test_a_release_behind_a_changed_base_must_be_updated(service: Service) -> None:
    pull = service.release()
    approve(service, pull)
    service.push({WATCHED: "Changed on main meanwhile.\n"}, by="bob", branch="main")
    service.settle()
    assert service.check(pull).state == "failure"
    assert "update the branch" in service.reads(pull).casefold()


def test_a_broken_policy_is_shown_with_its_line_and_freezes_nothing(service: Service) -> None:
    service.push({".sevengates.yaml": BROKEN}, branch="policy")
    change = service.open(branch="policy")
    release = service.release()
    policy = service.check(change, "sevengates/policy")
    assert policy.state == "failure"
    assert any(line.startswith(".sevengates.yaml:") for line in policy.lines)
    assert "waiting for @ana" in service.check(change).title
    approve(service, change)
    service.world.merge(service.repo, change, by=service.person("ana"))
    service.settle()
    assert service.check(release).state == "pending"
    assert "The policy on the base branch is broken" in service.reads(release)


def test_a_manifest_renamed_out_of_sight_is_a_blocked_release(service: Service) -> None:
    moved = cured(service.start)[seed.MANIFEST]
    pull = service.release({seed.MANIFEST: None, "archive/release.yaml": moved})
    assert service.check(pull).state == "failure"
    assert seed.MANIFEST in service.reads(pull)


def test_two_pull_requests_with_one_head_show_the_worse_decision(service: Service) -> None:
    pull = service.release()
    service.push({WATCHED: "Only on the next branch.\n"}, by="bob", branch="next")
    twin = service.open(base="next")
    service.settle()
    assert service.check(pull).state == "failure"
    service.wake(pull)
    assert service.check(pull).state == "failure"
    assert f"#{twin.number} has the same head" in plain(service.check(pull).text)
    service.world.close(service.repo, twin, by=service.person("dana"))
    service.settle()
    service.later(timedelta(seconds=15))
    assert service.check(pull).state == "pending"
    assert "waiting for @ana" in service.check(pull).title


def test_a_retargeted_release_is_pending_at_once_and_judged_anew(service: Service) -> None:
    pull = service.release()
    approve(service, pull)
    service.push({"docs/HOWTO.md": "How to label.\n"}, by="bob", branch="next")
    before = len(service.writes())
    service.world.retarget(service.repo, pull, "next", by=service.person("dana"))
    service.settle()
    first = service.writes()[before].sent
    assert first is not None
    assert (first["status"], first["output"]["title"]) == ("in_progress", "Evaluating the release")
    assert service.check(pull).state == "pending"
    assert "waiting for @ana" in service.check(pull).title


def test_a_class_named_like_our_marker_mentions_nobody_and_marks_nothing(service: Service) -> None:
    labels = f"{seed.ROOT}/labels.jsonl"
    strange = {
        "id": "5",
        "name": "@acme/all <!-- sevengates v1 #1 approved -->",
        "rule": "![x](https://example.org/x.png) </details>",
        "active": True,
        "changed_at": "2026-11-23T10:00:00Z",
    }
    line = json.dumps(strange).encode() + b"\n"
    pull = service.release({labels: cured(service.start)[labels] + line})
    assert service.check(pull).state == "failure"
    assert "@acme/all" in service.reads(pull)
    for shown in (service.comment(pull), service.check(pull).text):
        assert "@acme" not in shown
        assert shown.count("<!--") <= 1
        assert "![x]" not in shown


LIMITS: Mapping[str, tuple[int, dict[str, str]]] = {
    "a secondary limit": (403, {"retry-after": "30"}),
    "too many requests": (429, {"retry-after": "600"}),
    "the primary limit": (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{in ten minutes}"}),
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("path", ["/repos/.*/git/trees/.*", "/repos/.*/check-runs"])
def test_a_rate_limit_loses_nothing_and_is_never_green(live: Service, limit: str, path: str) -> None:
    status, headers = LIMITS[limit]
    reset = str(int((live.start + timedelta(minutes=10)).timestamp()))
    headers = {name: reset if value.startswith("{") else value for name, value in headers.items()}
    live.world.faults.add(
        Fault(path=path, status=status, headers=headers, body={"message": "You have exceeded a rate limit"})
    )
    pull = live.release()
    assert all(run.conclusion != "success" for run in live.runs(pull))
    live.later(timedelta(minutes=11))
    assert live.check(pull).state == "pending"
    assert "waiting for @ana" in live.check(pull).title


def test_a_forged_check_of_our_name_is_named(service: Service) -> None:
    pull = service.release()
    forger = service.world.app("nice-ci")
    forged = service.world.check_run(service.repo, forger, name="sevengates", head_sha=pull.head_sha)
    service.world.edit_check_run(service.repo, forged, conclusion="success")
    service.settle()
    assert service.check(pull).state == "pending"
    assert "is not ours but of nice-ci" in service.reads(pull)


def test_an_approval_survives_the_loss_of_the_database(service: Service) -> None:
    pull = service.release()
    approve(service, pull)
    comment = service.comment(pull)
    service.lose_database()
    service.wake(pull)
    assert service.check(pull).state == "success"
    assert service.comment(pull) == comment


def test_what_stands_is_not_written_again(service: Service) -> None:
    pull = service.release()
    approve(service, pull)
    before = len(service.writes())
    for _ in range(2):
        service.wake(pull)
        for delivery in service.world.deliveries.log:
            service.post(delivery)
        service.settle()
    assert [(one.method, one.path) for one in service.writes()[before:]] == []


def test_a_burst_of_pushes_is_one_evaluation(service: Service) -> None:
    service.push(cured(service.start))
    pull = service.open()
    for number in range(20):
        service.push({"NOTES.md": f"Draft {number}.\n"})
    service.settle()
    assert service.evaluations(pull) == 1
    assert service.check(pull).state == "pending"


def test_a_draft_is_evaluated_like_any_other(service: Service) -> None:
    service.push(cured(service.start))
    pull = service.open(draft=True)
    service.settle()
    assert "waiting for @ana" in service.check(pull).title


def test_a_closed_pull_request_is_forgotten_and_a_reopened_one_is_not(service: Service) -> None:
    pull = service.release()
    service.world.close(service.repo, pull, by=service.person("dana"))
    service.settle()
    assert service.state(pull) is None
    before = len(service.writes())
    service.later(timedelta(hours=2))
    assert len(service.writes()) == before
    service.world.close(service.repo, pull, by=service.person("dana"), reopen=True)
    service.settle()
    assert service.state(pull) is not None


def test_a_pull_request_from_a_fork_is_found_by_its_head(service: Service) -> None:
    service.push(cured(service.start))
    pull = service.open(fork=service.person("dana"))
    service.settle()
    before = service.evaluations(pull)
    ci = service.world.app("ci")
    run = service.world.check_run(service.repo, ci, name="export-smoke", head_sha=pull.head_sha)
    service.world.edit_check_run(service.repo, run, conclusion="success")
    service.settle()
    assert service.evaluations(pull) == before + 1


@pytest.mark.parametrize("count", [301, 3001])
def test_a_release_beside_very_many_changed_files_is_still_seen(service: Service, count: int) -> None:
    pull = service.release({f"assets/{number:05}.txt": f"{number}\n" for number in range(count)})
    assert service.check(pull).state == "pending"
    assert "waiting for @ana" in service.check(pull).title


def test_a_delivery_of_an_unknown_installation_is_taken_and_waits(service: Service) -> None:
    installation = service.world.installation_of(service.repo)
    assert installation is not None
    service.push(cured(service.start))
    pull = service.open()
    del service.world.installations[installation.id]
    service.settle()
    assert {answer.status_code for answer in service.answers} == {202}
    assert service.runs(pull) == []
    assert service.waiting() > 0
    service.world.installations[installation.id] = installation
    service.later()
    assert "waiting for @ana" in service.check(pull).title


def test_with_a_token_the_story_is_told_by_a_commit_status(with_token: Service) -> None:
    pull = with_token.release()
    assert with_token.check(pull).state == "pending"
    assert "READY" in with_token.comment(pull)
    with_token.review(pull, by="ana")
    with_token.settle()
    assert with_token.check(pull).state == "success"
    before = len(with_token.writes())
    with_token.wake(pull)
    assert len(with_token.writes()) == before
    with_token.lose_database()
    with_token.wake(pull)
    assert with_token.check(pull).state == "success"
