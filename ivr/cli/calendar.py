"""`ivr rules calendar`: a month of a service, open and closed, with the reason of each exception."""

import json
from typing import Annotated

import typer

from ivr.cli.answers import Form, Output
from ivr.cli.rule_options import DEFAULT_RULES, RulesFile
from ivr.cli.start import now
from ivr.errors import SettingsError
from ivr.proof.calendar import as_dict, calendars, first_of, lines
from ivr.proof.met import met
from ivr.rulebook.problems import nearest
from ivr.rulebook.read import read, years_around
from ivr.vocabulary import DestinationId, ServiceId


def calendar_command(
    service: Annotated[str, typer.Argument(help="The name of the service in the rules, such as kekava.")],
    month: Annotated[str, typer.Option("--month", help="A month as `2026-12`; else this one.")] = "",
    destination: Annotated[str, typer.Option("--destination", help="Only this destination.")] = "",
    rules: RulesFile = DEFAULT_RULES,
    output: Form = Output.TABLE,
) -> None:
    """Print a month of each office hours that a service uses: open spans by day, and why a day differs from its week.

    Example: ivr rules calendar kekava --month 2026-12 --destination kekava-information
    """
    text = month or f"{now():%Y-%m}"
    try:
        first = first_of(text)
    except ValueError:
        raise SettingsError(f"--month {month!r}: write it as `2026-12`") from None
    found = read(rules, years=years_around(first.year))
    known = found.services.get(ServiceId(service))
    if known is None:
        hint = nearest(service, found.services) or f"the services are {', '.join(found.services)}"
        raise SettingsError(f"the rules have no service {service!r}; {hint}")
    names = met(known, found).destinations
    if destination and destination not in names:
        hint = nearest(destination, names) or f"its destinations are {', '.join(names)}"
        raise SettingsError(f"--destination {destination!r}: no caller of {service} comes there; {hint}")
    months = calendars(found, known.id, first, DestinationId(destination) if destination else None)
    if output is not Output.TABLE:
        told = {"service": service, "month": text, "hours": [as_dict(one) for one in months]}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"{known.title.get(known.languages[0], service)} ({service}), {first:%B %Y}\n")
    for one in months:
        typer.echo("\n".join(lines(one, found, known.languages[0])) + "\n")
