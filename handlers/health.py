"""``/healthz``, ``/readyz``, ``/metrics``: for the platform. They name no version and no repository."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response
from prometheus_client import CONTENT_TYPE_LATEST

from bot.metrics import Metrics
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The three endpoints."""

    store: Store
    metrics: Metrics

    def blueprint(self) -> Blueprint:
        """The routes as Flask wants them."""
        blueprint = Blueprint("health", __name__)
        blueprint.add_url_rule("/healthz", view_func=self.alive)
        blueprint.add_url_rule("/readyz", view_func=self.ready)
        blueprint.add_url_rule("/metrics", view_func=self.exposition)
        return blueprint

    def alive(self) -> Response:
        """The process answers."""
        return _plain("ok\n", 200)

    def ready(self) -> Response:
        """Deliveries can be stored."""
        return _plain("ok\n", 200) if self.store.is_reachable() else _plain("database unreachable\n", 503)

    def exposition(self) -> Response:
        """Prometheus metrics."""
        response = make_response(self.metrics.text())
        response.headers["Content-Type"] = CONTENT_TYPE_LATEST
        return response


def _plain(text: str, status: int) -> Response:
    response = make_response(text, status)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    return response
