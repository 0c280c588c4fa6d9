"""`ivr records`: list, show and export call records; bring journals into the store; look after citizens' data."""

from collections.abc import Mapping
from typing import ClassVar

import typer

from ivr.cli.lazy import LazyGroup, Place


class RecordsCommands(LazyGroup):
    """All commands of `ivr records`."""

    places: ClassVar[Mapping[str, Place]] = {
        "list": Place("records_shown", "list_command", "List calls, the newest first."),
        "show": Place("records_shown", "show_command", "Tell one call from the first ring to the end."),
        "announcements": Place(
            "records_shown", "announcements_command", "Count who heard each announcement, and who hung up."
        ),
        "follow": Place("records_ingest", "follow_command", "Bring every new line of a journal into the store."),
        "ingest": Place("records_ingest", "ingest_command", "Bring one journal into the store."),
        "rebuild": Place("records_ingest", "rebuild_command", "Make all records again from the journal."),
        "quarantine": Place(
            "records_ingest", "quarantine_command", "Show what of the journal could not be read, and why."
        ),
        "export": Place("records_export", "export_command", "Write calls as CSV, Parquet or JSON Lines."),
        "purge": Place("records_privacy", "purge", "Let go of what has been kept for long enough."),
        "subject": Place("records_privacy", "subject", "Give out, or erase, what is kept of one citizen."),
        "audit": Place("records_privacy", "audit", "Show who looked at citizens' numbers, and why."),
    }


app = typer.Typer(cls=RecordsCommands, no_args_is_help=True)


@app.callback()
def records() -> None:
    """List, show and export call records; bring journals into the record store."""
