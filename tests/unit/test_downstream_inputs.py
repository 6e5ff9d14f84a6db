"""What the team's own CI says, as the evaluation takes it."""

from bot.evidence.model import CheckResult
from bot.forges.base import Activity, ObservedCheck, Revisions
from bot.reconcile.inputs import conclusions, inputs_key_of

REVISIONS = Revisions(base_sha="a", merge_base_sha="a", head_sha="b")


def observed(
    conclusion: str, app: str = "ci", *, ours: bool = False, pipeline: str = "", suite: str = ""
) -> ObservedCheck:
    return ObservedCheck(
        name="export-smoke", conclusion=conclusion, app=app, ours=ours, pipeline=pipeline, suite=suite
    )


def key(*checks: ObservedCheck) -> str:
    return inputs_key_of(REVISIONS, "main", Activity(), conclusions(checks), lambda _: True)


def test_of_one_reporter_the_latest_word_counts_and_ours_never_does() -> None:
    found = conclusions((observed("failure"), observed("success"), observed("success", ours=True)))
    assert found == (CheckResult(name="export-smoke", conclusion="success", app="ci"),)


def test_a_run_that_begins_again_takes_back_what_the_last_one_said() -> None:
    assert [one.conclusion for one in conclusions((observed("success"), observed("")))] == [""]


def test_a_second_workflow_does_not_take_back_what_the_first_one_said() -> None:
    runs = (observed("failure", suite="1"), observed("success", suite="2"))
    assert [one.conclusion for one in conclusions(runs)] == ["failure", "success"]
    again = (*runs, observed("success", suite="1"))
    assert [one.conclusion for one in conclusions(again)] == ["success", "success"]
    assert key(*runs) != key(*again)


def test_another_conclusion_reporter_or_pipeline_is_another_input() -> None:
    keys = {
        key(),
        key(observed("success")),
        key(observed("failure")),
        key(observed("success", "eve")),
        key(observed("success", pipeline="push")),
    }
    assert len(keys) == 5
    assert key(observed("success"), observed("", "eve")) == key(observed("", "eve"), observed("success"))
