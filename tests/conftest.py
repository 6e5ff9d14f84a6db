"""Fixtures every test may ask for; nothing starts unless it is asked for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.database import open_pool
from bot.store import Store
from tests.fakes.postgres import TestServer, running_server, temporary_directory

SHARED = Path(__file__).parents[2] / "shared"


def pytest_configure() -> None:
    """Where the maintainers' material is required (`.ci/run`), tests that read it may not be left out."""
    needed = (SHARED / name for name in ("DESIGN.md", "contracts", "reference", "samples"))
    missing = [path.name for path in needed if not path.exists()]
    if missing and os.environ.get("SHARED") == "required":
        raise pytest.UsageError(f"../shared has no {', '.join(missing)}; set SHARED=absent to do without")


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    """A real PostgreSQL server, started once per test process (about a second)."""
    with temporary_directory() as directory, running_server(directory) as server:
        yield server


@pytest.fixture
def var() -> Iterator[Path]:
    """A data directory for an embedded server of the test's own."""
    with temporary_directory() as directory:
        yield directory


@pytest.fixture
def database_url(postgres: TestServer) -> Iterator[str]:
    """Connection string of a fresh, migrated database."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store over a fresh database."""
    store = Store(open_pool(database_url))
    yield store
    store.close()
