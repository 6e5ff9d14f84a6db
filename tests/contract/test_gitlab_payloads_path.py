"""A maintainer can shape the payload of a webhook: a path in it must not lead us to another project."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.forges.gitlab import GitLabToken
from tests.contract.scenes import judged
from tests.fakes.gitlab.site import GitLabSite


@pytest.fixture
def site() -> Iterator[GitLabSite]:
    with judged("gitlab") as made:
        assert isinstance(made, GitLabSite)
        yield made


def test_authors_are_asked_for_by_the_id_of_the_project_not_by_the_path_in_a_payload(
    site: GitLabSite,
) -> None:
    site.person("ana")
    site.world.user("ana").commit_email = "ana@home.example"  # known to GitLab, and to nobody else
    site.push("release", {"release.yaml": "version: 2\n"}, author="ana")
    shaped = replace(site.repository, full_name="mallory/elsewhere")
    forge = GitLabToken(url=site.server.url, token=site.token).project(shaped)

    (commit,) = forge.activity(forge.pull_request(site.open("release"))).commits

    assert commit.author is not None
    assert commit.author.login == "ana"
