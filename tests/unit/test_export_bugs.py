"""Seeded export bugs, each in every format it can occur in: gate 6 has to name them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.answers import Answer, Outcome
from bot.evidence.coco import read_coco
from bot.evidence.export_config import read_export_config
from bot.evidence.exports.load import load_exported
from bot.evidence.exports.model import ExportEvidence
from bot.evidence.model import Label, Loaded
from bot.evidence.sources import Naming
from bot.export_rules import ExportRule
from bot.gates.export_validated import check
from bot.manifest import Source
from tests.fakes.cases import FOLDER
from tests.fakes.exporter import CLASSES, Mistakes, config, export, snapshot
from tests.fakes.file_trees import MemoryFiles

LABELS = Loaded(value=tuple(Label(id=name, name=name) for name in CLASSES))
SNAPSHOT = read_coco(snapshot(), file="snapshot.json")
NAMING = Naming(
    file="release.yaml", key=("exports", 0, "artefact"), what="The exported files", line=lambda _: 9
)


def cases(name: str) -> list[Any]:
    documents = yaml.safe_load(Path(FOLDER / "exports" / f"{name}.yaml").read_text("utf-8"))
    return [
        pytest.param(document, form, id=f"{document['name']}, {form}")
        for document in documents
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
