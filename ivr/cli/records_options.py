"""What the commands of `ivr records` share: their options, how they read times, how they open the store."""

import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from cdr.store.store import Store
from ivr.cli.start import complete, now
from ivr.cli.stores import sealed_store
from ivr.settings import load

DEFAULT_STORE = "var/records.sqlite3"
_UNITS = {"minutes": "m", "hours": "h", "days": "d", "weeks": "w"}
_Answer = TypeVar("_Answer")

StorePlace = Annotated[
    str,
    typer.Option("--store", envvar="IVR_STORE", help="The record store: a file or postgresql://user@host/database."),
]
Service = Annotated[str | None, typer.Option(envvar="IVR_SERVICE", help="Only this service.")]
Since = Annotated[
    str | None, typer.Option(envvar="IVR_SINCE", help="Started at or after: a time, or an age as in 30m.")
]
Until = Annotated[str | None, typer.Option(envvar="IVR_UNTIL", help="Started before: the same forms.")]
Full = Annotated[
    bool, typer.Option("--full-numbers", envvar="IVR_FULL_NUMBERS", help="Show callers' whole numbers; needs --reason.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why whole numbers are needed; it is kept in the audit.")]
Node = Annotated[
    str, typer.Option("--node", envvar="IVR_NODE", help="The PBX, if its calls' uniqueids do not begin with its name.")
]


def with_store(
    place: str, work: Callable[[Store], Coroutine[Any, Any, _Answer]], *, create: bool = False, sealed: bool = False
) -> _Answer:
    """Open the store, work, close it. Raises OperatorFault with what an operator has to mend.

    `sealed` is for commands that add lines: callers' numbers are sealed as the settings say.
    """

    async def run() -> _Answer:
        store = sealed_store(load(), place) if sealed else Store(place)
        async with await store.open(create=create) as opened:
            return await work(opened)

    return complete(run())


def instant(option: str, text: str | None) -> datetime | None:
    """Read an ISO time (this machine's zone unless it names one) or an age such as `30m`, `2h`, `7d`."""
    if text is None:
        return None
    for unit, letter in _UNITS.items():
        if text.endswith(letter) and text[:-1].isdigit() and len(text) < 7:
            return now() - timedelta(**{unit: int(text[:-1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        expected = "a time as in 2026-11-21 or 2026-11-21T18:45, or an age as in 30m, 2h, 7d"
        raise typer.BadParameter(f"{option} {text!r}: expected {expected}") from error


def chatter() -> Console:
    """Give the console for what is no answer."""
    return Console(stderr=True, highlight=False, markup=False)


@contextmanager
def bar() -> Iterator[Callable[[int, int], object]]:
    """Show on a terminal how far it is; give what is told so many done of so many."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=chatter(), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, every: progress.update(task, completed=done, total=every)
