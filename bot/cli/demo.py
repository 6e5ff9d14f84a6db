"""`python -m bot demo`: the top-level package `demo`, which may import the service, not the reverse."""

import argparse
import runpy
import sys


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command; the demo itself knows its forges."""
    parser = subparsers.add_parser("demo", help="play the main job end to end, with no account")
    parser.add_argument("--forge", default="github", help="github (the default) or gitlab")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `python -m demo`; its exit status arrives as SystemExit."""
    sys.argv = ["demo", "--forge", args.forge]
    runpy.run_module("demo", run_name="__main__", alter_sys=True)
    return 0
