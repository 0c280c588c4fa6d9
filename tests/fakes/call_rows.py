"""Rows put into a store without any journal."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, insert

from cdr.store.store import Store
from cdr.store.tables import calls

FIRST = 1_792_888_200_000_000  # 2026-10-25 00:30 UTC: in Riga the hour that comes twice


def row(number: int, **changes: Any) -> dict[str, Any]:
    """Give a row of `calls`, a plausible one; the number is that of a second."""
    started = FIRST + number * 1_000_000
    texts = dict.fromkeys(("topic", "case_reference"), "") | {
        "service": "kekava",
        "number": "080011032",
        "caller": "",
        "language": "lv",
        "rules": "abc",
        "path": "1,2",
    }
    times = {"seen_until_us": started + 9_000_999, "ended_us": started + 9_000_999, "menu_us": 2_000_333}
    more = {"waiting_us": 3_000_333, "talking_us": 4_000_333, "disposition": "answered", "led_by": "engine"}
    key = {"started_us": started, "node": "pbx", "linkedid": f"pbx-{started // 1_000_000}.{number}"}
    return key | texts | times | more | {"complete": True, "hangup_cause": 16} | changes


async def filled(place: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make a store with these calls."""
    async with Store(place) as store:
        await add(store, calls, rows)


async def add(store: Store, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to a table of calls, or of what belongs to them."""
    if not rows:
        return
    async with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            from cdr.store.postgresql import make_months  # noqa: PLC0415 - tests on SQLite do not need it

            await connection.run_sync(make_months, [one["started_us"] for one in rows])
        await connection.execute(insert(table), list(rows))
