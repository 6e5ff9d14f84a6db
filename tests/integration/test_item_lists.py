"""Long lists from a signed delivery to the file behind the link in the comment, on every forge."""

import gzip
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from bot import logs
from bot.reconcile import report_poison
from bot.targets import Target
from demo import seed
from tests.fakes.acts import Files
from tests.fakes.github.site import GitHubSite
from tests.fakes.service import Service, cured, running
from tests.fakes.site import MakeSite
from tests.fakes.sites import SITES
from tests.fakes.web_process import free_port, get, web_process

pytestmark = pytest.mark.slow

ADDRESS = "https://gates.example.org/sevengates"
LINK = re.compile(r"\[all ([0-9,]+)\]\((\S+?)\)")
ASSIGNMENTS = f"{seed.ROOT}/evidence/assignments.jsonl"


def unassigned(service: Service, *kept: int) -> Files:
    """Only some of the assignments are left: the items of the others are a long list."""
    lines = cured(service.start)[ASSIGNMENTS].splitlines(keepends=True)
    return {ASSIGNMENTS: b"".join(lines[n] for n in kept)}


def links(text: str) -> list[str]:
    return [link for _, link in LINK.findall(text)]


def status(service: Service, link: str) -> int:
    assert link.startswith(f"{ADDRESS}/releases/")
    return int(service.web.get(link.removeprefix(ADDRESS)).status_code)


def items(service: Service, pull: int) -> set[tuple[str, ...]]:
    """The items of every finding that names more than five, as they were recorded."""
    last = service.store.last_evaluation(service.repository, pull)
    assert last is not None
    found = (f for r in last.report["releases"] for answer in r["answers"] for f in answer["findings"])
    return {tuple(finding["items"]) for finding in found if len(finding["items"]) > 5}


@pytest.fixture
def linking(database_url: str, make_site: MakeSite) -> Iterator[Service]:
    """The whole service, with a public address."""
    with running(database_url, make=make_site, environment={"PUBLIC_URL": ADDRESS}) as service:
        yield service


@pytest.fixture
def linking_on_github(database_url: str) -> Iterator[Service]:
    with running(database_url, make=SITES["github"], environment={"PUBLIC_URL": ADDRESS}) as service:
        yield service


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What everything in this process logs at the finest level of the service, before any redaction."""
    root, lines = logging.getLogger(), list[str]()
    handlers, level = root.handlers[:], root.level

    class Everything(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {record.msg} {record.args} {record.exc_text or ''}")

    logs.configure("debug")
    root.addHandler(Everything())
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def downloaded(port: int, link: str) -> list[dict[str, str]]:
    """The records of a list as a browser gets them over HTTP; every header is as it must be."""
    path = link.removeprefix(f"http://127.0.0.1:{port}")
    page, head = get(port, path), get(port, path, "HEAD")
    assert page is not None
    assert head is not None
    assert (page.status, head.status, head.body) == (200, 200, b"")
    fixed = {
        "content-type": "application/jsonl",
        "content-encoding": "gzip",
        "content-length": str(len(page.body)),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'",
    }
    for one in (page, head):
        assert one.headers.items() >= fixed.items()
        assert re.fullmatch(r'attachment; filename="[\w.-]+\.jsonl"', one.headers["content-disposition"])
    wrong = get(port, path.replace("/sgl_", "/sgl_x"))
    assert wrong is not None
    assert wrong.status == 404
    return [json.loads(line) for line in gzip.decompress(page.body).splitlines()]


def test_every_long_list_is_one_request_away_and_no_log_knows_its_link(
    database_url: str,
    make_site: MakeSite,
    said: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    port, log = free_port(), tmp_path / "web.log"
    address = f"http://127.0.0.1:{port}"
    public = {"PUBLIC_URL": address}
    with running(database_url, make=make_site, environment=public) as service:
        environment = {"DATABASE_URL": database_url, **service.site.environment, **public}
        with web_process(environment, port, log):
            pull = service.release(unassigned(service, 1))
            found = set()
            for count, link in LINK.findall(service.comment(pull)):
                records = downloaded(port, link)
                assert f"{len(records):,}" == count
                assert {record["dataset"] for record in records} == {"street-scenes"}
                assert all(record["file"] for record in records)
                found.add(tuple(record["item"] for record in records))
        assert found == items(service, pull)
        assert len(max(found, key=len)) >= 11
        if service.site.detailed:
            assert links(service.check(pull).text) == links(service.comment(pull))
        token = link.split("/")[4]
        assert token.startswith("sgl_")
        assert _tables_with(service, token) == []
    assert any("evaluated" in line for line in said)
    assert f"127.0.0.1:{port}" in log.read_text()
    captured = capfd.readouterr()
    for text in (*said, log.read_text(), captured.out, captured.err):
        assert token not in text
        assert "/releases/" not in text


def test_a_link_is_written_again_only_when_its_list_changes(linking: Service) -> None:
    service = linking
    pull = service.release(unassigned(service, 1))
    first = links(service.comment(pull))
    assert [status(service, link) for link in first] == [200] * len(first)
    assert first

    before, writes = service.comment(pull), len(service.site.writes())
    for _ in range(2):
        service.wake(pull)
    assert service.comment(pull) == before
    assert len(service.site.writes()) == writes
    service.push({"docs/HOWTO.md": "How to label.\n"})
    service.settle()
    assert service.comment(pull) == before
    assert [status(service, link) for link in first] == [200] * len(first)

    service.push(unassigned(service, 1, 2))
    service.settle()
    second = links(service.comment(pull))
    assert second
    assert not {*first} & {*second}
    assert {status(service, link) for link in first} == {404}
    assert {status(service, link) for link in second} == {200}

    service.push({ASSIGNMENTS: cured(service.start)[ASSIGNMENTS]})
    service.settle()
    assert links(service.comment(pull)) == []
    assert {status(service, link) for link in second} == {404}


def test_a_link_ends_when_its_pull_request_is_closed(linking: Service) -> None:
    pull = linking.release(unassigned(linking, 1))
    (link, *_) = links(linking.comment(pull))
    linking.site.close(pull, by="dana")
    linking.settle()
    assert status(linking, link) == 404


def test_twins_show_the_lists_of_one_of_them_and_do_not_undo_each_other(linking: Service) -> None:
    service = linking
    pull = service.release(unassigned(service, 1))
    service.push({"docs/NEXT.md": "Only on the next branch.\n"}, by="bob", branch="next")
    twin = service.open(base="next")
    service.settle()
    service.later(timedelta(hours=2))
    writes = len(service.site.writes())
    for number in (pull, twin, pull):
        service.wake(number)
    assert len(service.site.writes()) == writes
    shown = [*links(service.comment(pull)), *links(service.check(pull).text)]
    assert len(shown) >= 1 + service.site.detailed
    assert {status(service, link) for link in shown} == {200}


def test_without_a_public_address_there_are_no_links_but_the_command(service: Service) -> None:
    pull = service.release(unassigned(service, 1))
    for text in (service.comment(pull), service.check(pull).text):
        assert "/releases/" not in text
    assert "`python -m bot check --slices DIR` writes each list whole" in service.comment(pull)
    with service.store.connection() as connection:
        assert connection.execute("SELECT 1 FROM item_lists").fetchall() == []


def test_a_merge_group_leaves_the_links_of_its_pull_request_alone(linking_on_github: Service) -> None:
    service, site = linking_on_github, linking_on_github.site
    assert isinstance(site, GitHubSite)
    pull = service.release(unassigned(service, 1))
    before = links(service.comment(pull))
    service.push({"docs/HOWTO.md": "How to label.\n"}, by="bob", branch="main")
    merged = site.world.enqueue(site.repo, site.pull(pull), by=site.user("ana"))
    service.settle()
    assert service.check(merged).state == "failure"
    assert links(service.check(merged).text) == []
    assert links(service.comment(pull)) == before
    assert {status(service, link) for link in before} == {200}


def test_a_pull_request_that_kills_workers_has_no_links_any_more(linking_on_github: Service) -> None:
    service = linking_on_github
    pull = service.release(unassigned(service, 1))
    (link, *_) = links(service.comment(pull))
    report_poison(Target(repository=service.repository, number=pull), service.jobs.services)
    assert links(service.comment(pull)) == []
    assert status(service, link) == 404


def _tables_with(service: Service, token: str) -> list[str]:
    """The tables that hold a token anywhere as text."""
    with service.store.connection() as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        return [
            name
            for (name,) in tables
            if any(
                token in row
                for (row,) in connection.execute(f'SELECT t::text FROM "{name}" AS t').fetchall()  # type: ignore[arg-type]
            )
        ]
