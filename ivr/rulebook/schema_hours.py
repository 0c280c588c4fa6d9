"""The shape of office hours in the rules: the week, and what differs from it."""

from typing import Literal

from pydantic import Field, model_validator

from ivr.rulebook.entry import Entry
from ivr.rulebook.forms import Country, DateText, Name, Reason, Spans, Zone

_DAY = 'open spans such as "08:00-17:00"'


class Weekly(Entry):
    """The open spans of each weekday."""

    monday: Spans = Field([], description='open spans such as "08:00-17:00" or ["08:00-12:00", "13:00-17:00"]')
    tuesday: Spans = Field([], description=_DAY)
    wednesday: Spans = Field([], description=_DAY)
    thursday: Spans = Field([], description=_DAY)
    friday: Spans = Field([], description=_DAY)
    saturday: Spans = Field([], description=_DAY)
    sunday: Spans = Field([], description=_DAY)


class SpecialDayRules(Entry):
    """One day that differs from its week."""

    open: Spans | None = Field(None, description=_DAY)
    like: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | None = Field(
        None, description="the weekday whose hours count, such as friday"
    )
    closed: Literal[True] | None = Field(None, description="true")
    reason: Reason | None = Field(None, description="why, in a few words")

    @model_validator(mode="after")
    def _is_one_way(self) -> "SpecialDayRules":
        given = sum(way is not None for way in (self.open, self.like, self.closed))
        if given != 1:
            raise ValueError(f"is given {given} ways; it needs exactly one of open, like, closed")
        return self


class DatedRules(Entry):
    """A schedule with a year that replaces the weekly hours."""

    first: DateText = Field(description='its first day, such as "2020-03-16"')
    last: DateText = Field(description='its last day, such as "2020-06-09"')
    weekly: Weekly = Field(description='the weekdays with their open spans, such as monday: "12:00-17:00"')
    keep_holidays: bool = Field(False, description="true or false: whether holidays and special days count meanwhile")
    reason: Reason | None = Field(None, description="why, in a few words")


class HoursRules(Entry):
    """Office hours."""

    zone: Zone = Field(description="a time zone such as Europe/Riga")
    weekly: Weekly = Field(description='the weekdays with their open spans, such as monday: "08:00-17:00"')
    holidays: Country | None = Field(None, description="the code of a country, such as LV")
    before_holidays: int = Field(0, ge=0, le=240, description="minutes, 0 to 240")
    days: dict[DateText, SpecialDayRules] = Field(default_factory=dict, description="special days by date")
    dated: dict[Name, DatedRules] = Field(default_factory=dict, description="schedules with a year, by name")
