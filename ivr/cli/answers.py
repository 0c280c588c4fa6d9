"""How commands write lists: a table for people, one JSON array, or one JSON object a line.

Rule 1: names of columns and keys do not change between releases without a word in the changelog; new ones come last.
Rule 2: in a pipe a table has no lines drawn, no colours, and no value is cut; columns are at least two spaces apart, and a
value that is empty is `-`.
"""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import zip_longest
from typing import Annotated, TypeAlias, TypeVar, assert_never

import typer
from rich.cells import cell_len

from ivr.cli.exits import Code
from ivr.cli.tables import printable

T = TypeVar("T")
Columns: TypeAlias = Mapping[str, Callable[[T], object]]
"""The columns of a table by name: what of an item stands there."""
EMPTY = "-"
NARROWEST = 7  # places of a column on a terminal that is too narrow even for pieces
_ENDS = re.compile(r"(?<=[-&,=/ ])(?=.)|(?<=\d)(?=T\d)")
"""Where a value may be folded: after the parts of a name, between words, between date and time."""


class Output(StrEnum):
    """How answers are written: for people, as one JSON document, or as one JSON object a line."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


Form = Annotated[Output, typer.Option("--output", envvar="IVR_OUTPUT", help="Form of the answer.")]
Headers = Annotated[
    bool, typer.Option("--headers/--no-headers", envvar="IVR_HEADERS", help="Name the columns of a table.")
]


def tell(
    items: Sequence[T],
    columns: Columns[T],
    facts: Callable[[T], Mapping[str, object]],
    form: Output,
    *,
    headers: bool = True,
) -> None:
    """Write a list: what `columns` say of each item for people, what `facts` says for programs."""
    match form:
        case Output.JSON:
            typer.echo(as_json([facts(one) for one in items]))
        case Output.JSONL:
            for one in items:
                typer.echo(as_json(facts(one)))
        case Output.TABLE:
            table([[cell(value(one)) for value in columns.values()] for one in items], list(columns), headers=headers)
        case _:
            assert_never(form)


def tell_found(
    items: Sequence[T],
    columns: Columns[T],
    facts: Callable[[T], Mapping[str, object]],
    form: Output,
    nothing: str,
    *,
    headers: bool = True,
) -> None:
    """Write a list, as `tell`. An empty one ends the command with exit code 1; `nothing` says it to people, on stderr."""
    if items or form is not Output.TABLE:
        tell(items, columns, facts, form, headers=headers)
    else:
        typer.echo(nothing, err=True)
    if not items:
        raise typer.Exit(Code.NO)


def tell_one(facts: Mapping[str, object], words: Iterable[str], form: Output) -> None:
    """Write one answer: its words for people, its facts for programs."""
    if form is Output.TABLE:
        for line in words:
            typer.echo(printable(line))
    else:
        typer.echo(as_json(facts))


def as_json(value: object) -> str:
    """Write JSON on one line, letters as they are; what could steer a terminal is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def cell(value: object) -> str:
    """Write one value of a table."""
    match value:
        case None | "" | ():
            return EMPTY
        case bool():
            return "yes" if value else "no"
        case tuple() | list():
            return printable(",".join(map(str, value)))
        case _:
            return printable(str(value))


def table(rows: Sequence[Sequence[str]], names: Sequence[str], *, headers: bool = True) -> None:
    """Write a table as wide as the terminal; in a pipe as wide as its values."""
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in plain([names, *rows] if headers else rows, room):
        typer.echo(line)


def plain(rows: Sequence[Sequence[str]], room: int | None = None) -> list[str]:
    """Lay out rows in columns, two spaces apart; with `room` values are folded where their pieces end.

    A wide letter takes two places.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    if room is not None:
        pieces = [max(cell_len(piece) for value in column for piece in _pieces(value)) for column in columns]
        widths = fitted(fitted(widths, pieces, room), [NARROWEST] * len(columns), room)
    lines = []
    for row in rows:
        cells = [folded(value, width) for value, width in zip(row, widths, strict=True)]
        lines += ["  ".join(_padded(parts, widths)).rstrip() for parts in zip_longest(*cells, fillvalue="")]
    return lines


def fitted(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Make columns narrower until they fit, two spaces apart, or are at their `least`: always the widest one.

    The first column, which other commands are given, stays as it is.
    """
    found = list(widths)
    while sum(found) + 2 * (len(found) - 1) > room:
        free = [one for one in range(1, len(found)) if found[one] > least[one]]
        if not free:
            break
        found[max(free, key=lambda one: found[one])] -= 1
    return found


def folded(value: str, width: int) -> list[str]:
    """Fold a value into lines of a width: where a piece of it ends, else anywhere. Nothing is lost but spaces at ends."""
    lines = [""]
    for piece in _pieces(value):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        for letter in piece:
            if cell_len(lines[-1] + letter) > width and letter != " ":
                lines.append("")
            lines[-1] += letter
    return [line.rstrip() for line in lines]


def _pieces(value: str) -> list[str]:
    return _ENDS.split(value)


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [value + " " * (width - cell_len(value)) for value, width in zip(row, widths, strict=True)]
