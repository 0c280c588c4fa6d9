"""Judges what records are made from: Asterisk's event log and the journal, a file or a table. Pure."""

from collections.abc import Iterator
from typing import assert_never

from ivr.doctor.facts import Cel, Facts, JournalFile, JournalTable
from ivr.doctor.findings import Finding, ok, warning, wrong

COLUMNS = 14
"""Of a journal's line: docs/journal.md."""
APPLICATIONS = frozenset({"dial", "queue", "agi"})
WRITER = "CEL Custom CSV Logging"
TABLE_WRITER = "CEL PGSQL backend"
STUCK = 600.0
"""Seconds without a line, while channels live, after which somebody should look: a long talk writes nothing."""


def record_checks(facts: Facts) -> Iterator[Finding]:
    """Yield what is to be said about the journal."""
    if facts.console is not None:
        yield cel(facts.console.cel)
    live = 0 if facts.console is None else facts.console.channels
    match facts.journal:
        case JournalTable() as table:
            writers = None if facts.console is None else facts.console.cel.writers
            yield _table(table, live, writers)
        case JournalFile() as file:
            yield _journal(file, live)
        case _:
            assert_never(facts.journal)


def cel(found: Cel) -> Finding:
    """Judge the settings of Asterisk's event log."""
    if not found.enabled:
        return wrong("events (CEL)", "Asterisk writes no events: no call leaves a record", "cel.conf: enable = yes")
    if "ALL" not in found.events:
        return wrong("events (CEL)", "not all events are written: records lack steps", "cel.conf: events = ALL")
    lacks = sorted(APPLICATIONS - found.applications)
    if lacks:
        return wrong(
            "events (CEL)", f"not written: {', '.join(lacks)}", f"cel.conf: apps = {','.join(sorted(APPLICATIONS))}"
        )
    table = TABLE_WRITER in found.writers
    if WRITER not in found.writers and table:
        return warning(
            "events (CEL)",
            "written into a database only: what it does not take is lost",
            "module load cel_custom.so; our mapping in cel_custom.conf",
        )
    if WRITER not in found.writers:
        return wrong(
            "events (CEL)",
            "nothing writes them into a file",
            "module load cel_custom.so; our mapping in cel_custom.conf",
        )
    return ok("events (CEL)", f"all events, by cel_custom{' and cel_pgsql' if table else ''}")


def _table(table: JournalTable, live: int, writers: tuple[str, ...] | None) -> Finding:
    if table.problem:
        return wrong("journal", table.problem, "docs/journal.md, `The journal in a database`")
    if writers is not None and TABLE_WRITER not in writers:
        said = f"{table.name} is read, and Asterisk writes into no table"
        return wrong("journal", said, "cel_pgsql.conf, then: module load cel_pgsql.so; or IVR_JOURNAL without a table")
    if table.age is None:
        return warning("journal", f"{table.name} has no row", "make a call, then look again")
    if table.age > STUCK and live:
        said = f"{live} channels live, and the newest row is {table.age:.0f} s old"
        return warning(
            "journal", said, "does cel_pgsql.conf name this table? Asterisk's log says what it could not write"
        )
    return ok("journal", f"{table.name}, newest row {table.age:.0f} s old")


def _journal(file: JournalFile, live: int) -> Finding:
    if not file.exists:
        said = f"{file.path} is not there"
        if live:
            return wrong(
                "journal", f"{said} although {live} channels live", "cel_custom.conf: our mapping; IVR_JOURNAL"
            )
        return warning("journal", said, "it is made with the first call; make one, then look again")
    if file.columns is not None and file.columns != COLUMNS:
        said = f"its newest line has {file.columns} columns, ours have {COLUMNS}"
        return wrong("journal", said, "cel_custom.conf: our mapping, and a file of its own for it")
    if file.age is not None and file.age > STUCK and live:
        said = f"{live} channels live, and the newest line is {file.age:.0f} s old"
        return warning("journal", said, "is its disk full? Does the folder belong to Asterisk's user?")
    age = "empty" if file.age is None else f"newest line {file.age:.0f} s old"
    return ok("journal", f"{file.path}, {file.size} bytes, {age}")
