"""The ready workflows, run for real: the steps that a runner would run, on a seeded repository."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.evidence.smoke import Record
from bot.report.words import GITHUB_WORDS, GITLAB_WORDS
from tests.fakes.smoke_repository import MANIFEST, exported, manifest, repository

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "workflows"
GITHUB, GITLAB = FOLDER / "github-export-smoke.yml", FOLDER / "gitlab-export-smoke.yml"
IDENTITY = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]


def seeded(path: Path, **wrong: Any) -> Path:
    """A data set repository as a runner checks it out, with a mistake of the exporter or without."""
    files = {**repository(), MANIFEST: manifest(smoke=None).encode(), **exported(**wrong)}
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Release"]):
        subprocess.run(["git", *IDENTITY, "-C", str(path), *command], check=True)
    return path


def shell(script: str, cwd: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a step as runners do, with this environment's Python first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def smoke_steps(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for step in steps if "python -m bot" in step.get("run", "")]


def on_github(workspace: Path) -> "subprocess.CompletedProcess[str]":
    (workspace / "sevengates").symlink_to(ROOT)
    (step,) = smoke_steps(yaml.safe_load(GITHUB.read_text())["jobs"]["export-smoke"]["steps"])
    return shell(step["run"], workspace / step["working-directory"], GITHUB_WORKSPACE=str(workspace))


def on_gitlab(workspace: Path) -> "subprocess.CompletedProcess[str]":
    job = yaml.safe_load(GITLAB.read_text())["export-smoke"]
    project = workspace / "data"
    ran = shell("\n".join(job["script"]), project, CI_PROJECT_DIR=str(project), SEVENGATES=str(ROOT))
    record = project / job["artifacts"]["paths"][0]
    if record.exists():
        record.rename(workspace / record.name)
    return ran


@pytest.mark.slow
@pytest.mark.parametrize("run", [on_github, on_gitlab])
def test_the_steps_pass_a_correct_export_and_leave_its_record(run, tmp_path: Path) -> None:
    seeded(tmp_path / "data")
    ran = run(tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "PASSED  data/coco.yaml" in ran.stdout
    (tried,) = json.loads((tmp_path / "export-smoke.json").read_text())["exports"]
    assert (tried["outcome"], tried["manifest"]) == ("passed", MANIFEST)


@pytest.mark.slow
@pytest.mark.parametrize("run", [on_github, on_gitlab])
def test_the_steps_fail_for_a_wrong_export_and_keep_its_record_too(run, tmp_path: Path) -> None:
    seeded(tmp_path / "data", drop_class="tram")
    ran = run(tmp_path)
    assert ran.returncode == 1
    assert "[export.class-counts]" in ran.stdout
    record = Record(exports=())
    assert json.loads((tmp_path / "export-smoke.json").read_text())["sevengates_export_smoke"] == (
        record.sevengates_export_smoke
    )


def uses(path: Path) -> dict[str, set[str]]:
    """The actions of a workflow, with the commits and version comments they are pinned by."""
    found: dict[str, set[str]] = {}
    for action, pin in re.findall(r"uses: ([\w./-]+)@(.+)", path.read_text()):
        found.setdefault(action, set()).add(pin)
    return found


def test_actions_are_pinned_by_commit_like_our_own() -> None:
    ours = {}
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        ours |= uses(path)
    theirs = uses(GITHUB)
    assert all(
        re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin) for pins in theirs.values() for pin in pins
    )
    shared = ours.keys() & theirs.keys()
    assert shared == {"actions/checkout", "actions/setup-python"}
    assert all(theirs[action] == ours[action] for action in shared)


def test_the_job_may_read_contents_and_nothing_else() -> None:
    workflow = yaml.safe_load(GITHUB.read_text())
    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [{"contents": "read"}]
    assert workflow[True] == "pull_request"  # YAML 1.1 reads `on` so
    checkouts = [
        step["with"]
        for step in workflow["jobs"]["export-smoke"]["steps"]
        if "checkout" in step.get("uses", "")
    ]
    assert [one["persist-credentials"] for one in checkouts] == [False, False]


@pytest.mark.parametrize("path", [GITHUB, GITLAB])
def test_no_step_puts_text_of_the_pull_request_into_a_shell(path: Path) -> None:
    def strings(value: Any) -> list[str]:
        if isinstance(value, Mapping):
            return [
                text
                for key, one in value.items()
                if key in {"run", "script", "before_script"} or isinstance(one, (Mapping, list))
                for text in strings(one)
            ]
        return [text for one in value for text in strings(one)] if isinstance(value, list) else [str(value)]

    assert not any("${{" in text for text in strings(yaml.safe_load(path.read_text())))


def test_python_never_runs_in_the_directory_of_the_pull_request() -> None:
    steps = yaml.safe_load(GITHUB.read_text())["jobs"]["export-smoke"]["steps"]
    assert {step["working-directory"] for step in steps if "python " in step.get("run", "")} == {"sevengates"}
    job = yaml.safe_load(GITLAB.read_text())["export-smoke"]
    for lines in (job["before_script"], job["script"]):
        ours = next(number for number, line in enumerate(lines) if line.startswith('cd "$SEVENGATES"'))
        assert all(number > ours for number, line in enumerate(lines) if line.startswith("python "))


@pytest.mark.parametrize(("words", "path"), [(GITHUB_WORDS, GITHUB), (GITLAB_WORDS, GITLAB)])
def test_the_job_that_the_comment_offers_is_a_shorter_form_of_the_ready_one(words, path: Path) -> None:
    whole = path.read_text()
    offered = yaml.safe_load(words.workflow)
    job = offered.get("jobs", offered)["export-smoke"]
    lines = [step["run"] for step in smoke_steps(job["steps"])] if "steps" in job else job["script"][-1:]
    assert lines
    for line in lines:
        command = re.search(r"python -m bot export-smoke \S+", line)
        assert command is not None
        assert command[0] in whole
    pins = re.findall(r"uses: (\S+)", words.workflow)
    assert all(pin in whole for pin in pins)
    assert "docs/export.md" in words.workflow
