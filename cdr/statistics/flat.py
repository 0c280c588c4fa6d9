"""Figures as flat tables, for people, spreadsheets and bars. PURE.

Rule 1: durations are seconds, shares per cent; a cell that cannot be told is None.
Rule 2: the names of tables and columns are stable: spreadsheets are built on them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cdr.record.as_json import seconds
from cdr.statistics.figures import (
    Abandoned,
    Durations,
    Grid,
    Outcomes,
    Redirections,
    ServiceLevel,
    Spread,
    Volume,
    share,
)

Cell = str | int | float | None

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SPREAD = ("mean", "p50", "p90", "p95")
ALL = "all services"


@dataclass(frozen=True, slots=True)
class FlatTable:
    """A table by name. `bars` is the column that bars may show, `""` if there is none."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bars: str = "calls"


def volume_tables(figure: Volume) -> list[FlatTable]:
    """Flatten the volume."""
    numbers = ((one.service, one.number, one.calls, percent(one.calls, figure.calls)) for one in figure.by_number)
    destinations = (
        (one.service, one.destination, one.calls, one.first, one.last, one.answered) for one in figure.by_destination
    )
    days = ((one.day.isoformat(), WEEKDAYS[one.day.weekday()], one.calls, one.lost) for one in figure.by_day)
    return [
        FlatTable("service", ("service", "calls", "percent"), _shared(figure.by_service, figure.calls)),
        FlatTable("number", ("service", "number", "calls", "percent"), tuple(numbers)),
        FlatTable("destination", ("service", "destination", "calls", "first", "last", "answered"), tuple(destinations)),
        FlatTable("month", ("month", "calls"), tuple((f"{day:%Y-%m}", calls) for day, calls in figure.by_month)),
        FlatTable("day", ("day", "weekday", "calls", "lost"), tuple(days)),
        grid_table("hour", figure.by_hour),
    ]


def outcomes_tables(figure: Outcomes) -> list[FlatTable]:
    """Flatten the outcomes."""
    total = ((one.value, calls, percent(calls, figure.calls)) for one, calls in figure.total)
    services = ((one.service, one.disposition.value, one.calls) for one in figure.by_service)
    return [
        FlatTable("outcome", ("disposition", "calls", "percent"), tuple(total)),
        FlatTable("outcome_of_service", ("service", "disposition", "calls"), tuple(services)),
        FlatTable("reached", ("calls", "reached", "percent"), (_part(figure.calls, figure.reached),), bars=""),
    ]


def durations_tables(figures: Iterable[Durations]) -> list[FlatTable]:
    """Flatten the durations."""
    rows = [
        (ALL if one.service is None else one.service, name, *spread_cells(spread))
        for one in figures
        for name, spread in (
            ("menu", one.menu),
            ("waiting", one.waiting),
            ("talking", one.talking),
            ("total", one.total),
            ("answer", one.answer),
        )
    ]
    return [FlatTable("duration", ("service", "duration", "calls", *SPREAD), tuple(rows), bars="p50")]


def service_level_tables(figures: Iterable[ServiceLevel]) -> list[FlatTable]:
    """Flatten the service levels."""
    columns = ("service", "seconds", "offered", "answered", "in_time", "abandoned_late", "of_offered", "of_served")
    rows = tuple(
        (
            ALL if one.service is None else one.service,
            one.seconds,
            one.offered,
            one.answered,
            one.in_time,
            one.abandoned_late,
            _percent(one.of_offered),
            _percent(one.of_served),
        )
        for one in figures
    )
    return [FlatTable("service_level", columns, rows, bars="of_offered")]


def abandoned_tables(figure: Abandoned) -> list[FlatTable]:
    """Flatten the stages at which callers hung up."""
    rows = (
        (one.stage, one.calls, percent(one.calls, figure.calls), *spread_cells(one.after)[1:]) for one in figure.stages
    )
    return [FlatTable("stage", ("stage", "calls", "percent", *SPREAD), tuple(rows))]


def redirections_tables(figure: Redirections) -> list[FlatTable]:
    """Flatten the ways that callers were led."""
    matrix = ((one.service, one.key, one.first, one.final, one.calls) for one in figure.matrix)
    hops = ((count, calls, percent(calls, figure.calls)) for count, calls in figure.hops)
    passes = ((one.kind, one.result, one.reason, one.passes) for one in figure.passes)
    return [
        FlatTable("way", ("service", "key", "first", "final", "calls"), tuple(matrix)),
        FlatTable("hops", ("hops", "calls", "percent"), tuple(hops)),
        FlatTable("transfer", ("kind", "result", "reason", "transfers"), tuple(passes), bars="transfers"),
    ]


def grid_table(name: str, grid: Grid) -> FlatTable:
    """Flatten a table of weekdays and hours."""
    rows: list[tuple[Cell, ...]] = [(weekday, *hours) for weekday, hours in zip(WEEKDAYS, grid, strict=True)]
    return FlatTable(name, ("weekday", *(f"{hour:02d}" for hour in range(24))), tuple(rows), bars="")


def spread_cells(spread: Spread) -> tuple[Cell, ...]:
    """Give the cells of `calls` and of `SPREAD`."""
    return (spread.calls, *map(span, (spread.mean, spread.p50, spread.p90, spread.p95)))


def span(one: timedelta | None) -> float | None:
    """Give seconds."""
    return None if one is None else seconds(one)


def percent(part: int, whole: int) -> float | None:
    """Give a part in per cent with one decimal; None of nothing."""
    return _percent(share(part, whole))


def _percent(one: float | None) -> float | None:
    return None if one is None else round(100 * one, 1)


def _part(whole: int, part: int) -> tuple[Cell, ...]:
    return whole, part, percent(part, whole)


def _shared(counts: Sequence[tuple[str, int]], whole: int) -> tuple[tuple[Cell, ...], ...]:
    return tuple((name, calls, percent(calls, whole)) for name, calls in counts)
