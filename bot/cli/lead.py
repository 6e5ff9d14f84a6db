"""`python -m bot lead PATH…`: who owns a path, which line says so, and who leads its release, as JSON.

Exit status: 0 answered; 2 a file could not be read or is wrong. Lines that the forge skips are
named on standard error and do not change the exit status.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from bot.answers import Finding
from bot.codeowners import LOCATIONS, RELEASE_SECTION, CodeOwners, Dialect, lead_of, parse
from bot.documents import read_policy
from bot.globs import compile_glob
from bot.policy import POLICY_PATHS, DatasetPolicy, Policy


class UnusableError(Exception):
    """A file the answer rests on cannot be used; the text begins with its name (and line)."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser(
        "lead",
        help="say who owns a path and who leads its release, as JSON",
        description="Say, for each path, its owners, the section and line of CODEOWNERS that name them, and "
        "the release lead. Without --codeowners, CODEOWNERS and policy of the current directory are used.",
        epilog="exit status: 0 answered; 2 a file could not be read or is wrong",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a path from the root of the repository")
    parser.add_argument(
        "--forge", choices=sorted(LOCATIONS), default="github", help="dialect (default: github)"
    )
    parser.add_argument("--codeowners", type=Path, metavar="FILE", help="the CODEOWNERS file to read")
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="the policy that names leads and deputies"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print one JSON object, path → answer, and return the exit status."""
    try:
        owners = _codeowners(args.codeowners, args.forge)
        policy = _policy(args.policy, look_around=args.codeowners is None)
        answers = {path: _answer(owners, policy, path) for path in args.paths}
    except UnusableError as error:
        print(error, file=sys.stderr)
        return 2
    for problem in owners.problems:
        print(_shown(problem), file=sys.stderr)
    print(json.dumps(answers, indent=2, ensure_ascii=False))
    return 0


def _codeowners(given: Path | None, dialect: Dialect) -> CodeOwners:
    locations = LOCATIONS[dialect]
    file = given or _first(locations)
    if file is None:
        raise UnusableError(
            f"CODEOWNERS: not found; looked for {', '.join(locations)} below the current directory"
        )
    owners = parse(_read(file), file=file.as_posix(), dialect=dialect)
    too_large = [problem for problem in owners.problems if problem.code == "codeowners.too-large"]
    if too_large:
        raise UnusableError(_shown(too_large[0]))
    return owners


def _policy(given: Path | None, *, look_around: bool) -> Policy | None:
    file = given or (_first(POLICY_PATHS) if look_around else None)
    if file is None:
        return None
    parsed = read_policy(_read(file), file=file.as_posix())
    if parsed.value is None:
        raise UnusableError("\n".join(_shown(problem) for problem in parsed.problems))
    return parsed.value


def _first(locations: Iterable[str]) -> Path | None:
    return next((Path(location) for location in locations if Path(location).is_file()), None)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnusableError(f"{file}: reading it failed: {error.strerror}") from error


def _shown(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.line is not None else finding.file
    return f"{place}: {finding.text} {finding.fix} ({finding.code})"


def _answer(owners: CodeOwners, policy: Policy | None, written: str) -> dict[str, object]:
    path = PurePosixPath(written).as_posix()
    if path.startswith(("/", "../")) or path in {".", ".."}:
        raise UnusableError(
            f"{written}: write the path from the root of the repository, such as data/release.yaml"
        )
    dataset = _dataset(policy.datasets, path) if policy else None
    found = lead_of(
        owners,
        path,
        release_lead=dataset.release_lead if dataset else None,
        deputies=dataset.deputies if dataset else (),
        release_section=dataset.release_section if dataset else RELEASE_SECTION,
    )
    lines = owners.owners_of(path)
    return {
        "owners": list(found.owners) if lines else None,
        "section": found.section,
        "line": found.line,
        "file": found.file,
        "lead": found.lead,
        "deputies": list(found.deputies),
        "dataset": dataset.name if dataset else None,
        "sections": [
            {
                "section": line.section,
                "owners": list(line.owners),
                "pattern": line.pattern,
                "line": line.line,
                "optional": line.optional,
                "approvals": line.approvals,
            }
            for line in lines
        ],
        "findings": [
            {"code": f.code, "text": f.text, "fix": f.fix, "file": f.file, "line": f.line}
            for f in found.findings
        ],
    }


def _dataset(datasets: Sequence[DatasetPolicy], path: str) -> DatasetPolicy | None:
    """The dataset whose manifest `path` is, else the first that watches it."""
    by_manifest = (d for d in datasets if compile_glob(d.manifest).matches(path))
    by_watch = (d for d in datasets if any(compile_glob(glob).matches(path) for glob in d.watch))
    return next(by_manifest, None) or next(by_watch, None)
