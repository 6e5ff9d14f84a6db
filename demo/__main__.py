"""`make demo`: the real service against a GitHub stand-in, through real signed deliveries."""

import sys

from demo.story import play

if __name__ == "__main__":
    sys.exit(play())
