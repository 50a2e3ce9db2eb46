"""Figures about a server, as Prometheus reads them."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from fakegraph._version import __version__

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)  # seconds


class Metrics:
    """Counts of what the Graph API and the sign-in endpoints did. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, int], int] = {}
        self._faults: Counter[str] = Counter()
        self._took = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0

    def count(self, method: str, status: int, seconds: float, fault: str | None) -> None:
        """Count a request. ``fault``: the kind that hit it."""
        with self._lock:
            answered = (method, status)
            self._requests[answered] = self._requests.get(answered, 0) + 1
            self._took[bisect_left(_BOUNDS, seconds)] += 1
            self._seconds += seconds
            if fault is not None:
                self._faults[fault] += 1

    def text(self, gauges: Mapping[str, tuple[str, Callable[[], int]]]) -> str:
        """All of it in the Prometheus text format; ``gauges`` by name, with what they mean."""
        # Imported here: it is only needed by those who ask.
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry()
        registry.register(_Collector(lambda: self._metrics(gauges)))
        return generate_latest(registry).decode()

    def _metrics(self, gauges: Mapping[str, tuple[str, Callable[[], int]]]) -> Iterator[Metric]:
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        with self._lock:
            requests, faults = dict(self._requests), dict(self._faults)
            took, seconds = list(self._took), self._seconds
        yield InfoMetricFamily("fakegraph", "The server.", {"version": __version__})
        answered = CounterMetricFamily(
            "fakegraph_requests",
            "Requests to the Graph API and the sign-in endpoints.",
            labels=["method", "status"],
        )
        for (method, status), number in sorted(requests.items()):
            answered.add_metric([method, str(status)], number)
        yield answered
        hit = CounterMetricFamily("fakegraph_faults", "Requests that a fault hit.", labels=["kind"])
        for kind, number in sorted(faults.items()):
            hit.add_metric([kind], number)
        yield hit
        buckets, total = [], 0
        for bound, number in zip((*map(str, _BOUNDS), "+Inf"), took, strict=True):
            total += number
            buckets.append((bound, total))
        yield HistogramMetricFamily(
            "fakegraph_request_seconds",
            "How long answers took.",
            buckets=buckets,
            sum_value=seconds,
        )
        for name, (meaning, value) in gauges.items():
            yield GaugeMetricFamily(name, meaning, value())


class _Collector:
    """What prometheus_client wants to register."""

    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self.collect = collect
