"""`ivr status`: how the engines of an instance are."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from ivr.cli.calls import Form, Output
from ivr.cli.start import settings
from ivr.live.client import NoEngine, engines


def status(output: Form = Output.TABLE) -> None:
    """Show each engine: whether it leads, stands by or is detached, its calls, its alarms, and how the records are.

    Exit code 1 if none leads or an alarm lasts, 2 if no engine answers.

    Example: ivr status --output json
    """
    found = engines(settings().control)
    if not found:
        raise NoEngine(NoEngine.__doc__ or "")
    if output is Output.JSON:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        for one in found:
            typer.echo("\n".join(_lines(one)))
    leads = any(one.get("lead") == "leading" for one in found)
    if not leads or any(one.get("alarms") for one in found):
        raise typer.Exit(1)


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"engine {one['engine']}: {one['lead']} ({one['why']}), link {one['link']}"
    yield f"  rules {one['version']} since {one['since']}"
    calls = ", ".join(f"{count} {state}" for state, count in sorted(one["calls"].items()))
    yield f"  calls: {calls or 'none'}"
    records = one["records"]
    if records:
        wrong = "; ".join(one["message"] for one in records.get("troubles", ()))
        bad = f", {records['quarantined']} bad lines in quarantine" if records.get("quarantined") else ""
        yield f"  records: {wrong or 'written'}, {records.get('behind_bytes', 0)} bytes of the journal to go{bad}"
    for alarm in one["alarms"]:
        yield f"  ALARM {alarm['alarm']} {alarm['subject']}: {alarm['text']} (since {alarm['raised_at']})"
