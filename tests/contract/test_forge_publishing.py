"""What every forge must do when we write: checks, the one comment, reactions; and never twice."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest

from bot.answers import Finding
from bot.forges.base import Check, CheckState, PullRequest
from bot.forges.errors import ForgeError, NotReadyError
from bot.report.words import words_of
from tests.fakes.site import MergeRefusedError, Site

BODY = "<!-- sevengates pr=1 -->\nNot ready."
NAME = "sevengates"


@pytest.fixture
def pull(scene: Site) -> PullRequest:
    scene.person("ana")
    scene.push("release", {"release.yaml": "version: 2\n"})
    return scene.forge.pull_request(scene.open("release"))


def _check(pull: PullRequest, **changes: object) -> Check:
    check = Check(
        name=NAME,
        head_sha=pull.head_sha,
        state=CheckState.PENDING,
        title="Waiting for @ana",
        summary="All seven gates.",
        external_id="r7k2-9f3c",
    )
    return replace(check, **changes)  # type: ignore[arg-type]


def _shown(scene: Site, pull: PullRequest) -> tuple[str, str]:
    shown = scene.shown(pull.head_sha, NAME)
    return shown.state, shown.title


def _finding(line: int) -> Finding:
    return Finding(code="a.b", text=f"Wrong {line}.", fix="Mend it.", file="release.yaml", line=line)


@pytest.mark.parametrize("state", list(CheckState))
def test_a_check_stands_in_its_state_and_is_ours(scene: Site, pull: PullRequest, state: CheckState) -> None:
    scene.forge.publish(pull, _check(pull, state=state))

    (check,) = scene.forge.checks(pull.head_sha)
    assert (check.name, check.ours, check.external_id) == (NAME, True, "r7k2-9f3c")
    words = {CheckState.PENDING: "", CheckState.SUCCESS: "success", CheckState.FAILURE: scene.failure}
    assert check.conclusion == words[state]
    assert _shown(scene, pull) == (state, "Waiting for @ana")


def test_an_unchanged_check_is_not_written_again(scene: Site, pull: PullRequest) -> None:
    scene.forge.publish(pull, _check(pull, annotations=(_finding(1),)))
    writes = scene.writes()

    scene.forge.publish(pull, _check(pull, annotations=(_finding(1),)))
    assert scene.writes() == writes


def _first_shown(scene: Site, pull: PullRequest, external_id: str = "r7k2-9f3c") -> datetime:
    times = [c.first_published_at for c in scene.forge.checks(pull.head_sha) if c.external_id == external_id]
    return min(time for time in times if time)


def test_the_time_of_publication_is_the_forges_and_stays_the_first(scene: Site, pull: PullRequest) -> None:
    known = scene.forge.publish(pull, _check(pull)).at
    first = _first_shown(scene, pull)
    assert first <= known <= scene.clock.at
    scene.say(pull.number, "time passes", by="ana")

    approved = _check(pull, state=CheckState.SUCCESS, title="Approved")
    assert scene.forge.publish(pull, approved).at > known
    scene.forge.publish(pull, _check(pull, title="Waiting again"))
    assert _first_shown(scene, pull) == first


def test_each_fingerprint_keeps_the_time_of_its_own_publication(scene: Site, pull: PullRequest) -> None:
    scene.forge.publish(pull, _check(pull))
    first = _first_shown(scene, pull)
    scene.say(pull.number, "time passes", by="ana")
    scene.forge.publish(pull, _check(pull, external_id="other"))
    second = _first_shown(scene, pull, "other")

    assert second > first
    assert scene.forge.publish(pull, _check(pull)).at > second
    assert _first_shown(scene, pull) == first


def test_a_first_fingerprint_on_a_pending_check_is_not_dated_back(scene: Site, pull: PullRequest) -> None:
    scene.forge.publish(pull, _check(pull, external_id="", title="Evaluating"))
    scene.say(pull.number, "time passes", by="ana")
    before = scene.clock.at

    scene.forge.publish(pull, _check(pull))
    assert _first_shown(scene, pull) >= before


def test_an_interim_check_without_fingerprint_keeps_the_published_one(scene: Site, pull: PullRequest) -> None:
    scene.forge.publish(pull, _check(pull))
    first = _first_shown(scene, pull)
    scene.forge.publish(pull, _check(pull, external_id="", title="Evaluating"))

    assert _shown(scene, pull) == ("pending", "Evaluating" if scene.rewords else "Waiting for @ana")
    scene.forge.publish(pull, _check(pull))
    assert _first_shown(scene, pull) == first


def test_a_finished_check_can_be_pending_again(scene: Site, pull: PullRequest) -> None:
    scene.forge.publish(pull, _check(pull, state=CheckState.SUCCESS))
    scene.forge.publish(pull, _check(pull, title="Evaluating"))

    assert _shown(scene, pull) == ("pending", "Evaluating")


def test_a_check_is_written_to_the_commit_it_names_and_no_other(scene: Site, pull: PullRequest) -> None:
    newer = scene.push("release", {"release.yaml": "version: 3\n"})
    with suppress(NotReadyError):  # where a check belongs to more than its commit
        scene.forge.publish(pull, _check(pull, state=CheckState.SUCCESS))

    assert scene.forge.checks(newer) == ()


@pytest.mark.parametrize(
    "changes",
    [{"title": "x" * 256}, {"title": ""}, {"summary": "x" * 65_536}],
    ids=["title", "none", "summary"],
)
def test_a_text_that_is_too_long_is_refused_here(
    scene: Site, pull: PullRequest, changes: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="title"):
        scene.forge.publish(pull, _check(pull, **changes))


def test_a_check_of_our_name_by_somebody_else_is_not_ours(scene: Site, pull: PullRequest) -> None:
    scene.foreign_check(pull.head_sha, NAME, "success")
    scene.forge.publish(pull, _check(pull, state=CheckState.FAILURE))

    checks = scene.forge.checks(pull.head_sha)
    assert {(one.ours, one.conclusion) for one in checks} == {(False, "success"), (True, "failure")}


def test_all_checks_are_seen_past_the_first_page(scene: Site, pull: PullRequest) -> None:
    for n in range(105):
        scene.foreign_check(pull.head_sha, f"ci-{n}", "success")

    assert len(scene.forge.checks(pull.head_sha)) == 105


def test_the_merge_opens_only_when_our_check_succeeds(scene: Site, pull: PullRequest) -> None:
    for state in (CheckState.PENDING, CheckState.FAILURE):
        scene.forge.publish(pull, _check(pull, state=state))
        with pytest.raises(MergeRefusedError, match=scene.refusal):
            scene.merge(pull.number)

    scene.forge.publish(pull, _check(pull, state=CheckState.SUCCESS))
    scene.merge(pull.number)

    assert scene.forge.pull_request(pull.number).is_merged


def test_there_is_one_comment_and_it_is_edited_only_when_it_differs(scene: Site, pull: PullRequest) -> None:
    scene.forge.comment(pull, BODY)
    scene.forge.comment(pull, BODY)
    assert len(scene.writes()) == 1
    scene.forge.comment(pull, BODY + " Now ready.")

    ((_, body),) = scene.comments(pull.number)
    assert body == BODY + " Now ready."
    (comment,) = scene.forge.activity(pull).comments
    assert comment.ours


def test_our_comment_is_found_behind_a_hundred_others(scene: Site, pull: PullRequest) -> None:
    for n in range(110):
        scene.say(pull.number, f"comment {n}", by="ana")
    scene.forge.comment(pull, BODY)
    scene.forge.comment(pull, BODY + "!")

    assert [body for _, body in scene.comments(pull.number) if "sevengates" in body] == [BODY + "!"]


def test_a_marker_copied_by_somebody_else_is_left_alone(scene: Site, pull: PullRequest) -> None:
    scene.say(pull.number, BODY, by="ana")
    scene.forge.comment(pull, BODY + " Ours.")

    assert [body for _, body in scene.comments(pull.number)] == [BODY, BODY + " Ours."]


def test_workers_that_comment_at_once_leave_one_comment(scene: Site, pull: PullRequest) -> None:
    workers = [scene.adapter() for _ in range(3)]
    scene.let_meet("POST", len(workers))

    with ThreadPoolExecutor(len(workers)) as pool:
        done = [pool.submit(worker.comment, pull, BODY) for worker in workers]
    for one in done:
        one.result()

    assert scene.requests("POST") == len(workers)
    assert [body for _, body in scene.comments(pull.number)] == [BODY]


@pytest.mark.parametrize(
    "body", ["no marker", "<!-- sevengates -->" + "x" * 1_000_000], ids=["marker", "length"]
)
def test_a_comment_that_cannot_be_found_again_or_stored_is_refused(
    scene: Site, pull: PullRequest, body: str
) -> None:
    with pytest.raises(ValueError, match="comment"):
        scene.forge.comment(pull, body)


def test_a_write_is_not_repeated_after_a_bad_gateway(scene: Site, pull: PullRequest) -> None:
    scene.bad_gateway("POST")
    with pytest.raises(ForgeError):
        scene.forge.comment(pull, BODY)

    assert scene.requests("POST") == 1
    assert scene.comments(pull.number) == []


def test_a_comment_whose_answer_was_lost_is_found_at_the_next_attempt(scene: Site, pull: PullRequest) -> None:
    scene.reset_after_apply("POST")
    with pytest.raises(ForgeError, match=f"commenting on {words_of(scene.kind).pull_request}"):
        scene.forge.comment(pull, BODY)
    scene.forge.comment(pull, BODY)

    assert [body for _, body in scene.comments(pull.number)] == [BODY]


def test_a_check_whose_answer_was_lost_is_found_at_the_next_attempt(scene: Site, pull: PullRequest) -> None:
    scene.reset_after_apply("POST")
    with pytest.raises(ForgeError):
        scene.forge.publish(pull, _check(pull))
    scene.forge.publish(pull, _check(pull))

    assert len(scene.forge.checks(pull.head_sha)) == 1


def test_a_reaction_is_harmless_when_repeated(scene: Site, pull: PullRequest) -> None:
    comment = scene.say(pull.number, "/sevengates recheck", by="ana")
    for reaction in ("eyes", "eyes", "+1", "-1"):
        scene.forge.react(pull, comment, reaction)

    assert scene.reactions(pull.number, comment) == ["eyes", "+1", "-1"]
