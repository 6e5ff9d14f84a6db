"""``python -m bench``: seconds, peak memory and ratios of every engine at one task, in one run.

The data is made once (`bench.shape`) and lies in ``var/bench``. Every engine runs in a process of
its own, one after the other, files warm. Its time begins behind its imports, which are told beside
it; its peak is that of the whole process. This process stays small: a child's peak of memory begins
with that of whoever starts it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.engine import ENGINES

ROOT = Path("var/bench")
PEERS = {"pycocotools": "pycocotools load", "datumaro": "datumaro load"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One engine's run; MB are 10^6 bytes."""

    engine: str
    seconds: float = 0.0
    cpu: float = 0.0
    start: float
    """Seconds until the task began, and after it ended."""
    peak: float
    said: str = ""


def main() -> int:
    """Make the data, run the engines, print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--peers", type=Path, help="the python of an environment with requirements-bench.txt")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many runs counts (peers: one)")
    parser.add_argument("engines", nargs="*", default=list(ENGINES), help=", ".join(ENGINES))
    args = parser.parse_args()
    _make_data()
    runs = {}
    for engine in args.engines:
        run = _best(engine, args.peers, 1 if engine in PEERS else args.rounds)
        if run is not None:
            runs[engine] = run
            print(
                f"{engine:18}{run.seconds:8.2f} s{run.cpu:8.2f} s cpu{run.start:6.2f} s start"
                f"{run.peak:8.0f} MB  {run.said}",
                flush=True,
            )
    _print_ratios(runs)
    return 0


def _make_data() -> None:
    ROOT.mkdir(parents=True, exist_ok=True)
    _run("make-data", sys.executable)
    for name in ("coco", "parquet"):
        size = sum(path.stat().st_size for path in (ROOT / name).rglob("*") if path.is_file())
        print(f"{name}: {size / 1e6:,.0f} MB")


def _best(engine: str, peers: Path | None, rounds: int) -> Run | None:
    python = sys.executable if engine not in PEERS else str(peers)
    if engine in PEERS and (peers is None or not peers.exists()):
        print(f"{engine:18} not measured: no environment with requirements-bench.txt")
        return None
    runs = [_run(engine, python) for _ in range(rounds)]
    failed = [run for run in runs if not run.said]
    if failed:
        print(f"{engine:18} not measured: it failed after {failed[0].start:.0f} s")
        return None
    return min(runs, key=lambda run: run.seconds)


def _run(engine: str, python: str) -> Run:
    _prepare(engine)
    began = time.perf_counter()
    child = subprocess.Popen(
        [python, "-m", "bench.engine", engine, str(ROOT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout
    said = child.stdout.read().strip().rpartition("\n")[2]
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    whole = time.perf_counter() - began
    peak = used.ru_maxrss * 1024 / 1e6
    if child.returncode:
        return Run(engine=engine, start=whole, peak=peak)
    told = json.loads(said)
    return Run(engine=engine, start=whole - told["seconds"], peak=peak, **told)


def _prepare(engine: str) -> None:
    """An empty shelf, or one that holds the baseline alone."""
    if engine == "ours-cold":
        shutil.rmtree(ROOT / "shelf-empty", ignore_errors=True)
    if engine == "ours-cached":
        shutil.rmtree(ROOT / "shelf-baseline", ignore_errors=True)
        _run("keep-baseline", sys.executable)


def _print_ratios(runs: dict[str, Run]) -> None:
    goals = (
        ("ours-cold", "plain-json", 1 / 4),
        ("ours-cached", "ours-cold", 0.6),
        ("ours-cold", "datumaro", 1 / 20),
    )
    for one, other, goal in goals:
        if one in runs and other in runs:
            ratio = runs[one].seconds / runs[other].seconds
            verdict = "reached" if ratio <= goal else "MISSED"
            print(f"{one} takes {ratio:.3f} of {other} (goal {goal:.3f}: {verdict})")
    for one, limit in (("ours-cold", 700), ("ours-parquet-10x", 1000)):
        if one in runs:
            verdict = "reached" if runs[one].peak <= limit else "MISSED"
            print(f"{one} peaks at {runs[one].peak:.0f} MB (goal {limit}: {verdict})")


if __name__ == "__main__":
    sys.exit(main())
