"""The web edge over a real store: nothing unsigned is read, nothing signed is lost, nothing is a 500."""

import json
from collections.abc import Callable, Iterator
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
from tests.fakes.forgeries import BODY, forgeries, sign
from tests.fakes.postgres import TestServer
from tests.fakes.webhook_edges import EDGES, GITHUB, GITLAB, Edge

pytestmark = pytest.mark.slow


def configured(url: str, *edges: Edge) -> Settings:
    environment = {"DATABASE_URL": url}
    for edge in edges:
        environment |= edge.settings
    return load(environment)


def close(app: Flask) -> None:
    app.extensions["sevengates_store"].close()


@pytest.fixture(params=EDGES, ids=lambda edge: edge.name)
def edge(request: pytest.FixtureRequest) -> Edge:
    return request.param


each_forge = pytest.mark.parametrize("edge", [GITHUB, GITLAB], ids=lambda edge: edge.name)
"""For slow tests in which it does not matter how a delivery is proven."""


@pytest.fixture
def client(database_url: str, edge: Edge) -> Iterator[FlaskClient]:
    app = create_app(configured(database_url, edge))
    yield app.test_client()
    close(app)


@pytest.fixture
def github(database_url: str) -> Iterator[FlaskClient]:
    app = create_app(configured(database_url, GITHUB))
    yield app.test_client()
    close(app)


def deliver(client: FlaskClient, edge: Edge, body: bytes, *, event: str, delivery: str = "d-1") -> Any:
    return client.post(edge.path, data=body, headers=edge.headers(body, event=event, delivery=delivery))


def deliver_opened(client: FlaskClient, edge: Edge, *, delivery: str = "d-1") -> Any:
    return deliver(client, edge, edge.payloads[edge.opened], event=edge.event, delivery=delivery)


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.connection() as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_a_signed_delivery_is_stored_with_its_job_before_it_is_answered(
    client: FlaskClient, edge: Edge, store: Store
) -> None:
    answer = deliver_opened(client, edge)
    assert (answer.status_code, answer.json) == (202, {"delivery": "d-1", "outcome": "queued"})
    ((id_, event, action, number, outcome),) = rows(
        store, "SELECT id, event, action, number, outcome FROM deliveries"
    )
    assert (id_, event, outcome) == ("d-1", edge.event, "queued")
    assert action == {"github": "opened", "gitlab": "open"}[edge.forge]
    assert rows(store, "SELECT task_name, args->'target'->'number' FROM procrastinate_jobs") == [
        ("evaluate", number)
    ]
    assert rows(store, "SELECT args->'target'->'repository'->>'forge' FROM procrastinate_jobs") == [
        (edge.forge,)
    ]


def test_a_redelivery_causes_no_second_job(client: FlaskClient, edge: Edge, store: Store) -> None:
    outcomes = [deliver_opened(client, edge, delivery=id_).json["outcome"] for id_ in "aab"]
    assert outcomes == ["queued", "duplicate", "coalesced"]
    assert rows(store, "SELECT count(*) FROM procrastinate_jobs") == [(1,)]


def test_no_forgery_is_parsed_or_stored(github: FlaskClient, store: Store) -> None:
    tried = 0
    for forgery in forgeries():
        headers = [("X-GitHub-Event", "pull_request"), ("X-GitHub-Delivery", "d-1")]
        environ = {"HTTP_X_HUB_SIGNATURE_256": forgery.encode("utf-8", "surrogateescape").decode("latin-1")}
        # A body that would break a parser: it must not reach one.
        answer = github.post("/webhooks/github", data=BODY, headers=headers, environ_overrides=environ)
        assert answer.status_code == 401
        tried += 1
    assert tried >= 900
    assert github.post("/webhooks/github", data=BODY).status_code == 401
    assert rows(store, "SELECT 1 FROM deliveries") == []
    assert (
        f'sevengates_signature_failures_total{{forge="github"}} {tried + 1}.0' in github.get("/metrics").text
    )


def test_the_previous_secret_is_accepted_during_a_rotation(database_url: str, edge: Edge) -> None:
    app = create_app(load({"DATABASE_URL": database_url, **edge.rotated}))
    assert deliver_opened(app.test_client(), edge).status_code == 202
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
def test_a_request_signed_by_github_without_its_headers_is_refused(
    github: FlaskClient, header: str, value: str
) -> None:
    headers = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", header: value}
    answer = github.post("/webhooks/github", data=BODY, headers=headers | {"X-Hub-Signature-256": sign(BODY)})
    assert answer.status_code == 400


class _Endless:
    """A body that must not be read to its end."""

    def __init__(self) -> None:
        self.served = 0

    def read(self, size: int = -1) -> bytes:
        size = 1 << 20 if size < 0 else size
        self.served += size
        return b"x" * size


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_400_megabytes_is_not_read(
    client: FlaskClient, edge: Edge, proven: bool, announced: bool
) -> None:
    body = _Endless()
    environ = create_environ(edge.path, method="POST", headers=edge.proof(b"", "d-1") if proven else {})
    environ |= {"wsgi.input": body, "wsgi.input_terminated": True}
    if announced:
        environ["CONTENT_LENGTH"] = str(400 << 20)
    else:
        environ.pop("CONTENT_LENGTH", None)
    _, status, _ = run_wsgi_app(client.application, environ)
    assert status.startswith("413" if proven else "401")
    assert body.served <= (26 << 20 if proven else 0)


def test_a_body_up_to_the_cap_is_taken(client: FlaskClient, edge: Edge) -> None:
    body = b'{"zen": "' + b"x" * (25 * 1024 * 1024 - 20) + b'"}'
    assert deliver(client, edge, body, event="ping").status_code == 202


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":"\\ud800"}'])
def test_signed_nonsense_is_acknowledged_and_counted(client: FlaskClient, edge: Edge, body: bytes) -> None:
    answer = deliver(client, edge, body, event=edge.event)
    assert (answer.status_code, answer.json["outcome"]) == (202, "malformed")
    counted = f'event="{edge.event}",forge="{edge.forge}",outcome="malformed"'
    assert counted in client.get("/metrics").text


def test_an_event_nobody_subscribed_to_is_acknowledged(client: FlaskClient, edge: Edge) -> None:
    assert deliver(client, edge, b"not json", event="star").json["outcome"] == "ignored"


def test_installations_are_noted(github: FlaskClient, store: Store) -> None:
    for delivery, name in enumerate(("installation.created.1", "installation.suspend.5")):
        body = GITHUB.payloads[name]
        deliver(github, GITHUB, body, event="installation", delivery=str(delivery))
        assert [found.account for found in store.installations("github")] == ["Codertocat"]


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
    "iid",
    "note",
    "path_with_namespace",
    "sha",
    "status",
    "target_project_id",
    "homepage",
)


def _leaves(edge: Edge) -> list[tuple[str, tuple[Any, ...]]]:
    return [
        (name, path)
        for name, raw in sorted(edge.payloads.items())
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


@each_forge
def test_no_signed_payload_however_broken_is_a_server_error(client: FlaskClient, edge: Edge) -> None:
    seen: set[str] = set()

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.sampled_from(_leaves(edge)), _VALUES, st.booleans(), st.integers(0, 10**9))
    def attempt(leaf: tuple[str, tuple[Any, ...]], value: Any, truncate: bool, number: int) -> None:
        name, path = leaf
        body = json.dumps(_replaced(json.loads(edge.payloads[name]), path, lambda _: value)).encode()
        body = body[: number % (len(body) + 1)] if truncate else body
        answer = deliver(client, edge, body, event=edge.event_of(name), delivery=f"fuzz-{number}")
        assert answer.status_code == 202
        seen.add(answer.json["outcome"])

    attempt()
    assert seen >= {"malformed", "ignored", "queued"}


def test_an_unconfigured_forge_does_not_exist(client: FlaskClient, edge: Edge) -> None:
    other = {"github": "gitlab", "gitlab": "github"}[edge.forge]
    assert client.post(f"/webhooks/{other}").status_code == 404
    assert client.get(edge.path).status_code == 405


def test_both_forges_may_deliver_to_one_service(database_url: str, store: Store) -> None:
    app = create_app(configured(database_url, GITHUB, GITLAB))
    outcomes = [deliver_opened(app.test_client(), edge).json["outcome"] for edge in (GITHUB, GITLAB)]
    close(app)
    assert outcomes == ["queued", "queued"]
    assert rows(store, "SELECT forge, id FROM deliveries ORDER BY forge") == [
        ("github", "d-1"),
        ("gitlab", "d-1"),
    ]


@each_forge
def test_a_database_that_is_away_is_said_with_503_and_recovers(postgres: TestServer, edge: Edge) -> None:
    url = postgres.create_database()
    app = create_app(configured(url, edge))
    client = app.test_client()
    postgres.rename(url, away=True)
    assert deliver_opened(client, edge).status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert "sevengates_database_up 0.0" in client.get("/metrics").text
    postgres.rename(url, away=False)
    assert deliver_opened(client, edge).json["outcome"] == "queued"
    close(app)


def test_a_job_that_cannot_be_enqueued_leaves_no_delivery_behind(
    client: FlaskClient, edge: Edge, store: Store
) -> None:
    with store.connection() as connection:
        connection.execute("ALTER TABLE procrastinate_jobs RENAME TO away")
    assert deliver_opened(client, edge).status_code == 503
    with store.connection() as connection:
        connection.execute("ALTER TABLE away RENAME TO procrastinate_jobs")
    assert deliver_opened(client, edge).json["outcome"] == "queued"


def test_an_unmigrated_database_is_refused_by_name_of_the_command(postgres: TestServer) -> None:
    with pytest.raises(SchemaError, match="python -m bot migrate"):
        create_app(configured(postgres.create_database(migrated=False), GITHUB))


def test_public_pages_name_no_version_and_no_repository(client: FlaskClient, edge: Edge) -> None:
    deliver_opened(client, edge)
    shown = "".join(client.get(path).text for path in ("/healthz", "/readyz", "/metrics", "/nothing"))
    assert not [name for name in ("Hello-World", "Codertocat", "street-scenes", "acme") if name in shown]
    assert "ython" not in shown
    assert 'sevengates_queue_jobs{status="todo",task="evaluate"} 1.0' in shown
    assert f'sevengates_last_valid_delivery_age_seconds{{forge="{edge.forge}"}}' in shown
