"""Fixtures of the integration tests."""

from collections.abc import Iterator

import pytest

from tests.fakes.service import Service, running


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """The whole service beside a forge with one released dataset."""
    with running(database_url) as service:
        yield service
