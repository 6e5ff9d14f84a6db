"""`python -m bot export-smoke`: the export path tried on this machine, with all files at hand.

Exit status: 0 every export passed, 1 something is wrong or in doubt, 2 could not run.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import msgspec

from bot.answers import Finding
from bot.bounded import bounded
from bot.checkout import Checkout
from bot.converting import Panlabel
from bot.disk import DiskFiles
from bot.documents import read_manifest, read_policy
from bot.evaluation.export_smoke import Runner, Trial, Tried
from bot.evaluation.round_trips import with_round_trips
from bot.evaluation.scope import MAX_MANIFEST_BYTES
from bot.evidence.shelf import MemoryShelf
from bot.evidence.smoke import Record
from bot.forges.errors import ForgeError, NotFoundError
from bot.globs import compile_glob
from bot.policy import POLICY_PATHS
from bot.report.markdown import clean
from bot.report.text import finding_lines
from bot.workshop import Budget, OverBudgetError, WorkshopError


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one run is asked to do; paths but the first are from the root of the repository."""

    path: Path
    manifests: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    writes: Path | None = None


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser(
        "export-smoke",
        help="try the export path on this machine, and leave a record of it",
        description="Judge the exports of every manifest of the policy as gate 6 does, reading the files as "
        "they lie on the disk: also those that Git ignores, or keeps in LFS. Nothing of the repository is "
        "executed.",
        epilog="exit status: 0 every export passed, 1 something is wrong or in doubt, 2 could not run",
    )
    parser.add_argument(
        "path", nargs="?", default=".", type=Path, metavar="PATH", help="the checkout (default: .)"
    )
    parser.add_argument(
        "--manifest",
        action="append",
        default=[],
        metavar="FILE",
        help="a release manifest, from the root of the repository (default: all of the policy)",
    )
    parser.add_argument(
        "--artefact",
        action="append",
        default=[],
        metavar="CONFIG=PLACE",
        help="where the exported files of a configuration lie, both from the root of the repository",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the record of this run")
    parser.add_argument("--json", action="store_true", help="print runs and findings as JSON")
    parser.add_argument("--memory", type=int, default=3072, metavar="MIB", help="how much the run may take")
    parser.add_argument("--seconds", type=float, default=900, help="how long the run may take")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Try, print, write the record, and return the exit status."""
    budget = Budget(memory=args.memory << 20, seconds=args.seconds)
    try:
        job = _job(args)
        trials = bounded(tried, job, budget)
    except OverBudgetError:
        trials = (Trial(manifest="all manifests", problems=(_over(budget),)),)
    except (ForgeError, ValueError, WorkshopError) as error:
        print(f"could not run: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps([_json(trial) for trial in trials], indent=2))
    else:
        print("\n".join(line for trial in trials for line in _text(trial)))
    record = Record(exports=tuple(one.run for trial in trials for one in trial.exports))
    if args.out is not None and record.exports:
        try:
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text(json.dumps(msgspec.to_builtins(record), indent=1) + "\n", encoding="ascii")
        except OSError as error:
            print(f"could not run: writing {args.out}: {error.strerror}", file=sys.stderr)
            return 2
    return 0 if all(trial.passed for trial in trials) else 1


def tried(job: Job) -> tuple[Trial, ...]:
    """Every manifest's exports. Raises ForgeError: there is nothing to try, or it cannot be read."""
    files = DiskFiles.of(Checkout(job.path))
    writes = None
    if job.writes is not None and job.writes.is_relative_to(files.root):
        writes = job.writes.relative_to(files.root).as_posix()
    runner = Runner(
        committed=files,
        everything=files.with_untracked(),
        places=dict(job.places),
        writes=writes,
        completed=partial(with_round_trips, convert=Panlabel(), shelf=MemoryShelf()),
    )
    found = []
    for path in job.manifests or _manifests(files):
        data = files.read(path, max_bytes=MAX_MANIFEST_BYTES)
        found.append(runner.attempt(read_manifest(data, file=path), path))
    return tuple(found)


def _job(args: argparse.Namespace) -> Job:
    """Raises ValueError: an option is malformed."""
    places = [place.partition("=") for place in args.artefact]
    if any(not config or not place for config, _, place in places):
        raise ValueError("--artefact: write CONFIG=PLACE, such as exports/yolo.yaml=build/yolo.zip")
    return Job(
        path=args.path,
        manifests=tuple(args.manifest),
        places=tuple((config, place) for config, _, place in places),
        writes=args.out.resolve() if args.out is not None else None,
    )


def _manifests(files: DiskFiles) -> list[str]:
    """The manifests that the policy's globs match. Raises NotFoundError: there are none."""
    path = next((path for path in POLICY_PATHS if files.entry(path) is not None), None)
    if path is None:
        raise NotFoundError(f"no policy here: none of {', '.join(POLICY_PATHS)} exists")
    policy = read_policy(files.read(path, max_bytes=MAX_MANIFEST_BYTES), file=path)
    if policy.value is None:
        first = policy.problems[0]
        raise NotFoundError(f"the policy cannot be read: {path}:{first.line}: {first.text}")
    globs = [compile_glob(dataset.manifest) for dataset in policy.value.datasets]
    found = [file for file in files.below("") if any(glob.matches(file) for glob in globs)]
    if not found:
        raise NotFoundError(f"no manifest here: {path} matches no file that Git knows; add it, or name it")
    return found


def _over(budget: Budget) -> Finding:
    return Finding(
        code="evidence.over-budget",
        text=f"Reading and comparing takes more than {budget.memory >> 20:,} MiB of memory or "
        f"{budget.seconds:g} seconds.",
        fix="Split the data set, or give the run more with `--memory` and `--seconds`.",
    )


def _text(trial: Trial) -> Iterator[str]:
    yield f"{clean(trial.manifest)}: {clean(trial.name or 'not tried')}"
    for problem in trial.problems:
        yield from finding_lines(problem, "--json")
    for one in trial.exports:
        count = sum(number for _, _, number in one.run.annotations)
        read = f"{', '.join(one.run.checks)}: {count:,} annotations" if one.run.checks else "nothing was read"
        yield f"  {one.run.outcome.upper():<7} {clean(one.file)} ({clean(one.run.format)}), {read}"
        for finding in (*one.findings, *one.stale):
            yield from finding_lines(finding, "--json")


def _json(trial: Trial) -> dict[str, object]:
    return {
        "manifest": trial.manifest,
        "passed": trial.passed,
        "problems": [asdict(problem) for problem in trial.problems],
        "exports": [_export(one) for one in trial.exports],
    }


def _export(one: Tried) -> dict[str, object]:
    return {
        "config": one.file,
        "run": msgspec.to_builtins(one.run),
        "findings": [asdict(finding) for finding in (*one.findings, *one.stale)],
        "facts": [asdict(fact) for fact in one.facts],
    }
