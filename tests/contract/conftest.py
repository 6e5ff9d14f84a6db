"""Fixtures of the forge contract suite."""

from collections.abc import Iterator

import pytest

from tests.contract.scenes import judged
from tests.fakes.github.site import GitHubSite
from tests.fakes.site import Site
from tests.fakes.sites import SITES


@pytest.fixture(params=sorted(SITES))
def scene(request: pytest.FixtureRequest) -> Iterator[Site]:
    with judged(request.param) as made:
        yield made


@pytest.fixture
def github() -> Iterator[GitHubSite]:
    with judged("github") as made:
        assert isinstance(made, GitHubSite)
        yield made
