"""`ivr rules`: check, prove and explain the routing rules before they go live; make them live."""

from collections.abc import Mapping
from typing import ClassVar

import typer

from ivr.cli.lazy import LazyGroup, Place


class RulesCommands(LazyGroup):
    """All commands of `ivr rules`."""

    places: ClassVar[Mapping[str, Place]] = {
        "check": Place("check", "check_command", "Name every mistake, every broken expectation, every gap."),
        "coverage": Place(
            "coverage", "coverage_command", "Prove that every key at every hour ends at a person or a message."
        ),
        "explain": Place("explain", "explain_command", "Tell where a call goes, which rule decided, and why."),
        "calendar": Place("calendar", "calendar_command", "Print a month of the office hours, and why a day differs."),
        "diff": Place("diff", "diff_command", "Say what changes for callers between two files."),
        "reload": Place("rules_live", "reload_command", "Let the running engine read the rules again."),
        "status": Place("rules_live", "status_command", "Show which rules the running engine has."),
        "schema": Place("check", "schema_command", "Print the JSON Schema of the rules, for editors."),
        "show": Place("show", "show_command", "Show services, keys, phones, topics and hours as they were understood."),
    }


app = typer.Typer(cls=RulesCommands, no_args_is_help=True)


@app.callback()
def rules() -> None:
    """Check, prove and explain the routing rules; make them live."""
