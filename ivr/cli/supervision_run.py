"""Runs supervision for `ivr supervision`."""

import logging

import typer

from ivr.cli.engine import listen_for_the_end
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import journal_files
from ivr.settings import Settings
from ivr.supervision.process import supervising


async def serve(found: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises OperatorError, and SettingsError for an address that must not be opened."""
    told = listen_for_the_end()
    _server_logs()
    journal = found.journal_table or str(journal_files(found, lambda: rules_of(found))[0])
    async with supervising(found, journal, told):
        typer.echo(f"supervision of {found.instance} answers at {found.supervision_socket}", err=True)
        await told.wait()


def _server_logs() -> None:
    """Let what the HTTP server has to say stand in our log."""
    server = logging.getLogger("uvicorn")
    server.handlers = logging.getLogger("ivr").handlers
    server.propagate = False
