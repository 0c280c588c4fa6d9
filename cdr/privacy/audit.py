"""Who looked at a citizen's number, or let one go: rows that are only ever added. EDGE."""

import getpass
import os
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.store.store import Store
from cdr.store.tables import audit
from cdr.times import to_datetime, to_micros


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit. `object` says what it was done to (tokens and counts, never a number)."""

    at: datetime
    who: str
    what: str
    why: str
    object: str
    result: str


def user() -> str:
    """Give who runs this: the login name, and the one before `sudo`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER", "")
    return f"{name} ({before})" if before and before != name else name


async def note(connection: AsyncConnection, entry: Entry) -> None:
    """Add an entry, within the transaction of what it tells of."""
    row = {"at_us": to_micros(entry.at), "who": entry.who, "what": entry.what, "why": entry.why}
    await connection.execute(insert(audit), row | {"object": entry.object, "result": entry.result})


async def entries(store: Store, *, since: datetime | None = None, limit: int = 100) -> list[Entry]:
    """Give the newest entries, the newest first."""
    query = select(audit).order_by(audit.c.at_us.desc(), audit.c.id.desc()).limit(limit)
    query = query if since is None else query.where(audit.c.at_us >= to_micros(since))
    async with store.reading() as connection:
        rows = (await connection.execute(query)).all()
    return [Entry(to_datetime(row.at_us), row.who, row.what, row.why, row.object, row.result) for row in rows]
