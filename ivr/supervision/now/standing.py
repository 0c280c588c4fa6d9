"""Whether a destination takes calls now, why, and until when, in words that stay the same while nothing changes. PURE.

Rule 1: it is what `ivr.routing.decide` would find: an override before all hours, and neither for a safety line.
Rule 2: no clock time stands in `why`: the words would change every minute, and with them what is sent to all who look.
Rule 3: `until` is when callers get the other answer, whatever changes between: an order that ends in the night while the
office is closed changes nothing before the morning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ivr.routing.days import WEEKDAYS, day_of, span_text
from ivr.routing.destinations import Destination
from ivr.routing.hours import Open, ruling_at, state_at
from ivr.routing.office_hours import OfficeHours
from ivr.routing.overrides import override_at
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.vocabulary import HoursId

MOST_CHANGES = 100
"""Orders and hours that may come one after the other before `until` is not known."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Open or closed, why, until when (UTC; None if it does not change), and the override that holds ("": none)."""

    open: bool
    why: str
    until: datetime | None
    override: str = ""


class Moment:
    """The rules at one instant. Hours that several destinations share are worked out once. Raises ValueError if naive."""

    def __init__(self, rules: Ruleset, at: datetime) -> None:
        self._rules = rules
        self._at = at.astimezone(UTC)
        self._changes: dict[tuple[HoursId, datetime], datetime | None] = {}

    def standing(self, destination: Destination) -> Standing:
        """Give how a destination stands."""
        override = override_at(destination, self._rules, self._at)
        is_open = self._open(destination, self._at)
        why = _why(destination, self._rules, self._at) if override is None else _ordered(override)
        until = self._until(destination, is_open=is_open)
        return Standing(is_open, why, until, "" if override is None else str(override.id))

    def _open(self, destination: Destination, at: datetime) -> bool:
        override = override_at(destination, self._rules, at)
        if override is not None:
            return override.kind is OverrideKind.OPEN
        hours = _hours(destination, self._rules)
        return hours is None or ruling_at(hours, at).open

    def _until(self, destination: Destination, *, is_open: bool) -> datetime | None:
        at = self._at
        for _ in range(MOST_CHANGES):
            change = min(self._changes_after(destination, at), default=None)
            if change is None or self._open(destination, change) is not is_open:
                return change
            at = change
        return None

    def _changes_after(self, destination: Destination, at: datetime) -> Iterator[datetime]:
        """Give the instants after `at` at which the next order begins or ends, and the hours change if they count."""
        if not destination.safety:
            for one in self._rules.overrides.get(destination.id, ()):
                yield from (edge.astimezone(UTC) for edge in (one.since, one.until) if edge > at)
        hours = _hours(destination, self._rules)
        if hours is not None and override_at(destination, self._rules, at) is None:
            change = self._change_of(hours, at)
            if change is not None:
                yield change

    def _change_of(self, hours: OfficeHours, at: datetime) -> datetime | None:
        key = hours.id, at
        if key not in self._changes:
            state = state_at(hours, at)
            self._changes[key] = state.until if isinstance(state, Open) else state.opens_at
        return self._changes[key]


def _hours(destination: Destination, rules: Ruleset) -> OfficeHours | None:
    if destination.hours is None or destination.safety:
        return None
    return rules.hours[destination.hours]


def _ordered(override: Override) -> str:
    what = f"redirected to {override.redirect}" if override.redirect else override.kind.value
    return f"{what} by {override.author}: {override.reason}"


def _why(destination: Destination, rules: Ruleset, at: datetime) -> str:
    hours = _hours(destination, rules)
    if destination.safety:
        return "a safety line: nothing closes it"
    if hours is None:
        return "open day and night"
    ruling = ruling_at(hours, at)
    return f"{hours.id}: {ruling.reason if ruling.open else _closed(hours, at)}"


def _closed(hours: OfficeHours, at: datetime) -> str:
    """Say why the office is closed, as `ivr.routing.hours` does, without the time of the clock (rule 2)."""
    date_ = at.astimezone(hours.zone).date()
    day = day_of(hours, date_)
    if day.shut:
        return day.reason
    name, spans = WEEKDAYS[date_.weekday()], ", ".join(map(span_text, day.spans))
    told = f"{name} is open {spans} only" if spans else f"{name} has no open hours"
    return f"{told}; {day.reason}" if day.reason else told
