"""The stand-in must be believable: Git's ids, GitHub's refusals, and deliveries as GitHub sends them."""

import hashlib
import hmac
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from tests.contract.openapi import github as contract
from tests.fakes.git_objects import ObjectStore, Submodule, Symlink
from tests.fakes.github.model import Pull
from tests.fakes.github.site import GitHubSite
from tests.fakes.receiver import Receiver, receiving

SHARED = Path(__file__).parents[3] / "shared" / "contracts" / "webhooks" / "github"


@pytest.fixture
def receiver(github: GitHubSite) -> Iterator[Receiver]:
    with receiving() as server:
        github.world.deliveries.url = server.url
        yield server
        github.world.deliveries.settle()


def _opened(github: GitHubSite) -> Pull:
    github.push("release", {"release.yaml": "version: 2\n"})
    return github.repo.pulls[github.open("release")]


def _as(github: GitHubSite, login: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {github.world.user_token(github.world.user(login))}"}


def test_object_ids_are_those_git_computes(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    (tmp_path / "a").mkdir()
    for path, text in {"a/b.txt": "x\n", "a.txt": "y", "a0": "z"}.items():
        (tmp_path / path).write_text(text)
    (tmp_path / "link").symlink_to("a/b.txt")
    git("add", ".")
    git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},module")

    store = ObjectStore()
    files = {
        "a/b.txt": "x\n",
        "a.txt": "y",
        "a0": "z",
        "link": Symlink("a/b.txt"),
        "module": Submodule("a" * 40),
    }

    assert store.changed_tree(None, files) == git("write-tree")


def test_a_merge_takes_both_sides_and_closes_the_pull_request(github: GitHubSite) -> None:
    pull = _opened(github)
    github.push("main", {"other": "1"})
    github.repo.required_checks.clear()
    url = f"{github.server.url}/repos/acme/data/pulls/{pull.number}/merge"

    answer = requests.put(url, headers=_as(github, "ben"), timeout=10)

    tree = github.repo.store.commits[answer.json()["sha"]].tree
    assert {path for path, _ in github.repo.store.files(tree)} == {"README.md", "other", "release.yaml"}
    assert (pull.state, github.repo.branches["main"]) == ("closed", answer.json()["sha"])
    assert requests.put(url, headers=_as(github, "ben"), timeout=10).status_code == 405


def test_a_merge_by_a_reader_of_a_stale_head_or_without_the_check_is_refused(github: GitHubSite) -> None:
    pull = _opened(github)
    github.person("rita", role="read")
    url = f"{github.server.url}/repos/acme/data/pulls/{pull.number}/merge"

    assert requests.put(url, headers=_as(github, "rita"), timeout=10).status_code == 403
    stale = requests.put(url, headers=_as(github, "ben"), json={"sha": "0" * 40}, timeout=10)
    assert stale.status_code == 409
    blocked = requests.put(url, headers=_as(github, "ben"), timeout=10)
    assert blocked.status_code == 405
    assert blocked.json()["message"] == 'Required status check "sevengates" is expected.'


def test_an_author_cannot_approve_his_own_pull_request(github: GitHubSite) -> None:
    pull = _opened(github)
    url = f"{github.server.url}/repos/acme/data/pulls/{pull.number}/reviews"

    mine = requests.post(url, headers=_as(github, "ben"), json={"event": "APPROVE"}, timeout=10)
    github.person("ana")
    theirs = requests.post(url, headers=_as(github, "ana"), json={"event": "APPROVE"}, timeout=10)

    assert (mine.status_code, theirs.json()["state"]) == (422, "APPROVED")


def test_deliveries_are_signed_and_in_order(github: GitHubSite, receiver: Receiver) -> None:
    pull = _opened(github)
    github.approve(pull.number, by="ana")
    github.say(pull.number, "/sevengates recheck", by="ana")
    github.world.deliveries.settle()

    assert [headers["X-GitHub-Event"] for headers, _ in receiver.got] == [
        "push",
        "pull_request",
        "pull_request_review",
        "issue_comment",
    ]
    for headers, body in receiver.got:
        digest = hmac.new(github.bot.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
        assert json.loads(body)["installation"]["id"] == github.installation.id


def test_deliveries_can_be_dropped_doubled_held_and_shuffled(github: GitHubSite, receiver: Receiver) -> None:
    deliveries = github.world.deliveries
    deliveries.drop = 1
    github.push("main", {"a": "1"})
    deliveries.copies = 2
    github.push("main", {"a": "2"})
    deliveries.settle()
    guids = [headers["X-GitHub-Delivery"] for headers, _ in receiver.got]
    assert (len(guids), len(set(guids))) == (2, 1)

    deliveries.copies, deliveries.held = 1, True
    for n in range(8):
        github.push("main", {"a": f"held {n}"})
    deliveries.settle()
    assert len(receiver.got) == 2
    deliveries.release(shuffle=1)
    deliveries.settle()

    sent = [headers["X-GitHub-Delivery"] for headers, _ in receiver.got[2:]]
    logged = [one.guid for one in deliveries.log[-8:]]
    assert sorted(sent) == sorted(logged)
    assert sent != logged


def test_a_delivery_that_was_answered_badly_is_in_the_log_as_failed(
    github: GitHubSite, receiver: Receiver
) -> None:
    receiver.answers = 500
    github.push("main", {"a": "1"})
    github.world.deliveries.settle()
    receiver.answers = 202

    failed = github.app.failed_deliveries(github.world.clock.at.replace(year=2000))
    assert github.world.deliveries.log[-1].status == "Invalid HTTP Response: 500"
    github.app.redeliver(failed[-1].id)
    github.world.deliveries.settle()

    first, second = (headers["X-GitHub-Delivery"] for headers, _ in receiver.got)
    assert first == second


def _missing(real: object, ours: object, at: str) -> Iterator[str]:
    """Keys of a real payload that ours lacks, through objects both have; permissions differ by App."""
    if isinstance(real, dict) and isinstance(ours, dict) and not at.endswith(".permissions"):
        for key, value in real.items():
            if key not in ours:
                yield f"{at}.{key}"
            else:
                yield from _missing(value, ours[key], f"{at}.{key}")


UNMODELLED = {
    "client_id", "custom_properties", "diff_url", "is_template", "master_branch", "stargazers", "topics",
    "user_view_type", "username", "web_commit_signoff_required",
}  # fmt: skip
"""Fields of real payloads that no receiver of ours could need."""


@pytest.fixture
def payloads() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the recorded payloads are not here")
    return SHARED


@pytest.mark.shared
@pytest.mark.parametrize(
    "recorded",
    [
        "pull_request.synchronize.22",
        "pull_request.opened.14",
        "pull_request_review.submitted.3",
        "issue_comment.created.4",
        "check_run.requested_action.6",
        "check_suite.rerequested.8",
        "push.event.5",
        "merge_group.checks_requested.1",
        "installation.created.1",
    ],
)
def test_payloads_have_the_fields_of_recorded_ones(github: GitHubSite, payloads: Path, recorded: str) -> None:
    pull = _opened(github)
    github.push("release", {"release.yaml": "version: 3\n"})
    ben = github.world.user("ben")
    github.approve(pull.number, by="ana")
    github.say(pull.number, "hello", by="ana")
    run = github.world.check_run(github.repo, github.bot, name="sevengates", head_sha=pull.head_sha)
    github.world.press(github.repo, run, "recheck", by=ben)
    github.world.rerequest(github.repo, run, by=ben, suite=True)
    github.world.enqueue(github.repo, pull, by=ben)
    github.world.announce_installation("created", github.installation, ben)
    real = json.loads((payloads / f"{recorded}.json").read_text(encoding="utf-8"))
    event, action = recorded.split(".")[:2]

    sent = [one for one in github.world.deliveries.log if one.event == event]
    ours = next(one for one in reversed(sent) if action in {"event", one.action})

    missing = [
        one for one in _missing(real, json.loads(ours.body), "") if one.split(".")[-1] not in UNMODELLED
    ]
    assert missing == []


def test_the_contract_finds_what_github_does_not_document(github: GitHubSite) -> None:
    pull = _opened(github)
    github.forge.pull_request(pull.number)
    good = github.server.exchanges[-1]
    assert list(contract().problems(good)) == []

    broken = {
        "no such route": replace(good, path="/repos/acme/data/pull/1"),
        "undocumented query parameter sort_by": replace(good, query={"sort_by": "x"}),
        "a body that is not documented": replace(good, sent={}),
        "undocumented status": replace(good, status=299),
        "undocumented field .flavour answered": replace(good, answered={**good.answered, "flavour": 1}),
        "number: 'one' is not of type 'integer'": replace(good, answered={**good.answered, "number": "one"}),
    }
    for problem, exchange in broken.items():
        assert any(problem in found for found in contract().problems(exchange)), problem
