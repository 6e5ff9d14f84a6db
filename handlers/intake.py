"""From a verified delivery to its answer: recorded with its jobs in one transaction, then 202."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import structlog
from flask import Response, jsonify, make_response, request
from procrastinate.exceptions import ConnectorException
from werkzeug.exceptions import RequestEntityTooLarge

from bot.metrics import Metrics
from bot.queue import Queue
from bot.store import Delivery, Store
from handlers.meaning import Meaning
from handlers.payloads import MalformedPayloadError

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes the deliveries of one forge; `events` are those that metrics name."""

    forge: str
    events: frozenset[str]
    store: Store
    queue: Queue
    metrics: Metrics

    def refuse_unsigned(self) -> Response:
        """Answer 401, and count it."""
        self.metrics.signature_failures.labels(self.forge).inc()
        return answer(401, error="the signature is missing or wrong")

    def take(self, delivery_id: str, event: str, read: Callable[[], Meaning | None]) -> Response:
        """Store what `read` finds in the delivery, and answer 202; 503 when it cannot be stored.

        A delivery that is not understood is acknowledged too: the forge would only repeat it, or
        disable the webhook.
        """
        try:
            outcome = self._accept(delivery_id, event, read)
        except (psycopg.Error, ConnectorException) as error:
            # A 2xx would lose the event for good and hide that it is lost. Both forges keep a
            # failed delivery, so that it can be sent again. GitLab counts the failure: it pauses
            # the webhook for a minute first, and disables it only after 40 failures in a row,
            # which its doubling pauses stretch over weeks; the sweep finds what is lost meanwhile.
            # https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
            _log.error("delivery_not_stored", delivery=delivery_id, error=str(error))
            response = answer(503, error="the database cannot be reached; deliver again")
            response.headers["Retry-After"] = "30"
            return response
        label = event if event in self.events else "other"
        self.metrics.deliveries.labels(self.forge, label, outcome).inc()
        return answer(202, delivery=delivery_id, outcome=outcome)

    def _accept(self, delivery_id: str, event: str, read: Callable[[], Meaning | None]) -> str:
        try:
            meaning = read()
        except MalformedPayloadError as error:
            _log.warning("payload_not_understood", delivery=delivery_id, delivered=event, reason=str(error))
            return self._record(delivery_id, event, None, "malformed")
        return self._record(delivery_id, event, meaning, "ignored" if meaning is None else "noted")

    def _record(self, delivery_id: str, event: str, meaning: Meaning | None, outcome: str) -> str:
        read = meaning or Meaning()
        delivery = Delivery(
            forge=self.forge,
            id=delivery_id,
            event=event,
            action=read.action,
            repository_id=read.repository.id if read.repository else None,
            repository=read.repository.full_name if read.repository else "",
            installation=read.repository.installation if read.repository else 0,
            number=read.number,
            outcome=outcome,
        )
        with self.store.transaction() as connection:
            if not self.store.add_delivery(delivery, connection=connection):
                return "duplicate"
            if read.installation is not None:
                self.store.save_installation(read.installation, connection=connection)
            if read.removed_installation is not None:
                self.store.delete_installation(self.forge, read.removed_installation, connection=connection)
            if read.jobs:
                new = self.queue.enqueue(read.jobs, connection=connection)
                outcome = "queued" if new else "coalesced"
                self.store.settle_delivery(self.forge, delivery_id, outcome, connection=connection)
        return outcome


def body() -> bytes:
    """The whole body of the request; RequestEntityTooLarge (413) beyond the cap of the application."""
    whole = request.get_data(cache=False)
    # Werkzeug refuses an announced length, but silently cuts a chunked body at the cap.
    if request.content_length is None and len(whole) >= (request.max_content_length or len(whole) + 1):
        raise RequestEntityTooLarge
    return whole


def answer(status: int, **fields: str) -> Response:
    """A small JSON answer; the forge shows it in its log of deliveries."""
    return make_response(jsonify(fields), status)
