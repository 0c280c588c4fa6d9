"""The command `ivr`: one file per noun, answers on stdout, everything else on stderr.

Exit codes: 0 done; 1 the answer is no (a check failed, nothing was found); 2 it cannot run, the message says why and
what to do.
"""

import sys

import typer

from cdr.errors import CdrError
from ivr.cli import (
    calls,
    cases,
    dialplan,
    doctor,
    engine,
    metrics,
    override,
    pbx,
    prompts,
    records,
    report,
    rules,
    run,
    stats,
    status,
    trial,
)
from ivr.errors import IvrError, RulesError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Telephone menus and call routing for the short numbers of public services, on Asterisk.",
)
app.add_typer(calls.app, name="calls")
app.add_typer(cases.app, name="cases")
app.add_typer(dialplan.app, name="dialplan")
app.add_typer(override.app, name="override")
app.add_typer(pbx.app, name="pbx")
app.add_typer(prompts.app, name="prompts")
app.add_typer(records.app, name="records")
app.add_typer(rules.app, name="rules")
app.command("doctor")(doctor.doctor)
app.command("engine")(engine.engine)
app.command("metrics")(metrics.metrics)
app.command("stats")(stats.stats)
app.command("status")(status.status)
app.command("report")(report.report_command)
app.command("run")(run.run)
app.command("try")(trial.trial)


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
    sys.exit(2)
