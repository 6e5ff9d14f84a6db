"""The edges of the whole path: no release, twins, limits, forgeries, loss and bursts."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from demo import seed
from tests.fakes.service import WATCHED, Service, cured, running
from tests.fakes.site import MakeSite, MergeRefusedError

pytestmark = pytest.mark.slow

BROKEN = "version: 1\ndatasets:\n  - name: [\n"


@pytest.fixture
def live(database_url: str, make_site: MakeSite) -> Iterator[Service]:
    """By the real clock, because a forge's limits are told by it."""
    with running(database_url, make=make_site, start=datetime.now(UTC).replace(microsecond=0)) as service:
        yield service


def outside_code(markdown: str) -> str:
    """The rendered page without code spans: forges take what is in them for text, whatever it says."""
    html = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    return re.sub(r"<code>.*?</code>", "", html)


def approve(service: Service, pull: int) -> None:
    service.approve(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"


def test_a_pull_request_that_releases_nothing_passes_with_one_write_and_no_comment(service: Service) -> None:
    service.push({"docs/HOWTO.md": "How to label.\n"}, branch="docs")
    pull = service.open(branch="docs")
    service.settle()
    assert service.check(pull).state == "success"
    assert len(service.site.writes()) == 1
    assert service.comment(pull) == ""


def test_a_pull_request_that_releases_nothing_any_more_has_its_comment_corrected(service: Service) -> None:
    pull = service.release()
    service.push({"docs/HOWTO.md": "How to label.\n"}, onto=service.site.tip("main"))
    service.settle()
    assert service.check(pull).state == "success"
    assert "READY" not in service.comment(pull)
    assert "No watched file changes" in service.reads(pull)


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
    assert any(line.startswith(".sevengates.yaml:") for line in policy.lines) is service.site.detailed
    assert "`.sevengates.yaml:" in service.comment(change)
    assert "waiting for @ana" in service.check(change).title
    approve(service, change)
    if service.site.every_check_closes:
        with pytest.raises(MergeRefusedError):
            service.site.merge(change, by="ana")
        service.push({".sevengates.yaml": BROKEN}, by="ana", branch="main")
    else:
        service.site.merge(change, by="ana")
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
    if service.site.detailed:
        assert f"{service.words.sign}{twin} has the same head" in service.explains(pull)
    service.site.close(twin, by="dana")
    service.settle()
    service.later(timedelta(seconds=15))
    assert service.check(pull).state == "pending"
    assert "waiting for @ana" in service.check(pull).title


def test_a_retargeted_release_is_pending_at_once_and_judged_anew(service: Service) -> None:
    pull = service.release()
    approve(service, pull)
    service.push({"docs/HOWTO.md": "How to label.\n"}, by="bob", branch="next")
    before = len(service.site.writes())
    service.site.retarget(pull, "next", by="dana")
    service.settle()
    first = service.site.writes()[before].shown
    assert first is not None
    assert (first.state, first.title) == ("pending", "Evaluating the release")
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
        read = outside_code(shown)
        assert "@acme" not in read
        assert read.count("<!--") <= 1
        assert "![x]" not in read
        assert "<img" not in read


@pytest.mark.parametrize("what", ["read", "write"])
def test_a_rate_limit_loses_nothing_and_is_never_green(live: Service, what: str) -> None:
    live.site.rate_limit(what, wait=timedelta(minutes=10))
    pull = live.release()
    assert all(check.state != "success" for check in live.site.all_shown(pull))
    live.later(timedelta(minutes=11))
    assert live.check(pull).state == "pending"
    assert "waiting for @ana" in live.check(pull).title


def test_a_forged_check_of_our_name_is_named(service: Service) -> None:
    pull = service.release()
    service.site.foreign_check(pull, "sevengates", "success", by="nice-ci")
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
    before = len(service.site.writes())
    for _ in range(2):
        service.wake(pull)
        for delivery in service.site.deliveries():
            service.post(delivery)
        service.settle()
    assert [(one.method, one.path) for one in service.site.writes()[before:]] == []


def test_a_burst_of_pushes_costs_no_more_than_one(service: Service) -> None:
    """Which is one evaluation, and another where our status moves a pipeline that is told to us."""
    pull = service.release()
    costs = []
    for burst in (1, 20):
        before = service.site.evaluations(pull)
        for number in range(burst):
            service.push({"NOTES.md": f"Draft {number} of {burst}.\n"})
        service.settle()
        costs.append(service.site.evaluations(pull) - before)
    assert costs[0] == costs[1] <= 2
    assert service.check(pull).state == "pending"


def test_a_draft_is_evaluated_like_any_other(service: Service) -> None:
    service.push(cured(service.start))
    pull = service.open(draft=True)
    service.settle()
    assert "waiting for @ana" in service.check(pull).title


def test_a_closed_pull_request_is_forgotten_and_a_reopened_one_is_not(service: Service) -> None:
    pull = service.release()
    service.site.close(pull, by="dana")
    service.settle()
    assert service.state(pull) is None
    before = len(service.site.writes())
    service.later(timedelta(hours=2))
    assert len(service.site.writes()) == before
    service.site.reopen(pull, by="dana")
    service.settle()
    assert service.state(pull) is not None


def test_a_pull_request_from_a_fork_is_found_by_its_head(service: Service) -> None:
    service.push(cured(service.start))
    pull = service.open(fork="dana")
    service.settle()
    before = service.site.evaluations(pull)
    service.site.foreign_check(pull, "export-smoke", "success", by="ci")
    service.settle()
    assert service.site.evaluations(pull) > before


@pytest.mark.parametrize("count", [301, 3001])
def test_a_release_beside_very_many_changed_files_is_still_seen(service: Service, count: int) -> None:
    pull = service.release({f"assets/{number:05}.txt": f"{number}\n" for number in range(count)})
    assert service.check(pull).state == "pending"
    assert "waiting for @ana" in service.check(pull).title
