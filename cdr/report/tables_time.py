"""The tables about when calls came: months, days, weekdays, hours. PURE."""

from dataclasses import replace
from datetime import date

from cdr.report.cells import Cells, Counted, counts, label, number
from cdr.report.gathered import Gathered
from cdr.report.model import Row, Table
from cdr.report.tables_calls import all_calls


def months(given: Gathered, cells: Cells) -> Table | None:
    """Count the calls of each month; None if there is only one."""
    if len(given.months) < 2:
        return None
    words = cells.words
    rows = [Counted(f"{one:%Y-%m}", words.month(one), count, _key(given, one)) for one, count in given.months]
    caption, title = words.say("Month by month"), words.say("Month")
    made = counts(cells, "months", caption, title, rows, all_calls(given, cells), unit=words.say("calls"), shares=False)
    if not given.span.is_within_month:
        return made
    columns = tuple(replace(one, adds_up=False) for one in made.columns)
    return replace(made, columns=columns, rows=tuple(made.body()), is_quiet=True)


def _key(given: Gathered, first: date) -> str:
    """Name the calls of a month as the comparison does."""
    if given.span.is_month and first == given.span.first:
        return "calls"
    for key, one in (("before", given.before), ("year", given.year_before)):
        if one is not None and one.span.first == first:
            return f"{key}.calls"
    return f"month:{first:%Y-%m}"


def days(given: Gathered, cells: Cells) -> Table:
    """Count the calls of each day."""
    words = cells.words
    rows = [
        Counted(f"{one.day}", words.day(one.day), one.calls, f"day:{one.day}") for one in given.figures.volume.by_day
    ]
    return _quiet("days", words.say("Day by day"), words.say("Day"), rows, given, cells)


def weekdays(given: Gathered, cells: Cells) -> Table:
    """Count the calls of each weekday."""
    words = cells.words
    rows = [
        Counted(str(n + 1), words.weekday(n, wide=True), sum(row), f"weekday:{n}")
        for n, row in enumerate(given.figures.volume.by_hour)
    ]
    return _quiet("weekdays", words.say("Day of the week"), words.say("Day"), rows, given, cells)


def hours(given: Gathered, cells: Cells) -> Table:
    """Count the calls of each hour of the day."""
    words = cells.words
    rows = [
        Counted(f"{hour:02}", f"{hour}–{hour + 1}", sum(column), f"hour:{hour}")
        for hour, column in enumerate(zip(*given.figures.volume.by_hour, strict=True))
    ]
    return _quiet("hours", words.say("Hour of the day"), words.say("Hour"), rows, given, cells)


def grid(given: Gathered, cells: Cells) -> Table:
    """Count the calls of each hour of each weekday: a table of 7 rows and 24 columns."""
    words = cells.words
    columns = (label(words.say("Day")), *(number(f"{hour:02}", f"{hour:02}") for hour in range(24)))
    rows = tuple(
        Row(
            str(day + 1),
            (
                cells.text(words.weekday(day), str(day + 1)),
                *(cells.count(count, f"grid:{day}:{hour}") for hour, count in enumerate(row)),
            ),
        )
        for day, row in enumerate(given.figures.volume.by_hour)
    )
    return Table("hours_of_week", words.say("Hours of the week"), columns, rows, is_quiet=True)


def _quiet(name: str, caption: str, title: str, rows: list[Counted], given: Gathered, cells: Cells) -> Table:
    unit = cells.words.say("calls")
    made = counts(cells, name, caption, title, rows, all_calls(given, cells), unit=unit, shares=False)
    return replace(made, is_quiet=True)
