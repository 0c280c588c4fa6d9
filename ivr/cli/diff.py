"""`ivr rules diff`: what changes for callers between two rules files."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ivr.cli.answers import Form, Output
from ivr.cli.start import now
from ivr.cli.tables import wide
from ivr.errors import SettingsError
from ivr.proof.diff import Change, diff
from ivr.proof.diff_text import NOTHING, as_dict, rows, sentences
from ivr.rulebook.read import read, years_around

DAYS_OF_MONTH = 30.44


def diff_command(
    old: Annotated[Path, typer.Argument(help="The rules as they are.")],
    new: Annotated[Path, typer.Argument(help="The rules as they will be.")],
    months: Annotated[int, typer.Option("--months", min=1, max=60, help="How many months to look at.")] = 13,
    start: Annotated[str, typer.Option("--from", help="The first day, `2026-12-01`; else today.")] = "",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 if anything changes.")] = False,
    output: Form = Output.TABLE,
) -> None:
    """Say what changes for callers: numbers, keys, hours, phones, prompts, languages, safety lines.

    Example: ivr rules diff routing_rules.yaml new/routing_rules.yaml --from 2026-12-01
    """
    first = _first(start)
    last = first + timedelta(days=round(months * DAYS_OF_MONTH) - 1)
    years = range(years_around(first.year).start, years_around(last.year).stop)
    changes = diff(read(old, years=years), read(new, years=years), first, last)
    if output is not Output.TABLE:
        told = {"from": first.isoformat(), "to": last.isoformat(), "changes": [as_dict(one) for one in changes]}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _print(changes, first, last)
    if changes and exit_code:
        raise typer.Exit(1)


def _first(text: str) -> date:
    if not text:
        return now().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--from {text!r}: write it as `2026-12-01`") from None


def _print(changes: tuple[Change, ...], first: date, last: date) -> None:
    typer.echo(f"from {first} to {last}: {len(changes)} changes for callers" if changes else NOTHING)
    if not changes:
        return
    typer.echo("\n".join(f"- {one}" for one in sentences(changes)))
    table = Table(title="")
    for name in ("who", "what", "when", "before", "now"):
        table.add_column(name, overflow="fold")
    for row in rows(changes):
        table.add_row(*row)
    wide().print(table)
