"""Fixtures of the integration tests."""

from collections.abc import Iterator

import pytest

from tests.fakes.github.site import GitHubSite
from tests.fakes.service import Service, running
from tests.fakes.site import MakeSite
from tests.fakes.sites import SITES


@pytest.fixture(params=sorted(SITES))
def make_site(request: pytest.FixtureRequest) -> MakeSite:
    """Every forge in turn."""
    return SITES[request.param]


@pytest.fixture
def service(database_url: str, make_site: MakeSite) -> Iterator[Service]:
    """The whole service beside a forge with one released dataset."""
    with running(database_url, make=make_site) as service:
        yield service


@pytest.fixture
def on_github(database_url: str) -> Iterator[Service]:
    """The same on GitHub alone, for what no other forge has."""
    with running(database_url, make=SITES["github"]) as service:
        yield service


@pytest.fixture
def github(on_github: Service) -> GitHubSite:
    """The site of `on_github`."""
    assert isinstance(on_github.site, GitHubSite)
    return on_github.site
