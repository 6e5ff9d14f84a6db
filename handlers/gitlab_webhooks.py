"""``POST /webhooks/gitlab``: verify, then hand over to the intake.

GitLab disables a webhook that is answered with failures, so that everything validly signed is
answered 202, with two exceptions: a database that is away (see `Intake.take`), and system hooks.
https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
"""

import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Blueprint, Response, request

from bot.settings import Settings
from handlers import gitlab_events
from handlers.gitlab_signatures import is_signed, is_token, recent_signature
from handlers.intake import Intake, answer, body

FORGE = "gitlab"
KNOWN_EVENTS = frozenset(
    {
        "Confidential Note Hook",
        "Job Hook",
        "Merge Request Hook",
        "Note Hook",
        "Pipeline Hook",
        "Push Hook",
    }
)

_KEY = re.compile(r"[0-9A-Za-z_-]{1,128}")
_EVENT = re.compile(r"[A-Za-z ]{1,50}")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabWebhooks:
    """The endpoint and what it needs; `now` judges the age of a signature."""

    settings: Settings
    intake: Intake
    now: Callable[[], datetime]

    def blueprint(self) -> Blueprint:
        """The route as Flask wants it."""
        blueprint = Blueprint("gitlab_webhooks", __name__)
        blueprint.add_url_rule("/webhooks/gitlab", view_func=self.receive, methods=["POST"])
        return blueprint

    def receive(self) -> Response:
        """Take one delivery. Once the signature is valid the answer is 202, 403 (system hooks) or 503."""
        raw = self._verified_body()
        if raw is None:
            return self.intake.refuse_unsigned()
        given = request.headers.get("X-Gitlab-Event", "")
        event = given if _EVENT.fullmatch(given) else "unknown"
        if event == "System Hook":
            # The events of a whole instance: nobody should send them to a service for some projects.
            _log.warning(
                "system_hook_refused", fix="remove it and add webhooks to the projects or their group"
            )
            return answer(403, error="system hooks are refused; add the webhook to a project or group")
        url = self.settings.gitlab_url
        delivery_id = self._delivery_id(event, raw)
        return self.intake.take(delivery_id, event, lambda: gitlab_events.read(event, raw, url=url))

    def _verified_body(self) -> bytes | None:
        """The raw body, None when it is not GitLab's; not even read when the headers cannot be right."""
        keys = self.settings.gitlab_signing_keys
        if not keys:
            return body() if is_token(request.headers.get("X-Gitlab-Token"), self._tokens()) else None
        # A token beside it does not count: it would still do for somebody who cannot sign.
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        signature = recent_signature(*(request.headers.get(name, "") for name in names), now=self.now())
        if signature is None:
            return None
        raw = body()
        return raw if is_signed(raw, signature, keys) else None

    def _tokens(self) -> list[bytes]:
        given = (self.settings.gitlab_webhook_secret, self.settings.gitlab_webhook_secret_previous)
        return [token.get_secret_value().encode() for token in given if token is not None]

    def _delivery_id(self, event: str, raw: bytes) -> str:
        """What makes a delivery the same one when it is sent again.

        Where deliveries are signed, `webhook-id`: it is signed too, and equals `Idempotency-Key`
        (17.4), which another sender of the same bytes could change. Older servers send only
        `X-Gitlab-Event-UUID`, which all events of one chain of webhooks share.
        """
        names = ["Idempotency-Key", "webhook-id"]
        if self.settings.gitlab_signing_keys:
            names.reverse()
        for name in names:
            if _KEY.fullmatch(key := request.headers.get(name, "")):
                return key
        chain = request.headers.get("X-Gitlab-Event-UUID", "")
        if not _KEY.fullmatch(chain):
            # Two equal bodies may be two events (approved, revoked, approved): better look twice.
            return str(uuid.uuid4())
        return f"{chain}/{hashlib.sha256(event.encode() + b'/' + raw).hexdigest()}"
