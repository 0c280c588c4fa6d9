"""Tell what the rules say about one local day: its open spans, and the rule that gave them.

Rule 1: a dated schedule comes before a special day, that before a public holiday, that before the weekly hours.
Rule 2: a closed day is closed from 00:00 to 24:00, also in the tail of a span that began on the day before.
Rule 3: a working day that the weekly hours (or a dated schedule that keeps holidays) give, directly before a public
holiday, closes `before_holidays` minutes earlier: its last span ends so much sooner, or falls away. Spans that go on
over midnight, and the spans of special days, stay as they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta

from ivr.routing.office_hours import DatedSchedule, OfficeHours, Span, SpecialDay

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT = time(0)
MOST_REMEMBERED = 2000  # days kept in the memo of one `OfficeHours`

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """The open spans that begin on a day, and why.

    `rule` is the place below `hours.<id>`, `reason` says in words why the day differs from its week, "" if it does
    not. `shut` means that the day is closed as a whole, tails included.
    """

    spans: tuple[Span, ...]
    rule: str
    reason: str = ""
    shut: bool = False


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule about a day that was looked at, in the order of precedence. The last one that `applies` decided."""

    rule: str
    applies: bool
    reason: str


def day_of(hours: OfficeHours, day: date) -> Day:
    """Return what the rules say about the local day."""
    memo = hours.memo
    found: Day | None = memo.get(day)
    if found is None:
        if len(memo) >= MOST_REMEMBERED:
            memo.clear()
        found = memo[day] = _day(hours, day)
    return found


def crosses(span: Span) -> bool:
    """Tell whether a span goes on into the next day; one that ends at midnight does, for no time at all."""
    return span.end <= span.start


def span_text(span: Span) -> str:
    """Return the span as the rules write it, such as `08:00-17:00`."""
    end = "24:00" if span.end == MIDNIGHT else f"{span.end:%H:%M}"
    return f"{span.start:%H:%M}-{end}"


def considered(hours: OfficeHours, day: date) -> Iterator[Considered]:
    """Yield each rule about the day, from the strongest on, until the one that decides it."""
    schedule = _schedule(hours, day)
    if hours.dated:
        yield _considered_dated(hours, schedule, day)
    if schedule is not None and not schedule.keep_holidays:
        return
    special, holiday = hours.days.get(day), hours.holidays.get(day)
    if hours.days:
        told = _special(hours, day, special).reason if special else f"{day} is not a special day"
        yield Considered(f"days.{day}" if special else "days", special is not None, told)
    if special is not None:
        return
    if hours.country is not None:
        told = _holiday(day, holiday).reason if holiday else f"{day} is no public holiday of {hours.country}"
        yield Considered(f"holidays.{day}" if holiday else "holidays", holiday is not None, told)
    if holiday is not None:
        return
    if hours.before_holidays:
        short = _is_before_holiday(hours, day)
        told = day_of(hours, day).reason if short else f"{day + _DAY} is no public holiday"
        yield Considered(day_of(hours, day).rule if short else "before_holidays", short, told)
        if short:
            return
    name = WEEKDAYS[day.weekday()]
    yield Considered(day_of(hours, day).rule, True, f"{day} is a {name}")


def _considered_dated(hours: OfficeHours, schedule: DatedSchedule | None, day: date) -> Considered:
    if schedule is None:
        names = ", ".join(one.name for one in hours.dated)
        return Considered("dated", False, f"{day} is in no dated schedule ({names})")
    told = f"{day} is in {schedule.name}, {schedule.first} to {schedule.last}"
    if schedule.keep_holidays:
        return Considered(f"dated.{schedule.name}", False, f"{told}, which keeps holidays and special days")
    return Considered(f"dated.{schedule.name}", True, told)


def _day(hours: OfficeHours, day: date) -> Day:
    schedule = _schedule(hours, day)
    if schedule is not None and not schedule.keep_holidays:
        return _usual(schedule.weekly, day, schedule)
    special = hours.days.get(day)
    if special is not None:
        return _special(hours, day, special)
    holiday = hours.holidays.get(day)
    if holiday is not None:
        return _holiday(day, holiday)
    usual = _usual(schedule.weekly if schedule else hours.weekly, day, schedule)
    if usual.spans and _is_before_holiday(hours, day):
        return _shortened(hours, day, usual)
    return usual


def _schedule(hours: OfficeHours, day: date) -> DatedSchedule | None:
    return next((one for one in hours.dated if one.first <= day <= one.last), None)


def _usual(weekly: Mapping[int, tuple[Span, ...]], day: date, schedule: DatedSchedule | None) -> Day:
    name = WEEKDAYS[day.weekday()]
    spans = weekly.get(day.weekday(), ())
    if schedule is None:
        return Day(spans, f"weekly.{name}")
    return Day(spans, f"dated.{schedule.name}.{name}", f"{schedule.name}{_because(schedule.reason)}")


def _special(hours: OfficeHours, day: date, special: SpecialDay) -> Day:
    rule, because = f"days.{day}", _because(special.reason)
    if special.like is not None:
        spans = hours.weekly.get(special.like, ())
        return Day(spans, rule, f"{day} is worked like a {WEEKDAYS[special.like]}{because}")
    if special.spans:
        return Day(special.spans, rule, f"{day} is a special day{because}")
    return Day((), rule, f"{day} is a day off{because}", shut=True)


def _holiday(day: date, name: str) -> Day:
    return Day((), f"holidays.{day}", f"{day} is a public holiday ({name})", shut=True)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _is_before_holiday(hours: OfficeHours, day: date) -> bool:
    tomorrow = day + _DAY
    return bool(hours.before_holidays) and tomorrow in hours.holidays and tomorrow not in hours.days


def _shortened(hours: OfficeHours, day: date, usual: Day) -> Day:
    last = max(usual.spans, key=lambda span: span.start)
    end = _minutes(last.end) - hours.before_holidays
    if crosses(last) and last.end != MIDNIGHT:
        return usual
    kept = tuple(span for span in usual.spans if span is not last)
    if end > last.start.hour * 60 + last.start.minute:
        kept = (*kept, Span(last.start, time(end // 60, end % 60)))
    holiday = hours.holidays[day + _DAY]
    reason = f"{day} is {hours.before_holidays} minutes shorter: the day before a public holiday ({holiday})"
    return Day(kept, f"before_holidays.{day}", reason)


def _minutes(end: time) -> int:
    return end.hour * 60 + end.minute or 24 * 60
