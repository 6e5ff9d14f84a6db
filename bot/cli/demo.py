"""`python -m bot demo`: the top-level package `demo`, which may import the service, not the reverse."""

import argparse
import runpy
import sys


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command; what follows it belongs to the demo."""
    parser = subparsers.add_parser("demo", help="play the main job end to end, with no account")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `python -m demo`; its exit status arrives as SystemExit."""
    sys.argv = ["demo", *args.rest]
    runpy.run_module("demo", run_name="__main__", alter_sys=True)
    return 0
