"""The stand-in's deliveries must be those of GitLab: headers, signatures, payloads, hooks switched off."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.bench import Bench, bench
from tests.fakes.gitlab.deliveries import Delivery, signature
from tests.fakes.gitlab.pipelines import Kind
from tests.fakes.receiver import Receiver, receiving

SHARED = Path(__file__).parents[3] / "shared" / "contracts" / "webhooks" / "gitlab"
SIGNING = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


@pytest.fixture
def gitlab() -> Iterator[Bench]:
    with bench() as made:
        yield made


@pytest.fixture
def receiver(gitlab: Bench) -> Iterator[Receiver]:
    with receiving() as server:
        yield server
        gitlab.world.deliveries.settle()


def _sent(gitlab: Bench, event: str, action: str | None = None) -> dict[str, Any]:
    """The newest payload of an event."""
    return dict(json.loads(_log(gitlab, event, action)[-1].body))


def _log(gitlab: Bench, event: str, action: str | None = None) -> list[Delivery]:
    return [
        one
        for one in gitlab.world.deliveries.log
        if one.event == event and (action is None or one.action == action)
    ]


def test_deliveries_come_in_order_with_token_and_signature(gitlab: Bench, receiver: Receiver) -> None:
    gitlab.world.hook(gitlab.project, receiver.url, token="plain", signing_token=SIGNING)
    gitlab.world.push(gitlab.project, "release", {"x": "1"}, by=gitlab.ben)
    gitlab.world.approve(gitlab.mr, by=gitlab.ana)
    gitlab.world.comment(gitlab.mr, "hello", by=gitlab.ana)
    gitlab.world.deliveries.settle()

    assert [headers["X-Gitlab-Event"] for headers, _ in receiver.got] == [
        "Push Hook",
        "Merge Request Hook",
        "Merge Request Hook",
        "Note Hook",
    ]
    for headers, body in receiver.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(b"0123456789abcdef0123456789abcdef", signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        assert headers["webhook-id"] == headers["Idempotency-Key"]
        assert headers["X-Gitlab-Token"] == "plain"
        assert headers["X-Gitlab-Instance"] == gitlab.server.url


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The vector of https://www.standardwebhooks.com."""
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_hook_without_a_signing_token_has_no_signature(gitlab: Bench, receiver: Receiver) -> None:
    gitlab.world.hook(gitlab.project, receiver.url, token="plain")
    gitlab.world.comment(gitlab.mr, "hello", by=gitlab.ana)
    gitlab.world.deliveries.settle()

    headers, _ = receiver.got[0]
    assert "webhook-signature" not in headers
    assert {"webhook-id", "webhook-timestamp"} <= set(headers)


def test_a_push_and_the_update_it_causes_share_their_event_uuid_and_nothing_else(gitlab: Bench) -> None:
    gitlab.world.hook(gitlab.project, "")
    gitlab.world.push(gitlab.project, "release", {"x": "1"}, by=gitlab.ben)
    gitlab.world.comment(gitlab.mr, "hello", by=gitlab.ana)

    push, update, note = gitlab.world.deliveries.log

    assert push.event_uuid == update.event_uuid != note.event_uuid
    assert len({push.key, update.key, note.key}) == 3


def test_a_delivery_sent_again_keeps_its_key(gitlab: Bench, receiver: Receiver) -> None:
    hook = gitlab.world.hook(gitlab.project, receiver.url)
    receiver.answers = 500
    gitlab.world.comment(gitlab.mr, "hello", by=gitlab.ana)
    gitlab.world.deliveries.settle()
    receiver.answers = 202

    events = gitlab.get(f"/hooks/{hook.id}/events", by=gitlab.ana)
    assert [(one["trigger"], one["response_status"]) for one in events] == [("note_hooks", "500")]
    path = f"/hooks/{hook.id}/events/{events[0]['id']}/resend"
    assert gitlab.call("POST", path, by=gitlab.ana).status_code == 201
    assert gitlab.call("POST", f"/hooks/{hook.id}/events/1/resend", by=gitlab.ana).status_code == 404
    gitlab.world.deliveries.settle()

    first, second = (headers["Idempotency-Key"] for headers, _ in receiver.got)
    assert first == second


def test_four_failures_in_a_row_switch_a_hook_off_for_a_minute_and_then_longer(
    gitlab: Bench, receiver: Receiver
) -> None:
    hook = gitlab.world.hook(gitlab.project, receiver.url)
    receiver.answers = 400

    def say(times: int) -> tuple[int, str]:
        for n in range(times):
            gitlab.world.comment(gitlab.mr, f"hello {n}", by=gitlab.ana)
            gitlab.world.deliveries.settle()
        shown = gitlab.get(f"/hooks/{hook.id}", by=gitlab.ana)
        return len(receiver.got), shown["alert_status"]

    assert say(3) == (3, "executable")
    assert say(1) == (4, "temporarily_disabled")
    assert say(2) == (4, "temporarily_disabled")
    assert gitlab.world.deliveries.log[-1].status == "hook is disabled"
    gitlab.world.clock.at += timedelta(seconds=61)
    assert say(1) == (5, "temporarily_disabled")
    gitlab.world.clock.at += timedelta(seconds=61)
    assert say(1) == (5, "temporarily_disabled")
    receiver.answers = 202
    gitlab.world.clock.at += timedelta(seconds=61)

    assert say(2) == (7, "executable")
    assert (hook.failures, hook.disabled_until) == (0, None)


def test_forty_failures_switch_a_hook_off_for_good(gitlab: Bench, receiver: Receiver) -> None:
    hook = gitlab.world.hook(gitlab.project, receiver.url)
    receiver.answers = 500
    for n in range(41):
        gitlab.world.clock.at += timedelta(days=2)
        gitlab.world.comment(gitlab.mr, f"hello {n}", by=gitlab.ana)
        gitlab.world.deliveries.settle()

    assert len(receiver.got) == 40
    assert gitlab.get("/hooks", by=gitlab.ana)[0]["alert_status"] == "disabled"
    assert hook.alert_status == "disabled"


def test_a_server_without_that_rule_keeps_sending(gitlab: Bench, receiver: Receiver) -> None:
    gitlab.world.hook(gitlab.project, receiver.url)
    gitlab.world.deliveries.auto_disable = False
    receiver.answers = 500
    for n in range(6):
        gitlab.world.comment(gitlab.mr, f"hello {n}", by=gitlab.ana)
    gitlab.world.deliveries.settle()

    assert len(receiver.got) == 6


def test_deliveries_can_be_dropped_doubled_held_and_shuffled(gitlab: Bench, receiver: Receiver) -> None:
    gitlab.world.hook(gitlab.project, receiver.url)
    deliveries = gitlab.world.deliveries
    deliveries.drop = 1
    gitlab.world.comment(gitlab.mr, "lost", by=gitlab.ana)
    deliveries.copies = 2
    gitlab.world.comment(gitlab.mr, "twice", by=gitlab.ana)
    deliveries.settle()
    keys = [headers["Idempotency-Key"] for headers, _ in receiver.got]
    assert (len(keys), len(set(keys))) == (2, 1)

    deliveries.copies, deliveries.held = 1, True
    for n in range(8):
        gitlab.world.comment(gitlab.mr, f"held {n}", by=gitlab.ana)
    deliveries.settle()
    assert len(receiver.got) == 2
    deliveries.release(shuffle=1)
    deliveries.settle()

    sent = [headers["Idempotency-Key"] for headers, _ in receiver.got[2:]]
    logged = [one.key for one in deliveries.log[-8:]]
    assert sorted(sent) == sorted(logged)
    assert sent != logged


def test_our_own_notes_come_back_and_system_notes_do_not(gitlab: Bench) -> None:
    gitlab.world.hook(gitlab.project, "")
    made = gitlab.call("POST", f"/merge_requests/{gitlab.mr.iid}/notes", {"body": "hello"}).json()
    assert _sent(gitlab, "Note Hook", "create")["object_attributes"]["id"] == made["id"]

    gitlab.call("PUT", f"/merge_requests/{gitlab.mr.iid}/notes/{made['id']}", {"body": "bye"})
    assert _sent(gitlab, "Note Hook", "update")["object_attributes"]["note"] == "bye"
    gitlab.world.set_draft(gitlab.mr, True, by=gitlab.ben)

    assert len(_log(gitlab, "Note Hook")) == 2


def test_only_an_update_by_a_push_has_an_old_revision(gitlab: Bench) -> None:
    gitlab.world.hook(gitlab.project, "")
    before = gitlab.mr.sha
    gitlab.world.push(gitlab.project, "release", {"x": "1"}, by=gitlab.ben)
    assert _sent(gitlab, "Merge Request Hook", "update")["object_attributes"]["oldrev"] == before

    gitlab.world.set_draft(gitlab.mr, True, by=gitlab.ben)

    assert "oldrev" not in _sent(gitlab, "Merge Request Hook", "update")["object_attributes"]


def test_a_status_moves_its_pipelines_hook_but_is_no_job(gitlab: Bench) -> None:
    gitlab.world.hook(gitlab.project, "")
    gitlab.world.run_pipeline(gitlab.project, "release", by=gitlab.ben, outcome="success")
    before = len(_log(gitlab, "Job Hook"))

    gitlab.status("pending")

    shown = _sent(gitlab, "Pipeline Hook")
    assert (shown["object_attributes"]["status"], [one["name"] for one in shown["builds"]]) == (
        "running",
        ["test"],
    )
    assert len(_log(gitlab, "Job Hook")) == before


def test_a_forks_pipeline_is_not_told_to_the_target_project(gitlab: Bench) -> None:
    zoe = gitlab.world.user("zoe")
    fork = gitlab.world.fork(gitlab.project, "zoe")
    gitlab.world.push(fork, "mine", {"x": "1"}, by=zoe)
    mr = gitlab.world.open_merge_request(gitlab.project, "mine", by=zoe, fork=fork)
    gitlab.world.hook(gitlab.project, "")

    gitlab.world.run_merge_request_pipeline(mr, by=zoe, outcome="success")

    assert gitlab.world.deliveries.log == []


def test_a_hook_gets_only_the_events_it_asked_for(gitlab: Bench) -> None:
    gitlab.world.hook(gitlab.project, "").events = {"note"}

    gitlab.world.push(gitlab.project, "release", {"x": "1"}, by=gitlab.ben)
    gitlab.world.comment(gitlab.mr, "hello", by=gitlab.ana)

    assert [one.event for one in gitlab.world.deliveries.log] == ["Note Hook"]


@pytest.fixture
def recorded() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the recorded payloads are not here")
    return SHARED


LATER = {"system", "system_action"}
"""Newer than the recorded payloads (https://gitlab.com/gitlab-org/gitlab/-/merge_requests/197850)."""


def _strange(ours: Any, real: list[Any], at: str = "") -> Iterator[str]:
    """What ours has and none of the real values has, or not with that JSON type; null is any type."""
    known = [one for one in real if one is not None]
    if ours is None or not known:
        return
    fitting = [one for one in known if type(one) is type(ours)]
    if not fitting:
        yield f"{at}: {type(ours).__name__}, really {type(known[0]).__name__}"
    elif isinstance(ours, Mapping):
        if at.endswith(".changes"):
            return
        for key, value in ours.items():
            below = [one[key] for one in fitting if key in one]
            if not below and key not in LATER:
                yield f"{at}.{key}: unknown"
            yield from _strange(value, below, f"{at}.{key}")
    elif isinstance(ours, list):
        for value in ours:
            yield from _strange(value, [element for one in fitting for element in one], f"{at}[]")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("event", "names"),
    [
        ("Push Hook", ["push"]),
        ("Merge Request Hook", ["merge_request", "service_merge_request", "group_merge_request"]),
        ("Note Hook", ["note_merge_request"]),
        ("Pipeline Hook", ["pipeline"]),
    ],
)
def test_payloads_have_fields_and_types_of_recorded_ones(
    gitlab: Bench, recorded: Path, event: str, names: list[str]
) -> None:
    world, mr, ben, ana = gitlab.world, gitlab.mr, gitlab.ben, gitlab.ana
    world.hook(gitlab.project, "")
    world.push(gitlab.project, "release", {"x": "1"}, by=ben)
    world.request_review(mr, ana)
    world.approve(mr, by=ana)
    world.unapprove(mr, by=ana)
    world.comment(mr, "hello", by=ana)
    world.run_merge_request_pipeline(mr, Kind.MERGE, by=ben, outcome="failed")
    world.run_pipeline(gitlab.project, "release", by=ben, outcome="success")
    world.close_merge_request(mr, by=ben)
    world.close_merge_request(mr, by=ben, reopen=True)
    world.merge(mr, by=ana)
    real = [json.loads((recorded / f"{name}.json").read_text(encoding="utf-8")) for name in names]

    sent = [json.loads(one.body) for one in _log(gitlab, event)]

    assert sent
    assert sorted({problem for one in sent for problem in _strange(one, real)}) == []
