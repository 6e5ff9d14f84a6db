"""Signed webhook deliveries: sent in order by one thread, or held, dropped, doubled, shuffled."""

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
from datetime import datetime
from typing import Any

import requests

from tests.fakes.clock import Clock


@dataclass(slots=True, eq=False, kw_only=True)
class Delivery:
    """One delivery as the App's delivery log shows it; `status` is "" until it was sent."""

    id: int
    guid: str
    event: str
    action: str | None
    body: bytes
    secret: str
    delivered_at: datetime
    installation_id: int | None
    repository_id: int | None
    redelivery: bool = False
    status: str = ""
    status_code: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status == "OK"


class Deliveries:
    """The webhook side of an App.

    With `url` None deliveries are only logged (as failed: nobody listens). `held` collects them
    until `release`; the next `drop` of them are lost; `copies` sends each several times.
    """

    def __init__(self, clock: Clock) -> None:
        self.url: str | None = None
        self.log: list[Delivery] = []
        self.held = False
        self.drop = 0
        self.copies = 1
        self.timeout = 10.0
        self._clock = clock
        self._waiting: list[Delivery] = []
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def emit(
        self,
        event: str,
        payload: Mapping[str, Any],
        *,
        secret: str,
        installation_id: int | None = None,
        repository_id: int | None = None,
    ) -> Delivery:
        """Log a delivery of `event` and send it (or hold or drop it, as told)."""
        with self._lock:
            delivery = Delivery(
                id=10_000 + len(self.log),
                guid=str(uuid.uuid4()),
                event=event,
                action=payload.get("action"),
                body=json.dumps(payload).encode(),
                secret=secret,
                delivered_at=self._clock.at,
                installation_id=installation_id,
                repository_id=repository_id,
            )
            self.log.append(delivery)
            lost = self.drop > 0
            self.drop -= lost
        if lost:
            delivery.status, delivery.status_code = "failed to connect to host", 0
        elif self.held:
            self._waiting.append(delivery)
        else:
            self._post([delivery] * self.copies)
        return delivery

    def redeliver(self, delivery_id: int) -> Delivery | None:
        """A new attempt with the same GUID, as GitHub does; None for an unknown id."""
        with self._lock:
            old = next((one for one in self.log if one.id == delivery_id), None)
            if old is None:
                return None
            again = Delivery(
                id=10_000 + len(self.log),
                guid=old.guid,
                event=old.event,
                action=old.action,
                body=old.body,
                secret=old.secret,
                delivered_at=self._clock.at,
                installation_id=old.installation_id,
                repository_id=old.repository_id,
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
        if self.url is None:
            for delivery in deliveries:
                delivery.status = "failed to connect to host"
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hookshot", daemon=True)
                self._thread.start()
        for delivery in deliveries:
            self._queue.put(delivery)

    def _run(self) -> None:
        with requests.Session() as session:
            while (delivery := self._queue.get()) is not None:
                self._send(session, delivery)
                self._queue.task_done()
        self._queue.task_done()

    def _send(self, session: requests.Session, delivery: Delivery) -> None:
        delivery.headers = signed_headers(delivery)
        try:
            answer = session.post(
                str(self.url), data=delivery.body, headers=delivery.headers, timeout=self.timeout
            )
        except requests.Timeout:
            delivery.status = "timed out"
        except requests.RequestException:
            delivery.status = "failed to connect to host"
        else:
            delivery.status_code = answer.status_code
            delivery.status = "OK" if answer.ok else f"Invalid HTTP Response: {answer.status_code}"


def signed_headers(delivery: Delivery) -> dict[str, str]:
    """The headers GitHub sends (https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers)."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/0000000",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": "1",
        "X-GitHub-Hook-Installation-Target-Type": "integration",
    }
    if delivery.secret:
        digest = hmac.new(delivery.secret.encode(), delivery.body, hashlib.sha256).hexdigest()
        headers["X-Hub-Signature-256"] = f"sha256={digest}"
    return headers
