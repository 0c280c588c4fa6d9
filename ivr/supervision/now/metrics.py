"""The figures of supervision in Prometheus' text form, joined with those of every engine.

Rule 1: counting is an addition to a dictionary and never raises; all work is done when somebody asks (`text`).
Rule 2: an engine's figures get the label `engine`; those without it are supervision's own.
Rule 3: no label holds what callers can make up: services, stages, destinations and dispositions are closed lists.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from ivr.alarms.histogram import Histogram
from ivr.supervision.models import Call, DestinationNow, Health, Today
from ivr.supervision.now.health import UP, Engine

ENGINE = "engine"

_Labels = tuple[str, ...]
Row = TypeVar("Row", bound=tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Shown:
    """How everything is at `at`, as the API tells it. `recorder` is what the recorder told last, {} if nothing."""

    at: datetime
    calls: tuple[Call, ...]
    destinations: tuple[DestinationNow, ...]
    today: Today | None
    health: Health
    engines: tuple[Engine, ...]
    dropped: int
    recorder: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Metrics:
    """Counts what happens; see docs/metrics.md for each name."""

    _ended: Counter[_Labels] = field(default_factory=Counter)
    _corrected: Counter[_Labels] = field(default_factory=Counter)
    _acted: Counter[_Labels] = field(default_factory=Counter)
    _latency: Histogram = field(default_factory=Histogram)
    _stages: dict[_Labels, float] = field(default_factory=dict)

    def ended(self, service: str, disposition: str) -> None:
        """Note that a call is over."""
        self._ended[service, disposition] += 1

    def latency(self, seconds: float) -> None:
        """Note how long after its journal line a change was given to the subscribers."""
        self._latency.note(seconds)

    def corrected(self, what: str) -> None:
        """Note a difference to Asterisk's own list of calls: `ghost` or `missing`."""
        self._corrected[what,] += 1

    def acted(self, what: str, result: str) -> None:
        """Note an action that somebody asked for, and what came of it."""
        self._acted[what, result] += 1

    def text(self, shown: Shown, engines: Mapping[str, str]) -> str:
        """Give all figures as `text/plain; version=0.0.4` has them; `engines` are the texts of the engines by name."""
        own = chain(self._counted(shown), _figures(shown), ProcessCollector(registry=None).collect())
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Joined([*own, *_of_engines(engines)]))
        return generate_latest(registry).decode()

    def _counted(self, shown: Shown) -> Iterator[Metric]:
        now = Counter((call.service, call.stage.value) for call in shown.calls)
        self._stages = dict.fromkeys((*self._stages, *now), 0.0) | {key: float(count) for key, count in now.items()}
        yield _gauge("ivr_calls", "Calls under way.", ("service", "stage"), self._stages)
        yield _counter("ivr_calls_ended", "Calls that are over.", ("service", "disposition"), self._ended)
        yield _counter("ivr_view_corrections", "Differences to Asterisk's own list.", ("what",), self._corrected)
        yield _counter("ivr_actions", "Actions asked for, by result.", ("what", "result"), self._acted)
        yield _counter("ivr_dropped_messages", "Times a slow subscriber had to begin anew.", (), {(): shown.dropped})
        yield self._latency.family("ivr_view_latency_seconds", "From the journal's line until subscribers have it.")


def _figures(shown: Shown) -> Iterator[Metric]:
    health = shown.health
    yield from _destinations(shown.destinations)
    yield from _today(shown)
    yield _gauge("ivr_longest_wait_seconds", "How long who waits longest has waited.", ("service",), _waits(shown))
    yield _gauge("ivr_subscribers", "Who looks at the live view.", (), {(): health.subscribers})
    yield _gauge("ivr_pbx_up", "1 while supervision has a link to Asterisk.", (), {(): health.pbx == UP})
    yield _gauge("ivr_health_ok", "1 while there is nothing that a supervisor must know of.", (), {(): health.ok})
    lag = {} if health.journal_lag is None else {(): health.journal_lag}
    yield _gauge("ivr_journal_lag_seconds", "How far the live view is behind the journal.", (), lag)
    behind = shown.recorder.get("behind_bytes")
    lines = {(): float(behind)} if isinstance(behind, int) else {}
    yield _gauge("ivr_records_behind_bytes", "Bytes of the journal that are not in the record store yet.", (), lines)
    answers = {(one.name,): float(one.said is not None) for one in shown.engines}
    yield _gauge("ivr_engine_answers", "1 for an engine that answers.", (ENGINE,), answers)


def _destinations(destinations: Iterable[DestinationNow]) -> Iterator[Metric]:
    found = tuple(destinations)
    about = {(one.destination, str(one.safety).lower()): float(one.open) for one in found}
    yield _gauge("ivr_destination_open", "1 for a destination that takes calls.", ("destination", "safety"), about)
    for name, text, value in (
        ("waiting", "Callers who wait at a destination.", lambda one: one.waiting),
        ("talking", "Callers who talk at a destination.", lambda one: one.talking),
        ("trouble", "1 for a destination that is in trouble.", lambda one: bool(one.trouble)),
        ("answered_today", "Callers whom a destination answered today.", lambda one: one.answered_today),
        ("lost_today", "Callers who reached nobody there today.", lambda one: one.lost_today),
    ):
        yield _gauge(
            f"ivr_destination_{name}", text, ("destination",), {(one.destination,): value(one) for one in found}
        )


def _today(shown: Shown) -> Iterator[Metric]:
    services = shown.today.services if shown.today else ()
    ends = (("answered", "answered"), ("lost", "lost"), ("outside_hours", "outside_hours"), ("all", "calls"))
    calls = {(one.service, word): float(getattr(one, name)) for one in services for word, name in ends}
    yield _gauge("ivr_calls_today", "Calls of the service's local day.", ("service", "calls"), calls)
    levels = {(one.service,): one.service_level for one in services if one.service_level is not None}
    yield _gauge("ivr_service_level_today", "Part of the calls that were answered in time.", ("service",), levels)
    age = {(): max(0.0, (shown.at - shown.today.at).total_seconds())} if shown.today else {}
    yield _gauge("ivr_today_age_seconds", "How old today's figures are, if the store had changed since.", (), age)


def _waits(shown: Shown) -> dict[_Labels, float]:
    found: dict[_Labels, float] = {}
    for call in shown.calls:
        waited = 0.0 if call.waiting_since is None else (shown.at - call.waiting_since).total_seconds()
        found[call.service,] = max(waited, found.get((call.service,), 0.0))
    return found


class _Joined(Collector):
    """Families of several sources: those of one name are written as one."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families: dict[str, Metric] = {}
        for one in families:
            known = self._families.setdefault(one.name, one)
            if known is not one and known.type == one.type:
                known.samples.extend(one.samples)

    def collect(self) -> Iterable[Metric]:
        return self._families.values()


def _of_engines(texts: Mapping[str, str]) -> Iterator[Metric]:
    for name, text in sorted(texts.items()):
        try:
            families = [*text_string_to_metric_families(text)]
        except ValueError:  # an engine of another release; that it answers is told by ivr_engine_answers
            continue
        for family in families:
            family.samples = [_labelled(sample, name) for sample in family.samples]
            yield family


def _labelled(sample: Sample, engine: str) -> Sample:
    return sample._replace(labels={ENGINE: engine, **sample.labels})


def _gauge(name: str, about: str, labels: _Labels, values: Mapping[Row, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for row in sorted(values):
        family.add_metric(row, values[row])
    return family


def _counter(name: str, about: str, labels: _Labels, values: Mapping[Row, float]) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for row in sorted(values):
        family.add_metric(row, values[row])
    return family
