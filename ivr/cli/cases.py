"""`ivr cases`: requests that came otherwise than by phone, and what became of requests, for the monthly report."""

from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from cdr.cases.cases import Case, read_cases
from cdr.cases.store import Imported, put_cases
from cdr.store.store import Store
from ivr.cli.records_options import DEFAULT_STORE, StorePlace, chatter, with_store
from ivr.cli.tables import printable

app = typer.Typer(no_args_is_help=True, help="Bring citizens' requests of other channels into the record store.")

SHOWN = 20  # wrong rows that are named
LARGEST = 256 * 1024 * 1024  # bytes of a file


@app.callback()
def cases() -> None:
    """Bring citizens' requests of other channels into the record store."""


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV with a header line, or JSON Lines (.jsonl, .ndjson).")],
    store: StorePlace = DEFAULT_STORE,
    service: Annotated[str, typer.Option(envvar="IVR_SERVICE", help="The service of rows that name none.")] = "",
    source: Annotated[
        str, typer.Option(envvar="IVR_CASES_SOURCE", help="The system the file comes from; its references are its own.")
    ] = "import",
    zone: Annotated[str, typer.Option(envvar="IVR_ZONE", help="The zone of times that name none.")] = "UTC",
) -> None:
    """Import requests. A file may come twice or grow: a reference that is known is replaced. One wrong row: nothing is.

    Columns: reference, at, channel (needed), service, topic, status, opened, closed; see docs/report.md.

    Example: ivr cases import requests-2026-10.csv --service kekava --zone Europe/Riga
    """
    text = _text_of(file)
    json_lines = file.suffix.lower() in (".jsonl", ".ndjson")
    found, wrong = read_cases(text, json_lines=json_lines, zone=_zone(zone), service=service)
    if wrong:
        _tell(f"ivr: {file}: nothing was imported, {len(wrong)} rows are wrong; mend them and import the file again")
        for one in wrong[:SHOWN]:
            _tell(f"  {printable(str(one))}")
        if len(wrong) > SHOWN:
            _tell(f"  and {len(wrong) - SHOWN} more")
        raise typer.Exit(2)
    done = _write(store, source, found)
    typer.echo(f"{len(found)} requests: {done.new} new, {done.changed} changed, {done.same} already there")


def _text_of(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            _fail(f"{file}: larger than {LARGEST // 1024**2} MiB; split it, each part with the header line")
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        _fail(f"{file}: {error.strerror}; give a CSV or JSON Lines file")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        _fail(f"{file}: line {line} is not UTF-8; save the file as UTF-8 and import it again")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise typer.BadParameter(f"--zone {name!r}: expected a name such as Europe/Riga") from error


def _write(place: str, source: str, found: list[Case]) -> Imported:
    async def work(opened: Store) -> Imported:
        async with opened.writing() as connection:
            return await put_cases(connection, source, found)

    return with_store(place, work, create=True)


def _fail(message: str) -> NoReturn:
    _tell(f"ivr: {message}")
    raise typer.Exit(2)


def _tell(message: str) -> None:
    chatter().print(message, soft_wrap=True)
