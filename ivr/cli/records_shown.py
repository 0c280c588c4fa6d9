"""`ivr records list`, `show` and `announcements`: what the store holds, told to people and to programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from cdr.record.journey import journey, summary
from cdr.record.record import CallRecord
from cdr.statistics.announcements import announcements
from cdr.statistics.figures_content import AnnouncementCount
from cdr.statistics.scope import Scope
from cdr.store.store import Store
from ivr.cli.callers import callers_of, reason_of
from ivr.cli.records_options import (
    DEFAULT_STORE,
    Full,
    Node,
    Reason,
    Service,
    Since,
    StorePlace,
    Until,
    chatter,
    instant,
    with_store,
)
from ivr.cli.tables import printable, wide


class ListOutput(StrEnum):
    """How a list is written: for people, as one JSON array, or one JSON object per line."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


class ShowOutput(StrEnum):
    """How one call is written: told to people, as JSON, or as the journal lines it was made from."""

    TABLE = "table"
    JSON = "json"
    JOURNAL = "journal"


class CountOutput(StrEnum):
    """How counts are written: for people, or as one JSON array."""

    TABLE = "table"
    JSON = "json"


def list_command(
    store: StorePlace = DEFAULT_STORE,
    service: Service = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(envvar="IVR_LIMIT", min=1, help="At most so many calls.")] = 20,
    output: Annotated[ListOutput, typer.Option(envvar="IVR_OUTPUT", help="Form of the answer.")] = ListOutput.TABLE,
    full_numbers: Full = False,
    reason: Reason = "",
) -> None:
    """List calls, the newest first. Times without a zone are this machine's; the answer is in UTC.

    Example: ivr records list --service kekava --since 2h
    """
    start, end = instant("--since", since), instant("--until", until)
    why = reason_of(full=full_numbers, reason=reason)

    async def read(opened: Store) -> tuple[list[CallRecord], Mapping[str, str]]:
        records = await opened.records(service=service, since=start, until=end, limit=limit)
        return records, await callers_of(opened, [one.caller for one in records], why)

    found, callers = with_store(store, read)
    match output:
        case ListOutput.JSON:
            typer.echo(json.dumps([_plain(one, callers) for one in found], ensure_ascii=False))
        case ListOutput.JSONL:
            for one in found:
                typer.echo(json.dumps(_plain(one, callers), ensure_ascii=False))
        case ListOutput.TABLE:
            _print_table(found, callers)


def show_command(
    call: Annotated[str, typer.Argument(metavar="ID", help="The linkedid, or its beginning or end.")],
    store: StorePlace = DEFAULT_STORE,
    output: Annotated[ShowOutput, typer.Option(envvar="IVR_OUTPUT", help="Form of the answer.")] = ShowOutput.TABLE,
    node: Node = "",
    full_numbers: Full = False,
    reason: Reason = "",
) -> None:
    """Tell one call from the first ring to the end.

    Example: ivr records show 7214
    """
    why = reason_of(full=full_numbers, reason=reason)

    async def read(opened: Store) -> tuple[CallRecord, bytes, Mapping[str, str]]:
        found = await _find(opened, call, node)
        lines = await opened.journal_of(found.linkedid, found.node)
        return found, lines, await callers_of(opened, [found.caller], why)

    record, lines, callers = with_store(store, read)
    match output:
        case ShowOutput.JSON:
            typer.echo(json.dumps(_plain(record, callers), ensure_ascii=False, indent=2))
        case ShowOutput.JOURNAL:
            number = callers[record.caller].encode() if why else record.caller.encode()
            typer.echo(lines.replace(record.caller.encode(), number) if record.caller else lines, nl=False)
        case ShowOutput.TABLE:
            typer.echo(f"call {record.linkedid}, {record.started:%Y-%m-%d %H:%M:%S} UTC")
            for text in (*journey(record, printable(callers[record.caller])), *summary(record)):
                typer.echo(printable(str(text)))


def announcements_command(
    store: StorePlace = DEFAULT_STORE,
    service: Service = None,
    since: Since = None,
    output: Annotated[CountOutput, typer.Option(envvar="IVR_OUTPUT", help="Form of the answer.")] = CountOutput.TABLE,
) -> None:
    """Count who heard each announcement, and who hung up during it or within 5 seconds after it. Open calls wait.

    Example: ivr records announcements --service kekava --since 7d
    """
    start = instant("--since", since) or datetime.min.replace(tzinfo=UTC)
    scope = Scope(None if service is None else (service,), start, datetime.max.replace(tzinfo=UTC), ZoneInfo("UTC"))

    async def read(opened: Store) -> tuple[AnnouncementCount, ...]:
        async with opened.reading() as connection:
            return await announcements(connection, scope)

    found = with_store(store, read)
    if output is CountOutput.JSON:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    elif found:
        _print_counts(found)
    else:
        chatter().print("no call that has ended met an announcement; see `ivr records list` for the calls there are")


async def _find(opened: Store, part: str, node: str) -> CallRecord:
    ids = await opened.find(part)
    nodes = await opened.nodes_of(ids[0]) if len(ids) == 1 else []
    if len(nodes) == 1 or node in nodes:
        record = await opened.record(ids[0], node if node in nodes else nodes[0])
        if record is not None:
            return record
    if nodes:
        chatter().print(f"call {ids[0]} is known on {len(nodes)} PBXs; name one with --node: {', '.join(nodes)}")
    elif ids:
        chatter().print(f"{len(ids)} or more calls begin or end with {part!r}; give more of it: {', '.join(ids)}")
    else:
        chatter().print(f"no call begins or ends with {part!r}; see `ivr records list` for what there is")
    raise typer.Exit(1)


def _plain(record: CallRecord, callers: Mapping[str, str]) -> dict[str, object]:
    return record.as_dict() | {"caller": callers[record.caller] if record.caller else ""}


def _print_table(found: list[CallRecord], callers: Mapping[str, str]) -> None:
    if not found:
        chatter().print("no calls match; the journal may not have been read yet (`ivr records follow`)")
        return
    table = Table(box=None)
    for name in ("started (UTC)", "call", "service", "caller", "keys", "answered by", "outcome"):
        table.add_column(name, no_wrap=name in ("started (UTC)", "call", "caller"))
    table.add_column("seconds", justify="right")
    for one in found:
        table.add_row(
            f"{one.started:%Y-%m-%d %H:%M:%S}",
            one.linkedid,
            one.service or one.number,
            printable(callers[one.caller]),
            one.path,
            one.answered_by,
            one.disposition.value,
            f"{one.total.total_seconds():.1f}",
        )
    wide().print(table)


def _print_counts(found: Sequence[AnnouncementCount]) -> None:
    table = Table(box=None)
    table.add_column("announcement")
    for name in ("calls", "heard whole", "in part", "hung up during it", "within 5 s after it"):
        table.add_column(name, justify="right")
    for one in found:
        name, *numbers = astuple(one)
        table.add_row(name, *map(str, numbers))
    wide().print(table)
