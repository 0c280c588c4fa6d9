"""`ivr stats`: what the call records tell, as tables, JSON, CSV or bars."""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from cdr.statistics.flat import Cell, FlatTable
from cdr.statistics.plain import plain
from cdr.statistics.scope import Scope
from cdr.statistics.service_level import SECONDS
from cdr.statistics.written import bars, csv_text
from cdr.store.store import Store
from ivr.cli.records_options import DEFAULT_STORE, Service, StorePlace, chatter, with_store
from ivr.cli.rule_options import DEFAULT_RULES, RulesFile
from ivr.cli.start import now
from ivr.cli.stats_nouns import Asked, Noun, Told, told
from ivr.cli.stats_scope import Wanted, house_of, scope_of
from ivr.cli.tables import printable, wide

WHEN = "a local time as in 2026-10-01, or an age as in 7d"


class StatsOutput(StrEnum):
    """How figures are written: for people, as one JSON object (in one line, so it is JSON Lines too), or as one CSV file."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def stats(
    noun: Annotated[Noun, typer.Argument(metavar="NOUN", help="What to tell, or all.")],
    store: StorePlace = DEFAULT_STORE,
    service: Service = None,
    month: Annotated[str | None, typer.Option(envvar="IVR_MONTH", help="2026-10, or 2026-01..2026-06.")] = None,
    since: Annotated[str | None, typer.Option(envvar="IVR_SINCE", help=f"Began at or after: {WHEN}.")] = None,
    until: Annotated[str | None, typer.Option(envvar="IVR_UNTIL", help="Began before: the same forms.")] = None,
    zone: Annotated[str, typer.Option(envvar="IVR_ZONE", help="Whose days and hours; default the service's.")] = "",
    seconds: Annotated[
        int, typer.Option(envvar="IVR_SERVICE_LEVEL_SECONDS", min=0, max=3600, help="Answered within these is in time.")
    ] = SECONDS,
    rules: RulesFile = DEFAULT_RULES,
    output: Annotated[StatsOutput, typer.Option(envvar="IVR_OUTPUT", help="Form of the answer.")] = StatsOutput.TABLE,
    plot: Annotated[bool, typer.Option("--plot", envvar="IVR_PLOT", help="Draw bars instead of tables.")] = False,
) -> None:
    """Tell what the call records say, by default of this month. Calls count in the month in which they began.

    Nouns: volume, outcomes, durations, service-level, abandoned, redirections, menus, unserved, repeat, announcements,
    safety, topics, rules, quality, all. docs/statistics.md defines every figure.

    Exit codes: 0 told, also that there was no call; 2 something has to be mended, the message says what.

    Example: ivr stats volume --service kekava --month 2026-10 --plot
    """
    at = now()
    house = house_of(rules, service, zone, at.date())
    scope = scope_of(Wanted(service, since, until, month), house.zone, at)
    asked = Asked(scope, at, house.safety_lines, seconds)

    async def read(opened: Store) -> dict[Noun, Told]:
        async with opened.reading() as connection:
            return await told(connection, noun, asked)

    _write(with_store(store, read), asked, output, plot=plot)


def _write(found: dict[Noun, Told], asked: Asked, output: StatsOutput, *, plot: bool) -> None:
    tables = [table for one in found.values() for table in one.tables]
    match output:
        case StatsOutput.JSON | StatsOutput.JSONL:
            scope = plain(asked.scope) | {"at": plain(asked.at)}
            figures = {noun.value: plain(one.figure) for noun, one in found.items()}
            typer.echo(json.dumps({"scope": scope} | figures, ensure_ascii=False))
        case StatsOutput.CSV:
            typer.echo(csv_text(tables), nl=False)
        case StatsOutput.TABLE:
            _say_scope(asked.scope)
            if plot:
                _plot(tables)
            else:
                _print(tables)


def _say_scope(scope: Scope) -> None:
    since, until = (at.astimezone(scope.zone) for at in (scope.since, scope.until))
    services = "all services" if scope.services is None else ", ".join(scope.services)
    chatter().print(f"{services}, {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}, {scope.zone.key}", soft_wrap=True)


def _print(tables: Iterable[FlatTable]) -> None:
    console = wide()
    for one in tables:
        if not one.rows:
            chatter().print(f"{one.name}: nothing")
            continue
        table = Table(title=one.name, title_justify="left", box=None)
        for place, column in enumerate(one.columns):
            table.add_column(column, justify="left" if isinstance(one.rows[0][place], str) else "right")
        for row in one.rows:
            table.add_row(*map(_cell, row))
        console.print(table)
        console.print()


def _plot(tables: Iterable[FlatTable]) -> None:
    console = wide()
    drawn = False
    for one in tables:
        lines = bars(one, min(console.width, 100))
        drawn = drawn or bool(lines)
        for line in (f"{one.name} ({one.bars})", *lines, "") if lines else ():
            typer.echo(printable(line))
    if not drawn:
        chatter().print("nothing to draw; leave out --plot to see the tables")


def _cell(cell: Cell) -> str:
    match cell:
        case None | "":
            return "-"
        case float():
            return f"{cell:.1f}"
        case _:
            return printable(str(cell))
