"""The benchmark's engines at a small task: each finds what was done to the successor, or it measures nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.engine import SIDES
from bench.shape import baseline, successor, write_coco, write_frame

ROOT = Path(__file__).parents[2]
SHAPES = {"train2017": (400, 3000), "val2017": (60, 500)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bench")
    before = baseline(shapes=SHAPES)
    for side, splits in zip(SIDES, (before, successor(before)), strict=True):
        write_frame(splits, made / "parquet" / side)
        (made / "coco" / side).mkdir(parents=True)
        for split in splits:
            write_coco(split, made / "coco" / side / f"instances_{split.name}.json")
    return made


def said(engine: str, folder: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "bench.engine", engine, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(run.stdout)
    assert told["seconds"] > 0
    return str(told["said"])


def test_ours_finds_what_was_done_cold_with_the_baseline_kept_and_in_parquet(folder: Path) -> None:
    cold = said("ours-cold", folder)
    assert "compare.undeclared-relabel" in cold
    assert "compare.undeclared-move" in cold
    assert said("keep-baseline", folder) == "3500 boxes kept"
    assert said("ours-cached", folder) == cold
    assert said("ours-parquet-10x", folder).partition(" against")[0] == cold.partition(" against")[0]


def test_the_plain_peer_looks_at_everything_too(folder: Path) -> None:
    added = sum(len(split.boxes.ids) for split in successor(baseline(shapes=SHAPES))) - 3500
    found = said("plain-json", folder)
    came, went, changed = (int(part.split()[0]) for part in found.partition(";")[0].split(", "))
    assert came - went == added
    assert changed >= 133
