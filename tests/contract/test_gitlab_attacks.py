"""Ways to an open merge, or to one that never opens, that only GitLab has; each was possible once."""

from collections.abc import Iterator

import pytest

from bot.forges.base import CheckState
from bot.forges.errors import ForgeError
from bot.forges.gitlab.closing import Closing
from bot.forges.gitlab.publishing import FOREIGN, IDLE
from tests.contract.gitlab_desk import NAME, Desk, desk
from tests.contract.scenes import judged
from tests.fakes.faults import Fault
from tests.fakes.gitlab.model import Level, MergeRequest
from tests.fakes.gitlab.pipelines import Kind
from tests.fakes.gitlab.site import GitLabSite

SUCCESS, FAILURE = CheckState.SUCCESS, CheckState.FAILURE


@pytest.fixture
def gitlab() -> Iterator[Desk]:
    with desk() as made:
        yield made


@pytest.fixture
def site() -> Iterator[GitLabSite]:
    with judged("gitlab") as made:
        assert isinstance(made, GitLabSite)
        yield made


# Pipelines.


@pytest.mark.parametrize("outcome", ["skipped", "failed"])
def test_our_success_wakes_no_pipeline_in_which_nothing_ran(gitlab: Desk, outcome: str) -> None:
    """``[skip ci]``, or a CI configuration that GitLab could not read: without us the merge is closed."""
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, jobs=(), outcome=outcome)

    for _ in range(2):
        gitlab.publish(gitlab.interim())
        assert gitlab.publish(gitlab.check(SUCCESS)).problems == (IDLE,)
        assert gitlab.merge_status in {"ci_must_pass", "ci_still_running"}
    gitlab.publish(gitlab.check(FAILURE))
    assert gitlab.merge_status == "ci_must_pass"


def test_jobs_that_were_all_skipped_are_nothing_that_ran(gitlab: Desk) -> None:
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="skipped")

    assert gitlab.publish(gitlab.check(SUCCESS)).problems == (IDLE,)
    assert gitlab.merge_status == "ci_must_pass"


def test_where_skipped_pipelines_count_as_successful_ours_opens_them(gitlab: Desk) -> None:
    gitlab.project.allow_merge_on_skipped_pipeline = True
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, jobs=(), outcome="skipped")
    gitlab.publish(gitlab.check(FAILURE))

    gitlab.publish(gitlab.check(SUCCESS))
    assert gitlab.merge_status == "mergeable"


def test_the_merged_result_of_an_old_head_keeps_no_new_head_waiting(gitlab: Desk) -> None:
    """A push that takes the CI configuration away is followed by no pipeline that would replace it."""
    old = gitlab.world.run_merge_request_pipeline(gitlab.mr, Kind.MERGE, by=gitlab.ben, outcome="success")
    gitlab.push("2")

    assert gitlab.publish(gitlab.check(SUCCESS)).problems == ()
    assert gitlab.merge_status == "mergeable"
    assert NAME not in {row.name for row in old.statuses}


def test_a_branch_named_like_a_merged_result_is_none(site: GitLabSite) -> None:
    """Whoever pushes it would choose the tree that is judged in the place of the one that is merged."""
    branch = "refs/merge-requests/1/merge"
    head = site.push("evil", {"release.yaml": "never approved"})
    store, ben = site.project.store, site.world.sign(site.user("ben"))
    shown = site.tip("main")
    decoy = store.add_commit(
        tree=store.commits[shown].tree, parents=(shown, head), author=ben, committer=ben, message="Harmless"
    )
    site.world.move(site.project, branch, decoy, by=site.user("ben"))
    merge_request = site.merge_request(site.open(branch))
    pipeline = site.world.run_pipeline(site.project, branch, by=site.user("ben"), outcome="success")
    site.move(branch, head, by="ben")
    assert (merge_request.iid, merge_request.head_pipeline) == (1, pipeline)

    assert site.forge.revisions(site.forge.pull_request(1)).head_sha == head


def test_a_tree_merged_into_a_former_target_is_not_judged_for_the_new_one(site: GitLabSite) -> None:
    """What that branch holds would be approved with it, and not be there after the merge."""
    site.push("develop", {"evidence.yaml": "all is well"})
    site.push("release", {"release.yaml": "version: 2\n"})
    number = site.open("release", base="develop")
    merge_request = site.merge_request(number)
    site.world.run_merge_request_pipeline(merge_request, Kind.MERGE, by=site.user("ben"))
    site.retarget(number, "main", by="ben")

    judged_tree = site.forge.tree(site.forge.revisions(site.forge.pull_request(number)).head_sha)
    assert "evidence.yaml" not in judged_tree.entries


@pytest.fixture
def forked() -> Iterator[Desk]:
    with desk(fork=True) as made:
        made.world.grant(made.home, Level.DEVELOPER, made.bot)
        made.world.run_pipeline(made.home, "release", by=made.ben, outcome="success")
        yield made


def test_a_pipeline_that_its_forks_owner_may_write_to_is_named(forked: Desk) -> None:
    assert forked.publish(forked.check(FAILURE)).problems == (FOREIGN,)
    forked.world.post_status(forked.home, forked.mr.sha, "success", by=forked.ben, name=NAME)
    assert forked.merge_status == "mergeable"


# What else closes the merge.


@pytest.mark.parametrize("closing", [Closing(), Closing(thread=True)])
def test_the_status_closes_the_merge_when_nothing_else_can(gitlab: Desk, closing: Closing) -> None:
    gitlab.publish(gitlab.check(SUCCESS))
    assert gitlab.merge_status == "mergeable"
    for path in (".*/status_checks", ".*/discussions"):
        gitlab.world.faults.add(Fault("GET", path, times=9, status=500))

    with pytest.raises(ForgeError):
        gitlab.publish(gitlab.check(FAILURE), closing=closing)
    assert gitlab.merge_status == "ci_must_pass"


# People.


def _of(site: GitLabSite) -> MergeRequest:
    site.push("release", {"release.yaml": "version: 2\n"})
    return site.merge_request(site.open("release"))


@pytest.mark.parametrize(
    "body",
    [
        {"data": None, "errors": [{"message": "Timeout"}]},
        {"data": {"project": None}, "errors": [{"message": "Internal server error"}]},
        {"data": {"project": None}},
        {"data": {"project": {"mergeRequest": None}}},
    ],
)
def test_an_author_is_not_unknown_because_graphql_had_a_bad_moment(
    site: GitLabSite, body: dict[str, object]
) -> None:
    merge_request = _of(site)
    site.world.faults.add(Fault("POST", "/api/graphql", status=200, body=body))
    pull = site.forge.pull_request(merge_request.iid)

    with pytest.raises(ForgeError, match="authors"):
        site.forge.activity(pull)
    assert site.forge.activity(pull).commits[0].author is not None


def test_a_server_too_old_for_a_question_knows_no_answer(site: GitLabSite) -> None:
    merge_request = _of(site)
    refusal = {"message": "Field 'bot' doesn't exist", "extensions": {"code": "undefinedField"}}
    site.world.faults.add(Fault("POST", "/api/graphql", status=200, body={"errors": [refusal]}))

    (commit,) = site.forge.activity(site.forge.pull_request(merge_request.iid)).commits
    assert commit.author is not None  # by the private address


def test_a_job_that_somebody_else_retried_has_its_newest_end(gitlab: Desk) -> None:
    """Otherwise the failure would stay for as long as the head does."""
    pipeline = gitlab.world.run_pipeline(
        gitlab.project, "release", by=gitlab.ben, jobs=("export-smoke",), outcome="failed"
    )
    eve = gitlab.person("eve")
    gitlab.world.retry(pipeline, "export-smoke", by=eve)
    gitlab.world.finish(pipeline)

    seen = [(one.app, one.conclusion) for one in gitlab.observed() if one.name == "export-smoke"]
    assert seen == [("eve", "success")]


def test_a_status_of_another_pipeline_hides_no_failed_job(gitlab: Desk) -> None:
    gitlab.world.run_pipeline(
        gitlab.project, "release", by=gitlab.ben, jobs=("export-smoke",), outcome="failed"
    )
    eve = gitlab.person("eve")
    sha = gitlab.mr.sha
    gitlab.world.post_status(gitlab.project, sha, "success", by=eve, name="export-smoke", ref="main")

    seen = {(one.app, one.conclusion) for one in gitlab.observed() if one.name == "export-smoke"}
    assert seen == {("ben", "failure"), ("eve", "success")}
