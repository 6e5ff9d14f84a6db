"""`python -m bot check` in real Git repositories: what it prints, how it exits, and that it says the
same as the service."""

import json
import re
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from bot.answers import DecisionKind
from bot.cli import check
from bot.converting import Panlabel
from bot.evaluation.answering import answer_here
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.people import Context
from bot.reconcile.memory import PullRequestMemory
from bot.reconcile.pull_request import Subject, reconcile
from bot.releases import Evaluation
from bot.report.external_id import encode_external_id
from bot.report.text import to_json
from bot.store import Store
from bot.workshop import Workshop
from demo.seed import BRANCH, baseline, candidate, fixes
from tests.fakes.commits import Commits
from tests.fakes.site import MakeSite, Site

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC).replace(microsecond=0)  # the command has no other clock than the real one
BASE = baseline(NOW)
OPENED = candidate(NOW)
CURES = [fix.files for fix in fixes(NOW)]
CURED = {path: data for files in (OPENED, *CURES) for path, data in files.items()}
IDENTITY = ["-c", "user.name=Dana", "-c", "user.email=dana@example.org", "-c", "commit.gpgsign=false"]


def git(path: Path, *command: str) -> str:
    done = subprocess.run(["git", *IDENTITY, "-C", str(path), *command], capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(path: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    git(path, "add", "-A")
    git(path, "commit", "-q", "--allow-empty", "-m", "Change files")


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """The demo's repository on its release branch, as the pull request is opened: with its problems."""
    path = tmp_path / "street-scenes"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    commit(path, BASE)
    git(path, "switch", "-q", "-c", BRANCH)
    commit(path, OPENED)
    return path


@pytest.fixture
def cured(opened: Path) -> Path:
    """The same after every fix."""
    for files in CURES:
        commit(opened, files)
    return opened


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out)


@pytest.fixture
def command(capsys):
    def run(*arguments: object) -> Ran:
        parser = ArgumentParser()
        check.add_parser(parser.add_subparsers())
        args = parser.parse_args(["check", *map(str, arguments)])
        capsys.readouterr()  # what fixtures logged
        status = args.run(args)
        return Ran(status, *capsys.readouterr())

    return run


def test_a_release_with_problems_is_blocked_and_every_problem_has_its_place_and_cure(opened, command):
    ran = command(opened)
    assert (ran.status, ran.err) == (1, "")
    lines = ran.out.splitlines()
    assert lines[0] == "street-scenes v2: BLOCKED"
    assert "    5 gates failed" in lines
    findings = [n for n, line in enumerate(lines) if line.startswith("    - ")]
    assert len(findings) >= 5
    assert all(lines[n + 1].startswith("      fix: ") for n in findings)
    assert any("exports/street-coco.yaml:" in lines[n] for n in findings)


def test_the_release_is_ready_after_the_last_fix_and_not_before(opened, command):
    for files in CURES:
        assert command(opened).status == 1
        commit(opened, files)
    ran = command(opened)
    assert ran.status == 0
    assert ran.out.startswith("street-scenes v2: READY, NOT YET APPROVED\n")
    assert "@ana" in ran.out


def test_slices_hold_every_item_of_every_finding_and_are_the_same_each_time(opened, command, tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    found = command(opened, "--slices", first, "--json").json
    assert command(opened, "--slices", again).status == 1
    written = {path.relative_to(first).as_posix(): path.read_bytes() for path in first.rglob("*.jsonl")}
    assert written == {
        path.relative_to(again).as_posix(): path.read_bytes() for path in again.rglob("*.jsonl")
    }
    lists = [
        (answer["gate"], finding["code"], finding["items"])
        for answer in found["releases"][0]["answers"]
        for finding in answer["findings"]
        if finding["items"]
    ]
    records = [[json.loads(line) for line in data.splitlines()] for data in written.values()]
    kept = [(lines[0]["gate"], lines[0]["code"], [line["item"] for line in lines]) for lines in records]
    assert sorted(kept) == sorted(lists)
    assert any(line["file"] for lines in records for line in lines)


@pytest.mark.parametrize("error", [MemoryError, pa.lib.ArrowMemoryError, duckdb.OutOfMemoryException])
def test_snapshots_beyond_the_memory_are_said_so_and_nothing_crashes(opened, command, monkeypatch, error):
    def starved(*_: object, **__: object) -> None:
        raise error("no more")

    monkeypatch.setattr(check, "answer_here", starved)
    ran = command(opened)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "could not evaluate: the snapshots need more memory than there is\n"


def test_slices_are_not_mixed_with_older_ones(opened, command, tmp_path):
    (tmp_path / "list.jsonl").write_text("")
    ran = command(opened, "--slices", tmp_path)
    assert ran.status == 2
    assert "not empty" in ran.err


def test_json_holds_the_whole_evaluation(opened, command):
    ran = command(opened, "--json")
    assert ran.status == 1
    (release,) = ran.json["releases"]
    assert (ran.json["decision"], release["decision"], release["lead"]) == ("blocked", "blocked", "@ana")
    assert [answer["number"] for answer in release["answers"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [a["outcome"] for a in release["answers"]].count("failed") == 5
    assert ran.json["head_sha"] == git(opened, "rev-parse", "HEAD")
    assert ran.json["base_ref"] == "main"


def test_base_and_head_may_be_any_commits(cured, command):
    git(cured, "switch", "-q", "main")
    assert command("--head", BRANCH, cured).out.startswith("street-scenes v2: READY")
    assert command("--base", "main", "--head", f"{BRANCH}~1", cured).status == 1
    named = command("--base", git(cured, "rev-parse", "main"), "--base-name", "main", "--head", BRANCH, cured)
    assert named.out == command("--head", BRANCH, cured).out


def test_a_change_of_nothing_watched_is_not_applicable(cured, command):
    ran = command("--base", BRANCH, cured)
    assert (ran.status, ran.out.splitlines()[0]) == (0, "NOT APPLICABLE: No watched file changes.")
    git(cured, "switch", "-q", "-c", "notes", "main")
    commit(cured, {"NOTES.md": b"An unrelated note.\n"})
    assert command(cured, "--json").json["decision"] == "not_applicable"


def test_uncommitted_changes_are_told_and_not_judged(cured, command):
    clean = command(cured).out
    (cured / "datasets/street/release.yaml").write_text("broken: [")
    assert command(cured).out == f"note: {check.UNCOMMITTED}\n{clean}"
    assert command(cured, "--json").json["banners"] == [check.UNCOMMITTED]
    assert "note:" not in command(cured, "--head", "HEAD~1").out  # another commit is judged anyway


def test_a_bare_repository_has_nothing_uncommitted(cured, command, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(cured), "bare.git")
    ran = command(tmp_path / "bare.git")
    assert (ran.status, ran.out) == (0, command(cured).out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{elsewhere}"], "not a git repository"),
        (["{elsewhere}/nowhere"], "no such directory"),
        (["--base", "trunk", "{here}"], "resolving trunk: no such commit here; fetch it, or name another"),
        (["--head", "--evil", "{here}"], "expected one argument"),
        (["--head=--evil", "{here}"], "resolving --evil: no such commit here"),
        (["--downstream", "export-smoke", "{here}"], "write NAME=CONCLUSION"),
    ],
)
def test_what_cannot_be_evaluated_exits_with_2_and_says_why(opened, tmp_path, arguments, said):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    places = [argument.format(here=opened, elsewhere=elsewhere) for argument in arguments]
    ran = module("check", *places)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_policy_that_was_never_good_could_not_be_evaluated(opened, command):
    git(opened, "switch", "-q", "--orphan", "fresh")
    commit(opened, {**BASE, ".sevengates.yaml": b"version: 1\ndatasets: [\n"})
    git(opened, "switch", "-q", "-c", "change")
    commit(opened, {"datasets/street/labels.jsonl": b""})
    ran = command("--base", "fresh", opened)
    assert (ran.status, ran.out.splitlines()[0]) == (2, "COULD NOT EVALUATE")
    assert ".sevengates.yaml:" in ran.out


def in_memory(*pushes: Mapping[str, bytes]) -> Evaluation:
    commits = Commits()
    base = head = commits.commit(BASE)
    for files in pushes:
        head = commits.commit(files, onto=head)
    found = survey(commits, commits.revisions(base, head), dialect="github")
    answering = partial(answer_here, convert=Panlabel())
    return evaluate(commits, found, Context(number=0, base_ref="main", now=NOW, answering=answering))


def comparable(evaluation: dict) -> dict:
    """An evaluation as JSON without what belongs to one repository or moment."""
    return {key: value for key, value in evaluation.items() if key not in {"head_sha", "evaluated_at"}}


@pytest.mark.parametrize("fixed", [0, 2, 5])
def test_answers_decision_and_fingerprint_are_those_of_any_other_reader(opened, command, fixed):
    for files in CURES[:fixed]:
        commit(opened, files)
    assert comparable(command(opened, "--json").json) == comparable(
        to_json(in_memory(OPENED, *CURES[:fixed]))
    )


@dataclass(frozen=True)
class Published:
    evaluation: Evaluation
    site: Site
    number: int


@pytest.fixture
def published(store: Store, make_site: MakeSite, tmp_path: Path) -> Iterator[Published]:
    """The cured release as a pull request on a forge's stand-in, evaluated and published by the service."""
    with make_site("acme/street-scenes") as site:
        for login in ("ana", "dana"):
            site.person(login)
        site.push("main", dict(BASE), by="ana")
        for files in (OPENED, *CURES):
            site.push(BRANCH, dict(files), by="dana")
        number = site.open(BRANCH, by="dana")
        memory = PullRequestMemory(store=store, repository=site.repository, number=number)
        evaluation = reconcile(
            Subject(number=number),
            site.forge,
            site.forge,
            memory,
            dialect=site.kind,
            now=lambda: NOW,
            answering=Workshop(folder=tmp_path / "snapshots"),
        )
        assert evaluation is not None
        yield Published(evaluation, site, number)


@pytest.mark.slow
def test_the_service_publishes_the_fingerprint_that_the_command_prints(cured, command, published):
    site, service = published.site, to_json(published.evaluation)
    local = command(cured, "--json", "--forge", site.kind).json
    (release,) = local["releases"]
    (ours,) = [one for one in site.forge.checks(site.head(published.number)) if one.name == "sevengates"]
    assert ours.external_id == encode_external_id(published.evaluation)
    assert release["fingerprint"] in ours.external_id
    assert (ours.ours, ours.conclusion) == (True, "")
    assert published.evaluation.kind is DecisionKind.READY
    assert (site.shown(published.number).state, local["decision"]) == ("pending", "ready")
    assert local["releases"][0]["answers"][:6] == service["releases"][0]["answers"][:6]


def module(*arguments: str) -> Ran:
    """`python -m bot` as a process of its own."""
    command = [sys.executable, "-m", "bot", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
def test_the_commands_for_a_checkout_run_as_a_process(cured):
    checked = module("check", "--json", str(cured))
    assert (checked.status, checked.json["decision"]) == (0, "ready")
    lead = module("lead", "--codeowners", str(cured / "CODEOWNERS"), "exports/street-coco.yaml")
    assert (lead.status, lead.err) == (0, "")
    assert "@ana" in lead.out
    valid = module("validate", str(cured / "datasets/street/release.yaml"))
    assert (valid.status, valid.err) == (0, "")
    schema = module("schema", "policy")
    assert (schema.status, schema.json["type"]) == (0, "object")
    assert module("no-such-command").status == 2


def test_a_snapshot_at_a_url_is_read_where_the_environment_allows_its_place(
    cured: Path, command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (manifest,) = cured.glob("datasets/*/release.yaml")
    text = manifest.read_text()
    (path,) = re.findall(r"(?m)^  path: (\S+\.json)$", text)
    place = tmp_path / "mounted" / path
    place.parent.mkdir()
    place.write_bytes((manifest.parent / path).read_bytes())
    committed = command(cured)
    commit(
        cured,
        {str(manifest.relative_to(cured)): text.replace(f"path: {path}", f"url: file://{place}").encode()},
    )
    assert "[evidence.host-not-allowed]" in command(cured).out
    monkeypatch.setenv("EVIDENCE_HOSTS", f"file://{place.parent}")
    fetched = command(cured)
    assert (fetched.status, committed.status) == (0, 0)
    answers = [
        [line for line in ran.out.splitlines() if re.match(r"[1-6]  ", line)] for ran in (fetched, committed)
    ]
    assert answers[0] == answers[1]
    monkeypatch.setenv("EVIDENCE_HOSTS", "*")
    assert command(cured).err.startswith("could not evaluate: entry 1 is not a host such as data.example.org")
