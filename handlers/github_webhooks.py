"""``POST /webhooks/github``: verify, record together with its jobs in one transaction, answer 202."""

import re
from dataclasses import dataclass

import psycopg
import structlog
from flask import Blueprint, Response, jsonify, make_response, request
from procrastinate.exceptions import ConnectorException
from werkzeug.exceptions import RequestEntityTooLarge

from bot.metrics import Metrics
from bot.queue import Queue
from bot.settings import Settings
from bot.store import Delivery, Store
from handlers import github_events
from handlers.github_events import Meaning
from handlers.github_payloads import MalformedPayloadError
from handlers.signatures import is_signed, looks_signed

FORGE = "github"
KNOWN_EVENTS = frozenset(
    {
        "check_run",
        "check_suite",
        "installation",
        "installation_repositories",
        "issue_comment",
        "merge_group",
        "ping",
        "pull_request",
        "pull_request_review",
        "push",
    }
)

_DELIVERY = re.compile(r"[0-9A-Za-z-]{1,64}")
_EVENT = re.compile(r"[a-z_]{1,50}")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubWebhooks:
    """The endpoint and what it needs."""

    settings: Settings
    store: Store
    queue: Queue
    metrics: Metrics

    def blueprint(self) -> Blueprint:
        """The route as Flask wants it."""
        blueprint = Blueprint("github_webhooks", __name__)
        blueprint.add_url_rule("/webhooks/github", view_func=self.receive, methods=["POST"])
        return blueprint

    def receive(self) -> Response:
        """Take one delivery. Once the signature is valid the answer is 2xx, 400, or 503."""
        signature = request.headers.get("X-Hub-Signature-256")
        # Without the form of a signature the body is not even read.
        body = _body() if looks_signed(signature) else b""
        if not is_signed(body, signature, self._secrets()):
            self.metrics.signature_failures.labels(FORGE).inc()
            return _answer(401, error="the signature is missing or wrong")
        delivery_id = request.headers.get("X-GitHub-Delivery", "")
        event = request.headers.get("X-GitHub-Event", "")
        if not _DELIVERY.fullmatch(delivery_id) or not _EVENT.fullmatch(event):
            return _answer(400, error="X-GitHub-Delivery or X-GitHub-Event is missing or malformed")
        try:
            outcome = self._accept(delivery_id, event, body)
        except (psycopg.Error, ConnectorException) as error:
            _log.error("delivery_not_stored", delivery=delivery_id, error=str(error))
            response = _answer(503, error="the database cannot be reached; deliver again")
            response.headers["Retry-After"] = "30"
            return response
        label = event if event in KNOWN_EVENTS else "other"
        self.metrics.deliveries.labels(FORGE, label, outcome).inc()
        return _answer(202, delivery=delivery_id, outcome=outcome)

    def _secrets(self) -> list[bytes]:
        given = (self.settings.github_webhook_secret, self.settings.github_webhook_secret_previous)
        return [secret.get_secret_value().encode() for secret in given if secret is not None]

    def _accept(self, delivery_id: str, event: str, body: bytes) -> str:
        try:
            meaning = github_events.read(event, body, app_id=self.settings.github_app_id)
        except MalformedPayloadError as error:
            # Signed, so it is GitHub's: acknowledged, or it would be sent again and again.
            _log.warning("payload_not_understood", delivery=delivery_id, delivered=event, reason=str(error))
            return self._record(delivery_id, event, None, "malformed")
        return self._record(delivery_id, event, meaning, "ignored" if meaning is None else "noted")

    def _record(self, delivery_id: str, event: str, meaning: Meaning | None, outcome: str) -> str:
        read = meaning or Meaning()
        delivery = Delivery(
            forge=FORGE,
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
                self.store.delete_installation(FORGE, read.removed_installation, connection=connection)
            if read.jobs:
                new = self.queue.enqueue(read.jobs, connection=connection)
                outcome = "queued" if new else "coalesced"
                self.store.settle_delivery(FORGE, delivery_id, outcome, connection=connection)
        return outcome


def _body() -> bytes:
    """The whole body; RequestEntityTooLarge (413) beyond the cap of the application."""
    body = request.get_data(cache=False)
    # Werkzeug refuses an announced length, but silently cuts a chunked body at the cap.
    if request.content_length is None and len(body) >= (request.max_content_length or len(body) + 1):
        raise RequestEntityTooLarge
    return body


def _answer(status: int, **fields: str) -> Response:
    return make_response(jsonify(fields), status)
