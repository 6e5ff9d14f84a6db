"""`make demo`: the real service against a forge's stand-in, through real signed deliveries."""

import argparse
import sys

from demo.stage import UnknownForgeError
from demo.story import play


def main() -> int:
    """Play on the forge that the command line names; 2 when the demo has no such stand-in."""
    parser = argparse.ArgumentParser(prog="demo", description="Play the main job end to end.")
    parser.add_argument("--forge", default="github", help="github (the default) or gitlab")
    try:
        return play(parser.parse_args().forge)
    except UnknownForgeError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
