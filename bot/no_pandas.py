"""Hides pandas, which pyarrow imports where it finds it and nothing here needs.

Its import takes a second and a hundred megabytes, and fails in odd ways under a limit of memory.
"""

import sys


class _Hidden:
    """A finder that finds no pandas."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def hide_pandas() -> None:
    """From here on this process has no pandas, if it was not imported before."""
    sys.meta_path.insert(0, _Hidden())
