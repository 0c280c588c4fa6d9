"""`ivr records`: list and show call records, and bring journals into the record store."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import asdict, astuple
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from cdr.errors import OperatorFault
from cdr.journal import Journal
from cdr.journey import journey, summary
from cdr.masking import masked
from cdr.record import CallRecord
from cdr.recorder import follow, ingest_once
from cdr.store import Store, Written
from cdr.store_counts import AnnouncementCount
from ivr import logs
from ivr.cli.tables import printable, wide

app = typer.Typer(no_args_is_help=True, help="List and show call records; bring journals into the record store.")

DEFAULT_STORE = "var/records.sqlite3"
_UNITS = {"minutes": "m", "hours": "h", "days": "d", "weeks": "w"}
_Answer = TypeVar("_Answer")


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


StorePlace = Annotated[
    str, typer.Option("--store", envvar="IVR_STORE", help="The record store: a file or a database URL.")
]
Full = Annotated[bool, typer.Option("--full-numbers", envvar="IVR_FULL_NUMBERS", help="Show callers' whole numbers.")]


@app.command("list")
def list_command(
    store: StorePlace = DEFAULT_STORE,
    service: Annotated[str | None, typer.Option(envvar="IVR_SERVICE", help="Only this service.")] = None,
    since: Annotated[
        str | None, typer.Option(envvar="IVR_SINCE", help="Started at or after: a time, or an age as in 30m.")
    ] = None,
    until: Annotated[str | None, typer.Option(envvar="IVR_UNTIL", help="Started before: the same forms.")] = None,
    limit: Annotated[int, typer.Option(envvar="IVR_LIMIT", min=1, help="At most so many calls.")] = 20,
    output: Annotated[ListOutput, typer.Option(envvar="IVR_OUTPUT", help="Form of the answer.")] = ListOutput.TABLE,
    full_numbers: Full = False,
) -> None:
    """List calls, the newest first. Times without a zone are this machine's; the answer is in UTC.

    Example: ivr records list --service kekava --since 2h
    """
    start, end = _instant("--since", since), _instant("--until", until)

    async def read(opened: Store) -> list[CallRecord]:
        return await opened.records(service=service, since=start, until=end, limit=limit)

    found = _with_store(store, read)
    match output:
        case ListOutput.JSON:
            typer.echo(json.dumps([one.as_dict() for one in found], ensure_ascii=False))
        case ListOutput.JSONL:
            for one in found:
                typer.echo(json.dumps(one.as_dict(), ensure_ascii=False))
        case ListOutput.TABLE:
            _print_table(found, full_numbers=full_numbers)


@app.command("show")
def show_command(
    call: Annotated[str, typer.Argument(metavar="ID", help="The linkedid, or its beginning or end.")],
    store: StorePlace = DEFAULT_STORE,
    output: Annotated[ShowOutput, typer.Option(envvar="IVR_OUTPUT", help="Form of the answer.")] = ShowOutput.TABLE,
    full_numbers: Full = False,
) -> None:
    """Tell one call from the first ring to the end.

    Example: ivr records show 7214
    """
    record, lines = _with_store(store, lambda opened: _find(opened, call))
    match output:
        case ShowOutput.JSON:
            typer.echo(json.dumps(record.as_dict(), ensure_ascii=False, indent=2))
        case ShowOutput.JOURNAL:
            typer.echo(lines, nl=False)
        case ShowOutput.TABLE:
            typer.echo(f"call {record.linkedid}, {record.started:%Y-%m-%d %H:%M:%S} UTC")
            for text in (*journey(record, _number(record, full=full_numbers)), *summary(record)):
                typer.echo(printable(str(text)))


@app.command("announcements")
def announcements_command(
    store: StorePlace = DEFAULT_STORE,
    service: Annotated[str | None, typer.Option(envvar="IVR_SERVICE", help="Only this service.")] = None,
    since: Annotated[
        str | None, typer.Option(envvar="IVR_SINCE", help="Started at or after: a time, or an age as in 30m.")
    ] = None,
    output: Annotated[CountOutput, typer.Option(envvar="IVR_OUTPUT", help="Form of the answer.")] = CountOutput.TABLE,
) -> None:
    """Count who heard each announcement, and who hung up during it or within 5 seconds after it. Open calls wait.

    Example: ivr records announcements --service kekava --since 7d
    """
    start = _instant("--since", since)
    found = _with_store(store, lambda opened: opened.announcement_counts(service=service, since=start))
    if output is CountOutput.JSON:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    elif found:
        _print_counts(found)
    else:
        _chatter().print("no call that has ended met an announcement; see `ivr records list` for the calls there are")


@app.command("follow")
def follow_command(
    journal: Annotated[Path, typer.Argument(envvar="IVR_JOURNAL", help="Asterisk's CEL file.")],
    store: StorePlace = DEFAULT_STORE,
) -> None:
    """Bring every new line of a journal into the store until Ctrl-C.

    Example: ivr records follow var/pbx/log/asterisk/cel-custom/journal.csv
    """
    logs.set_up("info")

    async def run(opened: Store) -> None:
        _chatter().print(f"following {journal} into {opened.place}; Ctrl-C ends it", soft_wrap=True)
        await follow(Journal(journal), opened, on_written=_tell)

    try:
        _with_store(store, run, create=True)
    except KeyboardInterrupt:
        _chatter().print("stopped; the next start goes on from here")


@app.command("ingest")
def ingest_command(
    file: Annotated[Path, typer.Argument(help="A journal file, current or rotated.")],
    store: StorePlace = DEFAULT_STORE,
) -> None:
    """Bring one journal file into the store. Lines that are there already change nothing.

    Example: ivr records ingest journal.csv.1
    """
    done = _with_store(store, lambda opened: ingest_once(file, opened), create=True)
    typer.echo(f"{done.lines} new lines of {done.calls} calls, {done.bad_lines} bad lines")
    if done.bad_lines:
        _chatter().print("the bad lines were put into quarantine; see docs/records.md")
    if done.unfinished:
        _chatter().print(
            f"the last {done.unfinished} bytes of {file} are no whole line yet and were left", soft_wrap=True
        )


def _with_store(place: str, work: Callable[[Store], Coroutine[Any, Any, _Answer]], *, create: bool = False) -> _Answer:
    """Open the store, work, close it. What an operator has to mend ends the command with exit code 2."""

    async def run() -> _Answer:
        async with await Store(place).open(create=create) as opened:
            return await work(opened)

    try:
        return asyncio.run(run())
    except OperatorFault as fault:
        _chatter().print(f"ivr: {fault}", soft_wrap=True)
        raise typer.Exit(2) from fault


async def _find(opened: Store, part: str) -> tuple[CallRecord, bytes]:
    ids = await opened.find(part)
    record = await opened.record(ids[0]) if len(ids) == 1 else None
    if record is not None:
        return record, await opened.journal_of(record.linkedid)
    if ids:
        _chatter().print(f"{len(ids)} or more calls begin or end with {part!r}; give more of it: {', '.join(ids)}")
    else:
        _chatter().print(f"no call begins or ends with {part!r}; see `ivr records list` for what there is")
    raise typer.Exit(1)


def _instant(option: str, text: str | None) -> datetime | None:
    """Read an ISO time (this machine's zone unless it names one) or an age such as `30m`, `2h`, `7d`."""
    if text is None:
        return None
    for unit, letter in _UNITS.items():
        if text.endswith(letter) and text[:-1].isdigit() and len(text) < 7:
            return datetime.now(UTC) - timedelta(**{unit: int(text[:-1])})  # noqa: TID251 - the CLI reads the clock
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        expected = "a time as in 2026-11-21 or 2026-11-21T18:45, or an age as in 30m, 2h, 7d"
        raise typer.BadParameter(f"{option} {text!r}: expected {expected}") from error


def _print_table(found: list[CallRecord], *, full_numbers: bool) -> None:
    if not found:
        _chatter().print("no calls match; the journal may not have been read yet (`ivr records follow`)")
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
            _number(one, full=full_numbers),
            one.path,
            one.answered_by,
            one.disposition.value,
            f"{one.total.total_seconds():.1f}",
        )
    wide().print(table)


def _print_counts(found: list[AnnouncementCount]) -> None:
    table = Table(box=None)
    table.add_column("announcement")
    for name in ("calls", "heard whole", "in part", "hung up during it", "within 5 s after it"):
        table.add_column(name, justify="right")
    for one in found:
        name, *numbers = astuple(one)
        table.add_row(name, *map(str, numbers))
    wide().print(table)


def _number(record: CallRecord, *, full: bool) -> str:
    return printable((record.caller or "withheld") if full else masked(record.caller))


def _tell(written: Written) -> None:
    if written.lines or written.bad_lines:
        _chatter().print(f"{written.lines} lines of {written.calls} calls, {written.bad_lines} bad lines")


def _chatter() -> Console:
    return Console(stderr=True, highlight=False, markup=False)
