"""`ivr records list`, `show` and `announcements`: what the store holds, told to people and to programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cdr.record.journey import journey, summary
from cdr.record.record import CallRecord
from cdr.statistics.announcements import announcements
from cdr.statistics.figures_content import AnnouncementCount
from cdr.statistics.scope import Scope
from cdr.store.store import Store
from ivr.cli.answers import Columns, Form, Headers, Output, tell
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
from ivr.cli.tables import printable


class ShowOutput(StrEnum):
    """How one call is written: told to people, as JSON, in one line, or as the journal lines it was made from."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    JOURNAL = "journal"


def list_command(
    store: StorePlace = DEFAULT_STORE,
    service: Service = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(envvar="IVR_LIMIT", min=1, help="At most so many calls.")] = 20,
    output: Form = Output.TABLE,
    headers: Headers = True,
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
    if not found and output is Output.TABLE:
        chatter().print("no calls match; the journal may not have been read yet (`ivr records follow`)")
        return
    columns: Columns[CallRecord] = {
        "started (UTC)": lambda one: f"{one.started:%Y-%m-%d %H:%M:%S}",
        "call": lambda one: one.linkedid,
        "service": lambda one: one.service or one.number,
        "caller": lambda one: callers[one.caller],
        "keys": lambda one: one.path,
        "answered by": lambda one: one.answered_by,
        "outcome": lambda one: one.disposition.value,
        "seconds": lambda one: f"{one.total.total_seconds():.1f}",
    }
    tell(found, columns, lambda one: _plain(one, callers), output, headers=headers)


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
        case ShowOutput.JSONL:
            typer.echo(json.dumps(_plain(record, callers), ensure_ascii=False))
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
    output: Form = Output.TABLE,
    headers: Headers = True,
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
    if not found and output is Output.TABLE:
        chatter().print("no call that has ended met an announcement; see `ivr records list` for the calls there are")
        return
    columns: Columns[AnnouncementCount] = {
        "announcement": lambda one: one.announcement,
        "calls": lambda one: one.begun,
        "heard whole": lambda one: one.whole,
        "in part": lambda one: one.part,
        "hung up during it": lambda one: one.hung_up_during,
        "within 5 s after it": lambda one: one.hung_up_after,
    }
    tell(found, columns, asdict, output, headers=headers)


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
