"""`ivr records follow | ingest | rebuild | quarantine`: how journals become records."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cdr.errors import JournalUnreadable
from cdr.export.export import Range, count
from cdr.journal.reader import Journal
from cdr.journal.sources import source_of
from cdr.recorder import Ingested, follow, ingest_once
from cdr.store.read import Quarantined
from cdr.store.rebuild import Difference, Which, differences, rebuild
from cdr.store.store import Store, Written
from ivr import logs
from ivr.cli.progress import working
from ivr.cli.records_options import (
    DEFAULT_STORE,
    Node,
    Service,
    Since,
    StorePlace,
    Until,
    bar,
    chatter,
    instant,
    with_store,
)
from ivr.cli.tables import printable, wide

SHOWN = 100  # characters of a bad line


def follow_command(
    journal: Annotated[
        str,
        typer.Argument(envvar="IVR_JOURNAL", help="Asterisk's CEL file, or postgresql://user@host/database?table=cel."),
    ],
    store: StorePlace = DEFAULT_STORE,
    node: Node = "",
) -> None:
    """Bring every new line of a journal into the store until Ctrl-C.

    Example: ivr records follow var/pbx/log/asterisk/cel-custom/journal.csv
    """
    logs.set_up("info")

    async def run(opened: Store) -> None:
        source = source_of(journal, node)
        chatter().print(f"following {source.name} into {opened.place}; Ctrl-C ends it", soft_wrap=True)
        await follow(source, opened, on_written=_tell)

    try:
        with_store(store, run, create=True, sealed=True)
    except KeyboardInterrupt:
        chatter().print("stopped; the next start goes on from here")


def ingest_command(
    file: Annotated[str, typer.Argument(help="A journal file, current or rotated, or a table as for `follow`.")],
    store: StorePlace = DEFAULT_STORE,
    node: Node = "",
) -> None:
    """Bring one journal into the store. Lines that are there already change nothing.

    Example: ivr records ingest journal.csv.1
    """
    with working(f"reading {file}"):
        done = with_store(store, lambda opened: _ingest(opened, file, node), create=True, sealed=True)
    typer.echo(f"{done.lines} new lines of {done.calls} calls, {done.bad_lines} bad lines")
    if done.bad_lines:
        chatter().print("the bad lines were put into quarantine; see `ivr records quarantine`")
    if done.unfinished:
        chatter().print(
            f"the last {done.unfinished} bytes of {file} are no whole line yet and were left", soft_wrap=True
        )


def rebuild_command(
    files: Annotated[
        list[Path] | None, typer.Option("--from", help="Fill an empty store from this journal file; may be repeated.")
    ] = None,
    store: StorePlace = DEFAULT_STORE,
    service: Service = None,
    since: Since = None,
    until: Until = None,
    node: Node = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which calls would have other rows.")] = False,
) -> None:
    """Make all records again from the journal lines that the store keeps, or from journal files. Safe to kill.

    Exit code 1 with --dry-run if a call's rows are other than its lines say.

    Example: ivr records rebuild --service kekava --dry-run
    """
    which = Which(service, instant("--since", since), instant("--until", until))
    if files:
        _refuse_part(which, dry_run=dry_run)
        done = with_store(store, lambda opened: _from_files(opened, files, node), create=True, sealed=True)
        typer.echo(f"{done} calls from {len(files)} files")
    elif dry_run:
        found = with_store(store, lambda opened: _dry(opened, which))
        for one in found:
            typer.echo(f"{one.linkedid}{f' on {one.node}' if one.node else ''}: {', '.join(one.tables)}")
        chatter().print(f"{len(found)} calls would have other rows")
        raise typer.Exit(1 if found else 0)
    else:
        typer.echo(f"{with_store(store, lambda opened: _again(opened, which), sealed=True)} calls made again")


def quarantine_command(store: StorePlace = DEFAULT_STORE) -> None:
    """Show the pieces of the journal that could not be read: where they stood, and why.

    Example: ivr records quarantine
    """
    found = with_store(store, _quarantined)
    if not found:
        chatter().print("nothing is in quarantine: every line of the journal was read")
        return
    table = Table("file", "byte", "reason", "text", box=None)
    for one in found:
        bad = one.bad_line
        table.add_row(one.file, str(bad.offset), bad.reason, printable(bad.text[:SHOWN]))
    wide().print(table)


async def _quarantined(opened: Store) -> list[Quarantined]:
    return await opened.quarantined()


async def _ingest(opened: Store, file: str, node: str) -> Ingested:
    source = source_of(file, node)
    if isinstance(source, Journal) and not source.path.exists():
        raise JournalUnreadable.at(source.name, "there is no such file")
    return await ingest_once(source, opened)


async def _from_files(opened: Store, files: list[Path], node: str) -> int:
    """Bring files into a store that is empty; one that was begun from the same files goes on."""
    if await opened.records(limit=1) and not await opened.position(Journal(files[0]).name):
        chatter().print(
            f"ivr: {opened.place} holds calls already. Name a new store with --store, or use `ivr records ingest FILE`"
        )
        raise typer.Exit(2)
    with bar() as done:
        for number, file in enumerate(files, 1):
            await _ingest(opened, str(file), node)
            done(number, len(files))
    return await count(opened, Range())


async def _again(opened: Store, which: Which) -> int:
    with bar() as done:
        return await rebuild(opened, which, done)


async def _dry(opened: Store, which: Which) -> list[Difference]:
    with bar() as done:
        return [one async for one in differences(opened, which, done)]


def _refuse_part(which: Which, *, dry_run: bool) -> None:
    if dry_run or which != Which():
        raise typer.BadParameter("--from takes whole files into an empty store: leave --dry-run and the filters away")


def _tell(written: Written) -> None:
    if written.lines or written.bad_lines:
        chatter().print(f"{written.lines} lines of {written.calls} calls, {written.bad_lines} bad lines")
