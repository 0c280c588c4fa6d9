"""Everything a record store holds, for comparison."""

import sqlite3
from contextlib import closing
from pathlib import Path

from cdr.journal_lines import events_of, unpack

TABLES = ("calls", "steps", "redirections", "legs", "announcements", "marks", "quarantine", "positions")


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Give all rows of all tables, sorted; the journals' lines unpacked."""
    with closing(sqlite3.connect(path)) as database:
        found = {table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}  # noqa: S608
        packed = database.execute(
            "SELECT linkedid, complete, first_place, last_place, lines FROM journals ORDER BY linkedid"
        )
        return found | {"journals": [(*row, unpack(lines), places(lines)) for *row, lines in packed]}


def places(lines: bytes) -> list[tuple[str, int]]:
    """Give the places of packed lines."""
    return [(event.file, event.offset) for event in events_of(lines)]
