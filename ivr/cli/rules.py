"""`ivr rules`: check the routing rules before they go live, and show what they say."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import typer

from ivr.errors import RulesError
from ivr.prompts.texts import Place
from ivr.routing.hours import WEEKDAYS, span_text
from ivr.routing.rules import (
    Announce,
    Destination,
    OfficeHours,
    Repeat,
    Ruleset,
    Service,
    Target,
    ToDestination,
    ToLanguage,
    ToMenu,
    ToOperator,
)
from ivr.rulebook.check import PromptExists
from ivr.rulebook.problems import Problem
from ivr.rulebook.read import read, years_around
from ivr.vocabulary import Language, PromptId

app = typer.Typer(no_args_is_help=True, help="Check the routing rules before they go live; show what they say.")


class Output(StrEnum):
    """How answers are written."""

    TABLE = "table"
    JSON = "json"


RulesFile = Annotated[Path, typer.Option("--rules", envvar="IVR_RULES", help="The file with the routing rules.")]
PromptRoot = Annotated[Path, typer.Option("--prompts", envvar="IVR_PROMPTS", help="Texts and recordings, by language.")]
Form = Annotated[Output, typer.Option("--output", envvar="IVR_OUTPUT", help="Form of the answer.")]
DEFAULT_RULES = Path("routing_rules.yaml")
DEFAULT_PROMPTS = Path("recordings/prompts")


def prompt_exists_in(root: Path) -> PromptExists:
    """Return the test for prompts under `root`: one exists if it has a text or a recording."""

    def exists(prompt: PromptId, language: Language) -> bool:
        place = Place(root, language, prompt)
        return place.text.is_file() or place.recording.is_file()

    return exists


@app.command("check")
def check_command(
    rules: RulesFile = DEFAULT_RULES, prompts: PromptRoot = DEFAULT_PROMPTS, output: Form = Output.TABLE
) -> None:
    """Name every mistake of the rules with its line; exit code 1 if there is one.

    Example: ivr rules check --rules routing_rules.yaml
    """
    try:
        found = read(rules, years=years_around(_this_year()), prompt_exists=prompt_exists_in(prompts))
    except RulesError as error:
        _say_problems([problem for problem in error.problems if isinstance(problem, Problem)], output)
        raise typer.Exit(1) from None
    if output is Output.JSON:
        typer.echo(json.dumps({"version": found.version, "problems": []}))
        return
    counts = f"services: {len(found.services)}, menus: {len(found.menus)}, destinations: {len(found.destinations)}"
    typer.echo(f"{rules}: no mistakes found; version {found.version}; {counts}")


@app.command("show")
def show_command(rules: RulesFile = DEFAULT_RULES) -> None:
    """Show each service: its numbers, where its keys lead, who is rung, and the hours with two years of holidays.

    Example: ivr rules show
    """
    year = _this_year()
    found = read(rules, years=range(year, year + 2))
    for service in found.services.values():
        typer.echo("\n".join(_service(service, found)))
    for hours in found.hours.values():
        typer.echo("\n".join(_hours(hours)))


def _this_year() -> int:
    return datetime.now(UTC).year  # noqa: TID251 - the command line reads the clock


def _say_problems(problems: list[Problem], output: Output) -> None:
    if output is Output.JSON:
        rows = [asdict(problem) for problem in problems]
        typer.echo(json.dumps({"version": None, "problems": rows}, ensure_ascii=False))
        return
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(problems)} to mend; rules that are in use stay as they are", err=True)


def _service(service: Service, rules: Ruleset) -> Iterator[str]:
    language = service.languages[0]
    yield f"{service.title[language]} ({service.id}): dial {', '.join(service.numbers)}"
    for key, target in rules.menus[service.menu].keys.items():
        yield f"  {key}  {_target(target, service, rules)}"


def _target(target: Target, service: Service, rules: Ruleset) -> str:
    match target:
        case ToDestination(name):
            return _destination(rules.destinations[name], service.languages[0])
        case ToOperator():
            return "operator: " + _destination(rules.destinations[service.operator], service.languages[0])
        case ToMenu(menu):
            return f"menu {menu}"
        case ToLanguage(language):
            return f"language {language}"
        case Repeat():
            return "the menu again"
        case Announce(prompt):
            return f"message {prompt}"
        case _:
            assert_never(target)


def _destination(destination: Destination, language: Language) -> str:
    when = "safety line, day and night" if destination.safety else destination.hours or "day and night"
    phones = ", ".join(f"{ring.phone} {ring.seconds} s" for ring in destination.phones)
    return f"{destination.title[language]} [{when}]: {phones}"


def _hours(hours: OfficeHours) -> Iterator[str]:
    yield f"hours {hours.id} ({hours.zone.key})"
    for number, day in enumerate(WEEKDAYS):
        spans = hours.weekly.get(number, ())
        yield f"  {day:<10} {', '.join(map(span_text, spans)) or 'closed'}"
    if hours.country is not None:
        yield f"  closed on the public holidays of {hours.country}:{'' if hours.holidays else ' none are known'}"
        yield from (f"    {day} {name}" for day, name in hours.holidays.items())
