"""`ivr records export`: calls as a file for other programs."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from cdr.export.export import Range, count, export
from cdr.export.formats import Format, writer
from cdr.store.store import Store
from ivr.cli.callers import callers_of, reason_of
from ivr.cli.records_options import (
    DEFAULT_STORE,
    Full,
    Reason,
    Service,
    Since,
    StorePlace,
    Until,
    bar,
    chatter,
    instant,
    with_store,
)
from ivr.cli.rules_read import rules_of
from ivr.cli.whole_file import STANDARD_OUTPUT, whole_file
from ivr.errors import IvrError
from ivr.settings import load


def export_command(
    store: StorePlace = DEFAULT_STORE,
    kind: Annotated[Format, typer.Option("--format", envvar="IVR_FORMAT", help="csv, jsonl or parquet.")] = Format.CSV,
    output: Annotated[Path, typer.Option("-o", "--file", help="The file; - is standard output.")] = STANDARD_OUTPUT,
    service: Service = None,
    since: Since = None,
    until: Until = None,
    zone: Annotated[str, typer.Option(envvar="IVR_ZONE", help="Clock of `started_local`, if not each service's.")] = "",
    separator: Annotated[str, typer.Option(help="Between the values of CSV.")] = ";",
    full_numbers: Full = False,
    reason: Reason = "",
) -> None:
    """Write calls, the oldest first, in constant memory; the columns stand in docs/export.md.

    Example: ivr records export --format csv --since 2026-10-01 --until 2026-11-01 -o october.csv
    """
    wanted = Range(service, instant("--since", since), instant("--until", until))
    why, clock = reason_of(full=full_numbers, reason=reason), _clock(zone)
    if len(separator) != 1 or not separator.isascii() or separator in '"\r\n':
        raise typer.BadParameter(f"--separator {separator!r}: expected one character such as ; or ,")

    async def work(opened: Store) -> int:
        async def show(callers: Iterable[str]) -> Mapping[str, str]:
            return await callers_of(opened, callers, why)

        every = await count(opened, wanted)
        with whole_file(output) as file, bar() as done:
            made = writer(kind, file, separator)
            return await export(opened, wanted, made, show, zone_of=clock, wrote=lambda wrote: done(wrote, every))

    number = with_store(store, work)
    chatter().print(f"{number} calls" + ("" if output == STANDARD_OUTPUT else f" in {output}"), soft_wrap=True)


def _clock(zone: str) -> Callable[[str], tzinfo]:
    """Give the clock of each service: the one asked for, else that of the rules, else UTC."""
    if zone:
        try:
            found = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise typer.BadParameter(f"--zone {zone!r}: expected a name such as Europe/Riga") from error
        return lambda _: found
    try:
        services = rules_of(load()).current.services
    except IvrError as error:
        chatter().print(f"started_local is in UTC, because the rules cannot be read: {error}", soft_wrap=True)
        services = {}
    zones = {str(name): service.zone for name, service in services.items()}

    @lru_cache
    def clock(service: str) -> tzinfo:
        return zones.get(service, UTC)

    return clock
