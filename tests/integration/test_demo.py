"""What `make demo` prints: after every step a check and a comment that say the same, and a merge."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.postgres import temporary_directory
from tests.fakes.sites import SITES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
RULE = re.compile(r"^(?:\d+\. (?P<step>.*?)|Summary) ─{3,}$", re.MULTILINE)
HEADLINES = {"Blocked": ": BLOCKED", "Ready": ": READY, NOT YET APPROVED", "Approved": ": APPROVED"}


@pytest.mark.parametrize("forge", sorted(SITES))
def test_after_each_step_the_check_and_the_comment_say_the_same(forge: str) -> None:
    with temporary_directory() as directory:
        told = subprocess.run(
            [sys.executable, "-m", "demo", "--forge", forge],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "110"},
            capture_output=True,
            text=True,
            check=False,
        )
        comment = directory / "var" / "demo" / "comment.md"
        assert told.returncode == 0, told.stdout[-2000:] + told.stderr
        assert ": APPROVED" in comment.read_text(encoding="utf-8")
    _, *told_steps = RULE.split(told.stdout)
    steps = list(zip(told_steps[:-2:2], told_steps[1:-2:2], strict=True))
    assert len(steps) >= 8
    for step, shown in steps:
        title, _, text = shown.lstrip().partition("\n")
        word = title.removeprefix("check sevengates: ").partition(":")[0].partition(" ")[0]
        assert HEADLINES[word] in text, step
        for count, what in re.findall(r"(\d+) (?:gates? |answers? )?(failed|vague)", title):
            assert f"{count} {what}" in text.partition("Next:")[0], step
    merges = [(step, re.findall(r"^merge: (\w+)", shown, re.MULTILINE)) for step, shown in steps]
    assert [tried for _, tried in merges if tried] == [["refused"], ["refused"], ["allowed"]]
    assert merges[-1] == ("@ana approves this release", ["allowed"])
