"""Checked office hours as the frozen values of `ivr.routing.office_hours`."""

from datetime import date
from zoneinfo import ZoneInfo

from ivr.routing.days import WEEKDAYS
from ivr.routing.office_hours import DatedSchedule, OfficeHours, Span, SpecialDay
from ivr.rulebook.public_holidays import public_holidays
from ivr.rulebook.schema_hours import DatedRules, HoursRules, SpecialDayRules, Weekly
from ivr.rulebook.spans import span
from ivr.vocabulary import HoursId


def office_hours(name: str, rules: HoursRules, years: range) -> OfficeHours:
    """Return the value of office hours, with the public holidays of `years`."""
    return OfficeHours(
        id=HoursId(name),
        zone=ZoneInfo(rules.zone),
        weekly=_weekly(rules.weekly),
        country=rules.holidays,
        holidays={} if rules.holidays is None else public_holidays(rules.holidays, years),
        before_holidays=rules.before_holidays,
        days={date.fromisoformat(day): _special(one) for day, one in rules.days.items()},
        dated=tuple(_dated(name, one) for name, one in rules.dated.items()),
    )


def _weekly(rules: Weekly) -> dict[int, tuple[Span, ...]]:
    weekly = {number: tuple(map(span, getattr(rules, day))) for number, day in enumerate(WEEKDAYS)}
    return {number: spans for number, spans in weekly.items() if spans}


def _special(rules: SpecialDayRules) -> SpecialDay:
    like = None if rules.like is None else WEEKDAYS.index(rules.like)
    return SpecialDay(tuple(map(span, rules.open or [])), like, rules.reason or "")


def _dated(name: str, rules: DatedRules) -> DatedSchedule:
    return DatedSchedule(
        name=name,
        first=date.fromisoformat(rules.first),
        last=date.fromisoformat(rules.last),
        weekly=_weekly(rules.weekly),
        keep_holidays=rules.keep_holidays,
        reason=rules.reason or "",
    )
