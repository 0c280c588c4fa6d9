"""Numbers as people may see them: masked, or whole for a reason that is kept. EDGE."""

from collections.abc import Iterable
from datetime import datetime

from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.errors import KeyUnusable
from cdr.privacy.audit import Entry, note
from cdr.privacy.keys import KeyFiles
from cdr.privacy.sealing import PSEUDONYM, TOKEN, Mode, Sealing
from cdr.record.masking import masked
from cdr.store.statements import chunks
from cdr.store.store import Store
from cdr.store.tables import numbers

GONE = "purged"
"""What is shown for a number that was let go."""


async def callers_shown(store: Store, callers: Iterable[str]) -> dict[str, str]:
    """Give for each caller of the records what may be shown: `+371 29…56`, `withheld`, `purged`."""
    wanted = set(callers)
    async with store.reading() as connection:
        known = {token: shown for token, (_, shown) in (await _rows(connection, wanted)).items()}
    return {one: known.get(one) or without_row(one) for one in wanted}


async def full_numbers(store: Store, callers: Iterable[str], files: KeyFiles, entry: Entry) -> dict[str, str]:
    """Give the whole number for each caller, and note in the audit that somebody looked.

    `entry` tells who, why and when; its object and result are filled in here. What is kept without its number (hashed, or
    let go) is given as it may be shown. Raises `KeyUnusable` if the key is not the one of this store.
    """
    wanted = set(callers)
    async with store.writing() as connection:
        rows = await _rows(connection, wanted)
        sealing = Sealing(files.keys(make=False), Mode.ENCRYPTED) if any(one for one, _ in rows.values()) else None
        found = {one: _whole(one, rows.get(one), sealing, files) for one in wanted}
        told = ", ".join(sorted(one for one in wanted if TOKEN.fullmatch(one)))
        done = Entry(entry.at, entry.who, "full_numbers", entry.why, told, f"{len(wanted)} numbers shown")
        await note(connection, done)
    return found


def looking(who: str, why: str, at: datetime) -> Entry:
    """Make the entry of somebody who asks for whole numbers."""
    return Entry(at, who, "full_numbers", why, "", "")


async def _rows(connection: AsyncConnection, wanted: set[str]) -> dict[str, tuple[bytes | None, str]]:
    found: dict[str, tuple[bytes | None, str]] = {}
    for some in chunks(sorted(one for one in wanted if TOKEN.fullmatch(one))):
        for row in await connection.execute(select(numbers).where(numbers.c.token.in_(some))):
            found[row.token] = row.sealed, row.shown
    return found


def _whole(caller: str, row: tuple[bytes | None, str] | None, sealing: Sealing | None, files: KeyFiles) -> str:
    if row is None:
        return without_row(caller) if TOKEN.fullmatch(caller) or PSEUDONYM.fullmatch(caller) else caller
    sealed, shown = row
    if sealed is None or sealing is None:
        return shown
    try:
        return sealing.number_of(sealed)
    except InvalidTag as error:
        raise KeyUnusable.at(str(files.path), "it is not the key of this store") from error


def without_row(caller: str) -> str:
    """Say what may be shown of a caller of whom the store keeps no number."""
    return GONE if TOKEN.fullmatch(caller) or PSEUDONYM.fullmatch(caller) else masked(caller)
