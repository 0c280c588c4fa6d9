"""The other way, for comparison: the obvious SQL over the table that Asterisk's own CDR backend fills.

Rule 1: its rows are made from the same calls: one for each phone that was called, as Asterisk does; one for a call that
reached no phone. Its indexes are the usual ones: calldate, dst, accountcode.
"""

import math
import time
from dataclasses import dataclass
from datetime import UTC
from statistics import median
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.scope import Scope
from cdr.store.store import Store

_TABLE = """
CREATE TABLE cdr (calldate timestamp, clid text, src text, dst text, dcontext text, channel text, dstchannel text,
lastapp text, lastdata text, duration integer, billsec integer, disposition text, amaflags integer, accountcode text,
uniqueid text, userfield text, linkedid text)"""
_FILL = """
INSERT INTO cdr SELECT {at}, caller, caller, number, 'from-trunk', 'PJSIP/trunk-' || linkedid,
CASE WHEN answered_by = '' THEN '' ELSE 'PJSIP/' || answered_by || '-00000001' END, 'Dial', 'PJSIP/a,30',
(coalesce(ended_us, seen_until_us) - started_us) / 1000000, talking_us / 1000000,
CASE disposition WHEN 'answered' THEN 'ANSWERED' WHEN 'busy' THEN 'BUSY' ELSE 'NO ANSWER' END,
3, service, linkedid, path, linkedid FROM calls"""
_MORE = " WHERE redirections > 0"
_AT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', started_us / 1000000.0, 'unixepoch')",
    "postgresql": "to_timestamp(started_us / 1000000.0) AT TIME ZONE 'UTC'",
}
_HOUR = {"sqlite": "strftime('%w %H', calldate)", "postgresql": "to_char(calldate, 'D HH24')"}
_RANGE = "calldate >= {since} AND calldate < {until}"
_QUERIES = {
    "calls by service": "SELECT accountcode, count(DISTINCT linkedid) FROM cdr WHERE {range} GROUP BY accountcode",
    "calls by day": "SELECT date(calldate), count(DISTINCT linkedid) FROM cdr WHERE {range} GROUP BY date(calldate)",
    "calls by hour and weekday": "SELECT {hour}, count(DISTINCT linkedid) FROM cdr WHERE {range} GROUP BY {hour}",
    "outcomes": "SELECT disposition, count(*) FROM cdr WHERE {range} GROUP BY disposition",
    "durations, p95": (
        "SELECT accountcode, max(billsec) FROM (SELECT accountcode, billsec, ntile(20) OVER (PARTITION BY accountcode "
        "ORDER BY billsec) AS part FROM cdr WHERE {range}) AS parts WHERE part = 19 GROUP BY accountcode"
    ),
    "repeat callers in 24 h": (
        "SELECT count(*) FROM cdr a WHERE {range} AND EXISTS (SELECT 1 FROM cdr b WHERE b.src = a.src AND "
        "b.calldate < a.calldate AND b.calldate >= {day})"
    ),
}
_DAY = {"sqlite": "datetime(a.calldate, '-1 day')", "postgresql": "a.calldate - interval '1 day'"}
SLOW = 60.0  # seconds after which a query is broken off
_STEPS = 100_000  # of SQLite's machine, after which it looks whether it is to go on


@dataclass(frozen=True, slots=True)
class Obvious:
    """How many rows the table has, and the median seconds of each query by the clock."""

    rows: int
    seconds: dict[str, float]


async def made(place: str, scope: Scope, rounds: int) -> Obvious:
    """Make the table from the calls of a store, if it is not there, and time the obvious queries over a month."""
    async with Store(place) as store:
        async with store.reading() as connection:
            there = await connection.run_sync(lambda found: inspect(found).has_table("cdr"))
        if not there:
            async with store.writing() as connection:
                await _fill(connection)
                await connection.execute(text("ANALYZE cdr"))
        async with store.reading() as connection:
            rows = (await connection.execute(text("SELECT count(*) FROM cdr"))).scalar_one()
            kind = connection.dialect.name
            seconds = {
                name: await _timed(connection, _filled(query, kind, scope), rounds) for name, query in _QUERIES.items()
            }
    return Obvious(rows, seconds)


async def _fill(connection: AsyncConnection) -> None:
    await connection.execute(text(_TABLE))
    fill = _FILL.format(at=_AT[connection.dialect.name])
    for statement in (fill, fill + _MORE):
        await connection.exec_driver_sql(statement)
    for column in ("calldate", "dst", "accountcode"):
        await connection.execute(text(f"CREATE INDEX cdr_{column} ON cdr ({column})"))


def _filled(query: str, kind: str, scope: Scope) -> str:
    since, until = (f"'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}'" for at in (scope.since, scope.until))
    limits = _RANGE.format(since=since, until=until)
    limits = limits.replace("calldate", "a.calldate") if " cdr a " in query else limits
    return query.format(range=limits, hour=_HOUR[kind], day=_DAY[kind])


async def _timed(connection: AsyncConnection, query: str, rounds: int) -> float:
    """Give the median seconds, `inf` for a query that takes longer than `SLOW`: it is broken off."""
    times: list[float] = []
    while len(times) < rounds + 1:
        began = time.perf_counter()
        await _break_off(connection, began + SLOW)
        try:
            (await connection.exec_driver_sql(query)).all()
        except DBAPIError:
            await connection.rollback()
            return math.inf
        times.append(time.perf_counter() - began)
    return median(times[1:])


async def _break_off(connection: AsyncConnection, at: float) -> None:
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(f"SET statement_timeout = {SLOW * 1000:.0f}")
        return
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.set_progress_handler(lambda: time.perf_counter() > at, _STEPS)
