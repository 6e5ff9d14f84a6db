"""What is GitLab's alone at the web edge; what both forges share is in test_service_web.py."""

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.settings import load
from bot.store import Store
from handlers.app import create_app
from tests.fakes.clock import Clock
from tests.fakes.gitlab.deliveries import signature
from tests.fakes.webhook_edges import (
    GITLAB,
    GITLAB_BY_TOKEN,
    NEW_SIGNING_TOKEN,
    SIGNING_TOKEN,
    TOKEN,
    Edge,
    signed_now,
)

pytestmark = pytest.mark.slow

OPENED = GITLAB.payloads[GITLAB.opened]
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)

Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve(database_url: str) -> Iterator[Serve]:
    """Makes a client of an app with the settings of an edge, and further ones."""
    apps: list[Flask] = []

    def serve(edge: Edge, *, clock: Clock | None = None, **more: str) -> FlaskClient:
        settings = load({"DATABASE_URL": database_url, **edge.settings, **more})
        app = create_app(settings, now=lambda: clock.at) if clock else create_app(settings)
        apps.append(app)
        return app.test_client()

    yield serve
    for app in apps:
        app.extensions["sevengates_store"].close()


def post(
    client: FlaskClient, body: bytes = OPENED, *, event: str = "Merge Request Hook", **headers: str
) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/webhooks/gitlab", data=body, headers={"X-Gitlab-Event": event, **named})


def stored(store: Store) -> list[tuple[str, str, str]]:
    with store.connection() as connection:
        rows = connection.execute("SELECT id, event, outcome FROM deliveries ORDER BY received_at")
        return rows.fetchall()  # type: ignore[return-value]


def jobs(store: Store) -> list[tuple[str, str]]:
    with store.connection() as connection:
        rows = connection.execute("SELECT task_name, lock FROM procrastinate_jobs ORDER BY id")
        return rows.fetchall()  # type: ignore[return-value]


def test_with_a_signing_token_a_secret_token_does_not_count(serve: Serve, store: Store) -> None:
    client = serve(GITLAB, GITLAB_WEBHOOK_SECRET=TOKEN)
    unsigned = {"webhook-id": "d-1", "webhook-timestamp": str(int(datetime.now(UTC).timestamp()))}
    for headers in (
        {},
        unsigned,
        unsigned | {"webhook-signature": ""},
        unsigned | {"webhook-signature": TOKEN},
        signed_now(OPENED, "d-1", NEW_SIGNING_TOKEN),
        signed_now(OPENED + b" ", "d-1"),
        signed_now(OPENED, "d-1") | {"webhook-id": "d-2"},
    ):
        assert post(client, **headers, **{"X-Gitlab-Token": TOKEN}).status_code == 401
    assert stored(store) == []
    assert 'sevengates_signature_failures_total{forge="gitlab"} 7.0' in client.get("/metrics").text


def test_with_the_previous_signing_token_alone_only_signatures_count(serve: Serve) -> None:
    client = serve(GITLAB_BY_TOKEN, GITLAB_SIGNING_TOKEN_PREVIOUS=SIGNING_TOKEN)
    assert post(client, **{"X-Gitlab-Token": TOKEN}).status_code == 401
    assert post(client, **signed_now(OPENED, "d-1")).status_code == 202


def test_without_a_signing_token_the_secret_token_decides(serve: Serve, store: Store) -> None:
    client = serve(GITLAB_BY_TOKEN)
    for token in ("", TOKEN[:-1], TOKEN + "0", TOKEN.upper(), "é" * 32):
        assert post(client, b"{", **{"X-Gitlab-Token": token}).status_code == 401
    assert post(client, b"{", **signed_now(b"{", "d-1")).status_code == 401
    assert stored(store) == []


def test_a_signature_is_judged_by_the_clock_of_the_service(serve: Serve, store: Store) -> None:
    clock = Clock(at=NOW)
    client = serve(GITLAB, clock=clock)
    at = str(int(NOW.timestamp()))
    headers = {
        "webhook-id": "d-1",
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{'A' * 43}= {signature(SIGNING_TOKEN, 'd-1', at, OPENED)}",
    }
    clock.at = NOW + timedelta(minutes=6)
    assert post(client, **headers).status_code == 401
    clock.at = NOW - timedelta(minutes=6)
    assert post(client, **headers).status_code == 401
    clock.at = NOW + timedelta(minutes=5)
    assert post(client, **headers).json["outcome"] == "queued"
    assert stored(store) == [("d-1", "Merge Request Hook", "queued")]


def test_a_replay_under_another_key_is_the_same_delivery_where_deliveries_are_signed(serve: Serve) -> None:
    client = serve(GITLAB)
    outcomes = [
        post(client, **signed_now(OPENED, "d-1"), **{"Idempotency-Key": key}).json["outcome"] for key in "ab"
    ]
    assert outcomes == ["queued", "duplicate"]


def test_a_delivery_is_known_by_its_key_or_else_its_chain_and_content(serve: Serve, store: Store) -> None:
    client = serve(GITLAB_BY_TOKEN)
    noted = GITLAB.payloads["note_hook.command"]

    def outcome(body: bytes = OPENED, event: str = "Merge Request Hook", **headers: str) -> str:
        answer = post(client, body, event=event, **headers, **{"X-Gitlab-Token": TOKEN})
        assert answer.status_code == 202
        return str(answer.json["outcome"])

    key, chain = {"Idempotency-Key": str(uuid.uuid4())}, {"X-Gitlab-Event-UUID": str(uuid.uuid4())}
    assert outcome(**key, **chain) == "queued"
    assert outcome(**key, **chain) == "duplicate"
    assert outcome(**{"webhook-id": key["Idempotency-Key"]}) == "duplicate"
    assert outcome(**chain) == "coalesced"
    assert outcome(**chain) == "duplicate"
    assert outcome(noted, "Note Hook", **chain) == "coalesced"  # of the same chain, but another event
    assert outcome(noted, "Confidential Note Hook", **chain) == "coalesced"
    assert outcome(**{"Idempotency-Key": "no key\x7f", "X-Gitlab-Event-UUID": "é"}) == "coalesced"
    assert [outcome(), outcome()] == ["coalesced", "coalesced"]  # who knows: approved, revoked, approved
    assert len(stored(store)) == 7
    assert jobs(store) == [("evaluate", "gitlab/4217/pull/18")]


@pytest.mark.parametrize("event", ["", "merge_request", "Merge Request Hook\x7f", "x" * 300, "é"])
def test_a_proven_delivery_without_a_readable_event_is_ignored_not_failed(
    serve: Serve, store: Store, event: str
) -> None:
    client = serve(GITLAB)
    answer = post(client, event=event, **signed_now(OPENED, "d-1"))
    assert (answer.status_code, answer.json["outcome"]) == (202, "ignored")
    assert stored(store) == [("d-1", "unknown", "ignored")]
    assert 'event="other",forge="gitlab",outcome="ignored"' in client.get("/metrics").text


def test_a_system_hook_is_refused_and_not_stored(serve: Serve, store: Store) -> None:
    client = serve(GITLAB)
    assert post(client, event="System Hook", **signed_now(OPENED, "d-1")).status_code == 403
    assert post(client, event="System Hook").status_code == 401
    assert stored(store) == []


def test_a_burst_about_one_merge_request_is_one_job(serve: Serve, store: Store) -> None:
    client = serve(GITLAB)
    names = ("merge_request_hook.open", "note_hook.command", "pipeline_hook.merge_request")
    for name in (*names, "job_hook.merged_result", "merge_request_hook.approved"):
        body = GITLAB.payloads[name]
        assert post(
            client, body, event=GITLAB.event_of(name), **signed_now(body, name.replace(".", "-"))
        ).json
    assert jobs(store) == [("evaluate", "gitlab/4217/pull/18")]
    assert [outcome for _, _, outcome in stored(store)] == ["queued", *["coalesced"] * 4]


def test_events_without_a_number_are_looked_up(serve: Serve, store: Store) -> None:
    client = serve(GITLAB)
    for name in ("push_hook.branch", "pipeline_hook.branch", "job_hook.finished", "job_hook.without_project"):
        body = GITLAB.payloads[name]
        post(client, body, event=GITLAB.event_of(name), **signed_now(body, name.replace(".", "-")))
    head = json.loads(GITLAB.payloads["job_hook.finished"])["sha"]
    assert jobs(store) == [("find", "gitlab/4217/base/main"), ("find", f"gitlab/4217/head/{head}")]


def test_what_comes_from_another_project_of_a_group_is_taken_too(serve: Serve, store: Store) -> None:
    client = serve(GITLAB)
    event = json.loads(OPENED)
    event["project"] |= {"id": 5, "path_with_namespace": "acme/other"}
    body = json.dumps(event).encode()
    assert post(client, body, **signed_now(body, "d-1")).json["outcome"] == "queued"
    assert jobs(store) == [("evaluate", "gitlab/5/pull/18")]


def test_the_published_example_of_a_signature_opens_the_door(serve: Serve) -> None:
    clock = Clock(at=datetime.fromtimestamp(1614265330, UTC))
    client = serve(GITLAB, clock=clock, GITLAB_SIGNING_TOKEN="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body = b'{"test": 2432232314}'
    assert post(client, body, event="Push Hook", **headers).json["outcome"] == "malformed"
    base64_of_hex = base64.b64encode(b"0" * 64).decode()
    headers["webhook-signature"] = f"v1,{base64_of_hex}"
    assert post(client, body, event="Push Hook", **headers).status_code == 401


RECORDED = {
    # Its keys end in blanks, and it names neither a project's id nor a number: acknowledged, not understood.
    "group_merge_request": ("Merge Request Hook", "malformed", ()),
    "member": ("Member Hook", "ignored", ()),
    "merge_request": ("Merge Request Hook", "queued", (("evaluate", "gitlab/1/pull/1"),)),
    "note_merge_request": ("Note Hook", "ignored", ()),  # no command
    "pipeline": ("Pipeline Hook", "queued", (("evaluate", "gitlab/1/pull/1"),)),
    "push": ("Push Hook", "queued", (("find", "gitlab/15/base/master"),)),
    "service_merge_request": ("Merge Request Hook", "queued", (("evaluate", "gitlab/2/pull/2"),)),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_recorded_payload_is_acknowledged_and_understood(serve: Serve, store: Store, name: str) -> None:
    folder = Path("../shared/contracts/webhooks/gitlab")
    if not folder.is_dir():
        pytest.skip("the shared payloads are with the maintainers and CI")
    assert {path.stem for path in folder.glob("*.json")} == set(RECORDED)
    event, outcome, wanted = RECORDED[name]
    body = (folder / f"{name}.json").read_bytes()
    answer = post(serve(GITLAB), body, event=event, **signed_now(body, "d-1"))
    assert (answer.status_code, answer.json["outcome"]) == (202, outcome)
    assert jobs(store) == list(wanted)
