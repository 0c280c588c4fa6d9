"""The figures of a running engine, in Prometheus' text form.

Rule 1: counting is an addition to a number or a dictionary; all work is done when somebody asks (`Metrics.text`).
Rule 2: the registry is our own: nothing is counted for the whole process by import.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ivr.alarms.alarm import AlarmId
from ivr.alarms.facts import Lead
from ivr.alarms.histogram import Histogram

Row = TypeVar("Row", bound=tuple[str, ...])


def _none() -> Mapping[str, int]:
    return {}


@dataclass(slots=True)
class Metrics:
    """Numbers that only grow (unless they say otherwise), and a few that show how it is now.

    `calls` gives how many calls are in each state, when asked. `lines_tried` has (destination, result) as key, `reloads`
    `accepted` and `refused`.
    """

    calls: Callable[[], Mapping[str, int]] = _none
    lead: Lead = Lead.DETACHED
    link_attached: bool = False
    lease_renewals: int = 0
    lease_takeovers: int = 0
    journal_bytes: int = 0
    facts_dropped: int = 0
    adopted: Counter[str] = field(default_factory=Counter)
    lines_tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    alarms_active: Mapping[str, int] = field(default_factory=dict)
    hook_sent: Counter[str] = field(default_factory=Counter)
    hook_failures: Counter[str] = field(default_factory=Counter)
    hook_dropped: Counter[str] = field(default_factory=Counter)
    reloads: Counter[str] = field(default_factory=Counter)
    key_to_invite: Histogram = field(default_factory=Histogram)
    ami_answers: Histogram = field(default_factory=Histogram)
    _registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=False))

    def __post_init__(self) -> None:
        self._registry.register(_Figures(self))
        ProcessCollector(registry=self._registry)

    def text(self) -> str:
        """Give all figures as `text/plain; version=0.0.4` has them."""
        return generate_latest(self._registry).decode()


class _Figures(Collector):
    """Turns the numbers into what the library writes down."""

    def __init__(self, numbers: Metrics) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        numbers = self._numbers
        yield _gauge("ivr_engine_calls", "Calls that this engine follows, by state.", "state", numbers.calls())
        states = {lead.value: int(lead is numbers.lead) for lead in Lead}
        yield _gauge("ivr_lead_state", "1 for what this engine is to new calls, 0 for the rest.", "state", states)
        yield _one("ivr_link_attached", "1 while the link to Asterisk can be used.", int(numbers.link_attached))
        yield _one("ivr_journal_bytes", "Size of the journal when it was looked at last.", numbers.journal_bytes)
        active = {kind.value: numbers.alarms_active.get(kind.value, 0) for kind in AlarmId}
        yield _gauge("ivr_alarms_active", "Alarms that last, by kind.", "alarm", active)
        alarms = {kind.value: numbers.alarms[kind.value] for kind in AlarmId}
        yield _counter("ivr_alarms", "Alarms raised, by kind.", ("alarm",), _keyed(alarms))
        yield from self._hooks()
        yield _counter("ivr_alarm_facts_dropped", "Facts lost unjudged.", (), {(): numbers.facts_dropped})
        yield _counter("ivr_lease_renewals", "Renewals of this engine's lease.", (), {(): numbers.lease_renewals})
        yield _counter("ivr_lease_takeovers", "Times this engine took the lead.", (), {(): numbers.lease_takeovers})
        yield _counter("ivr_adopted_calls", "Calls adopted, by stage.", ("stage",), _keyed(numbers.adopted))
        tried = ("destination", "result")
        yield _counter("ivr_lines_tried", "Lines rung, by destination and result.", tried, numbers.lines_tried)
        yield _counter("ivr_rules_reloads", "Reloads of the rules, by result.", ("result",), _keyed(numbers.reloads))
        yield numbers.key_to_invite.family("ivr_key_to_invite_seconds", "From a caller's key until Asterisk dials.")
        yield numbers.ami_answers.family("ivr_ami_answer_seconds", "From a request until Asterisk's manager answers.")

    def _hooks(self) -> Iterator[Metric]:
        numbers, labels = self._numbers, ("hook",)
        yield _counter("ivr_alarm_hook_sent", "Alarms that a hook took.", labels, _keyed(numbers.hook_sent))
        yield _counter("ivr_alarm_hook_failures", "Tries of a hook that failed.", labels, _keyed(numbers.hook_failures))
        yield _counter("ivr_alarm_hook_dropped", "Alarms that a hook never got.", labels, _keyed(numbers.hook_dropped))


def _keyed(counts: Mapping[str, int]) -> Mapping[tuple[str, ...], int]:
    return {(name,): count for name, count in counts.items()}


def _one(name: str, about: str, value: int) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _gauge(name: str, about: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=(label,))
    for key in sorted(values):
        family.add_metric((key,), values[key])
    return family


def _counter(name: str, about: str, labels: tuple[str, ...], values: Mapping[Row, int]) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for row in sorted(values):
        family.add_metric(row, values[row])
    return family
