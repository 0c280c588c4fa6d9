"""A month of office hours as a calendar: when it is open on each day, and why a day differs from its week. Pure.

Rule 1: what goes on over midnight is shown on both days, each with its own part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from textwrap import wrap
from typing import Any

from ivr.proof.met import met
from ivr.routing.days import MIDNIGHT, WEEKDAYS, day_of
from ivr.routing.hours import open_minutes
from ivr.routing.office_hours import OfficeHours
from ivr.routing.overrides import ordered_text
from ivr.routing.rules import Override, Ruleset
from ivr.vocabulary import DestinationId, HoursId, Language, RuleId, ServiceId

WIDTH = 80  # columns of the narrowest terminal
_DAY = timedelta(days=1)
CLOCKS = {True: "clocks go forward", False: "clocks go back"}


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One local day: open minutes since midnight as half-open ranges, the rule, and what is special ("" if nothing)."""

    day: date
    open: tuple[tuple[int, int], ...]
    rule: RuleId
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A month of one set of hours, for the destinations that use it. `hours` None means day and night."""

    hours: HoursId | None
    zone: str
    destinations: tuple[DestinationId, ...]
    days: tuple[CalendarDay, ...]


def calendars(rules: Ruleset, service: ServiceId, first: date, only: DestinationId | None = None) -> list[Calendar]:
    """Return the month that begins on `first` for each hours that the service's destinations use.

    `only` leaves out all other destinations. Destinations that are open day and night come last, without days.
    Raises `KeyError` if the rules do not have the service.
    """
    names = met(rules.services[service], rules).destinations
    chosen = [name for name in names if only in (None, name)]
    by_hours: dict[HoursId | None, list[DestinationId]] = {}
    for name in chosen:
        by_hours.setdefault(rules.destinations[name].hours, []).append(name)
    zone = rules.services[service].zone.key
    timed = [_calendar(rules, hours, users, first) for hours, users in by_hours.items() if hours is not None]
    always = by_hours.get(None)
    return [*timed, Calendar(None, zone, tuple(always), ())] if always else timed


def _calendar(rules: Ruleset, name: HoursId, users: list[DestinationId], first: date) -> Calendar:
    hours = rules.hours[name]
    orders = [order for user in users for order in rules.overrides.get(user, ())]
    days = tuple(_day(hours, day, orders) for day in _month(first))
    return Calendar(name, hours.zone.key, tuple(users), days)


def _month(first: date) -> Iterator[date]:
    day = first.replace(day=1)
    while day.month == first.month:
        yield day
        day += _DAY


def _day(hours: OfficeHours, day: date, orders: list[Override]) -> CalendarDay:
    ruled = day_of(hours, day)
    reasons = [ruled.reason] if ruled.reason else []
    start, end = (datetime.combine(one, MIDNIGHT, hours.zone) for one in (day, day + _DAY))
    if start.utcoffset() != end.utcoffset():
        reasons.append(CLOCKS[(end.utcoffset() or timedelta()) > (start.utcoffset() or timedelta())])
    reasons += [f"{one.destination} {ordered_text(one)}" for one in orders if one.since < end and one.until > start]
    return CalendarDay(day, open_minutes(hours, day), RuleId(f"hours.{hours.id}.{ruled.rule}"), tuple(reasons))


def clock(minute: int) -> str:
    """Write minutes since midnight as `08:00`; 1440 is `24:00`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def spans_text(spans: tuple[tuple[int, int], ...]) -> str:
    """Write ranges of minutes as `08:00-12:00, 13:00-17:00`; none is `closed`."""
    return ", ".join(f"{clock(first)}-{clock(last)}" for first, last in spans) or "closed"


def lines(calendar: Calendar, rules: Ruleset, language: Language) -> Iterator[str]:
    """Yield a calendar line by line; it is readable at 80 columns."""
    titled = (rules.destinations[name].title.get(language, name) for name in calendar.destinations)
    if calendar.hours is None:
        yield from wrap(f"day and night: {', '.join(titled)}", WIDTH, subsequent_indent="  ")
        return
    yield from wrap(f"{calendar.hours} ({calendar.zone}): {', '.join(titled)}", WIDTH, subsequent_indent="  ")
    width = max(len(spans_text(one.open)) for one in calendar.days)
    for one in calendar.days:
        spans = spans_text(one.open)
        row = f"  {WEEKDAYS[one.day.weekday()][:3].capitalize()} {one.day.day:>2}  {spans:<{width}}"
        yield from wrap(f"{row}  {_short(one)}", WIDTH, drop_whitespace=True, subsequent_indent=" " * (len(row) + 2))
        if one.day.weekday() == len(WEEKDAYS) - 1:
            yield ""


def _short(one: CalendarDay) -> str:
    """Return the reasons without the date, which the row has already."""
    return "; ".join(reason.removeprefix(f"{one.day} is ") for reason in one.reasons)


def as_dict(calendar: Calendar) -> dict[str, Any]:
    """Return a calendar as values for JSON."""
    return {
        "hours": calendar.hours,
        "zone": calendar.zone,
        "destinations": list(calendar.destinations),
        "days": [
            {
                "day": one.day.isoformat(),
                "open": [[clock(first), clock(last)] for first, last in one.open],
                "rule": one.rule,
                "reasons": list(one.reasons),
            }
            for one in calendar.days
        ],
    }


def first_of(text: str) -> date:
    """Read a month such as `2026-12`. Raises `ValueError` if it is none."""
    if len(text) != len("2026-12"):
        raise ValueError(text)
    return date.fromisoformat(f"{text}-01")
