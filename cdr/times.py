"""Instants and durations between microseconds and `datetime`. PURE.

Rule 1: the journal and the store count whole microseconds since 1970, UTC; nothing goes through a float.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_datetime(at: int) -> datetime:
    """Turn microseconds since 1970 into an aware instant in UTC."""
    return EPOCH + at * MICROSECOND


def to_micros(at: datetime) -> int:
    """Turn an aware instant into microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


def span_of(micros: int) -> timedelta:
    """Turn a number of microseconds into a duration."""
    return micros * MICROSECOND
