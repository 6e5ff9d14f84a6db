"""A release on GitLab alone: whom the sections of CODEOWNERS name."""

from collections.abc import Iterator

import pytest

from demo import seed
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
