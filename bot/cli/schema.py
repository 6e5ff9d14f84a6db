"""`python -m bot schema`: the JSON Schemas of policy and manifest, printed or written for editors."""

import argparse
from pathlib import Path

from bot.documents.schema import Kind, schema_text

ROOT = Path(__file__).resolve().parents[2]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its options."""
    parser = subparsers.add_parser(
        "schema",
        help="print or write the JSON Schemas of policy and manifest",
        description="Print the JSON Schema of policy or release manifest, or write both into schemas/.",
    )
    parser.add_argument("kind", nargs="?", type=Kind, choices=tuple(Kind), help="which one (default: all)")
    parser.add_argument("--write", action="store_true", help="write into schemas/ instead of printing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write; always 0."""
    for kind in [args.kind] if args.kind else list(Kind):
        if args.write:
            path = ROOT / kind.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(schema_text(kind), encoding="utf-8")
            print(f"wrote {kind.file}")
        else:
            print(schema_text(kind), end="")
    return 0
