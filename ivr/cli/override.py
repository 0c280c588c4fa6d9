"""`ivr override`: what people order beside the rules - a destination closed, open or redirected until an instant."""

import os
import pwd
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from ivr.cli import override_elsewhere as elsewhere
from ivr.cli.answers import Columns, Form, Headers, Output, tell
from ivr.cli.completing import destination_names
from ivr.cli.rules_read import rules_of
from ivr.cli.start import now, settings
from ivr.routing.rules import Override, Ruleset
from ivr.rulebook.override_orders import Order, OverrideRefused, override
from ivr.rulebook.overrides import Cleared, Kept, OverrideStore, State, new_id
from ivr.rulebook.service_ways import destinations_of

app = typer.Typer(
    no_args_is_help=True, help="Close, open or redirect a destination until an instant, beside the rules."
)
Reason = Annotated[str, typer.Option(help="Why; it stands in the history. Needed.")]


@app.command()
def add(
    destination: Annotated[str, typer.Argument(autocompletion=destination_names, help="The destination of the rules.")],
    what: Annotated[str, typer.Argument(help="closed, open or redirect=OTHER-DESTINATION.")],
    until: Annotated[str, typer.Option(help='End: "2026-11-23 08:00" (local time), with offset, or 2h. Needed.')] = "",
    reason: Reason = "",
    output: Form = Output.TABLE,
) -> None:
    """Order something for a destination. A running engine obeys within a second, for callers in a menu too.

    Example: ivr override add kekava-information closed --until "2026-11-23 08:00" --reason "burst pipe"
    """
    found = settings()
    if found.supervision_url:
        return elsewhere.add(found, elsewhere.order(destination, what, until, reason), output)
    rules, at = rules_of(found).current, now()
    order = Order(destination, what, until, reason, author())
    name = new_id()
    made = OverrideStore(found.overrides).add(lambda known: override(order, rules, known, at, name))
    _say([Kept(made)], rules, at, output)
    return None


@app.command("list")
def list_command(
    every: Annotated[bool, typer.Option("--all", help="Also those that expired or were cleared.")] = False,
    output: Form = Output.TABLE,
    headers: Headers = True,
) -> None:
    """Show the overrides that hold now, oldest first.

    Example: ivr override list --all --output jsonl
    """
    found = settings()
    if found.supervision_url:
        return elsewhere.show(found, output, every=every, headers=headers)
    at = now()
    known = OverrideStore(found.overrides).known()
    shown = [one for one in known if every or one.state(at) is State.ACTIVE]
    if not shown and output is Output.TABLE:
        typer.echo("no override holds now" if known else "no override was ever made", err=True)
    else:
        _say(shown, rules_of(found).current, at, output, headers=headers)
    return None


@app.command()
def clear(
    which: Annotated[str, typer.Argument(metavar="ID", help="The override's id, as `ivr override list` shows it.")],
    reason: Reason = "",
    output: Form = Output.TABLE,
) -> None:
    """End an override before its time. It stays in the history.

    Example: ivr override clear 3f9a1c07 --reason "pipe mended"
    """
    found = settings()
    words = " ".join(reason.split())
    if not words:
        raise OverrideRefused('--reason is missing; say why it ends, such as --reason "pipe mended"')
    if found.supervision_url:
        return elsewhere.clear(found, which, words, output)
    at = now()
    ended = Cleared(at, author(), words)
    made = OverrideStore(found.overrides).clear(which, ended)
    _say([Kept(made, ended)], rules_of(found).current, at, output)
    return None


def author() -> str:
    """Name who gives the order: the person behind sudo, else the user of this process."""
    behind = os.environ.get("SUDO_USER", "")
    if behind and os.getuid() == 0:  # only root's environment comes from sudo; anybody could set the variable
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def _say(kept: Sequence[Kept], rules: Ruleset, at: datetime, output: Output, *, headers: bool = True) -> None:
    columns: Columns[Kept] = {
        "id": lambda one: one.override.id,
        "destination": lambda one: one.override.destination,
        "order": lambda one: _order(one.override),
        "until": lambda one: _local(one.override, rules),
        "by": lambda one: one.override.author,
        "reason": lambda one: one.override.reason,
        "state": lambda one: _state(one, at),
    }
    tell(kept, columns, lambda one: _facts(one, at), output, headers=headers)


def _state(one: Kept, at: datetime) -> str:
    state = one.state(at).value
    return state if one.cleared is None else f"{state} by {one.cleared.author}: {one.cleared.reason}"


def _order(item: Override) -> str:
    return f"redirect={item.redirect}" if item.redirect else item.kind.value


def _local(item: Override, rules: Ruleset) -> str:
    """Show the end in the local time of the first service that leads to the destination, else in UTC."""
    for service in rules.services.values():
        if item.destination in destinations_of(service, rules):
            return item.until.astimezone(service.zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    return item.until.strftime("%Y-%m-%d %H:%M:%S UTC")


def _facts(one: Kept, at: datetime) -> dict[str, object]:
    item = one.override
    ended = one.cleared
    return {
        "id": item.id,
        "destination": item.destination,
        "kind": item.kind.value,
        "redirect": item.redirect,
        "since": item.since.isoformat(),
        "until": item.until.isoformat(),
        "reason": item.reason,
        "author": item.author,
        "state": one.state(at).value,
        "cleared": ended and {"at": ended.at.isoformat(), "author": ended.author, "reason": ended.reason},
    }
