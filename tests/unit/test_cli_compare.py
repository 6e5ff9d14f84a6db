"""`python -m bot compare` as people run it."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.cli import compare
from tests.fakes.one_dataset import CORRUPTIONS, FORMS, dataset

POLICY = """\
version: 1
datasets:
  - {name: street, manifest: "data/*/release.yaml", gates: {compare: {locked_splits: [test]}}}
  - {name: other, manifest: "other/*/release.yaml"}
"""
MANIFEST = "dataset: street\nversion: v2\nschema: {path: s.jsonl}\nsnapshot: {path: c.json}\n"


def command(*arguments: object) -> int:
    parser = ArgumentParser()
    compare.add_parser(parser.add_subparsers())
    args = parser.parse_args(["compare", *map(str, arguments)])
    return int(args.run(args))


def coco(folder: Path, name: str, boxes: dict[int, list[float]], split: str = "train") -> Path:
    path = folder / name
    path.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a.jpg", "split": split}],
                "categories": [{"id": 1, "name": "car"}],
                "annotations": [
                    {"id": id_, "image_id": 1, "category_id": 1, "bbox": box} for id_, box in boxes.items()
                ],
            }
        )
    )
    return path


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data" / "street").mkdir(parents=True)
    (tmp_path / ".sevengates.yaml").write_text(POLICY)
    (tmp_path / "data" / "street" / "release.yaml").write_text(MANIFEST)
    coco(tmp_path, "old.json", {1: [1, 2, 3, 4], 2: [5, 6, 7, 8]})
    coco(tmp_path, "new.json", {1: [1, 2, 3, 4], 2: [9, 6, 7, 8]})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_equal_snapshots_compare_cleanly(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("old.json", "old.json") == 0
    assert capsys.readouterr().out == (
        "5  PASSED   Compares with the baseline?      Nothing changed against old.json.\n"
    )


def test_a_difference_without_a_manifest_is_vague(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("old.json", "new.json") == 1
    assert "[compare.no-intent]" in capsys.readouterr().out


def test_the_manifest_says_what_may_change_and_the_policy_beside_it_what_may_not(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = repository / "data" / "street" / "release.yaml"
    manifest.write_text(MANIFEST + "intent: [{kinds: [move], classes: [car]}]\n")
    assert command("old.json", "new.json", "--manifest", manifest) == 0
    for name, x in (("old.json", 1), ("new.json", 2)):
        coco(repository, name, {1: [x, 2, 3, 4]}, split="test")
    assert command("old.json", "new.json", "--manifest", manifest, "--json") == 1
    found = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))
    assert [one["code"] for one in found["findings"]] == ["compare.locked-split"]
    assert [one["items"] for one in found["findings"]] == [["a.jpg"]]


def test_a_policy_can_be_named_and_must_know_the_dataset(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, manifest = repository / ".sevengates.yaml", repository / "data" / "street" / "release.yaml"
    assert command("old.json", "old.json", "--policy", policy) == 2
    assert capsys.readouterr().err == (
        f"could not compare: {policy} has several datasets; say which one with --manifest\n"
    )
    policy.write_text(POLICY.partition("  - {name: other")[0].replace("street", "road"))
    assert command("old.json", "old.json", "--policy", policy) == 0
    assert command("old.json", "old.json", "--manifest", manifest) == 2
    assert capsys.readouterr().err == (
        f"could not compare: {policy} has no dataset street, which the manifest releases\n"
    )
    manifest.write_text("dataset: 1")
    assert command("old.json", "old.json", "--manifest", manifest) == 2
    assert f"could not compare: {manifest}:1: " in capsys.readouterr().err


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_snapshot_can_be_compared(form: str, tmp_path: Path) -> None:
    before = dataset(Random(3))
    after = CORRUPTIONS["swapped class"](before, Random(3))
    names = []
    for side, one in (("old", before), ("new", after)):
        for path, data in FORMS[form](one).items():
            place = tmp_path / side / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        names.append(next((tmp_path / side).iterdir()))
    assert command(names[0], names[0], "--format", {"label-studio": "label-studio"}.get(form, form)) == 0
    assert command(*names) == 1


def folder(path: Path, **tables: pa.Table) -> Path:
    path.mkdir()
    for name, content in tables.items():
        pq.write_table(content, path / f"{name}.parquet")
    return path


def test_folders_of_parquet_are_compared_and_doubted_as_tables_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = pa.table({"Id": ["a", "b"], "split": ["train", None]})
    boxes = pa.table({"id": [1, 2], "item": ["a", "b"], "label": ["car", "bus"]})
    old = folder(tmp_path / "old", items=items, annotations=boxes)
    new = folder(tmp_path / "new", items=items, annotations=boxes.set_column(2, "label", [["car", "car"]]))
    odd = folder(tmp_path / "odd", items=items, annotations=pa.concat_tables([boxes, boxes]))
    assert command(old, old) == 0
    assert command(old, new) == 1
    assert "1 annotation relabelled" in capsys.readouterr().out
    assert command(odd, odd) == 1
    assert "2 annotations of" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        (pa.table({"id": [1], "label": ["car"]}), "annotations.parquet has no column item; "),
        (
            pa.table({"id": [1], "item": ["a"], "label": ["car"], "x": ["left"]}),
            "annotations.parquet cannot be read as the table annotations: Conversion Error: ",
        ),
        (None, "annotations.parquet cannot be read as the table annotations: "),
    ],
    ids=["no item", "text for numbers", "no Parquet"],
)
def test_folders_of_other_tables_are_named(
    annotations: pa.Table | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = folder(tmp_path / "old", items=pa.table({"id": ["a"]}))
    if annotations is None:
        (old / "annotations.parquet").write_text("none")
    else:
        pq.write_table(annotations, old / "annotations.parquet")
    assert command(old, old) == 2
    assert said in capsys.readouterr().err


def test_what_cannot_be_read_is_an_answer_with_its_reason(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "broken.json").write_text('{"images": 5, "annotations": []}')
    assert command("old.json", "broken.json") == 1
    out = capsys.readouterr().out
    assert out.startswith("5  VAGUE ")
    assert "broken.json" in out


def test_what_is_not_there_is_named(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("old.json", "releases.v2") == 2
    assert capsys.readouterr().err == (
        "could not compare: releases.v2 does not exist; "
        "name the file or folder of a snapshot, or tables and --warehouse\n"
    )
    assert command("old.json", "old.json", "--manifest", "none.yaml") == 2
    assert "none.yaml" in capsys.readouterr().err
    assert command("old.json", "bad\nname.json") == 2
    Path("bad\nname.json").write_text("{}")
    assert command("old.json", "bad\nname.json") == 2
    assert "has a name that no manifest could hold" in capsys.readouterr().err
    monkeypatch.delenv("WAREHOUSE", raising=False)
    assert command("old.json", "v2", "--warehouse", "env:WAREHOUSE") == 2
    assert "the variable WAREHOUSE is not set" in capsys.readouterr().err


def test_a_missing_ibis_or_driver_is_named_with_the_command_that_cures_it(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE", "snowflake://me:s3cret@account/db")
    assert command("old.json", "new.json", "--warehouse", "env:WAREHOUSE") == 2
    said = capsys.readouterr().err
    assert said.startswith("could not compare: Ibis is not installed with what it needs for snowflake (")
    assert said.endswith("; run: pip install 'ibis-framework[snowflake]'\n")
    assert "s3cret" not in said
    loaded = ("bot.warehouse.session", "bot.warehouse.translate", "bot.warehouse.trial", "sqlglot", "ibis")
    for module in [name for name in sys.modules if name.startswith(loaded)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    assert command("old.json", "new.json", "--warehouse", "duckdb://") == 2
    assert capsys.readouterr().err.endswith("; run: pip install 'ibis-framework[duckdb]'\n")


@pytest.mark.parametrize("url", ["nowhere", "carrier-pigeon://loft"])
def test_an_engine_that_ibis_does_not_know_is_named(
    url: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("old.json", "new.json", "--warehouse", url) == 2
    assert capsys.readouterr().err.startswith("could not compare: connecting to the warehouse: ")


def test_files_are_compared_in_the_warehouse_too(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("old.json", "old.json", "--warehouse", "duckdb://") == 0
    assert command("old.json", "new.json", "--warehouse", "duckdb://", "--json") == 1
    assert '"compare.no-intent"' in capsys.readouterr().out
