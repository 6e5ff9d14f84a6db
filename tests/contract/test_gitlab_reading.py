"""What only GitLab does to a reader: preparation, drafts, pages, forks, merged results, trains."""

from collections.abc import Iterator

import pytest

from bot.forges.base import PullRequest, Revisions
from bot.forges.errors import NotFoundError, NotReadyError, TooLargeError
from tests.contract.scenes import judged
from tests.fakes.gitlab.model import MergeRequest, Tier
from tests.fakes.gitlab.pipelines import Kind
from tests.fakes.gitlab.site import GitLabSite


@pytest.fixture
def site() -> Iterator[GitLabSite]:
    with judged("gitlab") as made:
        assert isinstance(made, GitLabSite)
        yield made


@pytest.fixture
def pull(site: GitLabSite) -> PullRequest:
    site.push("release", {"release.yaml": "version: 2\n"})
    return site.forge.pull_request(site.open("release"))


def _merge_request(site: GitLabSite, pull: PullRequest) -> MergeRequest:
    return site.merge_request(pull.number)


# Live state.


def test_a_merge_request_is_not_read_before_gitlab_prepared_it(site: GitLabSite) -> None:
    site.world.slow = True
    site.push("release", {"a": "1"})
    number = site.open("release")

    with pytest.raises(NotReadyError, match="preparing"):
        site.forge.pull_request(number)
    assert [one.number for one in site.forge.open_pull_requests()] == [number]

    site.world.prepare(site.merge_request(number))
    assert site.forge.pull_request(number).head_sha == site.tip("release")


def test_one_that_was_closed_unprepared_is_closed(site: GitLabSite) -> None:
    site.world.slow = True
    site.push("release", {"a": "1"})
    number = site.open("release")
    site.close(number, by="ben")

    assert not site.forge.pull_request(number).is_open


@pytest.mark.parametrize("mark", ["", "Draft: ", "draft: Draft: ", "[Draft] ", "(DRAFT) "])
def test_the_mark_of_a_draft_is_no_part_of_its_title(site: GitLabSite, mark: str) -> None:
    site.push("release", {"a": "1"})
    number = site.open("release", title=f"{mark}Draft of a release", draft=True)

    pull = site.forge.pull_request(number)

    assert (pull.title, pull.is_draft) == ("Draft of a release", True)


def test_a_title_that_only_speaks_of_drafts_is_left_alone(site: GitLabSite) -> None:
    site.push("release", {"a": "1"})

    assert site.forge.pull_request(site.open("release", title="(drafts) kept")).title == "(drafts) kept"


# Trees and history.


def test_a_tree_is_read_by_its_sha_page_by_page(site: GitLabSite) -> None:
    sha = site.push("release", {f"images/{n:04}.txt": f"{n}" for n in range(250)})

    tree = site.forge.tree(sha)

    assert len(tree.entries) == 252  # with the directory, and the file of the first commit
    assert not tree.truncated
    reads = site.server.calls("GET", ".*/repository/tree")
    assert {one.query["ref"] for one in reads} == {sha}
    assert [one.query["per_page"] for one in reads] == ["100"] * 3
    assert len({one.query.get("page_token") for one in reads}) == 3


def test_a_tree_is_read_once(site: GitLabSite) -> None:
    sha = site.push("release", {"a": "1"})

    assert site.forge.tree(sha) is site.forge.tree(sha)
    assert len(site.server.calls("GET", ".*/repository/tree")) == 1


def test_a_blob_is_given_up_at_the_size_that_gitlab_announces(site: GitLabSite) -> None:
    tree = site.forge.tree(site.push("release", {"big": b"x" * 5_000_000, "small": b"y"}))

    with pytest.raises(TooLargeError, match="more than 1000 bytes"):
        site.forge.blob(tree.entries["big"].oid, max_bytes=1000)
    assert site.forge.blob(tree.entries["small"].oid, max_bytes=1) == b"y"


def test_the_base_is_a_branch_whatever_else_has_its_name(site: GitLabSite, pull: PullRequest) -> None:
    site.tag("main", pull.head_sha)
    site.tag("refs/heads/main", pull.head_sha)

    assert site.forge.revisions(pull).base_sha == site.tip("main")


def test_a_base_branch_with_slashes_is_found(site: GitLabSite) -> None:
    site.push("release/2026/q3", {"b": "1"})
    site.push("candidate", {"a": "1"}, onto=site.tip("release/2026/q3"))
    pull = site.forge.pull_request(site.open("candidate", base="release/2026/q3"))

    assert site.forge.revisions(pull).base_sha == site.tip("release/2026/q3")


def test_a_base_branch_that_is_gone_is_not_found(site: GitLabSite, pull: PullRequest) -> None:
    del site.project.branches["main"]

    with pytest.raises(NotFoundError, match="resolving branch main of acme/data"):
        site.forge.revisions(pull)


def test_a_fork_is_read_through_the_project_it_aims_at(site: GitLabSite) -> None:
    site.person("fay", role=None)
    sha = site.push("release", {"release.yaml": "version: 3\n"}, by="fay")
    pull = site.forge.pull_request(site.open("release", by="fay", fork="fay"))

    revisions = site.forge.revisions(pull)
    activity = site.forge.activity(pull)

    assert (revisions.head_sha, revisions.merge_base_sha) == (sha, site.tip("main"))
    assert "release.yaml" in site.forge.tree(sha).entries
    assert activity.commits_complete
    projects = {one.path.split("/")[4] for one in site.exchanges if "/repository/" in one.path}
    assert projects == {str(site.project.id)}


# Merged results and merge trains.


def _revisions(site: GitLabSite, pull: PullRequest) -> Revisions:
    return site.forge.revisions(site.forge.pull_request(pull.number))


def test_a_merged_result_is_evaluated_where_its_pipeline_tests_it(
    site: GitLabSite, pull: PullRequest
) -> None:
    built_on = site.push("main", {"other.yaml": "1"})
    pipeline = site.world.run_merge_request_pipeline(
        _merge_request(site, pull), Kind.MERGE, by=site.user("ben")
    )
    tip = site.push("main", {"other.yaml": "2"})

    revisions = _revisions(site, pull)

    assert revisions == Revisions(base_sha=tip, merge_base_sha=built_on, head_sha=pipeline.sha)
    assert {"release.yaml", "other.yaml"} <= site.forge.tree(revisions.head_sha).entries.keys()


@pytest.mark.parametrize("kind", [Kind.HEAD, None])
def test_a_pipeline_of_the_head_leaves_the_head_to_be_evaluated(
    site: GitLabSite, pull: PullRequest, kind: Kind | None
) -> None:
    start = site.tip("main")
    if kind is None:
        site.world.run_pipeline(site.project, "release", by=site.user("ben"))
    else:
        site.world.run_merge_request_pipeline(_merge_request(site, pull), kind, by=site.user("ben"))
    tip = site.push("main", {"other.yaml": "1"})

    assert _revisions(site, pull) == Revisions(base_sha=tip, merge_base_sha=start, head_sha=pull.head_sha)


def test_the_merged_result_of_an_older_head_is_not_evaluated(site: GitLabSite, pull: PullRequest) -> None:
    site.world.run_merge_request_pipeline(_merge_request(site, pull), Kind.MERGE, by=site.user("ben"))
    head = site.push("release", {"release.yaml": "version: 3\n"})

    assert _revisions(site, pull).head_sha == head


def test_what_a_former_target_brought_in_is_a_change(site: GitLabSite) -> None:
    """Otherwise it would come to the base unseen, behind a pipeline that was made for another base."""
    start = site.tip("main")
    developed = site.push("develop", {"datasets/a.yaml": "unseen"})
    site.push("release", {"harmless.txt": "1"}, onto=developed)
    number = site.open("release", base="develop")
    site.world.run_merge_request_pipeline(site.merge_request(number), Kind.MERGE, by=site.user("ben"))
    site.retarget(number, "main", by="ben")

    assert site.forge.revisions(site.forge.pull_request(number)).merge_base_sha == start


@pytest.fixture
def trains(site: GitLabSite) -> GitLabSite:
    site.project.tier = Tier.PREMIUM
    site.project.merge_pipelines_enabled = site.project.merge_trains_enabled = True
    site.project.only_allow_merge_if_pipeline_succeeds = False
    return site


def _two_riders(site: GitLabSite) -> tuple[MergeRequest, MergeRequest]:
    numbers = []
    for name in ("first", "second"):
        site.push(name, {f"{name}.yaml": "1"})
        numbers.append(site.open(name))
        site.world.join_train(site.merge_request(numbers[-1]), by=site.user("ben"))
    first, second = (site.merge_request(number) for number in numbers)
    return first, second


def test_a_rider_of_a_train_is_evaluated_on_what_rides_before_it(trains: GitLabSite) -> None:
    first, second = _two_riders(trains)
    assert first.head_pipeline is not None
    assert second.head_pipeline is not None

    revisions = trains.forge.revisions(trains.forge.pull_request(second.iid))

    assert revisions == Revisions(
        base_sha=trains.tip("main"),
        merge_base_sha=first.head_pipeline.sha,
        head_sha=second.head_pipeline.sha,
        queued=True,
    )


def test_who_left_the_train_is_evaluated_without_what_rode_before_it(trains: GitLabSite) -> None:
    _, second = _two_riders(trains)
    assert second.head_pipeline is not None
    trains.world.leave_train(second, by=trains.user("ben"))

    revisions = trains.forge.revisions(trains.forge.pull_request(second.iid))

    assert (revisions.merge_base_sha, revisions.head_sha) == (trains.tip("main"), second.sha)
    assert not revisions.queued


def test_without_trains_an_old_pipeline_of_one_is_a_merged_result(trains: GitLabSite) -> None:
    second, _ = _two_riders(trains)
    assert second.head_pipeline is not None
    trains.project.merge_trains_enabled = False

    revisions = trains.forge.revisions(trains.forge.pull_request(second.iid))

    assert not revisions.queued
    assert (revisions.merge_base_sha, revisions.head_sha) == (trains.tip("main"), second.head_pipeline.sha)


def test_a_rider_that_is_rebased_into_one_commit_is_evaluated_with_all_that_the_base_lacks(
    trains: GitLabSite,
) -> None:
    first, second = _two_riders(trains)
    assert first.head_pipeline is not None
    assert second.head_pipeline is not None
    store, ben = trains.project.store, trains.world.sign(trains.user("ben"))
    tree = store.commits[second.head_pipeline.sha].tree
    squashed = store.add_commit(
        tree=tree, parents=(first.head_pipeline.sha,), author=ben, committer=ben, message="All of it"
    )
    second.head_pipeline.sha = squashed

    revisions = trains.forge.revisions(trains.forge.pull_request(second.iid))

    assert (revisions.merge_base_sha, revisions.head_sha) == (trains.tip("main"), squashed)
    assert revisions.queued


def test_the_pipeline_of_a_fork_tests_no_merged_result_of_ours(site: GitLabSite) -> None:
    site.person("fay", role=None)
    site.push("release", {"a": "1"}, by="fay")
    pull = site.forge.pull_request(site.open("release", by="fay", fork="fay"))
    merge_request = _merge_request(site, pull)
    site.world.run_merge_request_pipeline(
        merge_request, Kind.MERGE, by=site.user("fay"), project=merge_request.source_project
    )

    assert _revisions(site, pull).head_sha == pull.head_sha


def test_a_head_that_is_not_the_live_one_is_compared_as_it_was(site: GitLabSite, pull: PullRequest) -> None:
    site.push("release", {"release.yaml": "version: 3\n"})
    site.world.run_merge_request_pipeline(_merge_request(site, pull), Kind.MERGE, by=site.user("ben"))

    assert site.forge.revisions(pull).head_sha == pull.head_sha


def test_only_the_last_trees_are_kept(site: GitLabSite) -> None:
    shas = [site.push("release", {"a": str(n)}) for n in range(7)]
    for sha in (*shas, shas[-1], shas[0]):
        site.forge.tree(sha)

    assert len(site.server.calls("GET", ".*/repository/tree")) == 8
