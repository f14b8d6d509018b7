"""What a server counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counters of one server.

    Example:
        >>> metrics = Metrics()
        >>> metrics.batch_sizes.observe(4)
        >>> "c2ser_batch_size_sum 4.0" in metrics.text()
        True
    """

    def __init__(self):
        self._registry = registry = CollectorRegistry()
        self.requests = Counter("c2ser_requests", "Requests by path and status", ["path", "status"], registry=registry)
        self.seconds = Histogram(
            "c2ser_request_seconds", "Time that requests took", ["path"], buckets=SECONDS, registry=registry
        )
        self.audio_seconds = Counter("c2ser_audio_seconds", "Duration of audio that was answered", registry=registry)
        self.batch_sizes = Histogram(
            "c2ser_batch_size", "Requests that were answered together", buckets=BATCH_SIZES, registry=registry
        )
        self.waiting = Gauge("c2ser_waiting", "Requests in work", registry=registry)

    def text(self) -> str:
        """Returns all of them in Prometheus's text format."""
        return generate_latest(self._registry).decode("utf-8")
