"""`python -m bot compare OLD NEW`: gate 5 for any two snapshots, here or in a team's warehouse.

Exit status: 0 it compares cleanly, 1 it does not or that is unclear, 2 it could not be compared.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TypeVar

from bot.answers import Outcome
from bot.comparing import CannotCompareError, Engine, compare
from bot.documents import Parsed, read_manifest, read_policy
from bot.evidence.detect import SNAPSHOT_FORMATS
from bot.manifest import Manifest
from bot.policy import POLICY_PATHS, CompareRule
from bot.report.text import answer_to_json, answer_to_text
from bot.warehouse.errors import WarehouseError

_FROM_ENVIRONMENT = "env:"

T = TypeVar("T")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser(
        "compare",
        help="compare two snapshots as gate 5 does, here or in a warehouse",
        description="Compare the snapshot NEW with OLD as gate 5 does. Both are files or folders in any "
        "format that is read, folders with items.parquet and annotations.parquet, or with --warehouse "
        "also prefixes of tables: releases.street_v2 means releases.street_v2_items and …_annotations.",
        epilog="exit status: 0 it compares cleanly, 1 it does not or that is unclear, 2 not compared",
    )
    parser.add_argument("old", metavar="OLD", help="the baseline")
    parser.add_argument("new", metavar="NEW", help="the candidate")
    parser.add_argument(
        "--warehouse",
        metavar="URL",
        help="compare on this engine, such as postgres://host/db; env:NAME takes the URL from a variable",
    )
    parser.add_argument(
        "--scratch", metavar="SCHEMA", help="make our tables there, and drop them, instead of temporary ones"
    )
    parser.add_argument(
        "--manifest", type=Path, metavar="FILE", help="the release manifest that says what may change"
    )
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="the policy (default: that of the manifest's repository)"
    )
    parser.add_argument("--format", choices=SNAPSHOT_FORMATS, help="of files (default: told by content)")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, print, and return the exit status."""
    try:
        manifest = _manifest(args.manifest)
        answer = compare(
            args.old,
            args.new,
            engine=Engine(url=_url(args.warehouse), scratch=args.scratch),
            intent=manifest.intent if manifest else None,
            rule=_rule(args.policy, args.manifest, manifest),
            form=args.format,
        )
    except (CannotCompareError, WarehouseError, OSError) as error:
        print(f"could not compare: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(answer_to_json(answer), indent=2, ensure_ascii=False))
    else:
        print(answer_to_text(answer), end="")
    return 0 if answer.outcome is Outcome.PASSED else 1


def _url(given: str | None) -> str | None:
    """The URL itself, or that of a variable, so that no password is in the list of processes."""
    if given is None or not given.startswith(_FROM_ENVIRONMENT):
        return given
    name = given.removeprefix(_FROM_ENVIRONMENT)
    if name not in os.environ:
        raise CannotCompareError(f"--warehouse {given}: the variable {name} is not set")
    return os.environ[name]


def _manifest(file: Path | None) -> Manifest | None:
    return None if file is None else _sound(read_manifest(file.read_bytes(), file=str(file)))


def _rule(given: Path | None, beside: Path | None, manifest: Manifest | None) -> CompareRule:
    """The rule of the dataset that the manifest names, or the defaults where nothing names one."""
    file = given or _nearest(beside)
    if file is None:
        return CompareRule()
    datasets = _sound(read_policy(file.read_bytes(), file=str(file))).datasets
    if manifest is None:
        if len(datasets) == 1:
            return datasets[0].gates.compare
        raise CannotCompareError(f"{file} has several datasets; say which one with --manifest")
    found = next((one for one in datasets if one.name == manifest.dataset), None)
    if found is None:
        raise CannotCompareError(f"{file} has no dataset {manifest.dataset}, which the manifest releases")
    return found.gates.compare


def _nearest(file: Path | None) -> Path | None:
    """The policy of the repository that a file is in."""
    folders = file.resolve().parents if file else ()
    places = (folder / name for folder in folders for name in POLICY_PATHS)
    return next((place for place in places if place.is_file()), None)


def _sound(parsed: Parsed[T]) -> T:
    if parsed.value is None:
        problem = parsed.problems[0]
        raise CannotCompareError(f"{problem.file}:{problem.line}: {problem.text} {problem.fix}")
    return parsed.value
