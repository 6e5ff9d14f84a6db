"""The converter under its limits, and the service and the command that run it."""

import json
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answers import Outcome
from bot.converting import Limits, Panlabel
from bot.evidence.exports.conversion import READ, Conversion, ConversionError, Target
from bot.workshop import Workshop
from tests.fakes.commits import Commits
from tests.fakes.exporter import config, snapshot
from tests.integration.test_workshop import coco
from tests.integration.test_workshop_exports import answered, world

SMALL = Conversion(target=Target.COCO, document=snapshot())


def refused(converter: Panlabel, conversion: Conversion = SMALL) -> ConversionError:
    with pytest.raises(ConversionError) as caught:
        converter(conversion)
    return caught.value


def left() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob("sevengates-convert-*")}


def in_place_of_panlabel(folder: Path, script: str) -> Panlabel:
    """Another command beside a link to this interpreter."""
    binary = folder / "bin"
    binary.mkdir()
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
    (binary / "python").symlink_to(Path(sys.executable).resolve())
    command = binary / "panlabel"
    command.write_text(f"#!{sys.executable}\n{script}\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return Panlabel(python=str(binary / "python"))


@pytest.mark.slow
def test_it_converts_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other tests convert at the same time
    before = left()
    assert set(Panlabel()(SMALL)) == {READ}
    files = Panlabel()(replace(SMALL, target=Target.YOLO))
    assert "out/data.yaml" in files
    assert left() == before


LIMITS = {
    "memory": (Limits(memory=60 << 20), "bytearray(200 << 20)"),
    "processor": (Limits(cpu_seconds=1), "while True: pass"),
    "clock": (Limits(wall_seconds=2.0), "import time; time.sleep(60)"),
    "file": (Limits(file_size=1 << 20), "open('out', 'wb').write(bytes(8 << 20))"),
    "descriptors": (Limits(open_files=12), "x = [open('in.json') for _ in range(60)]"),
    "output": (
        Limits(output=1 << 10),
        "import os; os.mkdir('out'); open('out/a.txt', 'wb').write(bytes(4096))",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("limit", LIMITS)
def test_a_converter_beyond_a_limit_is_stopped_and_named(limit: str, tmp_path: Path) -> None:
    limits, script = LIMITS[limit]
    before, began = left(), time.monotonic()
    converter = replace(in_place_of_panlabel(tmp_path, script), limits=limits)
    error = refused(converter, replace(SMALL, target=Target.YOLO))
    assert (error.code, "60 seconds" in str(error)) == ("over-limit", limit != "processor")
    assert time.monotonic() - began < 30
    assert left() == before


@pytest.mark.slow
def test_the_converter_itself_out_of_memory_is_named_and_so_is_what_it_refuses() -> None:
    sized = coco(150_000).replace('"file_name"', '"width": 300000, "height": 300, "file_name"')
    many = Conversion(target=Target.YOLO, document=sized.encode())
    assert refused(Panlabel(limits=Limits(memory=40 << 20)), many).code == "over-limit"
    error = refused(Panlabel(), Conversion(target=Target.YOLO, document=b"{}"))
    assert (error.code, "status" in str(error)) == ("failed", True)


@pytest.mark.slow
def test_a_converter_that_is_not_there_or_writes_nothing_is_named(tmp_path: Path) -> None:
    assert refused(Panlabel(python=str(tmp_path / "python"))).code == "failed"
    assert refused(in_place_of_panlabel(tmp_path, "pass")).code == "failed"


@pytest.mark.slow
def test_links_that_a_converter_leaves_are_not_followed(tmp_path: Path) -> None:
    script = (
        "import os; os.mkdir('out'); os.symlink('/etc/hostname', 'out/a.txt'); open('out/b.txt', 'w').close()"
    )
    assert set(in_place_of_panlabel(tmp_path, script)(replace(SMALL, target=Target.YOLO))) == {"out/b.txt"}


@pytest.mark.slow
@pytest.mark.parametrize("large", [0, 1 << 30], ids=["child", "service"])
def test_the_service_converts_what_has_no_exported_files_and_keeps_what_it_found(
    large: int, tmp_path: Path
) -> None:
    commits, base, head = without_artefact("yolo")
    answer = answered(commits, base, head, Workshop(folder=tmp_path, large=large))
    assert (answer.outcome, answer.codes) == (Outcome.VAGUE, ("export.not-run",))
    assert "Round trip by sevengates" in {table.title for table in answer.facts}
    broken = Workshop(folder=tmp_path, large=large, convert=Panlabel(python="/nowhere/python"))
    assert answered(commits, base, head, broken) == answer
    other = commits.commit({"data/e.yaml": config("voc")}, onto=head)
    assert "export.round-trip-failed" in answered(commits, base, other, broken).codes


def without_artefact(form: str) -> tuple[Commits, str, str]:
    commits, base, head = world("out.json", form, {})
    text = commits.blob(commits.tree(head).entries["data/release.yaml"].oid, max_bytes=1 << 20).decode()
    cut = text.replace(", artefact: {path: /out.json}", "")
    assert cut != text
    return commits, base, commits.commit({"data/release.yaml": cut}, onto=head)


@pytest.mark.slow
def test_the_command_converts_too(tmp_path: Path) -> None:
    commits, base, head = without_artefact("yolo")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git[:3], "init", "-q", "-b", "main"], check=True)
    for sha in (base, head):
        for path, entry in commits.tree(sha).entries.items():
            if entry.kind == "file":
                place = tmp_path / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(commits.blob(entry.oid, max_bytes=1 << 24))
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "bot", "check", str(tmp_path), "--base", "HEAD~1", "--json"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    said = json.dumps(json.loads(done.stdout))
    assert "Round trip by sevengates" in said
    assert "yolo by panlabel" in said
