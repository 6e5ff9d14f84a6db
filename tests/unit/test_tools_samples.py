"""Real exports of labelling tools: each gives a faithful normal form or a refusal by name.

The recorded snapshot holds no text of the samples: names and ids are hashed, sentences left out.
"""

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.evidence.model import Assignment, Label, Loaded, ReviewRecord
from bot.evidence.tools.export import ToolEvidence
from bot.evidence.tools.registry import read_tool, tool_format
from tests.fakes.tool_exports import cvat_frames

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
ROOMS = ("cvat_api", "cvat_xml", "encord", "label_studio", "labelbox")


@pytest.fixture
def samples() -> Path:
    if not SAMPLES.is_dir():
        pytest.skip("the samples are not here")
    return SAMPLES


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8] if text else ""


def record(one: Assignment | ReviewRecord | Label) -> dict[str, Any]:
    match one:
        case Assignment():
            items = [hashed(item) for item in one.items] if isinstance(one.items, tuple) else "range"
            said = {"id": hashed(one.id), "items": items, "assignee": hashed(one.assignee)}
            return said | {
                "status": str(one.status),
                "word": one.status_text,
                "completed_at": str(one.completed_at),
                "empty": len(one.empty_items),
                "line": one.line,
            }
        case ReviewRecord():
            people = {"annotator": hashed(one.annotator), "reviewer": hashed(one.reviewer)}
            return people | {
                "item": hashed(one.item),
                "outcome": str(one.outcome),
                "at": str(one.at),
                "reason": hashed(one.reason),
                "label": hashed(one.label or ""),
                "resolved_at": str(one.resolved_at),
                "line": one.line,
            }
        case Label():
            return {
                "id": hashed(one.id),
                "name": hashed(one.name),
                "rule": hashed(one.rule),
                "line": one.line,
            }


def summary(loaded: Loaded[tuple[Any, ...]]) -> object:
    assert (loaded.value is None) is bool(loaded.problems)
    if loaded.value is None:
        return dict(Counter(finding.code for finding in loaded.problems))
    words = Counter(str(getattr(one, "status", getattr(one, "outcome", "label"))) for one in loaded.value)
    return {
        "count": len(loaded.value),
        "words": dict(words),
        "first": [record(one) for one in loaded.value[:2]],
    }


def summaries(evidence: ToolEvidence) -> dict[str, object]:
    return {kind: summary(getattr(evidence, kind)) for kind in ("assignments", "reviews", "labels")}


@pytest.mark.shared
def test_every_export_is_read_or_refused_by_name(samples: Path, snapshot: SnapshotAssertion) -> None:
    found = {}
    for room in ROOMS:
        for path in sorted((samples / room).rglob("*.*")):
            data, name = path.read_bytes(), path.relative_to(samples).as_posix()
            tool = tool_format(data)
            read = summaries(read_tool({name: data}, tool=tool, file=name)) if tool else "no tool's export"
            found[name] = {"tool": tool, "read": read}
    assert found == snapshot


@pytest.mark.shared
def test_jobs_issues_comments_and_frames_are_read_together(
    samples: Path, snapshot: SnapshotAssertion
) -> None:
    room = samples / "cvat_api" / "cvat-2024-07"
    files = {name: (room / name).read_bytes() for name in ("jobs.json", "issues.json", "comments.json")}
    for task in json.loads((room / "tasks.json").read_bytes())["results"]:
        names = (f"{task['id']}/{number}.png" for number in range(task.get("size", 0)))
        files[f"meta-{task['id']}.json"] = cvat_frames(*names)
    assert summaries(read_tool(files, tool="cvat", file="cvat")) == snapshot


@pytest.mark.shared
def test_no_sample_of_another_format_is_taken_for_a_tools_export(samples: Path) -> None:
    taken = {
        path.relative_to(samples).as_posix(): tool
        for room in (
            "coco",
            "croissant",
            "dvc",
            "hf_card",
            "lfs",
            "voc",
            "yolo",
            "frictionless",
            "codeowners",
        )
        for path in sorted((samples / room).rglob("*"))
        if path.is_file() and (tool := tool_format(path.read_bytes()))
    }
    assert taken == {}
