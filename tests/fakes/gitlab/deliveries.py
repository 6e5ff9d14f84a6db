"""Webhook deliveries of a GitLab: sent in order by one thread, or held, dropped, doubled, shuffled.

A hook that answers badly four times in a row is switched off for a minute, then for twice as long
each time up to a day, and after forty times for good
(https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks).
"""

import base64
import hashlib
import hmac
import json
import queue
import random
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests

from tests.fakes.clock import Clock
from tests.fakes.gitlab.model import Hook

GRACE = 3
"""Failures in a row that have no consequence."""
FOR_GOOD = 40
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(days=1)
UNREACHABLE = "failed to connect to host"
DISABLED = "hook is disabled"


@dataclass(slots=True, eq=False, kw_only=True)
class Delivery:
    """One delivery as the hook's log shows it; `status` is "" until it was sent."""

    id: int
    key: str
    """``Idempotency-Key``: of this delivery alone, and the same whenever it is sent again."""
    event_uuid: str
    """Shared by all that follows from one request: it does not tell deliveries apart."""
    event: str
    """``Merge Request Hook``, ``Note Hook`` …"""
    action: str | None
    body: bytes
    hook: Hook
    instance: str
    delivered_at: datetime
    redelivery: bool = False
    status: str = ""
    status_code: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status == "OK"


class Deliveries:
    """What a GitLab sends to webhooks.

    To a hook without a URL nothing is sent, only logged (as failed: nobody listens). `held`
    collects deliveries until `release`; the next `drop` of them are lost; `copies` sends each
    several times. `auto_disable` is on as on GitLab.com; self-managed servers have it off.
    """

    def __init__(self, clock: Clock) -> None:
        self.log: list[Delivery] = []
        self.held = False
        self.drop = 0
        self.copies = 1
        self.timeout = 10.0
        self.auto_disable = True
        self._clock = clock
        self._waiting: list[Delivery] = []
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def emit(
        self, event: str, payload: Mapping[str, Any], *, hook: Hook, instance: str, event_uuid: str
    ) -> Delivery:
        """Log a delivery of `event` and send it (or hold or drop it, as told)."""
        with self._lock:
            delivery = Delivery(
                id=10_000 + len(self.log),
                key=str(uuid.uuid4()),
                event_uuid=event_uuid,
                event=event,
                action=payload.get("object_attributes", {}).get("action"),
                body=json.dumps(payload).encode(),
                hook=hook,
                instance=instance,
                delivered_at=self._clock.at,
            )
            self.log.append(delivery)
            lost = self.drop > 0
            self.drop -= lost
        if lost:
            delivery.status = UNREACHABLE
        elif self.held:
            self._waiting.append(delivery)
        else:
            self._post([delivery] * self.copies)
        return delivery

    def resend(self, delivery_id: int) -> Delivery | None:
        """A new attempt with the same key, as the button does; None for an unknown id."""
        with self._lock:
            old = next((one for one in self.log if one.id == delivery_id), None)
            if old is None:
                return None
            again = Delivery(
                id=10_000 + len(self.log),
                key=old.key,
                event_uuid=old.event_uuid,
                event=old.event,
                action=old.action,
                body=old.body,
                hook=old.hook,
                instance=old.instance,
                delivered_at=self._clock.at,
                redelivery=True,
            )
            self.log.append(again)
        self._post([again])
        return again

    def release(self, *, shuffle: int | None = None) -> None:
        """Send what was held; `shuffle` is the seed of another order."""
        waiting, self._waiting, self.held = self._waiting, [], False
        if shuffle is not None:
            random.Random(shuffle).shuffle(waiting)
        self._post([delivery for delivery in waiting for _ in range(self.copies)])

    def settle(self, *, timeout: float = 30.0) -> None:
        """Wait until everything sent so far was answered."""
        deadline = time.monotonic() + timeout
        while self._queue.unfinished_tasks:
            if time.monotonic() > deadline:
                raise TimeoutError("deliveries are still under way")
            time.sleep(0.005)

    def close(self) -> None:
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _post(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            if not delivery.hook.url:
                delivery.status = UNREACHABLE
                continue
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
                    self._thread.start()
            self._queue.put(delivery)

    def _run(self) -> None:
        with requests.Session() as session:
            while (delivery := self._queue.get()) is not None:
                self._send(session, delivery)
                self._queue.task_done()
        self._queue.task_done()

    def _send(self, session: requests.Session, delivery: Delivery) -> None:
        if self.auto_disable and alert_status(delivery.hook, self._clock.at) != "executable":
            delivery.status = DISABLED
            return
        delivery.headers = signed_headers(delivery)
        try:
            answer = session.post(
                delivery.hook.url, data=delivery.body, headers=delivery.headers, timeout=self.timeout
            )
        except requests.Timeout:
            delivery.status = "timed out"
        except requests.RequestException:
            delivery.status = UNREACHABLE
        else:
            delivery.status_code = answer.status_code
            delivery.status = "OK" if answer.ok else f"Invalid HTTP Response: {answer.status_code}"
        if self.auto_disable:
            count(delivery.hook, self._clock.at, failed=not delivery.ok)


def count(hook: Hook, now: datetime, *, failed: bool) -> None:
    """What an answer does to its hook: failures in a row switch it off, a good one forgives all."""
    if failed:
        hook.failures = min(hook.failures + 1, FOR_GOOD)
        if hook.failures > GRACE:
            pause = FIRST_PAUSE * 2 ** min(hook.failures - GRACE - 1, 20)
            hook.disabled_until = now + min(pause, LONGEST_PAUSE)
    else:
        hook.failures, hook.disabled_until = 0, None
    hook.alert_status = alert_status(hook, now)


def alert_status(hook: Hook, now: datetime) -> str:
    """``executable``, ``temporarily_disabled`` or ``disabled``, as ``GET /projects/:id/hooks`` says."""
    if hook.failures >= FOR_GOOD:
        return "disabled"
    paused = hook.disabled_until is not None and hook.disabled_until >= now
    return "temporarily_disabled" if paused else "executable"


def signed_headers(delivery: Delivery) -> dict[str, str]:
    """The headers GitLab sends (https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers).

    The timestamp is the real time: the receiver judges it by its own clock.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitLab/19.0.0",
        "Idempotency-Key": delivery.key,
        "X-Gitlab-Event": delivery.event,
        "X-Gitlab-Event-UUID": delivery.event_uuid,
        "X-Gitlab-Webhook-UUID": str(uuid.uuid4()),
        "X-Gitlab-Instance": delivery.instance,
        "webhook-id": delivery.key,
        "webhook-timestamp": str(int(time.time())),
    }
    if delivery.hook.token:
        headers["X-Gitlab-Token"] = delivery.hook.token
    if delivery.hook.signing_token:
        headers["webhook-signature"] = signature(
            delivery.hook.signing_token, delivery.key, headers["webhook-timestamp"], delivery.body
        )
    return headers


def signature(signing_token: str, key: str, timestamp: str, body: bytes) -> str:
    """A Standard Webhooks signature (https://www.standardwebhooks.com) with a token ``whsec_…``."""
    secret = base64.b64decode(signing_token.removeprefix("whsec_"))
    signed = b".".join([key.encode(), timestamp.encode(), body])
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
