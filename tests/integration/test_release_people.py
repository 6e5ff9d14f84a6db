"""Whose word counts, through the whole path: approvals, waivers and commands of real people."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from demo import seed
from tests.fakes.github.model import Pull
from tests.fakes.service import WATCHED, Service, cured, running

pytestmark = pytest.mark.slow

SOLE_LEAD = {
    "CODEOWNERS": b"* @ana\n",
    ".sevengates.yaml": seed.POLICY.replace(b'    deputies: ["@bea"]\n', b""),
}
WAIVE = "/sevengates waive export_validated The consumer maps both classes itself."


@pytest.fixture
def sole_lead(database_url: str) -> Iterator[Service]:
    with running(database_url, **SOLE_LEAD) as service:
        yield service


def approved(service: Service) -> Pull:
    pull = service.release()
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"
    return pull


def refused(service: Service, pull: Pull) -> str:
    """The part of the comment about approvals that do not count."""
    return service.reads(pull).partition("Approvals that do not count")[2]


def test_a_push_that_changes_the_release_voids_the_approval_even_where_the_forge_repoints_it(
    service: Service,
) -> None:
    pull = service.release()
    review = service.review(pull, by="ana")
    service.settle()
    service.push({**cured(service.start), WATCHED: "Other content.\n"}, onto=service.repo.branches["main"])
    review.commit_id = pull.head_sha
    service.settle()
    assert service.check(pull).state == "pending"
    assert "@ana" in refused(service, pull)
    assert "it is of another state" in refused(service, pull)


def test_an_approval_of_a_later_release_does_not_approve_an_earlier_one_pushed_back(service: Service) -> None:
    pull = service.release()
    first = pull.head_sha
    service.push({WATCHED: "What the lead saw.\n"})
    service.settle()
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"
    service.world.move(service.repo, seed.BRANCH, first, by=service.person("dana"))
    service.settle()
    assert service.check(pull).state == "pending"
    assert "it is of another state" in refused(service, pull)


def test_an_approval_before_the_release_was_shown_does_not_count(service: Service) -> None:
    pull = service.release(settled=False)
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "pending"
    assert "was not shown" in refused(service, pull)


def test_an_approval_in_the_second_of_the_publication_does_not_count(service: Service) -> None:
    pull = service.release()
    known = service.store.publications(service.repository, pull.number).known
    service.review(pull, by="ana").submitted_at = known[-1].at
    service.settle()
    assert service.check(pull).state == "pending"
    assert "in the same second" in refused(service, pull)


def test_a_rebase_keeps_the_approval(service: Service) -> None:
    pull = approved(service)
    main = service.push({"docs/HOWTO.md": "How to label.\n"}, by="bob", branch="main")
    service.push(cured(service.start), onto=main)
    service.settle()
    assert service.check(pull).state == "success"


def test_an_unrelated_commit_keeps_the_approval(service: Service) -> None:
    pull = approved(service)
    service.push({"NOTES.md": "A note.\n"})
    service.settle()
    assert service.check(pull).state == "success"


def test_a_dismissed_approval_is_no_longer_green(service: Service) -> None:
    pull = approved(service)
    service.world.dismiss(service.repo, pull, pull.reviews[-1], by=service.person("bob"))
    service.settle()
    assert service.check(pull).state == "pending"
    assert "waiting for @ana" in service.check(pull).title


def test_requested_changes_block_until_they_are_withdrawn(service: Service) -> None:
    pull = approved(service)
    service.review(pull, by="ana", state="CHANGES_REQUESTED")
    service.settle()
    assert service.check(pull).state == "failure"
    assert "@ana requested changes" in service.reads(pull)
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"


def test_a_lead_without_write_access_cannot_approve_any_more(service: Service) -> None:
    pull = approved(service)
    service.world.revoke(service.repo, service.person("ana"))
    service.wake(pull)
    assert service.check(pull).state == "pending"
    assert "has no write access" in refused(service, pull)


def test_the_only_lead_cannot_release_her_own_work(sole_lead: Service) -> None:
    pull = sole_lead.release(by="ana")
    assert sole_lead.check(pull).state == "failure"
    assert "is the author of this pull request" in sole_lead.reads(pull)
    assert "Name a deputy who took no part in this pull request" in sole_lead.reads(pull)


def test_a_deputy_decides_when_the_lead_is_the_author(service: Service) -> None:
    pull = service.release(by="ana")
    assert "waiting for @bea" in service.check(pull).title
    service.review(pull, by="bea")
    service.settle()
    assert service.check(pull).state == "success"


# Waivers: gate 6 fails, because the last fix is missing.


def unmapped(service: Service, *, by: str = "dana") -> Pull:
    service.push(cured(service.start, fixes=-1), by=by)
    pull = service.open(by=by)
    service.settle()
    assert service.check(pull).state == "failure"
    return pull


def test_a_waiver_of_the_lead_is_amber_and_answered_with_a_thumb(service: Service) -> None:
    pull = unmapped(service)
    said = service.say(pull, WAIVE, by="ana")
    service.settle()
    assert service.check(pull).state == "pending"
    assert "WAIVED" in service.reads(pull)
    assert [one.content for one in said.reactions] == ["+1"]
    service.review(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"


def test_an_edited_waiver_is_void(service: Service) -> None:
    pull = unmapped(service)
    said = service.say(pull, WAIVE, by="ana")
    service.settle()
    service.world.edit_comment(service.repo, pull, said, WAIVE + " Really.", by=service.person("bob"))
    service.settle()
    assert service.check(pull).state == "failure"
    assert "was edited" in service.reads(pull)


@pytest.mark.parametrize(
    ("by", "words", "why"),
    [
        ("dana", WAIVE, "is neither the release lead nor a deputy"),
        ("ana", "/sevengates waive export_validated", "the reason is shorter"),
        ("ana", "/sevengates waive 7 I am the lead after all.", "gate 7 cannot be waived"),
    ],
)
def test_a_waiver_that_does_not_count_is_refused_with_the_reason(
    service: Service, by: str, words: str, why: str
) -> None:
    pull = unmapped(service)
    said = service.say(pull, words, by=by)
    service.settle()
    assert service.check(pull).state == "failure"
    assert why in service.reads(pull)
    assert [one.content for one in said.reactions] == ["-1"]


def test_the_author_cannot_waive_even_as_the_lead(service: Service) -> None:
    pull = unmapped(service, by="ana")
    service.say(pull, WAIVE, by="ana")
    service.settle()
    assert service.check(pull).state == "failure"
    assert "is the author of this pull request" in service.reads(pull)


def test_a_waiver_expires_without_any_event(service: Service) -> None:
    pull = unmapped(service)
    service.say(pull, WAIVE, by="ana")
    service.settle()
    assert service.check(pull).state == "pending"
    service.later(timedelta(days=8))
    assert service.check(pull).state == "failure"
    assert "expired on" in service.reads(pull)


def test_a_waiver_does_not_outlive_the_release_it_was_given_for(service: Service) -> None:
    pull = unmapped(service)
    service.say(pull, WAIVE, by="ana")
    service.settle()
    service.push({WATCHED: "Something else is released.\n"})
    service.settle()
    assert service.check(pull).state == "failure"
    assert "it is of another state" in service.reads(pull)


@pytest.mark.parametrize("words", ["/sevengates recheck", "/sevengates explain 3"])
def test_commands_are_answered_to_people_with_write_access_alone(service: Service, words: str) -> None:
    pull = service.release()
    by_reader, by_writer = (service.say(pull, words, by=login) for login in ("eve", "bob"))
    service.settle()
    assert by_reader.reactions == []
    assert [one.content for one in by_writer.reactions] == ["eyes"]


def test_a_command_that_is_none_is_met_with_confusion(service: Service) -> None:
    pull = service.release()
    said = service.say(pull, "/sevengates approve", by="ana")
    service.settle()
    assert [one.content for one in said.reactions] == ["confused"]
    assert service.check(pull).state == "pending"
