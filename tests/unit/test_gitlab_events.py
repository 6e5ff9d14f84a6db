"""What GitLab's deliveries mean, on payloads in the shape its documentation gives."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.targets import Lookup, Target
from handlers.gitlab_events import read
from handlers.gitlab_webhooks import KNOWN_EVENTS
from handlers.meaning import Meaning
from handlers.payloads import MalformedPayloadError

PAYLOADS = Path("tests/cases/webhooks/gitlab")
URL = "https://gitlab.example.com"
OURS = "<!-- sevengates v1 -->\n`/sevengates recheck` evaluates again"


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def meaning(name: str, **changes: Any) -> Meaning | None:
    """`changes` are fields of the payload, or of an object in it when they are dicts."""
    body = payload(name)
    for key, value in changes.items():
        merges = isinstance(value, dict) and isinstance(body.get(key), dict)
        body[key] = body[key] | value if merges else value
    event = name.partition(".")[0].replace("_", " ").title()
    return read(event, json.dumps(body).encode(), url=URL)


def wants(found: Meaning | None) -> str:
    if found is None:
        return "ignored"
    (job,) = found.jobs
    assert job.repository == found.repository
    match job:
        case Target():
            return f"merge request {job.number}"
        case Lookup(head_sha=None):
            return f"onto {job.base_ref}"
        case Lookup():
            return f"head {str(job.head_sha)[:4]}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("emoji_hook.awarded", "ignored"),
        ("job_hook.finished", "head 5e0c"),
        ("job_hook.merged_result", "merge request 18"),
        ("job_hook.running", "ignored"),
        ("job_hook.without_project", "head 5e0c"),
        ("merge_request_hook.approved", "merge request 18"),
        ("merge_request_hook.open", "merge request 18"),
        ("merge_request_hook.update", "merge request 18"),
        ("note_hook.command", "merge request 18"),
        ("note_hook.issue", "ignored"),
        ("note_hook.remark", "ignored"),
        ("pipeline_hook.branch", "head 5e0c"),
        ("pipeline_hook.merge_request", "merge request 18"),
        ("push_hook.branch", "onto main"),
        ("push_hook.deleted", "ignored"),
        ("tag_push_hook.tag", "ignored"),
    ],
)
def test_a_payload_means(name: str, expected: str) -> None:
    found = meaning(name)
    assert wants(found) == expected
    if found is not None:
        assert found.jobs[0].key.startswith("gitlab/4217/")
        assert found.repository is not None
        assert found.repository.full_name == "acme/vision/street-scenes"


def test_every_payload_is_in_the_table_above() -> None:
    marks = test_a_payload_means.pytestmark  # type: ignore[attr-defined]
    tested = {case[0] for mark in marks for case in mark.args[1]}
    assert tested == {file.stem for file in PAYLOADS.glob("*.json")}


@pytest.mark.parametrize(
    "action",
    [
        "open",
        "reopen",
        "update",
        "approved",
        "approval",
        "unapproved",
        "unapproval",
        "merge",
        "close",
        "some-new-action",
    ],
)
def test_every_action_of_a_merge_request_counts_known_or_new(action: str) -> None:
    found = meaning("merge_request_hook.open", object_attributes={"action": action})
    assert found is not None
    assert (wants(found), found.action) == ("merge request 18", action)


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ({"note": "\n  /sevengates recheck\nplease"}, "merge request 18"),
        ({"note": "done\n/sevengates recheck"}, "ignored"),
        ({"note": "/sevengates recheck", "action": ""}, "merge request 18"),  # before 16.11
        ({"note": "thanks", "action": ""}, "ignored"),
        ({"note": "never mind", "action": "update"}, "merge request 18"),  # it may have been a command
        ({"note": None}, "ignored"),
        ({"note": OURS}, "ignored"),
        ({"note": OURS, "action": "update", "author_id": 9, "updated_by_id": 9}, "ignored"),
        ({"note": OURS, "action": "update", "author_id": 9, "updated_by_id": 71}, "merge request 18"),
        ({"note": "/sevengates recheck", "noteable_type": "Commit"}, "ignored"),
    ],
)
def test_a_note_counts_when_it_commands_was_edited_or_is_ours_and_was_touched(
    note: dict[str, Any], expected: str
) -> None:
    assert wants(meaning("note_hook.command", object_attributes=note)) == expected


def test_a_command_in_an_internal_note_counts() -> None:
    body = json.dumps(payload("note_hook.command")).encode()
    assert wants(read("Confidential Note Hook", body, url=URL)) == "merge request 18"


def test_a_note_on_an_epic_of_a_group_means_nothing() -> None:
    event = payload("note_hook.issue")
    del event["project"]
    assert read("Note Hook", json.dumps(event).encode(), url=URL) is None


def test_a_pipeline_in_a_fork_is_not_taken_for_a_merge_request_of_the_same_number() -> None:
    assert wants(meaning("pipeline_hook.merge_request", merge_request={"target_project_id": 7})) == "ignored"


@pytest.mark.parametrize("status", ["created", "pending", "running", "success", "failed", "canceled", "new"])
def test_a_pipeline_counts_in_every_state_because_our_status_must_be_in_the_newest(status: str) -> None:
    assert wants(meaning("pipeline_hook.branch", object_attributes={"status": status})) == "head 5e0c"


@pytest.mark.parametrize("name", ["sevengates", "sevengates/policy"])
def test_a_job_of_our_name_is_a_foreign_one_and_counts(name: str) -> None:
    # GitLab tells of CI jobs only here, never of statuses that were set through the API.
    assert wants(meaning("job_hook.finished", build_name=name)) == "head 5e0c"


@pytest.mark.parametrize(
    ("status", "expected"),
    [("created", "ignored"), ("manual", "ignored"), ("canceled", "head 5e0c"), ("unheard-of", "head 5e0c")],
)
def test_a_job_counts_when_it_ended(status: str, expected: str) -> None:
    assert wants(meaning("job_hook.finished", build_status=status)) == expected


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("refs/merge-requests/18/train", "merge request 18"),
        ("refs/merge-requests/18/head", "merge request 18"),
        ("refs/merge-requests/0/head", "head 5e0c"),
        ("refs/merge-requests/18/other", "head 5e0c"),
        ("x/refs/merge-requests/18/head", "head 5e0c"),
    ],
)
def test_the_ref_of_a_job_may_name_the_merge_request(ref: str, expected: str) -> None:
    assert wants(meaning("job_hook.finished", ref=ref)) == expected


@pytest.mark.parametrize(
    "homepage",
    ["https://elsewhere.example.com/acme/x", "https://gitlab.example.com.evil.example/acme/x", f"{URL}/../x"],
)
def test_a_job_that_names_no_project_of_this_server_is_malformed(homepage: str) -> None:
    with pytest.raises(MalformedPayloadError):
        meaning("job_hook.without_project", repository={"homepage": homepage})


@pytest.mark.parametrize(
    "path", ["../x", "a/..", "a/./b", "a", "a/b c", "a//b", "/a/b", "a/b\n", "a/" * 23 + "b"]
)
def test_a_path_that_no_project_can_have_is_malformed(path: str) -> None:
    with pytest.raises(MalformedPayloadError):
        meaning("push_hook.branch", project={"path_with_namespace": path})


@pytest.mark.parametrize("path", ["a/b", "a/..b", "a/b..", ".a/_b-.c", "a/" * 21 + "b"])
def test_a_path_that_a_project_can_have_is_read(path: str) -> None:
    assert wants(meaning("push_hook.branch", project={"path_with_namespace": path})) == "onto main"


PROJECT = b'"project": {"id": 1, "path_with_namespace": "a/b"}'


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("Push Hook", b""),
        ("Push Hook", b"[" * 200_000),
        ("Push Hook", b'{"ref": "refs/heads/main", "after": "' + b"1" * 40 + b'"}'),
        ("Push Hook", b'{"ref": "refs/heads/main", "after": "main", ' + PROJECT + b"}"),
        ("Push Hook", b'{"ref": "refs/heads/a\\u0000b", "after": "' + b"1" * 40 + b'", ' + PROJECT + b"}"),
        ("Merge Request Hook", b'{"object_attributes": {"iid": 0}, ' + PROJECT + b"}"),
        ("Merge Request Hook", b'{"object_attributes": {"iid ": 1}, ' + PROJECT + b"}"),
        ("Merge Request Hook", b'{"object_attributes": {"iid": 1e99}, ' + PROJECT + b"}"),
        ("Note Hook", b"\xff\xfe{\x00}\x00"),
        ("Pipeline Hook", b'{"object_attributes": {"sha": "HEAD"}, ' + PROJECT + b"}"),
        ("Job Hook", b"[]"),
    ],
)
def test_a_payload_without_its_fields_is_malformed(event: str, body: bytes) -> None:
    with pytest.raises(MalformedPayloadError):
        read(event, body, url=URL)


def test_an_event_nobody_subscribed_to_is_not_even_parsed() -> None:
    assert read("Feature Flag Hook", b"\xff", url=URL) is None
    assert "Feature Flag Hook" not in KNOWN_EVENTS
