"""The process in which the converter runs: it limits itself, converts, and reads COCO with pycocotools.

Run by its path, with ``-I``, in an empty directory that holds ``in.json``: nothing of sevengates is
imported. Exit status: 0 done, 128 + n ended by signal n (or out of memory), else that of the converter.
"""

import contextlib
import ctypes
import io
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_OUT_OF_MEMORY = 128 + int(signal.SIGKILL)


def main(target: str, limits: Sequence[int]) -> int:
    """Convert ``in.json`` into ``out``, and leave ``read.json`` where `target` is COCO."""
    _limit(limits)
    command = [str(Path(sys.executable).with_name("panlabel")), "convert", "--from", "coco", "--to", target]
    command += ["--input", "in.json", "--output", "out", "--allow-lossy", "--output-format", "json"]
    with Path("report.json").open("wb") as report:
        done = subprocess.run(  # noqa: S603  words of ours
            command, stdout=report, env={}, check=False, preexec_fn=_die_with_parent
        )
    if done.returncode < 0:
        return 128 - done.returncode
    if done.returncode == 0 and target == "coco":
        try:
            _read_coco()
        except MemoryError:
            return _OUT_OF_MEMORY
    return done.returncode


def _limit(limits: Sequence[int]) -> None:
    _die_with_parent()
    memory, cpu, size, files = limits
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def _die_with_parent() -> None:
    """Where the system can (Linux): when the caller is killed, so is this."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _read_coco() -> None:
    """What pycocotools makes of the file, as rows."""
    from pycocotools.coco import COCO  # noqa: PLC0415  under the limits, and for COCO alone

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO("out")
    names = {id_: image["file_name"] for id_, image in coco.imgs.items()}
    rows = {
        "images": [[image["file_name"], image["width"], image["height"]] for image in coco.imgs.values()],
        "categories": {str(id_): category["name"] for id_, category in coco.cats.items()},
        "annotations": [
            [names[one["image_id"]], id_, one["category_id"], one["bbox"]] for id_, one in coco.anns.items()
        ],
    }
    Path("read.json").write_text(json.dumps(rows), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], [int(most) for most in sys.argv[2:]]))
