"""Promises of the forge contract that only GitHub lets us make, or lets us make more sharply."""

import pytest

from bot.forges.base import Check, CheckState, PullRequest, ReviewState
from bot.forges.errors import TooLargeError
from tests.fakes.github.site import GitHubSite
from tests.fakes.site import MergeRefusedError

NAME = "sevengates"


@pytest.fixture
def pull(github: GitHubSite) -> PullRequest:
    github.push("release", {"release.yaml": "version: 2\n"})
    return github.forge.pull_request(github.open("release"))


def _check(pull: PullRequest, state: CheckState) -> Check:
    return Check(name=NAME, head_sha=pull.head_sha, state=state, title="Says so", external_id="r7k2-9f3c")


def test_a_tree_too_wide_to_walk_is_given_back_as_truncated(github: GitHubSite) -> None:
    sha = github.push("release", {f"d{n}/{name}": f"{n}" for n in range(230) for name in "ab"})
    github.limit_trees(1)

    assert github.forge.tree(sha).truncated


def test_a_blob_larger_than_allowed_is_refused_before_it_is_downloaded(github: GitHubSite) -> None:
    tree = github.forge.tree(github.push("release", {"big": b"x" * 1001}))
    reads = github.requests("GET")

    with pytest.raises(TooLargeError):
        github.forge.blob(tree.entries["big"].oid, max_bytes=1000)

    assert github.requests("GET") == reads


def test_reviews_of_every_state_come_in_order(github: GitHubSite, pull: PullRequest) -> None:
    ana = github.person("ana")
    for state in ("APPROVED", "COMMENTED", "CHANGES_REQUESTED", "DISMISSED"):
        github.review(pull.number, by="ana", state=state)

    activity = github.forge.activity(pull)

    assert [review.state for review in activity.reviews] == [
        ReviewState.APPROVED,
        ReviewState.COMMENTED,
        ReviewState.CHANGES_REQUESTED,
        ReviewState.DISMISSED,
    ]
    assert {review.author.id for review in activity.reviews} == {ana}


def test_a_pull_request_with_more_commits_than_the_forge_lists_is_incomplete(github: GitHubSite) -> None:
    for n in range(251):
        github.push("release", {"counter": str(n)})

    activity = github.forge.activity(github.forge.pull_request(github.open("release")))

    assert not activity.commits_complete


def test_a_check_is_written_to_the_commit_it_names_whatever_the_head_is(
    github: GitHubSite, pull: PullRequest
) -> None:
    newer = github.push("release", {"release.yaml": "version: 3\n"})
    github.forge.publish(pull, _check(pull, CheckState.SUCCESS))

    assert github.shown(pull.head_sha).state == "success"
    assert github.forge.checks(newer) == ()


def test_a_check_of_our_name_by_somebody_else_does_not_open_the_merge(
    github: GitHubSite, pull: PullRequest
) -> None:
    github.forge.publish(pull, _check(pull, CheckState.FAILURE))
    github.foreign_check(pull.head_sha, NAME, "success")

    with pytest.raises(MergeRefusedError, match=github.refusal):
        github.merge(pull.number)
