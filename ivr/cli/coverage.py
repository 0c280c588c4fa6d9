"""`ivr rules coverage`: prove that every call ends at somebody who is rung or at an explicit message."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from ivr.cli.answers import Form, Output
from ivr.cli.progress import working
from ivr.cli.start import now
from ivr.cli.tables import wide
from ivr.errors import OperatorError
from ivr.proof.coverage import Coverage, coverage
from ivr.rulebook.read import read
from ivr.vocabulary import ServiceId

MONTH = timedelta(days=30.44)  # the length of a month on average
MOST_MONTHS = 36


def coverage_command(
    rules: Annotated[Path, typer.Option("--rules", envvar="IVR_RULES", help="The file with the routing rules.")] = Path(
        "routing_rules.yaml"
    ),
    months: Annotated[int, typer.Option(min=1, max=MOST_MONTHS, help="How many months are looked at.")] = 13,
    from_: Annotated[
        str, typer.Option("--from", metavar="DATE", help="The first day, such as 2026-12-01; default today.")
    ] = "",
    service: Annotated[str, typer.Option(help="Only this service.")] = "",
    output: Form = Output.TABLE,
) -> None:
    """Prove that every key at every hour, whoever fails, ends at a person or a message; exit code 1 if there is a gap.

    Example: ivr rules coverage --months 13 --service kekava
    """
    day = _day(from_)
    last = day + months * MONTH
    found = read(rules, years=range(day.year - 1, last.year + 2))
    chosen = _chosen(service, found.services)
    zone = found.services[chosen[0]].zone
    start = datetime.combine(day, time(0), zone)
    with working(f"following every way from {day} to {last}"):
        proof = coverage(found, start, datetime.combine(last, time(0), zone), chosen if service else None)
    if output is not Output.TABLE:
        typer.echo(json.dumps(as_json(proof), ensure_ascii=False))
    else:
        _tell(proof)
    if proof.gaps:
        raise typer.Exit(1)


def as_json(proof: Coverage) -> dict[str, Any]:
    """Return the proof as values for JSON; instants are local times with their offset."""

    def plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in pairs}

    return {"proved": not proof.gaps, **asdict(proof, dict_factory=plain)}


def summary(proof: Coverage) -> str:
    """Say in one line what was looked at and what came of it."""
    counts = proof.counts
    days = f"{proof.start:%Y-%m-%d} to {proof.end:%Y-%m-%d}"
    found = f"gaps: {len(proof.gaps) or 'none'}; remarks: {len(proof.remarks) or 'none'}"
    looked = f"services: {counts.services:,}, spans of time: {counts.pieces:,} in {counts.classes:,} classes"
    return f"{days}: {found}; {looked}, ways followed: {counts.ways:,}"


def _tell(proof: Coverage) -> None:
    console = wide()
    if proof.gaps:
        table = Table(
            "gap",
            "service, example",
            Column("keys", overflow="fold"),
            "what happens",
            title="Gaps",
            title_justify="left",
        )
        for gap in proof.gaps:
            way = ", ".join(gap.way)
            told = f"{gap.sentence}\n{gap.where}" + (f"\nby: {way}" if way else "")
            table.add_row(gap.kind.value, f"{gap.service}\n{gap.at:%a %Y-%m-%d %H:%M}", gap.keys or "-", told)
        console.print(table)
    if proof.remarks:
        table = Table("remark", Column("where", overflow="fold"), "what", title="Worth a look", title_justify="left")
        for remark in proof.remarks:
            when = "" if remark.at is None else f" Such as {remark.at:%a %Y-%m-%d %H:%M}"
            keys = f", keys {remark.keys}." if remark.keys else "." if when else ""
            table.add_row(remark.kind.value, remark.where, f"{remark.sentence}{when}{keys}")
        console.print(table)
    console.print(summary(proof), soft_wrap=True)


def _day(text: str) -> date:
    if not text:
        return now().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"--from: {text!r} is no date; write it like 2026-12-01."
        raise OperatorError(message) from None


def _chosen(service: str, services: Mapping[ServiceId, object]) -> list[ServiceId]:
    if not service:
        return list(services)
    if service in services:
        return [ServiceId(service)]
    near = get_close_matches(service, services, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(services)}."
    message = f"--service: the rules have no service {service!r}; {hint}"
    raise OperatorError(message)
