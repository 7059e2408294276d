"""What the service counts about itself, for Prometheus: requests by kind, role and status, never by person.

BentoML's own counters name every path as it was asked, with the ids of people in it; so they are off.
"""

import os
from datetime import date

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from serving.store import Store
from training.config import OUTCOMES

__all__ = ["REQUESTS", "SECONDS", "exposition"]

REQUESTS = Counter("respite_requests_total", "Requests by kind, role and status.", ["operation", "role", "status"])
SECONDS = Histogram(
    "respite_request_seconds",
    "Seconds from a request to its answer, the log included.",
    ["operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_EPOCH = date(1970, 1, 1).toordinal()
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # BentoML's server names it, one for all its processes


def exposition(store: Store) -> bytes:
    """Counters of every process, and of which day the newest scores are; the text that Prometheus reads."""
    registry = CollectorRegistry()
    if os.environ.get(_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for one in (REQUESTS, SECONDS):
            registry.register(one)
    own = CollectorRegistry()
    day = Gauge("respite_scores_as_of_seconds", "Date of the newest scores.", ["outcome"], registry=own)
    for outcome in OUTCOMES:
        newest = store.latest(outcome)
        if newest is not None:
            day.labels(outcome).set(float(newest.toordinal() - _EPOCH) * 86_400)
    return generate_latest(registry) + generate_latest(own) + _monitored(store)


def _monitored(store: Store) -> bytes:
    """Gauges of the last `respite monitor`, where there is one."""
    file = store.home.reports / "monitor.prom"
    return file.read_bytes() if file.exists() else b""
