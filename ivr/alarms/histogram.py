"""Counts durations in buckets, as Prometheus reads them. PURE.

Rule 1: noting a duration is a search among a dozen numbers and an addition; all else is done when somebody asks.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the buckets, in seconds; each holds what is up to its bound. 0.3 is what the live view promises."""


@dataclass(slots=True)
class Histogram:
    """How often something took how long. `counts` has one more place than `BOUNDS`: what took longer than all."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def note(self, seconds: float) -> None:
        """Note one duration; a clock that was set back makes it 0."""
        took = max(0.0, seconds)
        self.counts[bisect_left(BOUNDS, took)] += 1
        self.total += took

    def family(self, name: str, about: str) -> Metric:
        """Give it under a name, in seconds."""
        family = HistogramMetricFamily(name, about)
        family.add_metric((), [*self._buckets()], self.total)
        return family

    def _buckets(self) -> Iterator[tuple[str, float]]:
        names = (*map(str, BOUNDS), "+Inf")
        yield from zip(names, accumulate(self.counts), strict=True)
