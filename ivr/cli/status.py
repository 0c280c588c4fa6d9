"""`ivr status`: how the engines of an instance are, and the supervision that watches them."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from ivr.cli.answers import Form, Output, as_json
from ivr.cli.start import settings
from ivr.cli.supervised import expected, supervision
from ivr.cli.tables import printable
from ivr.errors import OperatorError, Unanswered
from ivr.live.client import NoEngine, engines
from ivr.settings import Settings
from ivr.supervision.models import Health

NOT_RUNNING = "not running; start it with `ivr supervision`"


def status(output: Form = Output.TABLE) -> None:
    """Show each engine: whether it leads, stands by or is detached, its calls, its alarms, and how the records are; and
    whether supervision has a live view.

    With --output json one object: `engines`, a list, and `supervision`, null if it does not run; with jsonl a line for each,
    with `part`: `engine` or `supervision`.

    Exit codes: 0 all is well; 1 no engine leads, an alarm lasts, or supervision tells of a problem or runs and does not
    answer; 3 no engine answers.

    Example: ivr status --output json
    """
    found = settings()
    running = engines(found.control)
    health, why = _health(found)
    match output:
        case Output.TABLE:
            for line in (*(line for one in running for line in _engine(one)), *_supervision(health, why)):
                typer.echo(printable(line))
        case Output.JSON:
            typer.echo(as_json({"engines": running, "supervision": health and health.model_dump(mode="json")}))
        case Output.JSONL:
            for one in running:
                typer.echo(as_json({"part": "engine", **one}))
            if health is not None:
                typer.echo(as_json({"part": "supervision", **health.model_dump(mode="json")}))
    if why not in ("", NOT_RUNNING) and output is not Output.TABLE:
        typer.echo(printable(f"ivr: supervision: {why}"), err=True)
    if not running:
        raise NoEngine(NoEngine.__doc__ or "")
    leads = any(one.get("lead") == "leading" for one in running)
    told = health.ok if health is not None else why == NOT_RUNNING
    if not leads or any(one.get("alarms") for one in running) or not told:
        raise typer.Exit(1)


def _health(found: Settings) -> tuple[Health | None, str]:
    """Ask supervision how the parts are; give why not, if it does not tell: NOT_RUNNING, or what is wrong with it."""
    try:
        with supervision(found) as client:
            return client.health(), ""
    except OperatorError as error:
        gone = isinstance(error, Unanswered) and not expected(found)
        return None, NOT_RUNNING if gone else str(error)


def _engine(one: Mapping[str, Any]) -> Iterator[str]:
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


def _supervision(health: Health | None, why: str) -> Iterator[str]:
    if health is None:
        yield f"supervision: {why}"
        return
    lag = "unknown" if health.journal_lag is None else f"{health.journal_lag:.1f} s"
    yield f"supervision: {'ok' if health.ok else 'tells of a problem'}, PBX {health.pbx}"
    looking = f"{_count(health.calls, 'call')}, {_count(health.subscribers, 'subscriber')}"
    yield f"  live view: {looking}, journal behind by {lag}"
    yield f"  records: {health.records}; rules {health.rules}"
    yield from (f"  PROBLEM {one}" for one in health.problems)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
