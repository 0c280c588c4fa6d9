"""Citizens who call again and again over some weeks, as one journal."""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from cdr.store.store import Store
from cdr.store.tables import calls
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import START, lines_of

DAY = 86_400
BEGAN = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START)
ANNA, BORIS = "+37129111111", "+37129222222"


def journal_of(callers: list[tuple[str, float]]) -> bytes:
    """Give the journal of one answered call per caller, each so many days after the first."""
    text = b""
    for number, (caller, days) in enumerate(callers):
        lines = lines_of(IN + TALKS + ends(20, "info-1"), number + 1)
        text += b"".join(_moved(line, caller, int(days * DAY)) for line in lines)
    return text


def _moved(line: bytes, caller: str, seconds: int) -> bytes:
    """Give a line as another caller's, at a later time."""
    later = re.sub(rb'","(\d+)\.', lambda found: b'","%d.' % (int(found[1]) + seconds), line, count=1)
    return later.replace(b'"29123456"', f'"{caller}"'.encode())


WEEK = journal_of([(ANNA, 0), (BORIS, 0.5), (ANNA, 1), (ANNA, 20), ("103", 21), (BORIS, 40), ("102", 41)])


async def callers_of(store: Store) -> list[str]:
    async with store.reading() as connection:
        return list((await connection.execute(select(calls.c.caller).order_by(calls.c.started_us))).scalars())
