"""The two webhook endpoints as a test of both sees them: settings, signed headers, payloads."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.forgeries import SECRET, sign
from tests.fakes.gitlab.deliveries import signature

TOKEN = SECRET.decode()
SIGNING_TOKEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the example of Standard Webhooks
NEW_SIGNING_TOKEN = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One way to deliver. `rotated` accepts the secret of `settings` as the previous one.

    `event` is the name of the event a pull request opens with, in the forge's spelling.
    """

    name: str
    forge: str
    settings: dict[str, str]
    rotated: dict[str, str]
    proof: Callable[[bytes, str], dict[str, str]]
    """The headers that prove a body, given an id of the delivery."""
    opened: str
    event: str

    @property
    def path(self) -> str:
        return f"/webhooks/{self.forge}"

    @property
    def payloads(self) -> dict[str, bytes]:
        folder = Path("tests/cases/webhooks") / self.forge
        return {file.stem: file.read_bytes() for file in folder.glob("*.json")}

    def event_of(self, payload: str) -> str:
        """The event of a payload, from its file's name."""
        name = payload.partition(".")[0]
        return name.replace("_", " ").title() if self.forge == "gitlab" else name

    def headers(self, body: bytes, *, event: str, delivery: str = "d-1") -> dict[str, str]:
        """All headers of a valid delivery."""
        named = (
            {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery}
            if self.forge == "github"
            else {"X-Gitlab-Event": event, "Idempotency-Key": delivery, "X-Gitlab-Event-UUID": "e-1"}
        )
        return {"Content-Type": "application/json", **named, **self.proof(body, delivery)}


def signed_now(body: bytes, delivery: str, token: str = SIGNING_TOKEN) -> dict[str, str]:
    """The three headers of a delivery that GitLab signs now."""
    at = str(int(time.time()))
    return {
        "webhook-id": delivery,
        "webhook-timestamp": at,
        "webhook-signature": signature(token, delivery, at, body),
    }


GITHUB = Edge(
    name="github",
    forge="github",
    settings={"GITHUB_TOKEN": "t" * 20, "GITHUB_WEBHOOK_SECRET": TOKEN},
    rotated={
        "GITHUB_TOKEN": "t" * 20,
        "GITHUB_WEBHOOK_SECRET": "n" * 32,
        "GITHUB_WEBHOOK_SECRET_PREVIOUS": TOKEN,
    },
    proof=lambda body, _: {"X-Hub-Signature-256": sign(body)},
    opened="pull_request.opened.0",
    event="pull_request",
)
_GITLAB = {"GITLAB_TOKEN": "t" * 20, "GITLAB_URL": "https://gitlab.example.com"}
GITLAB = Edge(
    name="gitlab",
    forge="gitlab",
    settings=_GITLAB | {"GITLAB_SIGNING_TOKEN": SIGNING_TOKEN},
    rotated=_GITLAB
    | {"GITLAB_SIGNING_TOKEN": NEW_SIGNING_TOKEN, "GITLAB_SIGNING_TOKEN_PREVIOUS": SIGNING_TOKEN},
    proof=signed_now,
    opened="merge_request_hook.open",
    event="Merge Request Hook",
)
GITLAB_BY_TOKEN = Edge(
    name="gitlab by token",
    forge="gitlab",
    settings=_GITLAB | {"GITLAB_WEBHOOK_SECRET": TOKEN},
    rotated=_GITLAB | {"GITLAB_WEBHOOK_SECRET": "n" * 32, "GITLAB_WEBHOOK_SECRET_PREVIOUS": TOKEN},
    proof=lambda _body, _: {"X-Gitlab-Token": TOKEN},
    opened="merge_request_hook.open",
    event="Merge Request Hook",
)
EDGES = (GITHUB, GITLAB, GITLAB_BY_TOKEN)
