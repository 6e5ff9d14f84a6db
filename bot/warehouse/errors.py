"""The one error of a team's engine; to be had without Ibis."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class WarehouseError(Exception):
    """The engine cannot be asked; the message says what was being done, and the cure where one is known."""


@contextmanager
def named(deed: str, secrets: tuple[str, ...] = ()) -> Iterator[None]:
    """Make one error of everything that drivers raise (they share no base), without the `secrets`."""
    try:
        yield
    except WarehouseError:
        raise
    except Exception as error:  # noqa: BLE001  the edge to drivers of ten engines
        said = str(error).strip().partition("\n")[0]
        for secret in filter(None, secrets):
            said = said.replace(secret, "…")
        raise WarehouseError(f"{deed}: {said} ({type(error).__name__})") from None


def not_installed(url: str, missing: ImportError) -> WarehouseError:
    """Ibis, or what it needs for the engine of a URL, is not there."""
    engine = engine_of(url) or "duckdb"
    reason = str(missing).partition("\n")[0].rstrip(".")
    return WarehouseError(
        f"Ibis is not installed with what it needs for {engine} ({reason}); "
        f"run: pip install 'ibis-framework[{engine}]'"
    )


def engine_of(url: str) -> str:
    """The engine of a URL as Ibis calls it."""
    scheme = urlsplit(url).scheme
    return {"postgresql": "postgres"}.get(scheme, scheme)
