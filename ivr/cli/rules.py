"""`ivr rules`: check, prove and explain the routing rules before they go live; make them live."""

import typer

from ivr.cli.calendar import calendar_command
from ivr.cli.check import check_command, schema_command
from ivr.cli.coverage import coverage_command
from ivr.cli.diff import diff_command
from ivr.cli.explain import explain_command
from ivr.cli.rules_live import reload_command, status_command
from ivr.cli.show import show_command

app = typer.Typer(no_args_is_help=True, help="Check, prove and explain the routing rules; make them live.")
app.command("check")(check_command)
app.command("coverage")(coverage_command)
app.command("explain")(explain_command)
app.command("calendar")(calendar_command)
app.command("diff")(diff_command)
app.command("reload")(reload_command)
app.command("status")(status_command)
app.command("schema")(schema_command)
app.command("show")(show_command)
