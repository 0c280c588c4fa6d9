"""What the store asks when it writes lines: seals them, and keeps what is to be kept of the numbers. EDGE.

Rule 1: a store has one key. The first to write to it leaves a check in `numbers`; with another key nothing is written.
"""

from pathlib import Path

from cryptography.exceptions import InvalidTag
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.errors import KeyUnusable
from cdr.journal.line import JournalEvent
from cdr.privacy.keys import KeyFiles
from cdr.privacy.sealing import Mode, NumberRow, Sealing
from cdr.store.statements import CHECK, chunks
from cdr.store.tables import numbers

_KNOWN = "the key of this store"
_SEEN = update(numbers).where(numbers.c.token == bindparam("b_token")).values(seen_us=bindparam("b_seen"))


class Keeper:
    """Seals lines for a store with the key at a path. `mode` is not `plain`. Raises `KeyUnusable`."""

    def __init__(self, mode: Mode, path: Path) -> None:
        self._path = path
        self._sealing = Sealing(KeyFiles(path).keys(), mode)
        self._rows: dict[str, NumberRow] = {}
        self._checked = False

    def seal(self, event: JournalEvent) -> JournalEvent:
        """Give a line with a token in the place of a citizen's number; the same line for the same one."""
        return self._sealing.seal(event, self._rows)

    async def keep(self, connection: AsyncConnection) -> None:
        """Write what was met since the last time into `numbers`. Raises `KeyUnusable` for a store with another key."""
        if not self._checked:
            await self._check(connection)
            self._checked = True
        rows, self._rows = self._rows, {}
        known: dict[str, int] = {}
        for some in chunks(sorted(rows)):
            query = select(numbers.c.token, numbers.c.seen_us).where(numbers.c.token.in_(some))
            known |= {row.token: row.seen_us for row in await connection.execute(query)}
        later = [
            {"b_token": token, "b_seen": rows[token]["seen_us"]}
            for token, seen in known.items()
            if seen < rows[token]["seen_us"]
        ]
        if later:
            await connection.execute(_SEEN, later)
        new = [dict(row) for token, row in sorted(rows.items()) if token not in known]
        if new:
            await connection.execute(insert(numbers), new)

    async def _check(self, connection: AsyncConnection) -> None:
        found = (
            await connection.execute(select(numbers.c.sealed).where(numbers.c.token == CHECK))
        ).scalar_one_or_none()
        if found is None:
            row = {"token": CHECK, "sealed": self._sealing.sealed(_KNOWN), "shown": "", "seen_us": 0}
            await connection.execute(insert(numbers), row)
            return
        try:
            same = self._sealing.number_of(found) == _KNOWN
        except InvalidTag:
            same = False
        if not same:
            raise KeyUnusable.at(str(self._path), "the store's numbers were sealed with another key")


def keeper_of(mode: str, path: Path) -> Keeper | None:
    """Give what seals with the key at a path, made if there is none; None for `plain`. Raises `KeyUnusable`."""
    return None if Mode(mode) is Mode.PLAIN else Keeper(Mode(mode), path)
