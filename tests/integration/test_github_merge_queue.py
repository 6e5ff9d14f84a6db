"""GitHub's merge queue: the merged tree passes when it is the approved release, and nothing else does."""

from contextlib import suppress

import pytest

from bot.forges.errors import ForgeError
from bot.reconcile import handle
from bot.targets import Target
from tests.fakes.github.site import GitHubSite
from tests.fakes.service import WATCHED, Service

pytestmark = pytest.mark.slow


def group(service: Service, head: str, base: str, branch: str) -> Target:
    return Target(
        repository=service.repository,
        merge_group_head=head,
        merge_group_base=base,
        merge_group_ref=f"refs/heads/{branch}",
    )


def enqueue(github: GitHubSite, pull: int) -> str:
    """@ana puts the pull request into the queue; the SHA of the merged tree."""
    return github.world.enqueue(github.repo, github.pull(pull), by=github.user("ana"))


def approve(service: Service, pull: int) -> None:
    service.approve(pull, by="ana")
    service.settle()
    assert service.check(pull).state == "success"


def test_a_merge_group_of_the_approved_release_passes(on_github: Service, github: GitHubSite) -> None:
    pull = on_github.release()
    approve(on_github, pull)
    on_github.push({"docs/HOWTO.md": "How to label.\n"}, by="bob", branch="main")
    merged = enqueue(github, pull)
    on_github.settle()
    assert on_github.check(merged).state == "success"


def test_a_merge_group_of_another_tree_than_the_approved_one_fails(
    on_github: Service, github: GitHubSite
) -> None:
    pull = on_github.release()
    approve(on_github, pull)
    on_github.push({WATCHED: "Changed on main meanwhile.\n"}, by="bob", branch="main")
    merged = enqueue(github, pull)
    on_github.settle()
    assert on_github.check(merged).state == "failure"
    assert on_github.check(merged).title.startswith("The merged tree is not the release that was approved")


def test_what_a_merge_group_shows_is_not_what_the_pull_request_showed(
    on_github: Service, github: GitHubSite
) -> None:
    pull = on_github.release()
    approve(on_github, pull)
    before = on_github.store.publications(on_github.repository, pull)
    on_github.push({"exports/street-more.md": "Watched, and new on main.\n"}, by="bob", branch="main")
    on_github.settle()
    merged = enqueue(github, pull)
    on_github.settle()
    assert on_github.check(merged).state == "failure"
    state = on_github.state(pull)
    assert state is not None
    assert state.head_sha == github.head(pull)
    assert on_github.store.publications(on_github.repository, pull) == before


def test_a_merge_group_made_up_in_a_payload_opens_nothing(on_github: Service, github: GitHubSite) -> None:
    root = on_github.push({"README.md": "No policy yet.\n"}, by="ana", branch="main", message="Root")
    pull = on_github.release()
    for branch in (
        f"gh-readonly-queue/main/pr-{pull}-{root}",
        "gh-readonly-queue/main/pr-99-x",
        "other",
    ):
        target = group(on_github, github.head(pull), root, branch)
        with suppress(ForgeError):
            handle(target, on_github.jobs.services)
        assert on_github.check(pull).state != "success"


def test_a_real_queue_branch_does_not_vouch_for_another_commit_or_base(
    on_github: Service, github: GitHubSite
) -> None:
    pull = on_github.release()
    merged = enqueue(github, pull)
    branch = next(name for name in github.repo.branches if name.startswith("gh-readonly-queue/"))
    on_github.settle()
    assert on_github.check(merged).state != "success"
    services = on_github.jobs.services
    with pytest.raises(ForgeError, match="not the tip"):
        handle(group(on_github, github.head(pull), "0" * 40, branch), services)
    on_github.push({"docs/more.md": "x"}, by="bob", branch="next")
    github.retarget(pull, "next", by="dana")
    with pytest.raises(ForgeError, match="not one of pull request"):
        handle(group(on_github, merged, "0" * 40, branch), services)
