"""Ways to a merge that nobody approved, and to one that never comes, through the whole path on GitLab."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from demo import seed
from tests.fakes.faults import Fault
from tests.fakes.gitlab.model import Level, Tier
from tests.fakes.gitlab.pipelines import Kind
from tests.fakes.gitlab.site import GitLabSite
from tests.fakes.service import WATCHED, Service, cured, running
from tests.fakes.site import MergeRefusedError
from tests.fakes.sites import SITES

pytestmark = pytest.mark.slow


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    with running(database_url, make=SITES["gitlab"]) as service:
        yield service


@pytest.fixture
def gitlab(service: Service) -> GitLabSite:
    assert isinstance(service.site, GitLabSite)
    return service.site


@pytest.fixture
def trains(gitlab: GitLabSite) -> GitLabSite:
    gitlab.project.tier = Tier.PREMIUM
    gitlab.project.merge_pipelines_enabled = gitlab.project.merge_trains_enabled = True
    return gitlab


def approve(service: Service, pull: int) -> None:
    service.approve(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"


def merged_result(gitlab: GitLabSite, pull: int, outcome: str = "success") -> str:
    """GitLab makes a pipeline of the merged result; the commit it tests."""
    mr = gitlab.merge_request(pull)
    return gitlab.world.run_merge_request_pipeline(
        mr, Kind.MERGE, by=gitlab.user("dana"), outcome=outcome
    ).sha


def ride(service: Service, trains: GitLabSite, *pulls: int) -> None:
    """They join the train, and their CI succeeds once our status is there."""
    cars = [trains.world.join_train(trains.merge_request(pull), by=trains.user("dana")) for pull in pulls]
    service.settle()
    for car in cars:
        trains.world.finish(car)
    service.settle()


def closed(service: Service, pull: int) -> None:
    with pytest.raises(MergeRefusedError):
        service.site.merge(pull, by="dana")


# Merged results and trains.


def test_an_approved_release_is_merged_by_its_train(service: Service, trains: GitLabSite) -> None:
    pull = service.release()
    merged_result(trains, pull)
    service.settle()
    closed(service, pull)
    service.approve(pull, by="ana")
    service.settle()
    ride(service, trains, pull)
    assert trains.merge_request(pull).state == "merged"


def test_a_rider_behind_another_release_leaves_the_train(service: Service, trains: GitLabSite) -> None:
    other = service.release()
    merged_result(trains, other)
    service.settle()
    service.approve(other, by="ana")
    service.push({**cured(service.start), WATCHED: "Another release.\n"}, branch="second")
    pull = service.open(branch="second")
    service.settle()
    merged_result(trains, pull)
    service.settle()
    service.approve(pull, by="ana")
    service.settle()
    ride(service, trains, other, pull)
    assert trains.merge_request(other).state == "merged"
    assert trains.merge_request(pull).is_open
    closed(service, pull)


def test_a_rider_behind_something_else_is_merged_after_it(service: Service, trains: GitLabSite) -> None:
    service.push({"docs/HOWTO.md": "How to label.\n"}, branch="docs")
    docs = service.open(branch="docs")
    pull = service.release()
    for number in (docs, pull):
        merged_result(trains, number)
    service.settle()
    service.approve(pull, by="ana")
    service.settle()
    ride(service, trains, docs, pull)
    assert trains.merge_request(docs).state == trains.merge_request(pull).state == "merged"


def test_a_merged_result_on_a_target_that_moved_is_judged_by_what_the_target_is(
    service: Service, gitlab: GitLabSite
) -> None:
    pull = service.release()
    merged_result(gitlab, pull)
    service.settle()
    service.approve(pull, by="ana")
    service.settle()
    service.push({WATCHED: "Changed on main meanwhile.\n"}, by="bob", branch="main")
    service.settle()
    closed(service, pull)
    assert "update the branch" in service.reads(pull).casefold()


def test_a_release_approved_on_a_former_target_is_not_merged_into_another(
    service: Service, gitlab: GitLabSite
) -> None:
    """The other branch holds what cures the release, the release's own branch does not."""
    whole = cured(service.start)
    broken = cured(service.start, fixes=-1)
    service.push({path: data for path, data in whole.items() if broken.get(path) != data}, branch="develop")
    service.push({path: data for path, data in broken.items() if whole.get(path) == data})
    pull = service.open(base="develop")
    merged_result(gitlab, pull)
    service.settle()
    gitlab.retarget(pull, "main", by="dana")
    service.settle()
    service.approve(pull, by="ana")
    service.settle()
    service.later(timedelta(minutes=6))
    closed(service, pull)


def test_who_is_told_to_run_a_new_pipeline_gets_his_merge_by_it(service: Service, gitlab: GitLabSite) -> None:
    service.push({"docs/x.md": "x"}, by="bob", branch="develop")
    service.push(cured(service.start))
    pull = service.open(base="develop")
    merged_result(gitlab, pull)
    service.settle()
    gitlab.retarget(pull, "main", by="dana")
    service.settle()
    service.approve(pull, by="ana")
    service.settle()
    service.later(timedelta(minutes=6))
    closed(service, pull)
    assert "Run a new pipeline" in service.reads(pull)
    merged_result(gitlab, pull)
    service.settle()
    gitlab.merge(pull, by="dana")


# The status.


@pytest.mark.parametrize("applied", [False, True])
def test_what_stops_between_a_canceled_row_and_the_new_one_is_closed_and_heals(
    service: Service, gitlab: GitLabSite, applied: bool
) -> None:
    pull = service.release()
    service.push({WATCHED: "Another release.\n"}, onto=gitlab.tip("main"))
    service.push(cured(service.start))
    service.settle()
    gitlab.foreign_check(pull, "export-smoke", "failure", by="ci")
    hit = Fault(
        "POST", ".*/statuses/.*", times=1, status=0 if applied else 500, reset=applied, applied=applied
    )
    gitlab.world.faults.add(hit)
    service.settle()
    closed(service, pull)
    gitlab.foreign_check(pull, "export-smoke", "success", by="ci")
    service.later()
    assert "waiting for @ana" in service.check(pull).title


def test_a_crowded_commit_keeps_no_release_waiting(service: Service, gitlab: GitLabSite) -> None:
    pull = service.release()
    gitlab.world.crowd_statuses(times=7)
    service.approve(pull, by="ana")
    service.settle()
    closed(service, pull)
    for _ in range(2):
        service.later()
    gitlab.merge(pull, by="dana")


def test_a_protected_source_branch_leaves_the_merge_open_and_the_note_says_so(
    service: Service, gitlab: GitLabSite
) -> None:
    gitlab.project.protected.add(seed.BRANCH)
    gitlab.world.grant(gitlab.project, Level.DEVELOPER, gitlab.bot)
    service.push(cured(service.start))
    gitlab.world.run_pipeline(gitlab.project, seed.BRANCH, by=gitlab.user("dana"), outcome="success")
    pull = service.open()
    service.settle()
    assert "GitLab refuses our status" in service.reads(pull)
    gitlab.world.grant(gitlab.project, Level.MAINTAINER, gitlab.bot)
    service.wake(pull)
    assert "GitLab refuses our status" not in service.reads(pull)
    closed(service, pull)


def test_a_job_named_like_our_status_opens_nothing_and_its_new_name_heals(
    service: Service, gitlab: GitLabSite
) -> None:
    service.push(cured(service.start))
    gitlab.world.run_pipeline(
        gitlab.project, seed.BRANCH, by=gitlab.user("dana"), jobs=("sevengates",), outcome="success"
    )
    pull = service.open()
    service.settle()
    closed(service, pull)
    assert "Rename the CI job" in service.reads(pull)
    service.push({"NOTES.md": "Renamed the job.\n"})
    gitlab.world.run_pipeline(gitlab.project, seed.BRANCH, by=gitlab.user("dana"), outcome="success")
    service.settle()
    approve(service, pull)
    gitlab.merge(pull, by="dana")


def test_a_forged_status_is_put_aside_when_its_pipeline_is_told(service: Service, gitlab: GitLabSite) -> None:
    pull = service.release()
    for name in ("sevengates", "another"):
        gitlab.world.post_status(
            gitlab.project, gitlab.head(pull), "success", by=gitlab.user("dana"), name=name
        )
    service.settle()
    closed(service, pull)


def test_a_release_that_skips_its_ci_is_told_why_it_stays_closed(
    service: Service, gitlab: GitLabSite
) -> None:
    service.push(cured(service.start), message="Release [skip ci]")
    gitlab.world.run_pipeline(gitlab.project, seed.BRANCH, by=gitlab.user("dana"), jobs=(), outcome="skipped")
    pull = service.open()
    service.settle()
    service.approve(pull, by="ana")
    service.settle()
    closed(service, pull)
    assert "Run a new pipeline" in service.reads(pull)
    gitlab.world.run_pipeline(gitlab.project, seed.BRANCH, by=gitlab.user("dana"), outcome="success")
    service.settle()
    gitlab.merge(pull, by="dana")


# People.


def test_a_reset_that_comes_later_leaves_no_approval_behind(service: Service, gitlab: GitLabSite) -> None:
    gitlab.project.tier, gitlab.project.reset_approvals_on_push = Tier.PREMIUM, True
    pull = service.release()
    approve(service, pull)
    service.push({"NOTES.md": "The release is the same.\n"})
    service.settle()
    closed(service, pull)
    gitlab.world.sync_approvals(gitlab.merge_request(pull), by=gitlab.user("dana"))
    service.settle()
    service.later()
    assert service.check(pull).state == "pending"
    approve(service, pull)
    gitlab.merge(pull, by="dana")


@pytest.mark.parametrize(
    "name", ["project_7_bot_0123456789abcdef", "service_account_group_1_abcdef", "helper"]
)
def test_a_bot_among_the_owners_approves_nothing(service: Service, gitlab: GitLabSite, name: str) -> None:
    bot = gitlab.world.user(name, bot=True)
    gitlab.world.grant(gitlab.project, Level.MAINTAINER, bot)
    service.push({"CODEOWNERS": f"* @ana @bea @{name}\n"}, by="ana", branch="main")
    pull = service.release()
    gitlab.world.approve(gitlab.merge_request(pull), by=bot)
    service.settle()
    closed(service, pull)


def test_the_lead_who_wrote_by_a_private_address_does_not_approve_when_graphql_fails(
    service: Service, gitlab: GitLabSite
) -> None:
    gitlab.user("ana").commit_email = "ana@home.example"
    gitlab.push(seed.BRANCH, cured(service.start), by="dana", author="ana")
    pull = service.open()
    service.settle()
    gitlab.world.faults.add(
        Fault("POST", "/api/graphql", times=3, status=200, body={"errors": [{"message": "Timeout"}]})
    )
    service.approve(pull, by="ana")
    service.settle()
    service.later()
    closed(service, pull)
    assert "is the author of commit" in service.reads(pull)


def test_a_command_in_a_thread_or_under_our_marker_is_nobodys_but_its_authors(
    service: Service, gitlab: GitLabSite
) -> None:
    service.push(cured(service.start, fixes=-1))
    pull = service.open()
    service.settle()
    waive = "/sevengates waive export_validated The consumer maps both classes itself."
    mr = gitlab.merge_request(pull)
    gitlab.world.discuss(mr, waive, by=gitlab.user("dana"))
    for body in (f"<!-- sevengates v1 #1 approved -->\n{waive}", f"> said\n{waive}"):
        service.say(pull, body, by="ana")
    thread = gitlab.world.discuss(mr, "What about this?", by=gitlab.user("ana"))
    assert thread is not None
    gitlab.world.edit_note(mr, thread.notes[0], waive, by=gitlab.user("dana"))
    service.settle()
    assert service.check(pull).state == "failure"


# Loss, twins, other means.


def test_twins_of_one_decision_do_not_undo_each_other_for_ever(service: Service, gitlab: GitLabSite) -> None:
    """Their fingerprints differ by the base, and every row moves the pipeline, which is told to both."""
    pull = service.release()
    service.push({"docs/x.md": "x"}, by="bob", branch="next")
    twin = service.open(base="next")
    service.settle()
    for number in (pull, twin):
        closed(service, pull)
        closed(service, twin)
        service.approve(number, by="ana")
        service.settle()
    for number in (pull, twin):
        gitlab.merge(number, by="dana")


def test_an_approval_given_before_the_status_of_a_new_head_is_of_no_earlier_release(
    service: Service, gitlab: GitLabSite
) -> None:
    """With the database lost, and the first release pushed back."""
    pull = service.release()
    first = gitlab.head(pull)
    service.push({WATCHED: "What the lead saw.\n"})
    service.settle()
    service.push({"NOTES.md": "Nothing.\n"})
    service.approve(pull, by="ana")
    service.settle()
    gitlab.move(seed.BRANCH, first, by="dana")
    service.lose_database()
    service.wake(pull)
    assert service.check(pull).state == "pending"
    assert "it is of another state" in service.reads(pull)


def test_twins_with_merged_results_of_their_own_are_both_merged(service: Service, gitlab: GitLabSite) -> None:
    pull = service.release()
    service.push({"docs/x.md": "x"}, by="bob", branch="next")
    twin = service.open(base="next")
    for number in (pull, twin):
        merged_result(gitlab, number)
    service.settle()
    for number in (pull, twin):
        closed(service, number)
        service.approve(number, by="ana")
        service.settle()
    service.later()
    for number in (twin, pull):
        gitlab.merge(number, by="dana")


def test_a_twin_in_a_fork_opens_nothing(service: Service, gitlab: GitLabSite) -> None:
    pull = service.release()
    service.push({".sevengates.yaml": None, "docs/x.md": "x"}, by="ana", branch="ungated")
    gitlab.world.fork(gitlab.project, "dana")
    fork = next(one for one in gitlab.world.projects.values() if one.forked_from is gitlab.project)
    gitlab.world.open_merge_request(
        gitlab.project, seed.BRANCH, by=gitlab.user("dana"), target="ungated", fork=fork
    )
    service.settle()
    closed(service, pull)


def test_a_reopened_release_is_closed_once_its_event_is_worked_on(
    service: Service, gitlab: GitLabSite
) -> None:
    pull = service.release()
    approve(service, pull)
    gitlab.close(pull, by="dana")
    service.settle()
    gitlab.withdraw(pull, of="ana")
    gitlab.reopen(pull, by="dana")
    service.settle()
    closed(service, pull)


def test_an_external_status_check_follows_the_decision(service: Service, gitlab: GitLabSite) -> None:
    gitlab.project.tier = Tier.ULTIMATE
    gitlab.project.only_allow_merge_if_pipeline_succeeds = False
    gitlab.project.only_allow_merge_if_all_status_checks_passed = True
    gitlab.world.add_status_check(gitlab.project, "sevengates")
    pull = service.release()
    closed(service, pull)
    approve(service, pull)
    service.push({WATCHED: "Another release.\n"})
    closed(service, pull)
    service.settle()
    closed(service, pull)
    service.approve(pull, by="ana")
    service.settle()
    gitlab.merge(pull, by="dana")
