"""Checks of office hours: spans that overlap, schedules that do, days that mean nothing."""

from collections.abc import Iterator
from itertools import pairwise

from ivr.routing.days import WEEKDAYS
from ivr.rulebook.problems import Finding
from ivr.rulebook.schema import Rulebook
from ivr.rulebook.schema_hours import HoursRules, Weekly
from ivr.rulebook.spans import DAY, minutes
from ivr.rulebook.tree import Path

_WEEK = 7 * DAY  # minutes
_CORRECT = "an end before its start is on the next day; correct one of them"


def all_hours(book: Rulebook) -> Iterator[Finding]:
    """Yield what is wrong with each of the office hours."""
    for name, rules in book.hours.items():
        here: Path = ("hours", name)
        yield from _overlaps((*here, "weekly"), rules.weekly)
        yield from _days(here, rules)
        yield from _dated(here, rules)
        if rules.before_holidays and rules.holidays is None:
            hint = "add holidays: with the code of a country, or remove the key"
            yield Finding((*here, "before_holidays"), "has no effect: no holidays are named", "", hint, in_key=True)


def _overlaps(path: Path, weekly: Weekly) -> Iterator[Finding]:
    spans = sorted(_week(weekly))
    around = [(start + _WEEK, end + _WEEK, day) for start, end, day in spans[:1]]
    for (_, end, day), (start, _, later) in pairwise([*spans, *around]):
        if start < end:
            message = f"the hours of {day} reach into those of {later}"
            yield Finding((*path, day), message, "spans that do not overlap", _CORRECT)


def _week(weekly: Weekly) -> Iterator[tuple[int, int, str]]:
    for number, day in enumerate(WEEKDAYS):
        texts: list[str] = getattr(weekly, day)
        for start, end in map(minutes, texts):
            midnight = number * DAY
            yield midnight + start, midnight + end, day


def _days(here: Path, rules: HoursRules) -> Iterator[Finding]:
    for day, special in rules.days.items():
        path: Path = (*here, "days", day)
        spans = sorted(map(minutes, special.open or []))
        if special.open is not None and not spans:
            yield Finding((*path, "open"), "is empty", "at least one span", "write closed: true for a day off")
        if any(start < end for (_, end), (start, _) in pairwise(spans)):
            yield Finding((*path, "open"), "the spans overlap", "spans that do not overlap", _CORRECT)
        if special.like is not None and not getattr(rules.weekly, special.like):
            hint = "name a weekday with open hours, or write closed: true"
            yield Finding((*path, "like"), f"{special.like} has no open hours", "a weekday of these hours", hint)


def _dated(here: Path, rules: HoursRules) -> Iterator[Finding]:
    for name, one in rules.dated.items():
        path: Path = (*here, "dated", name)
        yield from _overlaps((*path, "weekly"), one.weekly)
        if one.last < one.first:
            hint = "correct one of the two days"
            yield Finding((*path, "last"), f"{one.last} is before {one.first}, the first day", "a later day", hint)
    ordered = sorted(rules.dated.items(), key=lambda item: item[1].first)
    for (earlier, before), (later, after) in pairwise(ordered):
        if after.first <= before.last:
            message = f"{later} begins on {after.first}, before {earlier} ends on {before.last}"
            hint = "end the one before the other begins"
            yield Finding((*here, "dated", later, "first"), message, "schedules that do not overlap", hint)
