"""A release on GitLab alone: whom the sections of CODEOWNERS name, and what else closes the merge."""

from collections.abc import Iterator

import pytest

from bot.forges.gitlab.closing import RULE
from demo import seed
from tests.fakes.gitlab.merging import detailed_merge_status
from tests.fakes.gitlab.model import Tier
from tests.fakes.gitlab.site import GitLabSite
from tests.fakes.service import Service, running
from tests.fakes.sites import SITES

pytestmark = pytest.mark.slow

OWNERS = b"""\
[Release Lead]
* @bob
[Datasets] @ana
datasets/
exports/
CODEOWNERS
.sevengates.yaml
"""
POLICY = seed.POLICY.replace(
    b'    release_lead: "@ana"\n    deputies: ["@bea"]\n', b"    release_section: Datasets\n"
)


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    more = {"CODEOWNERS": OWNERS, ".sevengates.yaml": POLICY}
    with running(database_url, make=SITES["gitlab"], **more) as service:
        yield service


def test_the_section_that_the_policy_names_has_the_lead(service: Service) -> None:
    pull = service.release()
    assert "waiting for @ana" in service.check(pull).title
    service.approve(pull, by="bob")
    service.settle()
    assert service.check(pull).state == "pending"
    service.approve(pull, by="ana")
    service.settle()
    service.site.merge(pull, by="dana")


def test_a_change_of_owners_is_led_by_the_section_that_the_policy_names(service: Service) -> None:
    service.push({"CODEOWNERS": OWNERS + b"[More]\n/more/ @dana\n"}, branch="owners")
    pull = service.open(branch="owners")
    service.settle()
    assert "waiting for @ana" in service.check(pull).title


def test_where_datasets_name_different_sections_the_usual_one_governs(service: Service) -> None:
    second = POLICY[POLICY.index(b"  - name:") :].replace(b"Datasets", b"Others").replace(b"street", b"other")
    service.push({".sevengates.yaml": POLICY + second}, by="ana", branch="main")
    service.push({"CODEOWNERS": OWNERS + b"[More]\n/more/ @dana\n"}, branch="owners")
    pull = service.open(branch="owners")
    service.settle()
    assert "waiting for @bob" in service.check(pull).title


def test_what_the_operator_opted_in_to_closes_the_merge_without_any_status(database_url: str) -> None:
    opted_in = {"GITLAB_APPROVAL_RULE": "true", "GITLAB_THREAD": "true"}
    with running(database_url, make=SITES["gitlab"], environment=opted_in) as service:
        assert isinstance(service.site, GitLabSite)
        project = service.site.project
        project.tier, project.only_allow_merge_if_pipeline_succeeds = Tier.PREMIUM, False
        pull = service.release()
        mr = service.site.merge_request(pull)
        (rule,) = mr.rules
        assert (rule.name, [user.username for user in rule.users]) == (RULE, ["ana", "bea"])
        service.approve(pull, by="bob")
        service.settle()
        assert detailed_merge_status(mr) == "not_approved"
        project.only_allow_merge_if_all_discussions_are_resolved = True
        assert detailed_merge_status(mr) == "discussions_not_resolved"
        service.approve(pull, by="ana")
        service.settle()
        service.site.merge(pull, by="dana")
