"""`python -m bot COMMAND`: the dispatcher. Only the module of the chosen command is imported."""

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "check": "evaluate a local Git checkout as the service would, offline",
    "compare": "compare two snapshots as gate 5 does, here or in a warehouse",
    "export-smoke": "try the export path on this machine, and leave a record of it",
    "lead": "say who owns and who leads paths",
    "validate": "check policy and release manifests",
    "schema": "print or write the JSON Schemas of policy and manifest",
    "demo": "play the main job end to end, with no account",
    "serve": "run database, web and worker together",
    "web": "run the web process",
    "work": "run the worker process",
    "migrate": "bring the database schema up to date",
    "sweep": "enqueue what is due and what lost deliveries may have hidden, once",
}


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="Quality gates for dataset releases.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    chosen = next((word for word in arguments if not word.startswith("-")), "")
    if chosen in COMMANDS:
        importlib.import_module(f"bot.cli.{chosen.replace('-', '_')}").add_parser(subparsers)
    else:
        for name, text in COMMANDS.items():
            subparsers.add_parser(name, help=text)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
