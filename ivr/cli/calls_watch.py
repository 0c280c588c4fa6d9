"""`ivr calls watch`: a line for each change of the calls under way, as it happens.

Rule 1: each line is written at once. Whoever reads and goes away (`| head -1`) ends it, also while nothing changes.
"""

import asyncio
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import typer

from ivr.cli.answers import Form, Output, as_json
from ivr.cli.calls_told import Told
from ivr.cli.completing import call_names
from ivr.cli.start import complete, settings
from ivr.cli.supervised import answered, name_of, supervision
from ivr.cli.tables import printable
from ivr.settings import Settings
from ivr.supervision.models import Change
from ivr.supervision.zones import zone_of


def watch_command(
    service: Annotated[str, typer.Option(envvar="IVR_SERVICE", help="Only calls of this service.")] = "",
    until_ended: Annotated[
        str,
        typer.Option(metavar="CALL", autocompletion=call_names, help="Only this call, until it has ended."),
    ] = "",
    output: Form = Output.TABLE,
) -> None:
    """Tell every change of the calls under way, first the calls that there are, until Ctrl-C. Times are the municipality's.

    It goes on when supervision starts again, and says on stderr that it was away. With --output jsonl (or json) each
    line is one change as the API sends it: `sequence`, `kind`, and a value under the name of the kind.

    Exit codes: 0 ended by Ctrl-C, by who reads, or the call has ended; 1 no such call; 3 no supervision answers.

    Example: ivr calls watch --until-ended 7214.0 --output jsonl
    """
    found = settings()
    with supervision(found) as client:
        calls = client.calls().calls  # it must answer now; later it may be away for a while
        zone = zone_of(client.health().zone)
    call = name_of(until_ended, [one.call for one in calls]) if until_ended else ""
    try:
        with answered():
            complete(_watch(found, Told(zone, service, call), output))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still holds at its end


async def _watch(found: Settings, told: Told, output: Output) -> None:
    """Write changes until the call that is watched has ended, or nobody reads any more."""
    asyncio.get_running_loop().set_exception_handler(_failed)
    watching = asyncio.ensure_future(_written(found, told, output))
    with _reader_gone(watching), suppress(asyncio.CancelledError):
        await watching


async def _written(found: Settings, told: Told, output: Output) -> None:
    from ivr.supervision.client import AsyncClient  # noqa: PLC0415 - loads an HTTP client

    async with AsyncClient(found) as client:
        async for change in client.events():
            _write(change, told, output)
            if told.over:
                return


def _write(change: Change, told: Told, output: Output) -> None:
    if change.notice is not None:
        sign = "! " if change.notice.trouble else ""
        typer.echo(printable(f"ivr: {sign}{change.notice.text}"), err=True)
    if output is Output.TABLE:
        for line in told.lines(change):
            typer.echo(printable(line))
    elif (facts := told.facts(change)) is not None:
        typer.echo(as_json(facts))


def _failed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Pass over what anyio leaves in the loop if it is cancelled in the moment in which data comes: it tells a dead future."""
    if not isinstance(context.get("exception"), asyncio.InvalidStateError):
        loop.default_exception_handler(context)


@contextmanager
def _reader_gone(watching: "asyncio.Future[None]") -> Iterator[None]:
    """Cancel when nobody reads from stdout any more: the kernel tells it of a pipe although nothing is written."""
    loop = asyncio.get_running_loop()
    with select.epoll() as gone:
        try:
            gone.register(sys.stdout.fileno(), 0)  # errors are told without being asked for
        except (OSError, ValueError):  # a file, or a test's buffer, has no reader
            yield
            return
        loop.add_reader(gone.fileno(), watching.cancel)
        try:
            yield
        finally:
            loop.remove_reader(gone.fileno())
