"""What the statements of all figures share: the same SQL for SQLite and PostgreSQL. PURE.

Rule 1: every statement reads one range of `started_us`, the beginning of every key: so what it costs is a matter of the
calls in the scope, not of those in the store.
Rule 2: the database groups and sums; days, hours, orders and percentiles are made in Python.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    or_,
)

from cdr.record.words import Disposition
from cdr.statistics.local_time import QUARTER
from cdr.statistics.scope import Scope
from cdr.store.tables import calls, same_call
from cdr.times import MICROSECOND, to_micros

ENDED = calls.c.disposition != Disposition.OPEN.value
REACHED = calls.c.connected_us.is_not(None)
LOST = calls.c.disposition.in_((Disposition.PBX_LOST.value, Disposition.JOURNAL_GAP.value))
TOTAL = func.coalesce(calls.c.ended_us, calls.c.seen_until_us) - calls.c.started_us


def within(table: FromClause, scope: Scope) -> ColumnElement[bool]:
    """Give the condition that a row belongs to a call of the scope."""
    started = table.c.started_us
    time = and_(started >= to_micros(scope.since), started < to_micros(scope.until))
    return time if scope.services is None else and_(time, table.c.service.in_(scope.services))


def quarter(table: Table) -> ColumnElement[int]:
    """Give the quarter of an hour, counted since 1970, in which a row's call began."""
    return table.c.started_us // literal_column(str(QUARTER // MICROSECOND))


def number() -> ColumnElement[int]:
    """Count the rows."""
    return func.count()


def number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Count the rows for which a condition holds; over no rows it gives NULL."""
    return func.sum(case((condition, literal_column("1", Integer)), else_=literal_column("0", Integer)))


def values(micros: ColumnElement[Any], condition: ColumnElement[bool] | None = None) -> ColumnElement[str]:
    """Put the durations together into one text, see `spreads.listed`: far less work than a row for each."""
    text = cast(micros, Text)
    return func.aggregate_strings(text if condition is None else case((condition, text)), ",")


def first_of_call(table: Table, scope: Scope, *same: str) -> ColumnElement[bool]:
    """Tell whether a row is the first of its call with these columns: so rows are counted once per call."""
    other = table.alias("earlier")
    alike = [other.c[name] == table.c[name] for name in same]
    earlier = and_(within(other, scope), same_call(other, table), *alike, other.c.place < table.c.place)
    return or_(table.c.place == 0, ~exists().where(earlier))


def descending(calls_: int, *names: str) -> tuple[Any, ...]:
    """Give the key that sorts the most calls first, then by name."""
    return (-calls_, *names)
