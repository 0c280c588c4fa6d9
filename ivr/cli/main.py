"""The command `ivr`: one file per noun, answers on stdout, everything else on stderr.

Exit codes: 0 done; 1 the answer is no (a check failed, nothing was found); 2 it cannot run as it was called, 3 nobody
answers, 4 Asterisk did not confirm in time: the message says why and what to do (`ivr.cli.exits`).

Rule 1: a command is loaded when it is called (`ivr.cli.lazy`); nothing heavy is imported here.
"""

import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Annotated, ClassVar

import typer

from cdr.errors import CdrError
from ivr.cli.exits import code_of
from ivr.cli.lazy import LazyGroup, Place
from ivr.errors import IvrError, RulesError


class Commands(LazyGroup):
    """All commands of `ivr`, what is needed most first."""

    places: ClassVar[Mapping[str, Place]] = {
        "run": Place("run", "run", "Start PBX and engine, make one demonstration call and print it."),
        "try": Place("trial", "trial", "Dial a number as a citizen and tell what was heard."),
        "engine": Place("engine", "engine", "Lead the calls of the PBX and write their records."),
        "supervision": Place(
            "supervision", "app", "Run supervision: live view, API, listening, actions; make its tokens."
        ),
        "status": Place("status", "status", "Show each engine, its alarms, how the records and supervision are."),
        "doctor": Place("doctor", "doctor", "Check a live installation, from Asterisk to the engine."),
        "calls": Place("calls", "app", "See the calls under way, listen, pass callers on, end calls."),
        "monitor": Place("monitor", "monitor", "Watch calls and lines in a terminal, and act on them."),
        "destinations": Place("destinations", "destinations", "Show each destination now: open or closed, who waits."),
        "override": Place("override", "app", "Close, open or redirect a destination until an instant."),
        "rules": Place("rules", "app", "Check, prove and explain the routing rules; make them live."),
        "prompts": Place("prompts", "app", "Build, check and list what callers hear."),
        "dialplan": Place("dialplan", "app", "Render the fallback dialplan; check what the PBX has."),
        "pbx": Place("pbx", "app", "Start and end the embedded PBX; install beside a town's own."),
        "records": Place("records", "app", "List, show and export call records; bring journals into the store."),
        "cases": Place("cases", "app", "Bring citizens' requests of other channels into the record store."),
        "stats": Place("stats", "stats", "Tell what the call records say."),
        "report": Place("report", "report_command", "Write the report of a service for a month or more."),
        "audit": Place("audit", "audit", "Show what supervisors did, to which call, and what came of it."),
        "metrics": Place("metrics", "metrics", "Print the running engine's figures in Prometheus' text form."),
    }


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("municipal-ivr"))
        raise typer.Exit


@app.callback()
def ivr(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Telephone menus and call routing for the short numbers of public services, on Asterisk."""


def main() -> None:
    """Run `ivr`; what a person can mend is printed as one message, without a traceback."""
    try:
        app()
    except RulesError as error:
        _fail(error, *(str(problem) for problem in error.problems if str(problem) not in str(error)))
    except (IvrError, CdrError) as error:
        _fail(error)


def _fail(error: Exception, *more: str) -> None:
    print("\n".join([f"ivr: {error}", *more]), file=sys.stderr)  # noqa: T201 - the command line's own message
    sys.exit(code_of(error))
