"""Numbers for operators, in Prometheus' text format; no names of repositories, no versions.

What the web process sees is counted there. What workers do is counted in the database, so that
every web process answers for the whole service.
"""

import time
from collections.abc import Iterator
from contextlib import suppress

import psycopg
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.store import Store


class Metrics:
    """The metrics of one web process."""

    def __init__(self, store: Store) -> None:
        self._registry = CollectorRegistry()
        self.deliveries = Counter(
            "sevengates_deliveries",
            "Deliveries with a valid signature, by what became of them",
            ("forge", "event", "outcome"),
            registry=self._registry,
        )
        self.signature_failures = Counter(
            "sevengates_signature_failures",
            "Deliveries refused for a missing or wrong signature",
            ("forge",),
            registry=self._registry,
        )
        self._registry.register(_FromDatabase(store))

    def text(self) -> bytes:
        """The exposition, complete."""
        return generate_latest(self._registry)


class _FromDatabase(Collector):
    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("sevengates_database_up", "Whether the database answered")
        metrics: list[Metric] = []
        if self._store.is_reachable():
            with suppress(psycopg.Error):
                metrics = [*self._jobs(), self._queue(), self._age()]
        up.add_metric([], 1 if metrics else 0)
        yield up
        yield from metrics

    def _jobs(self) -> list[Metric]:
        jobs = CounterMetricFamily("sevengates_jobs", "Finished jobs by outcome", labels=["task", "outcome"])
        seconds = CounterMetricFamily(
            "sevengates_job_seconds", "Seconds spent in finished jobs", labels=["task", "outcome"]
        )
        for total in self._store.job_totals():
            jobs.add_metric([total.task, total.outcome], total.jobs)
            seconds.add_metric([total.task, total.outcome], total.seconds)
        decisions = CounterMetricFamily(
            "sevengates_evaluations", "Recorded changes of a decision", labels=["decision"]
        )
        for decision, count in self._store.decision_totals().items():
            decisions.add_metric([decision], count)
        return [jobs, seconds, decisions]

    def _queue(self) -> Metric:
        queue = GaugeMetricFamily("sevengates_queue_jobs", "Jobs in the queue", labels=["task", "status"])
        for depth in self._store.queue_depths():
            queue.add_metric([depth.task, depth.status], depth.jobs)
        return queue

    def _age(self) -> Metric:
        age = GaugeMetricFamily(
            "sevengates_last_valid_delivery_age_seconds",
            "Seconds since the newest delivery with a valid signature",
            labels=["forge"],
        )
        for forge in ("github", "gitlab"):
            last = self._store.last_delivery_at(forge)
            if last is not None:
                age.add_metric([forge], max(0.0, time.time() - last.timestamp()))
        return age
