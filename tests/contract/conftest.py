"""Fixtures of the forge contract suite."""

from collections.abc import Iterator

import pytest

from tests.contract.scenes import SCENES, GitHubScene, Scene, github_scene


@pytest.fixture(params=sorted(SCENES))
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with SCENES[request.param]() as made:
        yield made


@pytest.fixture
def github() -> Iterator[GitHubScene]:
    with github_scene() as made:
        yield made
