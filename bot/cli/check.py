"""`python -m bot check`: the same answers, decision and fingerprint for a local checkout, offline.

Exit status: 0 ready, approved or not applicable; 1 blocked or immature; 2 could not evaluate.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from bot.answers import DecisionKind
from bot.checkout import Checkout
from bot.codeowners import LOCATIONS, Dialect
from bot.converting import Panlabel
from bot.evaluation.answering import answer_here
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.people import Context
from bot.evidence.model import CheckResult
from bot.forges.errors import ForgeError
from bot.releases import Evaluation
from bot.remote.environment import remote_from
from bot.report.slices import Slice, slices
from bot.report.text import to_json, to_text
from bot.report.words import words_of

EXIT = {
    DecisionKind.NOT_APPLICABLE: 0,
    DecisionKind.READY: 0,
    DecisionKind.APPROVED: 0,
    DecisionKind.BLOCKED: 1,
    DecisionKind.IMMATURE: 1,
    DecisionKind.ERROR: 2,
}

UNCOMMITTED = (
    "The work tree has changes that are not committed; what is judged here is the commit without them."
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser(
        "check",
        help="evaluate a local Git checkout as the service would, offline",
        description="Evaluate what HEAD changes against the base branch, offline: the same answers, decision "
        "and fingerprint as in the pull request. Who approves is known to the forge alone.",
        epilog="exit status: 0 ready, approved or not applicable, 1 blocked or immature, 2 not evaluated",
    )
    parser.add_argument(
        "path", nargs="?", default=".", type=Path, metavar="PATH", help="the checkout (default: .)"
    )
    parser.add_argument("--base", metavar="REF", help="what it would merge into (default: origin/HEAD)")
    parser.add_argument("--head", default="HEAD", metavar="REF", help="the candidate commit (default: HEAD)")
    parser.add_argument(
        "--base-name", metavar="BRANCH", help="name of the base branch, where REF is not its name"
    )
    parser.add_argument("--forge", choices=sorted(LOCATIONS), help="CODEOWNERS dialect (default: guessed)")
    parser.add_argument(
        "--downstream",
        action="append",
        default=[],
        metavar="NAME=CONCLUSION",
        help="what one of the policy's downstream checks concluded, such as export-smoke=success",
    )
    parser.add_argument("--json", action="store_true", help="print the whole evaluation as JSON")
    parser.add_argument(
        "--slices",
        type=Path,
        metavar="DIR",
        help="write the items of every finding into a new folder, one JSONL file per finding",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate, print, and return the exit status."""
    try:
        evaluation = _evaluate(args)
        if args.slices:
            _write(args.slices, tuple(slices(evaluation)))
    except (MemoryError, duckdb.OutOfMemoryException):
        print("could not evaluate: the snapshots need more memory than there is", file=sys.stderr)
        return 2
    except (ForgeError, ValueError, OSError) as error:
        print(f"could not evaluate: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(to_json(evaluation), indent=2, ensure_ascii=False))
    else:
        print(to_text(evaluation, words_of(_forge(args))))
    return EXIT[evaluation.kind]


def _write(folder: Path, found: Sequence[Slice]) -> None:
    """Write the slices; a folder that holds anything is refused, since old lists would stay among them."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ValueError(f"--slices {folder}: the folder is not empty; name a new one")
    for one in found:
        path = folder / one.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(one.text, encoding="ascii", newline="\n")


def _evaluate(args: argparse.Namespace) -> Evaluation:
    checkout = Checkout(args.path)
    base = args.base or checkout.default_base()
    revisions = checkout.revisions(base, args.head)
    found = survey(checkout, revisions, dialect=_forge(args))
    context = Context(
        number=0,
        base_ref=args.base_name or _branch_name(base),
        now=datetime.now(UTC),
        downstream=tuple(_downstream(entry) for entry in args.downstream),
        answering=partial(answer_here, convert=Panlabel(), remote=remote_from(os.environ)),
    )
    evaluation = evaluate(checkout, found, context)
    if revisions.head_sha == checkout.resolve("HEAD") and checkout.is_dirty():
        return replace(evaluation, banners=(*evaluation.banners, UNCOMMITTED))
    return evaluation


def _forge(args: argparse.Namespace) -> Dialect:
    forge: Dialect = args.forge or Checkout(args.path).forge_guess()
    return forge


def _branch_name(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/remotes/").removeprefix("origin/")


def _downstream(entry: str) -> CheckResult:
    name, sep, conclusion = entry.partition("=")
    if not sep or not name:
        raise ValueError(f"--downstream {entry}: write NAME=CONCLUSION, such as export-smoke=success")
    return CheckResult(name=name, conclusion=conclusion)
