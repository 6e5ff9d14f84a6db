"""What people do on GitLab: commits of unknown authors, approvals without a SHA, objections, edits."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.forges.base import Account, Activity, PullRequest, Review, ReviewState
from bot.forges.errors import NotReadyError, UnauthorizedError
from tests.contract.scenes import judged
from tests.fakes.faults import Fault
from tests.fakes.gitlab.model import MergeRequest, Reviewer, Tier
from tests.fakes.gitlab.site import GitLabSite


@pytest.fixture
def site() -> Iterator[GitLabSite]:
    with judged("gitlab") as made:
        assert isinstance(made, GitLabSite)
        made.person("ana")
        yield made


@pytest.fixture
def pull(site: GitLabSite) -> PullRequest:
    site.push("release", {"release.yaml": "version: 2\n"})
    return site.forge.pull_request(site.open("release"))


def _merge_request(site: GitLabSite, pull: PullRequest) -> MergeRequest:
    return site.merge_request(pull.number)


def _activity(site: GitLabSite, pull: PullRequest) -> Activity:
    return site.forge.activity(site.forge.pull_request(pull.number))


def _reviews(site: GitLabSite, pull: PullRequest) -> tuple[Review, ...]:
    return _activity(site, pull).reviews


# Approvals.


def test_an_approval_has_its_time_and_the_head_of_that_time(site: GitLabSite, pull: PullRequest) -> None:
    site.approve(pull.number, by="ana")
    at = _merge_request(site, pull).approvals[0].at
    site.push("release", {"release.yaml": "version: 3\n"})

    (review,) = _reviews(site, pull)

    assert (review.state, review.submitted_at, review.commit_sha) == (
        ReviewState.APPROVED,
        at,
        pull.head_sha,
    )


def test_an_older_server_tells_the_time_of_the_newest_approval_in_a_note(
    site: GitLabSite, pull: PullRequest
) -> None:
    site.world.tells_approval_times = False
    for _ in range(2):
        site.approve(pull.number, by="ana")

    (review,) = _reviews(site, pull)

    noted = [one.created_at for one in _merge_request(site, pull).notes if one.body.startswith("approved")]
    assert review.submitted_at == noted[-1] > noted[0]


def test_an_approval_of_no_known_time_is_older_than_anything_we_show(
    site: GitLabSite, pull: PullRequest
) -> None:
    site.world.tells_approval_times = False
    site.approve(pull.number, by="ana")
    _merge_request(site, pull).notes.clear()

    (review,) = _reviews(site, pull)

    assert (review.submitted_at.year, review.commit_sha) == (1970, None)


def test_words_of_a_person_are_no_note_of_an_approval(site: GitLabSite, pull: PullRequest) -> None:
    site.world.tells_approval_times = False
    site.approve(pull.number, by="ana")
    at = _merge_request(site, pull).notes[-1].created_at
    site.say(pull.number, "approved this merge request", by="ana")

    assert _reviews(site, pull)[0].submitted_at == at


def test_nobody_is_judged_while_approvals_are_being_reset(site: GitLabSite, pull: PullRequest) -> None:
    site.project.tier, site.project.reset_approvals_on_push = Tier.PREMIUM, True
    site.approve(pull.number, by="ana")
    site.push("release", {"release.yaml": "version: 3\n"})

    with pytest.raises(NotReadyError, match="resetting"):
        _activity(site, pull)

    site.world.sync_approvals(_merge_request(site, pull), by=site.user("ben"))
    assert _reviews(site, pull) == ()


def test_requested_changes_take_the_place_of_an_approval(site: GitLabSite, pull: PullRequest) -> None:
    site.approve(pull.number, by="ana")
    site.request_changes(pull.number, by="ana")

    (review,) = _reviews(site, pull)

    assert review.state is ReviewState.CHANGES_REQUESTED
    assert review.submitted_at == _merge_request(site, pull).notes[-1].created_at


def test_a_reviewer_whose_objection_no_note_tells_objected_when_he_was_asked(
    site: GitLabSite, pull: PullRequest
) -> None:
    asked = datetime(2026, 3, 1, 12, tzinfo=UTC)
    site.approve(pull.number, by="ana")
    _merge_request(site, pull).reviewers.append(
        Reviewer(user=site.user("ana"), state="requested_changes", created_at=asked)
    )

    (review,) = _reviews(site, pull)

    assert (review.state, review.submitted_at) == (ReviewState.CHANGES_REQUESTED, asked)


def test_an_objection_of_no_reviewer_holds_until_he_approves(site: GitLabSite, pull: PullRequest) -> None:
    merge_request, ana = _merge_request(site, pull), site.user("ana")
    site.approve(pull.number, by="ana")
    site.world.request_changes(merge_request, by=ana, listed=False)
    assert [one.state for one in _reviews(site, pull)] == [ReviewState.CHANGES_REQUESTED]

    site.approve(pull.number, by="ana")
    assert [one.state for one in _reviews(site, pull)] == [ReviewState.APPROVED]

    site.withdraw(pull.number, of="ana")
    assert _reviews(site, pull) == ()


def test_an_approval_of_a_service_account_is_no_persons(site: GitLabSite, pull: PullRequest) -> None:
    site.person("release-robot")
    site.user("release-robot").bot = True
    site.approve(pull.number, by="release-robot")

    assert not _reviews(site, pull)[0].author.human


# Commits and pushes.


def test_an_author_is_known_by_his_private_address_without_asking(
    site: GitLabSite, pull: PullRequest
) -> None:
    site.world.graphql = False

    (commit,) = _activity(site, pull).commits

    assert commit.author == commit.committer == Account(id=site.user("ben").id, login="ben")
    assert not site.server.calls("GET", "/api/v4/users")


def test_an_author_is_known_by_any_address_that_gitlab_verified(site: GitLabSite) -> None:
    site.user("ana").commit_email = "ana@work.example"
    site.push("release", {"a": "1"}, author="ana")
    pull = site.forge.pull_request(site.open("release"))

    (commit,) = _activity(site, pull).commits

    assert commit.author is not None
    assert (commit.author.id, commit.committer) == (site.user("ana").id, commit.author)


def test_a_public_address_is_searched_for_where_graphql_is_closed(site: GitLabSite) -> None:
    site.world.graphql = False
    site.user("ana").commit_email = site.user("ana").public_email = "Ana@work.example"
    site.world.user("eve", name="ana@work.example")
    site.push("release", {"a": "1"}, author="ana", message="Fix\n\nCo-authored-by: A <ana@WORK.example>")
    pull = site.forge.pull_request(site.open("release"))

    (commit,) = _activity(site, pull).commits

    assert commit.author is not None
    assert commit.author.id == site.user("ana").id
    assert commit.co_author_accounts == (commit.author,)
    assert len(site.server.calls("GET", "/api/v4/users")) == 1


def test_an_address_in_a_strangers_name_is_nobodys(site: GitLabSite) -> None:
    site.world.user("eve", name="nobody@example.org")
    site.push("release", {"a": "1"}, stranger="nobody@example.org")
    pull = site.forge.pull_request(site.open("release"))

    (commit,) = _activity(site, pull).commits

    assert (commit.author, commit.committer) == (None, None)


def test_only_so_many_addresses_are_searched_for(site: GitLabSite) -> None:
    for n in range(60):
        site.push("release", {"a": str(n)}, stranger=f"s{n}@example.org")
    pull = site.forge.pull_request(site.open("release"))

    assert len(_activity(site, pull).commits) == 60
    assert len(site.server.calls("GET", "/api/v4/users")) == 50


def test_more_than_a_hundred_authors_are_found_in_one_question_per_page(site: GitLabSite) -> None:
    site.user("ana").commit_email = "ana@work.example"
    for n in range(130):
        site.push("release", {"a": str(n)}, author="ana")
    pull = site.forge.pull_request(site.open("release"))

    activity = _activity(site, pull)

    assert activity.commits_complete
    assert {commit.author.id for commit in activity.commits if commit.author} == {site.user("ana").id}
    assert len(site.server.calls("POST", "/api/graphql")) == 2


def test_who_committed_for_another_is_known_apart_from_him(site: GitLabSite) -> None:
    site.world.push(
        site.project, "release", {"a": "1"}, by=site.user("ben"), author=site.user("ana"), committer=site.user("ben")
    )  # fmt: skip
    pull = site.forge.pull_request(site.open("release"))

    (commit,) = _activity(site, pull).commits

    assert commit.author is not None
    assert commit.committer is not None
    assert (commit.author.login, commit.committer.login) == ("ana", "ben")


def test_a_log_of_pushes_is_read_back_to_the_making_of_the_branch(site: GitLabSite) -> None:
    site.person("carl")
    for n in range(150):
        site.push("main", {"counter": str(n)})
    site.push("release", {"a": "1"}, by="ana")
    site.push("release", {"a": "2"}, by="carl")
    pull = site.forge.pull_request(site.open("release"))

    assert {one.login for one in _activity(site, pull).pushers} == {"ana", "carl"}
    assert len(site.server.calls("GET", ".*/events")) == 1


def test_who_pushed_to_a_fork_that_we_do_not_see_is_known_from_gitlabs_notes(site: GitLabSite) -> None:
    site.person("fay", role=None)
    site.push("release", {"a": "1"}, by="fay")
    pull = site.forge.pull_request(site.open("release", by="fay", fork="fay"))
    assert _activity(site, pull).pushers == ()

    site.push("release", {"a": "2"}, by="fay")
    assert [one.login for one in _activity(site, pull).pushers] == ["fay"]


def test_a_fork_that_was_deleted_has_no_log(site: GitLabSite, pull: PullRequest) -> None:
    path = f"/api/v4/projects/{site.project.id}/merge_requests/{pull.number}"
    live = site.server.calls("GET", path)[-1].answered
    site.world.faults.add(Fault("GET", path, status=200, body={**live, "source_project_id": None}))

    assert site.forge.activity(pull).pushers == ()
    assert not site.server.calls("GET", ".*/events")


def test_a_log_of_our_own_project_that_is_refused_is_an_error(site: GitLabSite, pull: PullRequest) -> None:
    site.world.faults.add(Fault("GET", ".*/events", status=403))

    with pytest.raises(UnauthorizedError, match="reading who pushed to release of acme/data"):
        site.forge.activity(pull)


def test_a_comment_that_speaks_of_commits_makes_nobody_a_pusher(site: GitLabSite, pull: PullRequest) -> None:
    site.say(pull.number, "added 3 commits", by="ana")

    assert [one.login for one in _activity(site, pull).pushers] == ["ben"]


# Comments.


def test_a_reaction_does_not_make_a_comment_look_edited(site: GitLabSite, pull: PullRequest) -> None:
    said = site.say(pull.number, "/sevengates recheck", by="ana")
    site.forge.react(pull, said, "eyes")

    (comment,) = _activity(site, pull).comments

    assert comment.updated_at == comment.created_at


def test_an_edit_stays_one_whatever_happens_to_the_comment_after_it(
    site: GitLabSite, pull: PullRequest
) -> None:
    said = site.say(pull.number, "fine", by="ana")
    site.edit(pull.number, said, "/sevengates waive schema_stable agreed", by="ana")
    site.forge.react(pull, said, "+1")

    (comment,) = _activity(site, pull).comments

    assert comment.updated_at == _merge_request(site, pull).notes[-1].last_edited_at


def test_without_graphql_a_changed_comment_counts_as_edited(site: GitLabSite, pull: PullRequest) -> None:
    site.world.graphql = False
    said = site.say(pull.number, "/sevengates recheck", by="ana")
    site.forge.react(pull, said, "eyes")

    (comment,) = _activity(site, pull).comments

    assert comment.updated_at > comment.created_at


def test_edits_are_not_asked_for_when_nothing_changed(site: GitLabSite, pull: PullRequest) -> None:
    site.say(pull.number, "fine", by="ana")
    _activity(site, pull)

    assert "notes" not in str([one.sent for one in site.server.calls("POST", "/api/graphql")])


def test_notes_of_gitlab_itself_are_no_comments(site: GitLabSite, pull: PullRequest) -> None:
    site.push("release", {"a": "1"})
    for n in range(120):
        site.say(pull.number, str(n), by="ana")

    assert [one.body for one in _activity(site, pull).comments] == [str(n) for n in range(120)]
