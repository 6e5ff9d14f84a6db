"""The web edge over a real store: nothing unsigned is read, nothing signed is lost, nothing is a 500."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import create_environ, run_wsgi_app

from bot.migrations import SchemaError
from bot.settings import Settings, load
from bot.store import Store
from handlers.app import create_app
from tests.fakes.forgeries import BODY, SECRET, forgeries, sign
from tests.fakes.postgres import TestServer

pytestmark = pytest.mark.slow

PAYLOADS = {file.stem: file.read_bytes() for file in Path("tests/cases/webhooks/github").glob("*.json")}


def configured(url: str, **changes: str) -> Settings:
    environment = {
        "DATABASE_URL": url,
        "GITHUB_TOKEN": "t" * 20,
        "GITHUB_WEBHOOK_SECRET": SECRET.decode(),
        **changes,
    }
    return load(environment)


def close(app: Flask) -> None:
    app.extensions["sevengates_store"].close()


@pytest.fixture
def client(database_url: str) -> Iterator[FlaskClient]:
    app = create_app(configured(database_url))
    yield app.test_client()
    close(app)


def deliver(client: FlaskClient, body: bytes, *, event: str, delivery: str = "d-1", **headers: str) -> Any:
    return client.post(
        "/webhooks/github",
        data=body,
        headers={
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": sign(body),
            "Content-Type": "application/json",
            **headers,
        },
    )


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.connection() as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_a_signed_delivery_is_stored_with_its_job_before_it_is_answered(
    client: FlaskClient, store: Store
) -> None:
    answer = deliver(client, PAYLOADS["pull_request.opened.0"], event="pull_request")
    assert (answer.status_code, answer.json) == (202, {"delivery": "d-1", "outcome": "queued"})
    assert rows(store, "SELECT id, event, action, number, outcome FROM deliveries") == [
        ("d-1", "pull_request", "opened", 2, "queued")
    ]
    assert rows(store, "SELECT task_name, args->'target'->'number' FROM procrastinate_jobs") == [
        ("evaluate", 2)
    ]


def test_a_redelivery_causes_no_second_job(client: FlaskClient, store: Store) -> None:
    body = PAYLOADS["pull_request.opened.0"]
    outcomes = [deliver(client, body, event="pull_request", delivery=id_).json["outcome"] for id_ in "aab"]
    assert outcomes == ["queued", "duplicate", "coalesced"]
    assert rows(store, "SELECT count(*) FROM procrastinate_jobs") == [(1,)]


def test_no_forgery_is_parsed_or_stored(client: FlaskClient, store: Store) -> None:
    tried = 0
    for forgery in forgeries():
        headers = [("X-GitHub-Event", "pull_request"), ("X-GitHub-Delivery", "d-1")]
        environ = {"HTTP_X_HUB_SIGNATURE_256": forgery.encode("utf-8", "surrogateescape").decode("latin-1")}
        # A body that would break a parser: it must not reach one.
        answer = client.post("/webhooks/github", data=BODY, headers=headers, environ_overrides=environ)
        assert answer.status_code == 401
        tried += 1
    assert tried >= 900
    assert client.post("/webhooks/github", data=BODY).status_code == 401
    assert rows(store, "SELECT 1 FROM deliveries") == []
    assert (
        f'sevengates_signature_failures_total{{forge="github"}} {tried + 1}.0' in client.get("/metrics").text
    )


def test_both_secrets_are_accepted_during_a_rotation(database_url: str) -> None:
    app = create_app(
        configured(
            database_url, GITHUB_WEBHOOK_SECRET="n" * 32, GITHUB_WEBHOOK_SECRET_PREVIOUS=SECRET.decode()
        )
    )
    assert deliver(app.test_client(), PAYLOADS["ping.event.0"], event="ping").status_code == 202
    close(app)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-GitHub-Event", ""),
        ("X-GitHub-Event", "pull request"),
        ("X-GitHub-Delivery", ""),
        ("X-GitHub-Delivery", "x" * 65),
        ("X-GitHub-Delivery", "é"),
    ],
)
def test_a_signed_request_without_its_headers_is_refused(
    client: FlaskClient, header: str, value: str
) -> None:
    headers = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", header: value}
    answer = client.post("/webhooks/github", data=BODY, headers=headers | {"X-Hub-Signature-256": sign(BODY)})
    assert answer.status_code == 400


class _Endless:
    """A body that must not be read to its end."""

    def __init__(self) -> None:
        self.served = 0

    def read(self, size: int = -1) -> bytes:
        size = 1 << 20 if size < 0 else size
        self.served += size
        return b"x" * size


@pytest.mark.parametrize("signature", ["", sign(b"")])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_400_megabytes_is_not_read(client: FlaskClient, signature: str, announced: bool) -> None:
    body = _Endless()
    environ = create_environ("/webhooks/github", method="POST", headers={"X-Hub-Signature-256": signature})
    environ |= {"wsgi.input": body, "wsgi.input_terminated": True}
    if announced:
        environ["CONTENT_LENGTH"] = str(400 << 20)
    else:
        environ.pop("CONTENT_LENGTH", None)
    _, status, _ = run_wsgi_app(client.application, environ)
    assert status.startswith("413" if signature else "401")
    assert body.served <= 26 << 20


def test_a_body_up_to_the_cap_is_taken(client: FlaskClient) -> None:
    body = b'{"zen": "' + b"x" * (25 * 1024 * 1024 - 20) + b'"}'
    assert deliver(client, body, event="ping").status_code == 202


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":"\\ud800"}'])
def test_signed_nonsense_is_acknowledged_and_counted(client: FlaskClient, body: bytes) -> None:
    answer = deliver(client, body, event="pull_request")
    assert (answer.status_code, answer.json["outcome"]) == (202, "malformed")
    assert 'event="pull_request",forge="github",outcome="malformed"' in client.get("/metrics").text


def test_an_event_nobody_subscribed_to_is_acknowledged(client: FlaskClient) -> None:
    assert deliver(client, b"not json", event="star").json["outcome"] == "ignored"


def test_installations_are_noted(client: FlaskClient, store: Store) -> None:
    deliver(client, PAYLOADS["installation.created.1"], event="installation", delivery="a")
    assert [found.account for found in store.installations("github")] == ["Codertocat"]
    deliver(client, PAYLOADS["installation.suspend.5"], event="installation", delivery="b")
    assert len(store.installations("github")) == 1


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(found for key, child in children for found in _paths(child, (*path, key)))]


def _replaced(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(value)
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], change)
    return copy


_INTERESTING = (
    "action",
    "number",
    "full_name",
    "id",
    "head_sha",
    "ref",
    "head_ref",
    "base_sha",
    "body",
    "login",
)
_LEAVES = [
    (name, path)
    for name, raw in sorted(PAYLOADS.items())
    for path in _paths(json.loads(raw))
    if len(path) <= 1 or path[-1] in _INTERESTING
]
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [2**63, -(2**63) - 1, 10**400, "x" * 70_000, "\u0000", "\ud800", "../..", "a/b\n", [], {}]
    ),
    st.text(),
    st.recursive(st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
)


def test_no_signed_payload_however_broken_is_a_server_error(database_url: str) -> None:
    app = create_app(configured(database_url))
    client = app.test_client()
    seen: set[str] = set()

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.sampled_from(_LEAVES), _VALUES, st.booleans(), st.integers(0, 10**9))
    def attempt(leaf: tuple[str, tuple[Any, ...]], value: Any, truncate: bool, number: int) -> None:
        name, path = leaf
        body = json.dumps(_replaced(json.loads(PAYLOADS[name]), path, lambda _: value)).encode()
        body = body[: number % (len(body) + 1)] if truncate else body
        answer = deliver(client, body, event=name.split(".", 1)[0], delivery=f"fuzz-{number}")
        assert answer.status_code == 202
        seen.add(answer.json["outcome"])

    attempt()
    close(app)
    assert seen >= {"malformed", "ignored", "queued"}


def test_an_unconfigured_forge_does_not_exist(client: FlaskClient) -> None:
    assert client.post("/webhooks/gitlab").status_code == 404
    assert client.get("/webhooks/github").status_code == 405


def test_a_database_that_is_away_is_said_with_503_and_recovers(postgres: TestServer) -> None:
    url = postgres.create_database()
    app = create_app(configured(url))
    client = app.test_client()
    body = PAYLOADS["pull_request.opened.0"]
    postgres.rename(url, away=True)
    assert deliver(client, body, event="pull_request").status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert "sevengates_database_up 0.0" in client.get("/metrics").text
    postgres.rename(url, away=False)
    assert deliver(client, body, event="pull_request").json["outcome"] == "queued"
    close(app)


def test_a_job_that_cannot_be_enqueued_leaves_no_delivery_behind(client: FlaskClient, store: Store) -> None:
    with store.connection() as connection:
        connection.execute("ALTER TABLE procrastinate_jobs RENAME TO away")
    body = PAYLOADS["pull_request.opened.0"]
    assert deliver(client, body, event="pull_request").status_code == 503
    with store.connection() as connection:
        connection.execute("ALTER TABLE away RENAME TO procrastinate_jobs")
    assert deliver(client, body, event="pull_request").json["outcome"] == "queued"


def test_an_unmigrated_database_is_refused_by_name_of_the_command(postgres: TestServer) -> None:
    with pytest.raises(SchemaError, match="python -m bot migrate"):
        create_app(configured(postgres.create_database(migrated=False)))


def test_public_pages_name_no_version_and_no_repository(client: FlaskClient, store: Store) -> None:
    deliver(client, PAYLOADS["pull_request.opened.0"], event="pull_request")
    shown = "".join(client.get(path).text for path in ("/healthz", "/readyz", "/metrics", "/nothing"))
    assert "Hello-World" not in shown
    assert "Codertocat" not in shown
    assert "ython" not in shown
    assert 'sevengates_queue_jobs{status="todo",task="evaluate"} 1.0' in shown
    assert 'sevengates_last_valid_delivery_age_seconds{forge="github"}' in shown
