"""`ivr rules explain`: where a call goes at an instant, what is heard on the way, and why."""

import json
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ivr.cli.answers import Form, Output
from ivr.cli.rule_options import DEFAULT_PROMPTS, DEFAULT_RULES, PromptRoot, RulesFile
from ivr.cli.start import now
from ivr.errors import SettingsError
from ivr.prompts.said import words_in
from ivr.proof.explain import explain
from ivr.proof.explain_text import as_dict, lines
from ivr.proof.journey import SILENCE, Dialled, travel
from ivr.routing.destinations import ExitReason
from ivr.routing.numbers import service_of
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.rulebook.problems import nearest
from ivr.rulebook.read import read, years_around
from ivr.vocabulary import DestinationId, Did, OverrideId

KEYS = frozenset("0123456789*#" + SILENCE)
ANSWERS: dict[str, ExitReason | None] = {
    "ok": None,
    **{one.value: one for one in ExitReason if one is not ExitReason.CLOSED},
}
ASSUMED = timedelta(days=1)  # for how long before and after the call an assumed override holds


def explain_command(
    number: Annotated[str, typer.Option("--number", help="The number that is dialled.")],
    press: Annotated[str, typer.Option("--press", help="Keys, one for each menu; `-` presses nothing.")] = "",
    at: Annotated[str, typer.Option("--at", help="Local time of the service, `2026-12-24 16:30`; else now.")] = "",
    caller: Annotated[str, typer.Option("--from", help="The citizen's number; else withheld.")] = "",
    override: Annotated[
        list[str] | None, typer.Option("--override", help="Assume DESTINATION=closed, =open or =redirect=OTHER.")
    ] = None,
    answer: Annotated[
        str, typer.Option("--answer", help="What each line does: ok,busy,no_answer,unreachable,full.")
    ] = "",
    rules: RulesFile = DEFAULT_RULES,
    prompts: PromptRoot = DEFAULT_PROMPTS,
    output: Form = Output.TABLE,
) -> None:
    """Tell where a call goes, what is heard on the way, which rule decided and why each rule before it was passed over.

    Nothing is called: the rules are asked as the engine would ask them. `ivr try` makes a real call.

    Example: ivr rules explain --number 8488 --press 1 --at "2026-12-24 16:30" --override kekava-information=closed
    """
    moment = now()
    year = int(at[:4]) if at[:4].isdigit() else moment.year
    found = read(rules, years=years_around(year))
    instant = _instant(at, number, found, moment)
    assumed = [_override(text, position, found, instant) for position, text in enumerate(override or [], 1)]
    asked = found.overridden(_with(found, assumed))
    journey = travel(asked, Dialled(Did(number), instant, _keys(press), caller, _answers(answer)))
    told, words = explain(asked, journey), words_in(prompts, found)
    if output is not Output.TABLE:
        typer.echo(json.dumps(as_dict(told, asked, words), ensure_ascii=False))
    else:
        typer.echo("\n".join(lines(told, asked, words)))
    if journey.service is None:
        known = [str(one) for service in found.services.values() for one in service.numbers]
        typer.echo(f"{nearest(number, known) or 'the numbers are ' + ', '.join(known)}", err=True)
        raise typer.Exit(2)


def _instant(at: str, number: str, rules: Ruleset, moment: datetime) -> datetime:
    service = service_of(Did(number), rules)
    zone = rules.services[service].zone if service else ZoneInfo("UTC")
    if not at:
        return moment.astimezone(zone)
    try:
        local = datetime.fromisoformat(at)
    except ValueError:
        raise SettingsError(f"--at {at!r}: write it as `2026-12-24 16:30`") from None
    return local if local.tzinfo else local.replace(tzinfo=zone)


def _keys(text: str) -> str:
    keys = text.replace(",", "")
    if not set(keys) <= KEYS:
        raise SettingsError(f"--press {text!r}: keys are 0-9, * and #, and {SILENCE} for none")
    return keys


def _answers(text: str) -> tuple[ExitReason | None, ...]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    wrong = [word for word in words if word not in ANSWERS]
    if wrong:
        raise SettingsError(f"--answer {wrong[0]!r}: a line can do {', '.join(ANSWERS)}")
    return tuple(ANSWERS[word] for word in words)


def _override(text: str, position: int, rules: Ruleset, at: datetime) -> Override:
    name, _, order = text.partition("=")
    word, _, other = order.partition("=")
    if word not in {kind.value for kind in OverrideKind} or (word == "redirect") is not bool(other):
        raise SettingsError(f"--override {text!r}: write it as NAME=closed, NAME=open or NAME=redirect=OTHER")
    for known in (name, other) if other else (name,):
        if known not in rules.destinations:
            hint = nearest(known, rules.destinations) or "see `ivr rules show` for the names"
            raise SettingsError(f"--override {text!r}: the rules have no destination {known!r}; {hint}")
    return Override(
        id=OverrideId(f"assumed-{position}"),
        destination=DestinationId(name),
        kind=OverrideKind(word),
        since=at - ASSUMED,
        until=at + ASSUMED,
        reason="assumed for this question",
        author="--override",
        redirect=DestinationId(other) if other else None,
    )


def _with(rules: Ruleset, assumed: list[Override]) -> dict[DestinationId, tuple[Override, ...]]:
    found = dict(rules.overrides)
    for one in assumed:
        found[one.destination] = (*found.get(one.destination, ()), one)
    return found
