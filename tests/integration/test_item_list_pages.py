"""``/releases/…`` over a real store: who has the link gets the list, everybody else the same nothing."""

import gzip
import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from bot.answers import Answer, Decision, DecisionKind, Finding, Outcome
from bot.cli.web import THREADS
from bot.forges.base import Repository
from bot.jobs import Jobs
from bot.list_links import token_of
from bot.queue import Queue
from bot.reconcile.lists import ListKeeper, Room, list_keeper
from bot.releases import Evaluation, Release
from bot.services import Services
from bot.settings import Settings, load
from bot.store import Store
from bot.store.lists import ItemLists, ListFile
from bot.sweep import Sweep
from handlers.app import create_app
from tests.fakes.postgres import TestServer
from tests.fakes.reconciler import RecordingReconciler
from tests.fakes.web_process import free_port, get, web_process
from tests.fakes.webhook_edges import GITHUB, GITLAB

pytestmark = pytest.mark.slow

ADDRESS = "https://gates.example.org"
REPOSITORY = Repository(forge="github", id=7, full_name="acme/streets", installation=70)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = "k" * 20


def evaluation(*lists: int, number: int = 3) -> Evaluation:
    """One release whose first gate names so many items in each finding."""
    findings = tuple(
        Finding(code=f"schema.x{n}", text="T.", fix="F.", items=tuple(f"img-{n}-{i}" for i in range(count)))
        for n, count in enumerate(lists)
    )
    answer = Answer(gate="schema_stable", outcome=Outcome.FAILED, headline="H.", findings=findings)
    release = Release(
        dataset="street",
        manifest="m.yaml",
        version="1",
        decision=Decision(kind=DecisionKind.BLOCKED, reason="R."),
        answers=(answer,),
        fingerprint="",
        unwaived_fingerprint="",
    )
    return Evaluation(
        number=number, base_ref="main", head_sha="a" * 40, evaluated_at=NOW, releases=(release,)
    )


def keeper(
    store: Store, *, key: str = KEY, repository: Repository = REPOSITORY, room: Room | None = None
) -> ListKeeper:
    return ListKeeper(
        store=store, repository=repository, public_url=ADDRESS, key=SecretStr(key), room=room or Room()
    )


def links(shown: Evaluation) -> list[str]:
    """The path of each link, "" where a finding has none."""
    (answer,) = shown.releases[0].answers
    return [finding.whole_list.removeprefix(ADDRESS) for finding in answer.findings]


@pytest.fixture
def web(database_url: str) -> Iterator[FlaskClient]:
    app = create_app(load({"DATABASE_URL": database_url, "PUBLIC_URL": ADDRESS, **GITHUB.settings}))
    yield app.test_client()
    app.extensions["sevengates_store"].close()


def test_a_link_gives_the_whole_list_to_be_saved_and_nothing_to_be_kept(
    web: FlaskClient, store: Store
) -> None:
    (link,) = links(keeper(store).linked(evaluation(30_000)))
    answer = web.get(link, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert answer.status_code == 200
    lines = gzip.decompress(answer.data).splitlines()
    assert [json.loads(line)["item"] for line in lines] == [f"img-0-{n}" for n in range(30_000)]
    assert dict(answer.headers) == {
        "Content-Type": "application/jsonl",
        "Content-Encoding": "gzip",
        "Content-Length": str(len(answer.data)),
        "Content-Disposition": 'attachment; filename="street-1-schema_stable-schema.x0-1.jsonl"',
        "Vary": "Accept-Encoding",
        "X-Robots-Tag": "noindex",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    head = web.head(link, headers={"Accept-Encoding": "gzip"})
    assert (head.status_code, head.data, dict(head.headers)) == (200, b"", dict(answer.headers))


@pytest.mark.parametrize("accepted", [None, "identity", "gzip;q=0", "br"])
def test_who_does_not_unpack_gzip_gets_a_file_that_is_gzip(
    web: FlaskClient, store: Store, accepted: str | None
) -> None:
    (link,) = links(keeper(store).linked(evaluation(9)))
    answer = web.get(link, headers={} if accepted is None else {"Accept-Encoding": accepted})
    assert len(gzip.decompress(answer.data).splitlines()) == 9
    assert answer.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Disposition"].endswith('schema.x0-1.jsonl.gz"')


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_list_can_only_be_read(web: FlaskClient, store: Store, method: str) -> None:
    (link,) = links(keeper(store).linked(evaluation(9)))
    answers = [web.open(path, method=method) for path in (link, link.replace("sgl_", "sgl_x"))]
    assert [answer.status_code for answer in answers] == [405, 405]
    assert answers[0].data == answers[1].data
    assert set(answers[0].headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_wrong_ended_and_unknown_links_are_answered_like_an_address_that_does_not_exist(
    web: FlaskClient, store: Store
) -> None:
    (link,) = links(keeper(store).linked(evaluation(9)))
    (other,) = links(keeper(store).linked(evaluation(9, number=4)))
    (gone,) = links(keeper(store).linked(evaluation(9, number=5)))
    _end(store, 5)
    _, _, token, *path = link.split("/")
    name = "/".join(path)
    wrong = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    paths = [
        f"/releases/{wrong}/{name}",
        f"/releases/sgl_{'A' * 43}/{name}",
        f"/releases/{token.upper()}/{name}",
        f"/releases/{token}x/{name}",
        f"/releases/x/{name}",
        f"/releases/{token}%00/{name}",
        f"/releases/{token}/{name}%00",
        f"/releases/{token}/{name}x",
        f"/releases/{token}/street/../{name}",
        f"/releases/{token}/{'é' * 10}",
        f"/releases/{token}/{'x' * 5000}",
        f"/releases/{token}/",
        f"/releases/{token}",
        "/releases/",
        gone,
    ]
    nowhere = web.get("/nowhere")
    assert nowhere.status_code == 404
    for path_ in paths:
        for answer in (web.get(path_), web.head(path_)):
            assert answer.status_code == 404, path_
            assert dict(answer.headers) == dict(nowhere.headers), path_
        assert web.get(path_).data == nowhere.data, path_
    assert [web.get(known).status_code for known in (link, other)] == [200, 200]


def test_while_the_database_is_away_a_link_is_answered_503(
    web: FlaskClient, store: Store, postgres: TestServer, database_url: str
) -> None:
    (link,) = links(keeper(store).linked(evaluation(9)))
    postgres.rename(database_url, away=True)
    answer = web.get(link)
    postgres.rename(database_url, away=False)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (
        503,
        "database unreachable\n",
        "30",
    )


def test_without_a_public_address_there_is_no_page_and_no_keeper(database_url: str, store: Store) -> None:
    (link,) = links(keeper(store).linked(evaluation(9)))
    settings = load({"DATABASE_URL": database_url, **GITHUB.settings})
    app = create_app(settings)
    assert app.test_client().get(link).data == app.test_client().get("/nowhere").data
    app.extensions["sevengates_store"].close()
    assert list_keeper(Services(settings=settings, store=store), REPOSITORY) is None
    _tidy(store, settings)
    assert _kept(store) == 0


def test_the_key_of_links_is_the_credential_of_the_forge(store: Store) -> None:
    settings = load({"PUBLIC_URL": ADDRESS + "/", **GITHUB.settings, **GITLAB.settings})
    services = Services(settings=settings, store=store)
    on_gitlab = Repository(forge="gitlab", id=7, full_name="acme/streets")
    found = [list_keeper(services, repository) for repository in (REPOSITORY, on_gitlab)]
    assert [one.key if one else None for one in found] == [
        settings.github_private_key or settings.github_token,
        settings.gitlab_token,
    ]
    assert found[0] is not None
    assert found[0].public_url == ADDRESS
    only_gitlab = load({"PUBLIC_URL": ADDRESS, **GITLAB.settings})
    assert list_keeper(Services(settings=only_gitlab, store=store), REPOSITORY) is None


def test_the_link_stays_while_the_lists_do_and_no_longer(web: FlaskClient, store: Store) -> None:
    keep = keeper(store).linked
    first = links(keep(evaluation(9, 3, 8)))
    assert first[1] == ""
    assert links(keep(evaluation(9, 3, 8))) == first
    changed = links(keep(evaluation(9, 3, 7)))
    assert changed[0] != first[0]
    assert [web.get(path).status_code for path in (first[0], first[2], changed[0], changed[2])] == [
        404,
        404,
        200,
        200,
    ]
    assert links(keep(evaluation(3))) == [""]
    assert [web.get(path).status_code for path in changed if path] == [404, 404]
    assert _kept(store) == 0


def test_a_link_lives_thirty_days_and_is_made_anew_before_it_ends(web: FlaskClient, store: Store) -> None:
    keep = keeper(store).linked
    first = links(keep(evaluation(9)))
    with store.connection() as connection:
        (left,) = connection.execute("SELECT expires_at - now() FROM item_lists").fetchone() or ()
        assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
        connection.execute("UPDATE item_lists SET expires_at = now() + interval '25 hours'")
    assert links(keep(evaluation(9))) == first
    with store.connection() as connection:
        connection.execute("UPDATE item_lists SET expires_at = now() + interval '23 hours'")
    assert web.get(first[0]).status_code == 200
    second = links(keep(evaluation(9)))
    assert second != first
    assert [web.get(path).status_code for path in (first[0], second[0])] == [404, 200]


def test_another_credential_makes_another_link(web: FlaskClient, store: Store) -> None:
    (before,) = links(keeper(store).linked(evaluation(9)))
    (after,) = links(keeper(store, key=KEY + "2").linked(evaluation(9)))
    assert [web.get(path).status_code for path in (before, after)] == [404, 200]


def test_lists_of_closed_pull_requests_and_removed_installations_are_forgotten(
    web: FlaskClient, store: Store
) -> None:
    elsewhere = Repository(forge="github", id=8, full_name="acme/more", installation=71)
    closed, open_ = (links(keeper(store).linked(evaluation(9, number=n)))[0] for n in (1, 2))
    (other,) = links(keeper(store, repository=elsewhere).linked(evaluation(9)))
    store.forget_state(REPOSITORY, 1)
    assert [web.get(path).status_code for path in (closed, open_, other)] == [404, 200, 200]
    with store.transaction() as connection:
        store.delete_installation("github", 70, connection=connection)
    assert [web.get(path).status_code for path in (closed, open_, other)] == [404, 404, 200]


def test_upkeep_deletes_what_has_ended_and_nothing_else(store: Store) -> None:
    for number in (1, 2):
        keeper(store).linked(evaluation(9, number=number))
    _end(store, 1)
    assert _kept(store) == 2
    _tidy(store, load({"PUBLIC_URL": ADDRESS, **GITHUB.settings}))
    assert _kept(store) == 1


@pytest.mark.parametrize("room", [Room(lines=5_000), Room(packed=380)], ids=["lines", "packed"])
def test_lists_beyond_the_cap_are_named_and_not_kept(web: FlaskClient, store: Store, room: Room) -> None:
    shown = keeper(store, room=room).linked(evaluation(20, 40, 9))
    first, second, third = links(shown)
    assert second == ""
    assert [web.get(path).status_code for path in (first, third)] == [200, 200]
    (banner,) = shown.banners
    assert banner.startswith("Too long to be kept for download: gate 1 `schema.x1` (40 items). ")
    nothing = keeper(store, room=Room(lines=10)).linked(evaluation(20))
    assert links(nothing) == [""]
    assert len(nothing.banners) == 1
    assert _kept(store) == 0


def test_a_long_list_is_kept_in_a_tenth_of_its_size(store: Store) -> None:
    keeper(store).linked(evaluation(20_000))
    with store.connection() as connection:
        ((content,),) = connection.execute("SELECT content FROM item_list_files").fetchall()
    assert len(content) * 10 < len(gzip.decompress(content))


def test_readers_who_never_finish_do_not_keep_others_waiting(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    port = free_port()
    lists = ItemLists(digest="d", files=(ListFile(path="a/b.jsonl", content=os.urandom(4 << 20)),))
    token = store.keep_lists(REPOSITORY, 3, lists, token_of=token_of_seed, lifetime=timedelta(days=2))
    environment = {"DATABASE_URL": database_url, "PUBLIC_URL": ADDRESS, **GITHUB.settings}
    with web_process(environment, port, tmp_path / "web.log"), ExitStack() as readers:
        for _ in range(3 * THREADS):
            reader = readers.enter_context(socket.create_connection(("127.0.0.1", port)))
            reader.sendall(f"GET /releases/{token}/a/b.jsonl HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert reader.recv(12) == b"HTTP/1.1 200"
        page = get(port, "/readyz")
    assert page is not None
    assert page.status == 200


def token_of_seed(seed: bytes) -> str:
    return token_of(KEY, seed)


def _end(store: Store, number: int) -> None:
    with store.connection() as connection:
        connection.execute("UPDATE item_lists SET expires_at = now() WHERE number = %s", (number,))


def _tidy(store: Store, settings: Settings) -> None:
    services = Services(settings=settings, store=store)
    Sweep(jobs=Jobs(reconciler=RecordingReconciler(), services=services, queue=Queue(store._pool))).tidy()


def _kept(store: Store) -> int:
    """Of how many pull requests lists are kept; their files go with them."""
    with store.connection() as connection:
        (lists, of_files), *_ = connection.execute(
            "SELECT count(*), (SELECT count(DISTINCT (repository_id, number)) FROM item_list_files)"
            " FROM item_lists"
        ).fetchall()
    assert lists == of_files
    return int(lists)
