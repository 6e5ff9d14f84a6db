"""``POST /webhooks/github``: verify, then hand over to the intake."""

import re
from dataclasses import dataclass

from flask import Blueprint, Response, request

from bot.settings import Settings
from handlers import github_events
from handlers.intake import Intake, answer, body
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
        "status",
        "workflow_run",
    }
)

_DELIVERY = re.compile(r"[0-9A-Za-z-]{1,64}")
_EVENT = re.compile(r"[a-z_]{1,50}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubWebhooks:
    """The endpoint and what it needs."""

    settings: Settings
    intake: Intake

    def blueprint(self) -> Blueprint:
        """The route as Flask wants it."""
        blueprint = Blueprint("github_webhooks", __name__)
        blueprint.add_url_rule("/webhooks/github", view_func=self.receive, methods=["POST"])
        return blueprint

    def receive(self) -> Response:
        """Take one delivery. Once the signature is valid the answer is 2xx, 400, or 503."""
        signature = request.headers.get("X-Hub-Signature-256")
        # Without the form of a signature the body is not even read.
        raw = body() if looks_signed(signature) else b""
        if not is_signed(raw, signature, self._secrets()):
            return self.intake.refuse_unsigned()
        delivery_id = request.headers.get("X-GitHub-Delivery", "")
        event = request.headers.get("X-GitHub-Event", "")
        if not _DELIVERY.fullmatch(delivery_id) or not _EVENT.fullmatch(event):
            return answer(400, error="X-GitHub-Delivery or X-GitHub-Event is missing or malformed")
        app_id = self.settings.github_app_id
        return self.intake.take(delivery_id, event, lambda: github_events.read(event, raw, app_id=app_id))

    def _secrets(self) -> list[bytes]:
        given = (self.settings.github_webhook_secret, self.settings.github_webhook_secret_previous)
        return [secret.get_secret_value().encode() for secret in given if secret is not None]
