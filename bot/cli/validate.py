"""`python -m bot validate`: what is wrong with policy and manifests, before anybody pushes them.

Exit status: 0 nothing is wrong, 1 there are problems, 2 a file could not be read.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath

from bot.answers import Finding
from bot.codeowners import LOCATIONS, CodeOwners, Dialect, parse
from bot.documents import Parsed, read_manifest, read_policy, read_yaml
from bot.documents.standing import strangers, unmatched
from bot.globs import compile_glob
from bot.manifest import Manifest
from bot.policy import POLICY_PATHS, Policy
from bot.report.markdown import clean

_POLICY_NAMES = frozenset(PurePosixPath(path).name for path in POLICY_PATHS)
_NOT_WALKED = frozenset({".git", "var"})

Checked = tuple[str, Parsed[Policy] | Parsed[Manifest]]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser(
        "validate",
        help="check the policy and the release manifests",
        description="Check FILEs, or the policy of the current directory and every manifest its globs match.",
        epilog="exit status: 0 nothing is wrong, 1 there are problems, 2 a file could not be read",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a policy or a release manifest")
    parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, print what was found, and return the exit status."""
    try:
        checked = [check(file) for file in args.files] if args.files else check_below(Path.cwd())
    except OSError as error:
        print(f"could not read {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    if not checked:
        print(f"no policy here: none of {', '.join(POLICY_PATHS)} exists", file=sys.stderr)
        return 2
    problems = [problem for _, parsed in checked for problem in parsed.problems]
    notes = [note for _, parsed in checked for note in parsed.notes]
    if args.json:
        print(json.dumps([*_records("problem", problems), *_records("note", notes)], indent=2))
    else:
        _print(checked, problems, notes)
    return 1 if problems else 0


def check_below(root: Path) -> list[Checked]:
    """The policy below `root` and every manifest its globs match; empty without a policy.

    Raises:
        OSError: a file could not be read.
    """
    path = next((path for path in POLICY_PATHS if (root / path).is_file()), None)
    if path is None:
        return []
    policy = read_policy((root / path).read_bytes(), file=path)
    datasets = policy.value.datasets if policy.value else ()
    globs = [compile_glob(dataset.manifest) for dataset in datasets]
    files = list(walk(root)) if globs else []
    manifests = [file for file in files if any(glob.matches(file) for glob in globs)]
    wrong = strangers(policy, files, _codeowners(root))
    notes = (*policy.notes, *unmatched(policy, files))
    return [
        (
            path,
            replace(
                policy,
                value=None if wrong else policy.value,
                problems=(*policy.problems, *wrong),
                notes=notes,
            ),
        ),
        *((file, read_manifest((root / file).read_bytes(), file=file)) for file in manifests),
    ]


def _codeowners(root: Path) -> CodeOwners | None:
    """Read as the forge would, which is GitLab where there are signs of it."""
    on_gitlab = any((root / sign).exists() for sign in (".gitlab", ".gitlab-ci.yml"))
    dialect: Dialect = "gitlab" if on_gitlab else "github"
    file = next((location for location in LOCATIONS[dialect] if (root / location).is_file()), None)
    return None if file is None else parse((root / file).read_bytes(), file=file, dialect=dialect)


def check(file: Path) -> Checked:
    """A policy by its name or its `datasets`, anything else as a release manifest.

    Raises:
        OSError: it could not be read.
    """
    data = file.read_bytes()
    name = _repository_path(file)
    content = read_yaml(data, file=name).data
    if file.name in _POLICY_NAMES or (isinstance(content, dict) and "datasets" in content):
        return name, read_policy(data, file=name)
    return name, read_manifest(data, file=name)


def walk(root: Path) -> Iterator[str]:
    """The paths of all files below `root`, sorted within each directory."""
    for directory, names, files in os.walk(root):
        names[:] = sorted(set(names) - _NOT_WALKED)
        for file in sorted(files):
            yield (Path(directory) / file).relative_to(root).as_posix()


def _repository_path(file: Path) -> str:
    """`file` from the root of its repository, or from the current directory outside of one."""
    path = file.resolve()
    root = next((parent for parent in path.parents if (parent / ".git").exists()), Path.cwd())
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _records(kind: str, findings: list[Finding]) -> list[dict[str, object]]:
    return [{"kind": kind, **asdict(finding)} for finding in findings]


def _print(checked: list[Checked], problems: list[Finding], notes: list[Finding]) -> None:
    for mark, findings in (("", problems), ("note: ", notes)):
        for finding in findings:
            where = f"{finding.file}:{finding.line}"
            print(
                clean(f"{where}: {mark}{finding.code}: {finding.text}"),
                f"  fix: {clean(finding.fix)}",
                sep="\n",
            )
    files = f"{len(checked)} file{'s' if len(checked) != 1 else ''}"
    found = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
    print(clean(f"{files} checked, {found}: {', '.join(name for name, _ in checked)}"))
