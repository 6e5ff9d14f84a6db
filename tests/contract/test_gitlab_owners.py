"""The accounts behind an owner of GitLab's CODEOWNERS: users, groups, roles, addresses, and no bots."""

from collections.abc import Iterator

import pytest

from tests.contract.scenes import judged
from tests.fakes.faults import Fault
from tests.fakes.gitlab.model import Level
from tests.fakes.gitlab.site import GitLabSite


@pytest.fixture
def site() -> Iterator[GitLabSite]:
    with judged("gitlab") as made:
        assert isinstance(made, GitLabSite)
        made.person("ana")
        yield made


def _members(site: GitLabSite, owner: str) -> dict[str, bool]:
    return {one.login: one.can_write for one in site.forge.members(owner)}


def test_a_role_is_the_direct_members_of_exactly_that_level(site: GitLabSite) -> None:
    site.person("mia", role="maintain")
    site.person("oli", role="admin")
    inherited = site.user("ina")
    site.world.grant(site.project.namespace, Level.MAINTAINER, inherited)

    assert _members(site, "@@maintainer").keys() == {"mia", site.login}
    assert _members(site, "@@Maintainers") == {"mia": True, site.login: True}
    assert _members(site, "@@owner") == {"oli": True}
    assert _members(site, "@@developer") == {"ana": True, "ben": True}
    assert _members(site, "@@reporter") == _members(site, "@@") == {}


def test_a_project_token_is_nobody_human(site: GitLabSite) -> None:
    (bot,) = site.forge.members(f"@{site.login}")

    assert not bot.human


def test_a_service_account_is_known_whatever_it_is_called(site: GitLabSite) -> None:
    site.person("release-robot")
    site.user("release-robot").bot = True

    (robot,) = site.forge.members("@release-robot")

    assert (robot.human, robot.can_write) == (False, True)


def test_whether_somebody_is_a_bot_is_asked_once(site: GitLabSite) -> None:
    for _ in range(3):
        site.forge.members("@ana")

    assert len(site.server.calls("GET", f"/api/v4/users/{site.user('ana').id}")) == 1


def test_a_group_is_its_direct_members(site: GitLabSite) -> None:
    leads = site.world.group("acme/data-team/leads")
    site.world.grant(leads, Level.DEVELOPER, site.user("ana"), site.user("ben"))
    assert leads.parent is not None
    site.world.grant(leads.parent, Level.DEVELOPER, site.user("carl"))
    site.world.invite(site.project, leads)

    assert _members(site, "@acme/data-team/leads") == {"ana": True, "ben": True}
    assert _members(site, "@ACME/Data-Team/Leads") == {"ana": True, "ben": True}
    assert _members(site, "@acme/data-team/nobody") == {}


def test_a_group_of_the_top_level_is_told_from_a_user(site: GitLabSite) -> None:
    site.world.grant(site.project.namespace, Level.DEVELOPER, site.user("gil"))

    assert _members(site, "@acme") == {"gil": True}


def test_a_large_group_costs_one_list_of_the_projects_members(site: GitLabSite) -> None:
    names = [f"u{n}" for n in range(30)]
    team = site.team("all", [name for name in names if site.person(name)])
    site.revoke("u7")

    found = _members(site, team)

    assert found == {name: name != "u7" for name in names}
    assert not site.server.calls("GET", ".*/members/all/.*")


def test_an_address_is_an_owner_when_it_is_public(site: GitLabSite) -> None:
    site.user("ana").public_email = "ana@work.example"
    site.world.user("eve", name="ana@work.example")

    assert _members(site, "ANA@work.example") == {"ana": True}
    assert _members(site, "ben@work.example") == _members(site, "nonsense") == {}


@pytest.mark.parametrize("state", ["blocked", "deactivated"])
def test_who_is_blocked_may_not_write(site: GitLabSite, state: str) -> None:
    site.user("ana").state = state

    assert _members(site, "@ana") == {"ana": False}


def test_a_stranger_may_not_write(site: GitLabSite) -> None:
    site.person("sid", role=None)
    site.person("rita", role="read")

    assert (_members(site, "@sid"), _members(site, "@RITA")) == ({"sid": False}, {"rita": False})


def test_an_account_that_gitlab_hides_is_not_human(site: GitLabSite) -> None:
    path = f"/api/v4/users/{site.user('ana').id}"
    site.world.faults.add(Fault("GET", path, status=404, body={"message": "404 User Not Found"}))

    (hidden,) = site.forge.members("@ana")
    (shown,) = site.forge.members("@ana")

    assert (hidden.human, shown.human) == (False, True)
