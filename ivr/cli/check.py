"""`ivr rules check`: every mistake, every expectation that is not met, every gap; and `ivr rules schema`."""

import json
from dataclasses import asdict

import typer

from ivr.cli.answers import Form, Output
from ivr.cli.progress import working
from ivr.cli.rule_options import DEFAULT_PROMPTS, DEFAULT_RULES, PromptRoot, RulesFile
from ivr.cli.start import now
from ivr.errors import RulesError
from ivr.prompts.texts import prompt_exists_in
from ivr.rulebook.json_schema import json_schema
from ivr.rulebook.problems import Problem
from ivr.rulebook.prove import PROVED_DAYS, Proved, proved
from ivr.rulebook.read import years_around


def check_command(
    rules: RulesFile = DEFAULT_RULES, prompts: PromptRoot = DEFAULT_PROMPTS, output: Form = Output.TABLE
) -> None:
    """Name every mistake of the rules with its line, then every expectation that is not met and every gap of the proof.

    Exit code 1 if there is one.

    Example: ivr rules check --rules routing_rules.yaml
    """
    at = now()
    try:
        with working(f"proving {rules} for {PROVED_DAYS} days"):
            done = proved(rules, years=years_around(at.year), at=at, prompt_exists=prompt_exists_in(prompts))
    except RulesError as error:
        _say_problems([problem for problem in error.problems if isinstance(problem, Problem)], output)
        raise typer.Exit(1) from None
    if output is not Output.TABLE:
        typer.echo(
            json.dumps({"version": done.rules.version, "problems": [], "remarks": _remarks(done)}, ensure_ascii=False)
        )
        return
    found, counts = done.rules, done.coverage.counts
    names = f"services: {len(found.services)}, menus: {len(found.menus)}, destinations: {len(found.destinations)}"
    typer.echo(f"{rules}: no mistakes found; version {found.version}; {names}")
    typer.echo(f"proved for {PROVED_DAYS} days: {counts.ways} ways in {counts.classes} kinds of hours, no gap")
    if done.coverage.remarks:
        typer.echo(f"{len(done.coverage.remarks)} remarks; see `ivr rules coverage`", err=True)


def schema_command() -> None:
    """Print the JSON Schema of the rules, for completion in editors.

    Example: ivr rules schema > rules.schema.json
    """
    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _remarks(done: Proved) -> list[dict[str, str]]:
    return [{"where": one.where, "sentence": one.sentence} for one in done.coverage.remarks]


def _say_problems(problems: list[Problem], output: Output) -> None:
    if output is not Output.TABLE:
        rows = [asdict(problem) for problem in problems]
        typer.echo(json.dumps({"version": None, "problems": rows}, ensure_ascii=False))
        return
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(problems)} to mend; rules that are in use stay as they are", err=True)
