"""The papers: what they name exists, and what they show as an example works."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import COMMANDS
from bot.documents import read_manifest, read_policy
from bot.settings import Settings
from handlers.github_webhooks import KNOWN_EVENTS

ROOT = Path(__file__).parents[2]
PAPERS = tuple(
    sorted(
        path.relative_to(ROOT).as_posix() for folder in (".", "docs") for path in (ROOT / folder).glob("*.md")
    )
)
ROOMS = ("bot", "handlers", "demo", "tests", "schemas", "docs")


def text_of(paper: str) -> str:
    return (ROOT / paper).read_text(encoding="utf-8")


def found(pattern: str) -> Iterator[tuple[str, str]]:
    """Paper and first group of every match."""
    for paper in PAPERS:
        for match in re.finditer(pattern, text_of(paper)):
            yield paper, match.group(1)


def anchors(paper: str) -> set[str]:
    """The anchors GitHub gives to headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", text_of(paper))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_papers_that_must_exist_do() -> None:
    assert set(PAPERS) >= {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"}
    assert "Apache License" in text_of("LICENSE")


@pytest.mark.parametrize(("paper", "target"), sorted(set(found(r"\]\(([^)\s]+)\)"))))
def test_every_relative_link_and_picture_exists(paper: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    if target.startswith(("https://", "mailto:")):
        return
    there = (ROOT / paper).parent / path if path else ROOT / paper
    assert there.exists()
    assert not anchor or anchor in anchors(there.relative_to(ROOT).as_posix())


@pytest.mark.parametrize(("paper", "command"), sorted(set(found(r"python -m bot ([a-z][a-z-]*)"))))
def test_every_command_named_exists(paper: str, command: str) -> None:
    assert command in COMMANDS


@pytest.mark.parametrize(("paper", "target"), sorted(set(found(r"(?m)(?:`|^)make ([a-z-]+)"))))
def test_every_make_target_named_exists_and_says_what_it_does(paper: str, target: str) -> None:
    assert re.search(rf"(?m)^{target}:.*## \S", text_of("Makefile"))


def test_every_make_target_is_listed_by_help() -> None:
    makefile = text_of("Makefile")
    listed = set(re.findall(r"(?m)^([a-z-]+):.*## ", makefile))
    assert listed == set(re.findall(r"(?m)^([a-z-]+):(?!=)", makefile))
    assert listed <= set(re.findall(r"(?m)^\.PHONY: (.+)$", makefile)[0].split())


@pytest.mark.parametrize(("paper", "path"), sorted(set(found(rf"`((?:{'|'.join(ROOMS)})/[\w./-]*)`"))))
def test_every_place_in_the_code_exists(paper: str, path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    "name", sorted({name for _, name in found(r"`((?:GITHUB|GITLAB|DATABASE|SEVENGATES)_[A-Z_]+)`")})
)
def test_every_setting_named_exists(name: str) -> None:
    assert name in {setting.upper() for setting in Settings.model_fields}


def test_every_file_that_asks_for_a_forge_by_its_name_is_listed() -> None:
    section = (
        text_of("ARCHITECTURE.md").partition("## What differs between the forges")[2].partition("\n## ")[0]
    )
    rooms = ("bot/forges/github/", "bot/forges/gitlab/", *re.findall(r"`(bot/[\w./-]+)`", section))
    asking = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bot").rglob("*.py")
        if re.search(r"""["']git(hub|lab)["']""", path.read_text(encoding="utf-8"))
    }
    assert "bot/report/words.py" in asking
    assert [path for path in sorted(asking) if not path.startswith(rooms)] == []


def test_the_examples_of_the_readme_are_valid() -> None:
    policy, manifest = re.findall(r"(?s)```yaml\n(.*?)```", text_of("README.md"))
    rules = read_policy(policy.encode(), file=".sevengates.yaml")
    assert rules.problems == ()
    assert rules.value is not None
    release = read_manifest(manifest.replace("sha256:…", f"sha256:{'0' * 64}").encode(), file="release.yaml")
    assert release.problems == ()
    assert release.value is not None
    assert release.value.dataset == rules.value.datasets[0].name


def test_the_picture_is_small_enough_to_be_looked_at() -> None:
    picture = (ROOT / "docs" / "comment.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 200_000


ASKED_FOR = KNOWN_EVENTS - {"installation", "installation_repositories", "ping"}
"""Those that an App gets unasked are not among them
(https://docs.github.com/en/webhooks/webhook-events-and-payloads#installation)."""
NEEDED = {"issue_comment": "Issues", "status": "Commit statuses", "workflow_run": "Actions"}


def test_every_event_that_is_worked_on_is_asked_for_with_the_permission_it_needs() -> None:
    readme, security = (" ".join(text_of(name).split()) for name in ("README.md", "SECURITY.md"))
    events = re.findall(r"events: (.*?)\.", readme)[0].lower().replace(" ", "_").split(",_")
    assert set(events) == ASKED_FOR
    permissions = re.findall(r"permissions: (.*?);", readme)[0]
    for permission in NEEDED.values():
        assert f"{permission} *read*" in permissions
        assert f"{permission}: read" in security


def test_every_dependency_has_its_reason_in_the_table() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["warehouse"]]
    names = {re.split(r"[\[<>=]", one)[0].lower() for one in asked}
    table = text_of("ARCHITECTURE.md").partition("| library | for |")[2].lower()
    listed = {
        name for row in re.findall(r"(?m)^\| (.*?) \|", table) for name in re.findall(r"[a-z][a-z0-9-]+", row)
    }
    assert names <= listed


def test_the_ratios_of_the_benchmark_are_those_of_its_figures() -> None:
    paper = text_of("docs/performance.md")
    rows = {
        name: (float(seconds), int(peak.replace(",", "")))
        for name, seconds, peak in re.findall(r"(?m)^\| ([^|]+?) \|[^|]+\| ([\d.]+) \| ([\d,]+) \|$", paper)
    }
    cold, kept, large = (
        rows[name] for name in ("ours, cold", "ours, baseline kept", "ours, ten times as large")
    )
    told = re.findall(r"(?m)^\| [^|]+ \| ([\d.,]+)(?: MB)? \| (\**)([\d.]+)", paper)
    measured = (
        cold[0] / rows["plain `json`"][0],
        cold[1],
        large[1],
        kept[0] / cold[0],
        cold[0] / rows["datumaro"][0],
    )
    assert [float(found) for _, _, found in told] == [pytest.approx(value, abs=0.0015) for value in measured]
    goals = [float(goal.replace(",", "")) for goal, _, _ in told]
    missed = [value > goal for value, goal in zip(measured, goals, strict=True)]
    assert missed == [bool(stars) for _, stars, _ in told]
