"""What the service counts about itself, for Prometheus: requests by kind, role and status, never by person."""

from prometheus_client import Counter, Histogram

__all__ = ["REQUESTS", "SECONDS"]

REQUESTS = Counter("respite_requests_total", "Requests by kind, role and status.", ["operation", "role", "status"])
SECONDS = Histogram(
    "respite_request_seconds",
    "Seconds from a request to its answer, the log included.",
    ["operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
