"""What deliveries mean, on the real payloads of GitHub's documentation."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.store import Installation
from bot.targets import Lookup, Target
from handlers.github_events import read
from handlers.github_webhooks import KNOWN_EVENTS
from handlers.meaning import Meaning
from handlers.payloads import MalformedPayloadError

PAYLOADS = Path("tests/cases/webhooks/github")
ACTIONS_APP = 29310  # the app of most check examples


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def meaning(name: str, app_id: int | None = None, **changes: Any) -> Meaning | None:
    return read(name.partition(".")[0], json.dumps(payload(name) | changes).encode(), app_id=app_id)


def wants(found: Meaning | None) -> str:
    if found is None:
        return "ignored"
    jobs = []
    for job in found.jobs:
        match job:
            case Target(number=None):
                jobs.append("merge group")
            case Target():
                jobs.append(f"pull {job.number}")
            case Lookup(head_sha=None, base_ref=None):
                jobs.append("open")
            case Lookup(head_sha=None):
                jobs.append(f"onto {job.base_ref}")
            case Lookup():
                jobs.append(f"head {str(job.head_sha)[:4]}")
    return ", ".join(jobs)


@pytest.mark.parametrize(
    ("name", "app_id", "expected"),
    [
        ("check_run.completed.1", None, "head ec26"),
        ("check_run.completed.1", ACTIONS_APP, "ignored"),
        ("check_run.created.0", None, "ignored"),
        ("check_run.requested_action.6", 25811, "head 5bd5"),
        ("check_run.rerequested.7", 2, "head d6fd"),
        ("check_run.rerequested.7", 3, "ignored"),
        ("check_suite.completed.0", None, "head ec26"),
        ("check_suite.completed.0", ACTIONS_APP, "ignored"),
        ("check_suite.rerequested.7", ACTIONS_APP, "head ec26"),
        ("installation.created.1", None, "open"),
        ("installation.deleted.0", None, ""),
        ("installation.suspend.5", None, ""),
        ("installation_repositories.added.0", None, "open"),
        ("issue_comment.created.0", None, "ignored"),
        ("issue_comment.deleted.5", None, "ignored"),
        ("merge_group.checks_requested.0", None, "merge group"),
        ("ping.event.0", None, "ignored"),
        ("pull_request.closed.3", None, "pull 2"),
        ("pull_request.labeled.8", None, "ignored"),
        ("pull_request.opened.0", None, "pull 2"),
        ("pull_request.synchronize.22", None, "pull 2"),
        ("pull_request_review.dismissed.1", None, "pull 2"),
        ("pull_request_review.submitted.0", None, "pull 2"),
        ("push.event.0", None, "ignored"),  # a tag
        ("push.event.1", None, "ignored"),  # a deleted tag
        ("push.event.4", None, "onto master"),
    ],
)
def test_a_real_payload_means(name: str, app_id: int | None, expected: str) -> None:
    assert wants(meaning(name, app_id)) == expected


def test_every_copied_payload_is_in_the_table_above() -> None:
    marks = test_a_real_payload_means.pytestmark  # type: ignore[attr-defined]
    tested = {case[0] for mark in marks for case in mark.args[1]}
    assert tested == {file.stem for file in PAYLOADS.glob("*.json")}


def test_the_repository_and_installation_come_with_the_target() -> None:
    found = meaning("pull_request.synchronize.22")
    assert found is not None
    assert found.repository is not None
    assert (found.repository.full_name, found.repository.installation) == ("Codertocat/Hello-World", 1)
    assert found.jobs[0].key == f"github/{found.repository.id}/pull/2"


@pytest.mark.parametrize("action", ["reopened", "edited", "ready_for_review", "some_new_action"])
def test_any_action_that_is_not_known_noise_counts(action: str) -> None:
    assert wants(meaning("pull_request.opened.0", action=action)) == "pull 2"


def comment_event(
    action: str, body: str, *, sender: int, author: int = 1, before: str | None = None
) -> bytes:
    event = payload("issue_comment.created.0")
    event["action"] = action
    event["issue"]["pull_request"] = {"url": "https://api.example/pulls/1"}
    event["comment"] |= {"body": body, "user": {"id": author}}
    event["sender"] = {"id": sender}
    if before is not None:
        event["changes"] = {"body": {"from": before}}
    return json.dumps(event).encode()


OURS = "<!-- sevengates v1 -->\n`/sevengates recheck` evaluates again"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (comment_event("created", "/sevengates recheck", sender=1), "pull 1"),
        (comment_event("created", "\n  /sevengates recheck\nplease", sender=1), "pull 1"),
        (comment_event("created", "done\n/sevengates recheck", sender=1), "ignored"),
        (comment_event("created", "see /sevengates", sender=1), "ignored"),
        (comment_event("edited", "never mind", sender=1, before="/sevengates recheck"), "pull 1"),
        (comment_event("deleted", "/sevengates recheck", sender=2), "pull 1"),
        (comment_event("pinned", "/sevengates recheck", sender=2), "ignored"),
        (comment_event("created", OURS, sender=9, author=9), "ignored"),
        (comment_event("edited", OURS, sender=9, author=9, before=OURS + " "), "ignored"),
        (comment_event("edited", "all good", sender=1, author=9, before=OURS), "pull 1"),
        (comment_event("deleted", OURS, sender=1, author=9), "pull 1"),
    ],
)
def test_a_comment_counts_when_it_commands_or_when_ours_was_touched(event: bytes, expected: str) -> None:
    assert wants(read("issue_comment", event, app_id=None)) == expected


SHA = "c" * 40
WHERE = {"repository": {"id": 1, "full_name": "acme/data"}}


@pytest.mark.parametrize(
    ("event", "body", "expected"),
    [
        ("status", {"sha": SHA, "state": "failure"}, "head cccc"),
        ("status", {"sha": SHA, "state": "error"}, "head cccc"),
        ("status", {"sha": SHA, "state": "success"}, "head cccc"),
        ("status", {"sha": SHA, "state": "pending"}, "ignored"),
        ("workflow_run", {"action": "completed", "workflow_run": {"head_sha": SHA}}, "head cccc"),
        ("workflow_run", {"action": "requested", "workflow_run": {"head_sha": SHA}}, "ignored"),
        (
            "workflow_run",
            {
                "action": "completed",
                "workflow_run": {"head_sha": SHA, "head_branch": "gh-readonly-queue/main/pr-1-" + "9" * 40},
            },
            "merge group",
        ),
    ],
)
@pytest.mark.parametrize("app_id", [None, 7])
def test_whatever_ends_in_the_teams_own_ci_wakes_the_evaluation_failures_too(
    event: str, body: dict[str, Any], expected: str, app_id: int | None
) -> None:
    assert event in KNOWN_EVENTS
    assert wants(read(event, json.dumps({**WHERE, **body}).encode(), app_id=app_id)) == expected


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "cancelled", "neutral", "success"])
def test_a_check_run_that_ends_wakes_the_evaluation_whatever_its_conclusion(conclusion: str) -> None:
    run = payload("check_run.completed.1")["check_run"] | {"conclusion": conclusion}
    assert wants(meaning("check_run.completed.1", check_run=run)) == "head ec26"


def test_a_check_on_a_merge_group_means_the_group() -> None:
    branch = "gh-readonly-queue/main/pr-104-" + "9" * 40
    suite = payload("check_suite.completed.0")["check_suite"] | {"head_branch": branch}
    found = meaning("check_suite.completed.0", check_suite=suite)
    group = meaning("merge_group.checks_requested.0")
    assert found is not None
    assert group is not None
    target = found.jobs[0]
    assert isinstance(target, Target)
    assert (target.merge_group_base, target.merge_group_ref) == ("9" * 40, f"refs/heads/{branch}")


def test_pushes_of_the_merge_queue_and_deletions_mean_nothing() -> None:
    assert wants(meaning("push.event.4", ref="refs/heads/gh-readonly-queue/main/pr-1-0")) == "ignored"
    assert wants(meaning("push.event.4", deleted=True)) == "ignored"


def test_a_destroyed_merge_group_means_nothing() -> None:
    assert wants(meaning("merge_group.checks_requested.0", action="destroyed")) == "ignored"


def test_installations_are_remembered_suspended_and_forgotten() -> None:
    created = meaning("installation.created.1")
    suspended = meaning("installation.suspend.5")
    deleted = meaning("installation.deleted.0")
    assert created is not None
    assert suspended is not None
    assert deleted is not None
    assert created.installation == Installation(forge="github", id=957387, account="Codertocat")
    assert suspended.installation is not None
    assert suspended.installation.suspended
    assert (deleted.installation, deleted.removed_installation) == (None, 2)


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("push", b""),
        ("push", b"[" * 200_000),
        ("push", b'{"ref": "refs/heads/main"}'),
        ("push", b'{"ref": 1, "repository": {"id": 1, "full_name": "a/b"}}'),
        ("push", b'{"ref": "refs/heads/a\\u0000b", "repository": {"id": 1, "full_name": "a/b"}}'),
        ("pull_request", b'{"pull_request": null, "repository": {"id": 1, "full_name": "a/b"}}'),
        ("pull_request", b'{"pull_request": {"number": 1}, "repository": {"id": 1, "full_name": "../x"}}'),
        ("pull_request", b'{"pull_request": {"number": 0}, "repository": {"id": 1, "full_name": "a/b"}}'),
        ("pull_request", b'{"pull_request": {"number": 1e99}, "repository": {"id": 1, "full_name": "a/b"}}'),
        ("check_run", b'{"check_run": {"head_sha": "main"}}'),
        ("merge_group", b"\xff\xfe{\x00}\x00"),
        ("installation", b"[]"),
    ],
)
def test_a_payload_without_its_fields_is_malformed(event: str, body: bytes) -> None:
    with pytest.raises(MalformedPayloadError):
        read(event, body, app_id=None)


def test_an_event_nobody_subscribed_to_is_not_even_parsed() -> None:
    assert read("star", b"\xff", app_id=None) is None


@pytest.mark.shared
def test_every_recorded_payload_is_understood() -> None:
    folder = Path("../shared/contracts/webhooks/github")
    if not folder.is_dir():
        pytest.skip("the shared payloads are with the maintainers and CI")
    recorded = sorted(folder.glob("*.json"))
    assert len(recorded) > 70
    for path in recorded:
        event = path.name.partition(".")[0]
        body = path.read_bytes()
        if event not in KNOWN_EVENTS:
            assert read(event, body, app_id=1) is None, path.name
        else:
            read(event, body, app_id=1)  # raises for a payload it cannot understand
