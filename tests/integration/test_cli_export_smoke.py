"""`python -m bot export-smoke` in real Git repositories: what it reads, what it leaves, and that the service
believes it for these very bytes."""

import json
import os
import subprocess
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answers import Answer, Finding, Outcome
from bot.checkout import Checkout
from bot.cli import export_smoke
from bot.cli.export_smoke import Job, tried
from bot.disk import DiskFiles
from bot.documents import read_manifest
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.export_smoke import Runner, Trial
from bot.evaluation.people import Context
from bot.evidence.exports.model import ExportEvidence
from bot.evidence.model import CheckResult, Loaded, Snapshot
from tests.fakes.archives import packed, zipped
from tests.fakes.exporter import Mistakes, config, export
from tests.fakes.smoke_repository import (
    MANIFEST,
    RECORD,
    exported,
    lfs_pointer,
    manifest,
    repository,
    sha256,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
IDENTITY = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]
GREEN = (CheckResult(name="export-smoke", conclusion="success", app="github-actions"),)
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc">]><annotation>&b;</annotation>'


def git(path: Path, *command: str) -> str:
    done = subprocess.run(["git", *IDENTITY, "-C", str(path), *command], capture_output=True, check=True)
    return done.stdout.decode().strip()


def write(path: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)


def commit(path: Path, files: Mapping[str, bytes]) -> str:
    write(path, files)
    git(path, "add", "-A")
    git(path, "commit", "-q", "--allow-empty", "-m", "Change files")
    return git(path, "rev-parse", "HEAD")


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[..., Path]:
    """A repository whose base has the policy alone, and whose branch has the release."""

    def make(
        form: str = "coco", wrong: Mistakes | None = None, smoke: str | None = None, **more: str
    ) -> Path:
        path = tmp_path / "data"
        path.mkdir()
        git(path, "init", "-q", "-b", "main")
        files = repository()
        commit(path, {name: files[name] for name in (".sevengates.yaml", "CODEOWNERS")})
        git(path, "switch", "-q", "-c", "release")
        place, out = export(form, wrong or Mistakes())
        artefact = more.get("artefact", f"{{path: /{place}, format: {form}}}")
        del files["out/export.json"]
        kept = {name: data for name, data in out.items() if "artefact" not in more}
        commit(
            path,
            {
                **files,
                MANIFEST: manifest(artefact, smoke).encode(),
                "data/coco.yaml": config(form),
                **kept,
            },
        )
        return path

    return make


def trial(path: Path, **job: object) -> Trial:
    (found,) = tried(Job(path=path, **job))  # type: ignore[arg-type]
    return found


def codes(found: Trial) -> list[str]:
    return [finding.code for one in found.exports for finding in (*one.findings, *one.stale)]


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


@pytest.fixture
def command(capsys):
    def run(*arguments: object) -> Ran:
        parser = ArgumentParser()
        export_smoke.add_parser(parser.add_subparsers())
        args = parser.parse_args(["export-smoke", *map(str, arguments)])
        capsys.readouterr()
        return Ran(args.run(args), *capsys.readouterr())

    return run


def gate(path: Path, checks: tuple[CheckResult, ...] = GREEN) -> Answer:
    """Gate 6 as the service answers it for the branch's last commit."""
    reader = Checkout(path)
    found = survey(reader, reader.revisions("main"), dialect="github")
    context = Context(number=1, base_ref="main", now=NOW, downstream=checks)
    (release,) = evaluate(reader, found, context).releases
    return next(answer for answer in release.answers if answer.gate == "export_validated")


@pytest.mark.slow
def test_a_correct_export_passes_and_leaves_the_same_record_every_time(checkout, command, tmp_path) -> None:
    path = checkout()
    first, again = tmp_path / "new" / "first.json", tmp_path / "again.json"
    ran = command(path / "data", "--out", first)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "data/release.yaml: street 2",
        "  PASSED  data/coco.yaml (coco), read-back: 8 annotations",
    ]
    found = json.loads(command(path, "--json", "--out", again).out)
    assert first.read_bytes() == again.read_bytes()
    (run,) = json.loads(first.read_text())["exports"]
    assert run == found[0]["exports"][0]["run"]
    assert run["artefact"] == sha256((path / "out" / "export.json").read_bytes())
    assert run["annotations"][0] == ["train", "bus", 1]


@pytest.mark.slow
def test_what_is_wrong_is_told_with_its_place_and_cure(checkout, command, tmp_path) -> None:
    path = checkout("yolo", Mistakes(shift_ids=1))
    ran = command(path, "--out", tmp_path / "record.json")
    assert ran.status == 1
    lines = ran.out.splitlines()
    assert lines[1] == "  FAILED  data/coco.yaml (yolo), read-back: 8 annotations"
    place = next(number for number, line in enumerate(lines) if "[export.class-unknown]" in line)
    assert "(out/labels/train/b.txt:1)" in lines[place]
    assert lines[place + 1].startswith("      fix: ")
    (run,) = json.loads((tmp_path / "record.json").read_text())["exports"]
    assert (run["outcome"], run["codes"]) == ("failed", ["export.class-ids-shifted", "export.class-unknown"])


def test_a_committed_record_of_files_in_lfs_makes_the_service_believe_them(checkout) -> None:
    path = checkout(smoke=f"{{path: /{RECORD}}}")
    data = (path / "out" / "export.json").read_bytes()
    commit(path, {"out/export.json": lfs_pointer(data)})
    assert codes(trial(path)) == ["evidence.bytes-not-available", "evidence.missing"]  # not pulled yet
    write(path, {"out/export.json": data})
    found = trial(path, writes=path / RECORD)
    assert (found.passed, codes(found)) == (True, [])
    write_record(path, found)
    write(path, {"out/export.json": lfs_pointer(data)})
    commit(path, {})
    assert gate(path).outcome is Outcome.PASSED
    assert gate(path, ()).outcome is Outcome.VAGUE
    write(path, {"out/export.json": data})
    assert trial(path).passed  # the record in the commit is what this run finds
    commit(path, {"out/export.json": lfs_pointer(data + b" ")})
    assert gate(path).codes == ("evidence.bytes-not-available", "export.smoke-other-bytes")
    write(path, {"out/export.json": data + b" "})
    assert codes(trial(path)) == ["export.smoke-stale"]


def write_record(path: Path, found: Trial) -> None:
    runs = [json.loads(export_smoke.msgspec.json.encode(one.run)) for one in found.exports]
    write(path, {RECORD: json.dumps({"sevengates_export_smoke": 1, "exports": runs}).encode()})


@pytest.mark.parametrize("form", ["coco", "yolo", "voc", "jsonl", "huggingface", "parquet"])
def test_files_that_git_ignores_are_read_from_the_disk(form: str, checkout) -> None:
    place, out = export(form, Mistakes())
    path = checkout(form, artefact=f"{{path: /{place}, format: {form}}}")
    write(path, {".gitignore": b"out\n", **out})
    commit(path, {})
    found = trial(path)
    assert (found.passed, codes(found)) == (True, [])
    digest = found.exports[0].run.artefact
    declared = manifest(f'{{path: /{place}, format: {form}, digest: "{digest}"}}', f"{{path: /{RECORD}}}")
    commit(path, {MANIFEST: declared.encode()})
    write_record(path, trial(path, writes=path / RECORD))
    commit(path, {})
    assert gate(path).outcome is Outcome.PASSED
    _, wrong = export(form, Mistakes(drop_class="tram"))
    write(path, wrong)
    assert "evidence.digest-mismatch" in codes(trial(path))


def test_files_at_a_url_are_read_where_the_runner_put_them(checkout) -> None:
    digest = sha256(exported()["out/export.json"])
    url = f'{{url: "https://data.example.org/export.json", format: coco, digest: "{digest}"}}'
    path = checkout(artefact=url, smoke=f"{{path: /{RECORD}}}")
    assert codes(trial(path)) == ["evidence.url-not-fetched", "evidence.missing"]
    write(path, {"build/export.json": exported()["out/export.json"]})
    job = {"places": (("data/coco.yaml", "build/export.json"),), "writes": path / RECORD}
    found = trial(path, **job)
    assert found.passed
    write_record(path, found)
    (path / "build" / "export.json").unlink()
    commit(path, {})
    assert gate(path).outcome is Outcome.PASSED


def test_a_record_written_by_hand_is_refused_on_the_runner(checkout) -> None:
    path = checkout(wrong=Mistakes(drop_boxes=1), smoke=f"{{path: /{RECORD}}}")
    honest = trial(path, writes=path / RECORD)
    assert codes(honest) == ["export.class-counts"]
    write_record(path, honest)
    forged = (path / RECORD).read_text().replace("failed", "passed")
    commit(path, {RECORD: forged.encode()})
    found = trial(path)
    assert codes(found) == ["export.class-counts", "export.smoke-stale"]
    stale = found.exports[0].stale[0]
    assert stale.text == "The record of export-smoke is not what this run finds: `outcome` differ."
    assert (stale.file, stale.line) == (MANIFEST, 9)
    write(path, {RECORD: b'{"sevengates_export_smoke": 1, "exports": []}'})
    assert "`exports` differ" in trial(path).exports[0].stale[0].text
    write(path, {RECORD: b"{"})
    assert codes(trial(path)) == ["export.class-counts", "export.smoke-unreadable"]


def test_an_archive_is_read_on_the_runner_too(checkout) -> None:
    _, out = export("yolo", Mistakes())
    path = checkout("yolo", artefact="{path: /out.zip, format: yolo}")
    inside = {name.removeprefix("out/"): data for name, data in out.items()}
    commit(path, {"out.zip": packed(inside, ".zip")})
    assert trial(path).passed


HOSTILE = {
    "bomb": ("out.zip", zipped([("labels/a.txt", bytes(64 << 20))]), "export.archive-bomb"),
    "escaping": ("out.zip", packed({"../labels/a.txt": b""}, ".zip"), "export.archive-path"),
    "entities": ("out/a.xml", ENTITIES, "evidence.unsafe-xml"),
    "sparse": ("out.json", None, "evidence.too-large"),
    "sparse in a directory": ("out/a.xml", None, "evidence.too-large"),
    "link": ("out.json", "/etc/passwd", "evidence.symlink"),
    "link to a directory": ("out", "/etc", "evidence.symlink"),
    "device": ("out.json", "fifo", "evidence.missing"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_exports_are_refused_by_name_within_the_budget(name: str, checkout, command) -> None:
    place, data, code = HOSTILE[name]
    artefact = f"{{path: /{place.partition('/')[0]}, format: {'voc' if '/' in place else 'coco'}}}"
    path = checkout(artefact=artefact)
    (path / place).parent.mkdir(exist_ok=True)
    if data is None:
        with (path / place).open("wb") as file:
            file.truncate(10 << 30)
    elif data == "fifo":
        os.mkfifo(path / place)
    elif isinstance(data, str):
        (path / place).symlink_to(data)
    else:
        (path / place).write_bytes(data)
    began = time.monotonic()
    ran = command(path, "--memory", 400, "--seconds", 90)
    assert time.monotonic() - began < 60
    assert ran.status == 1
    assert f"[{code}]" in ran.out
    assert "root:" not in ran.out


@pytest.mark.slow
@pytest.mark.parametrize("limit", [("--memory", 40), ("--seconds", 0.01)], ids=["memory", "time"])
def test_a_run_over_its_budget_is_in_doubt_and_says_so(limit: tuple, checkout, command, tmp_path) -> None:
    ran = command(checkout(), *limit, "--out", tmp_path / "record.json")
    assert ran.status == 1
    assert "[evidence.over-budget]" in ran.out
    assert not (tmp_path / "record.json").exists()


@pytest.mark.slow
def test_nothing_of_the_repository_is_executed(checkout, tmp_path) -> None:
    path, marker = checkout(), tmp_path / "executed"
    script = path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    (path / ".git" / "hooks" / "post-index-change").write_text(script.read_text())
    (path / ".git" / "hooks" / "post-index-change").chmod(0o755)
    commit(path, {".gitattributes": b"*.json filter=evil diff=evil\n"})
    marker.unlink(missing_ok=True)
    git(path, "config", "core.fsmonitor", str(script))
    for key in ("filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "core.sshCommand"):
        git(path, "config", key, str(script))
    assert trial(path).passed
    assert not marker.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "arguments", "says"),
    [
        ({".sevengates.yaml": None}, [], "no policy here"),
        ({".sevengates.yaml": b"version: 2\n"}, [], "the policy cannot be read: .sevengates.yaml:1"),
        ({MANIFEST: None}, [], "no manifest here"),
        ({}, ["--manifest", "nowhere.yaml"], "no file there"),
        ({}, ["--artefact", "data/coco.yaml"], "write CONFIG=PLACE"),
        ({"file": b""}, ["--out", "{path}/file/record.json"], "writing"),
    ],
)
def test_what_cannot_be_run_says_why(files: dict, arguments: list, says: str, checkout, command) -> None:
    path = checkout()
    for name, data in files.items():
        if data is None:
            git(path, "rm", "-q", name)
        else:
            write(path, {name: data})
    ran = command(path, *(word.replace("{path}", str(path)) for word in arguments))
    assert (ran.status, says in ran.err) == (2, True), ran


@pytest.mark.slow
def test_a_directory_that_is_no_checkout_cannot_be_run(command, tmp_path) -> None:
    ran = command(tmp_path)
    assert ran.status == 2
    assert "could not run: opening" in ran.err


def test_a_manifest_that_cannot_be_read_or_names_no_export_does_not_pass(checkout) -> None:
    path = checkout()
    write(path, {MANIFEST: b"dataset: street\n"})
    found = trial(path)
    assert not found.passed
    assert {problem.code for problem in found.problems} == {"manifest.missing-key"}
    write(path, {MANIFEST: manifest().partition("exports:")[0].encode()})
    assert [problem.code for problem in trial(path).problems] == ["export.none"]


def test_every_manifest_of_the_policy_is_tried(checkout) -> None:
    path = checkout()
    policy = (path / ".sevengates.yaml").read_text().replace("data/release.yaml", "data/*.rel.yaml")
    text = (path / MANIFEST).read_bytes()
    commit(path, {".sevengates.yaml": policy.encode(), "data/a.rel.yaml": text, "data/b.rel.yaml": b"a: b"})
    found = tried(Job(path=path))
    assert [(one.manifest, one.passed) for one in found] == [
        ("data/a.rel.yaml", True),
        ("data/b.rel.yaml", False),
    ]
    (only,) = tried(Job(path=path, manifests=(MANIFEST,)))
    assert only.manifest == MANIFEST


def test_what_is_found_out_beside_the_files_is_part_of_the_run(checkout) -> None:
    path = checkout(smoke=None)
    files = DiskFiles.of(Checkout(path))
    fault = Finding(code="export.beside", text="Lost.", fix="Cure.")

    def completed(
        snapshot: Loaded[Snapshot], exports: tuple[ExportEvidence, ...]
    ) -> tuple[ExportEvidence, ...]:
        assert snapshot.value is not None
        (one,) = exports
        assert one.artefact is not None
        assert one.artefact.value is not None
        files = replace(one.artefact.value, faults=(fault,))
        return (replace(one, artefact=replace(one.artefact, value=files)),)

    runner = Runner(committed=files, everything=files, completed=completed)
    found = runner.attempt(read_manifest((path / MANIFEST).read_bytes(), file=MANIFEST), MANIFEST)
    assert codes(found) == ["export.beside"]
