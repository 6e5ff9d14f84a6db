"""Fixtures every test may ask for; nothing starts unless it is asked for."""

from collections.abc import Iterator

import pytest

from bot.database import open_pool
from bot.store import Store
from tests.fakes.postgres import TestServer, running_server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A real PostgreSQL server, started once per test process (about a second)."""
    with running_server(tmp_path_factory.mktemp("var")) as server:
        yield server


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
