"""Seeded export bugs, each in every format it can occur in: gate 6 has to name them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.answers import Answer, Outcome
from bot.evidence.coco import read_coco
from bot.evidence.export_config import read_export_config
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import ExportEvidence
from bot.evidence.model import CheckResult, Label, Loaded
from bot.evidence.sources import Naming
from bot.export_rules import DownstreamCheck, ExportRule
from bot.gates.export_validated import check
from bot.manifest import Source
from tests.fakes.cases import FOLDER
from tests.fakes.exporter import CLASSES, Mistakes, config, export, snapshot
from tests.fakes.file_trees import MemoryFiles

LABELS = Loaded(value=tuple(Label(id=name, name=name) for name in CLASSES))
SNAPSHOT = read_coco(snapshot(), file="snapshot.json")
ON_A_LINE = {
    "export.box-unreadable",
    "export.class-unknown",
    "export.duplicate-row",
    "export.image-unknown",
    "export.out-of-range",
    "export.row-unreadable",
    "export.rows-mixed",
}
"""What is wrong with one line of a file."""
WITHOUT_LINES = {"coco", "parquet"}
NAMING = Naming(
    file="release.yaml", key=("exports", 0, "artefact"), what="The exported files", line=lambda _: 9
)


def read_cases(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load(Path(FOLDER / "exports" / f"{name}.yaml").read_text("utf-8")))


def cases(name: str) -> list[Any]:
    return [
        pytest.param(document, form, id=f"{document['name']}, {form}")
        for document in read_cases(name)
        for form in document["formats"]
    ]


def judged(form: str, wrong: Mistakes, settings: bytes) -> Answer:
    path, files = export(form, wrong)
    read = read_export_config(settings, file="exports/config.yaml")
    artefact = load_exported(
        MemoryFiles(files),
        Source(path=f"/{path}"),
        NAMING,
        manifest_path="release.yaml",
        config=read.value,
    )
    return check(
        labels=LABELS,
        snapshot=SNAPSHOT,
        exports=(ExportEvidence(config=read, artefact=artefact),),
        downstream=(),
        rule=ExportRule(),
    )


def mapped(case: dict[str, Any], text: str) -> Answer:
    """What gate 6 says of a configuration whose exported files only the team's CI has seen."""
    names = case.get("classes", CLASSES)
    ids = case.get("ids", range(1, len(names) + 1))
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}],
        "annotations": [{"id": id_, "image_id": 1, "category_id": id_, "bbox": [1, 1, 2, 2]} for id_ in ids],
        "categories": [{"id": id_, "name": name} for id_, name in zip(ids, names, strict=True)],
    }
    return check(
        labels=Loaded(value=tuple(Label(id=name, name=name) for name in names)),
        snapshot=read_coco(json.dumps(document).encode(), file="snapshot.json"),
        exports=(ExportEvidence(config=read_export_config(text.encode(), file="e.yaml")),),
        downstream=(CheckResult(name="ci", conclusion="success"),),
        rule=ExportRule(downstream_checks=(DownstreamCheck(name="ci"),)),
    )


@pytest.mark.parametrize(
    ("case", "form"),
    [
        pytest.param(case, form, id=f"{case['name']}, {form}")
        for case in read_cases("class_maps")
        for form in case["configs"]
    ],
)
def test_a_bug_of_the_class_map_is_named_on_its_line_and_a_correct_one_is_not(
    case: dict[str, Any], form: str
) -> None:
    answer = mapped(case, case["configs"][form])
    found: dict[str, list[int | None]] = {}
    for finding in answer.findings:
        assert finding.file == "e.yaml"
        found.setdefault(finding.code, []).append(finding.line)
    assert found == case["finds"], [finding.text for finding in answer.findings]
    assert answer.outcome is (Outcome.FAILED if case["finds"] else Outcome.PASSED)


@pytest.mark.parametrize(("case", "form"), cases("artefacts"))
def test_a_bug_of_the_exported_files_is_named_and_a_correct_export_is_not(
    case: dict[str, Any], form: str
) -> None:
    wrong = Mistakes(**case.get("wrong", {}))
    answer = judged(form, wrong, config(form))
    texts = [finding.text for finding in answer.findings]
    assert list(answer.codes) == case["codes"], texts
    assert answer.outcome is (Outcome.FAILED if case["codes"] else Outcome.PASSED)
    assert any(case.get("says", "") in text for text in texts) or not texts, texts
    assert all(finding.file and finding.fix for finding in answer.findings)
    if form not in WITHOUT_LINES:
        assert all(finding.line for finding in answer.findings if finding.code in ON_A_LINE)
