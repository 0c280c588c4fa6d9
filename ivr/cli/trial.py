"""`ivr try`: make a citizen's call and tell what was heard, in the audio that arrived at the caller."""

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ivr.app import now, running, shifted
from ivr.asterisk.embedded import Pair
from ivr.asterisk.network import PHONE_WORDS
from ivr.cli.answers import Form, Output
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import pair_of
from ivr.cli.start import complete, settings
from ivr.errors import SettingsError
from ivr.routing.numbers import service_of
from ivr.routing.rules import Ruleset
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from ivr.trial.transcript import as_dict, transcript
from ivr.vocabulary import Did

CALLER = "37120000001"
KEYS = frozenset("0123456789*#")
PORTS = {"sip_port": 500, "ami_port": 500, "network_port": 500, "network_ami_port": 500}
"""How far a private pair's ports lie from the others'."""
PRIVATE_RTP = {"rtp_first": 40000, "network_rtp_first": 44000}


def trial(
    number: Annotated[str, typer.Argument(help="The number to dial.")],
    press: Annotated[str, typer.Option(help="Keys for one menu after the other, as `1,2`; `92` types two ahead.")] = "",
    caller: Annotated[str, typer.Option("--from", help="The citizen's number.")] = "+" + CALLER,
    at: Annotated[str, typer.Option(help="Local time of the service, `2026-12-24 16:30`; private instance only.")] = "",
    answer: Annotated[str, typer.Option(help="What each phone that rings does: ok,busy,none,reject,unreachable.")] = "",
    after: Annotated[float | None, typer.Option(help="Press this many seconds after a menu begins.")] = None,
    talk: Annotated[float, typer.Option(help="Seconds of talk before the citizen hangs up.")] = 3.0,
    live: Annotated[bool, typer.Option("--live", help="Call the PBX that runs now instead of a private one.")] = False,
    output: Form = Output.TABLE,
) -> None:
    """Dial a number as a citizen and tell what was heard, which phones rang, who answered, and the call's record.

    A private pair of Asterisks and an engine are started for it, with the rules as they stand in the file; with --live
    the running ones are called. Exit code 1 if the call did not go as planned.

    Example: ivr try 8488 --press 1 --at "2026-12-24 16:30" --answer busy,ok
    """
    plan = Plan(
        number=number,
        caller="".join(sign for sign in caller if sign.isdigit()) or CALLER,
        presses=tuple(Press(_keys(keys), after) for keys in press.split(",") if keys),
        phones=_words(answer),
        talk=talk,
    )
    outcome = complete(_live(plan, at) if live else _private(plan, at))
    if output is not Output.TABLE:
        typer.echo(json.dumps(as_dict(outcome), ensure_ascii=False))
    else:
        typer.echo(transcript(outcome))
    if outcome.trouble or outcome.record is None:
        raise typer.Exit(1)


def _keys(text: str) -> str:
    if not set(text) <= KEYS:
        raise SettingsError(f"--press {text!r}: keys are 0-9, * and #; a comma goes to the next menu")
    return text


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    wrong = [word for word in words if word not in PHONE_WORDS]
    if wrong:
        raise SettingsError(f"--answer {wrong[0]!r}: a phone can do {', '.join(PHONE_WORDS)}")
    return words


async def _live(plan: Plan, at: str) -> Outcome:
    if at:
        raise SettingsError("--at shifts the clock of a private engine; it cannot be used with --live")
    found = settings()
    trials = Trials(pair_of(found, rules_of(found)), now)
    await trials.open()
    try:
        return await trials.run(plan)
    finally:
        await trials.close()


async def _private(plan: Plan, at: str) -> Outcome:
    found = settings()
    with TemporaryDirectory(prefix="ivr-try-") as folder:
        changes: dict[str, object] = {name: getattr(found, name) + step for name, step in PORTS.items()}
        changes |= {**PRIVATE_RTP, "instance": f"try-{found.sip_port}", "state": folder}
        changes["store"] = Path(folder) / "records.sqlite3"
        own = settings(**changes)
        rules = rules_of(own)
        pair = pair_of(own, rules)
        async with AsyncExitStack() as stack:
            stack.callback(pair.stop)
            pair.start(bound=True)
            clock = shifted(_instant(at, plan.number, rules.current))
            await stack.enter_async_context(running(own, pair, rules, office_clock=clock))
            shift_fallback(pair, clock)
            trials = Trials(pair, now)
            await trials.open()
            stack.push_async_callback(trials.close)
            return await trials.run(plan)


def shift_fallback(pair: Pair, clock: Callable[[], datetime]) -> None:
    """Let the fallback of a private PBX judge its hours at the same instant as the engine."""
    seconds = round((clock() - now()).total_seconds())
    if seconds:
        pair.pbx.cli(f"dialplan set global IVR_CLOCK_SHIFT {seconds}")


def _instant(at: str, number: str, rules: Ruleset) -> datetime | None:
    """Read a local time of the service that the number belongs to."""
    if not at:
        return None
    service = service_of(Did(number), rules)
    zone = rules.services[service].zone if service else ZoneInfo("UTC")
    try:
        local = datetime.fromisoformat(at)
    except ValueError:
        raise SettingsError(f"--at {at!r}: write it as `2026-12-24 16:30`") from None
    return local if local.tzinfo else local.replace(tzinfo=zone)
