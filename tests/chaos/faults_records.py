"""Faults under the records: the store locked, its disk full, the journal's disk full."""

import asyncio
import sqlite3

from tests.chaos.disks import fill, free
from tests.chaos.stage import Fault, Stage

FULL = 20.0  # seconds
SAID = "cannot be written now"
MORE = 15.0  # seconds for the recorder to find out, and to catch up


async def locked(stage: Stage) -> None:
    """Somebody holds the store's write lock all the time."""
    store = sqlite3.connect(stage.house.settings.store, isolation_level=None, timeout=30)
    try:
        store.execute("BEGIN IMMEDIATE")
        stage.strike()
        await asyncio.sleep(stage.options.store_minutes * 60)
        stage.ended()
        store.execute("ROLLBACK")
    finally:
        store.close()
    stage.check(stage.said(SAID), "nobody said that the store was down")
    stage.notes.append(f"the store was locked for {stage.options.store_minutes:g} min (--store-minutes; in full: 10)")


async def postgresql_stopped(stage: Stage) -> None:
    """The database server that holds the records is gone as after a power cut, and comes back later."""
    database = stage.database
    if database is None:
        raise RuntimeError("this fault needs the records in PostgreSQL")
    stage.strike()
    await asyncio.to_thread(lambda: database.stop(abruptly=True))
    await asyncio.sleep(stage.options.store_minutes * 60)
    await asyncio.to_thread(database.start)
    stage.ended()
    stage.check(stage.said(SAID), "nobody said that the store was down")
    stage.notes.append(f"PostgreSQL was gone for {stage.options.store_minutes:g} min (--store-minutes; in full: 10)")


async def store_full(stage: Stage) -> None:
    """No space where the store lies."""
    place = stage.house.disk("store")
    stage.strike()
    fill(place)
    await asyncio.sleep(FULL)
    stage.ended()
    free(place)
    stage.check(stage.said(SAID), "nobody said that the store's disk was full")


async def journal_full(stage: Stage) -> None:
    """No space where the journal lies: Asterisk drops what it cannot write, and somebody must say so."""
    place = stage.house.disk("journal")
    stage.strike()
    fill(place)
    await asyncio.sleep(FULL)
    stage.ended()
    free(place)
    await asyncio.sleep(MORE)
    log = stage.engine.log.read_text(errors="replace").splitlines()
    told = [line for line in log if "journal" in line and (" ERROR " in line or " CRITICAL " in line)]
    stage.check(bool(told), "nobody said that lines of the journal were lost")
    stage.notes.append(f"said: {told[0][:160]}" if told else "nothing about the journal stands in the engine's log")


FAULTS = (
    Fault("store-locked", "record store locked", locked, "all records afterwards", back=0.0, after=20.0),
    Fault(
        "store-postgresql",
        "record store's PostgreSQL gone",
        postgresql_stopped,
        "all records afterwards",
        back=0.0,
        after=20.0,
        database=True,
    ),
    Fault(
        "store-full",
        f"store's disk full for {FULL:g} s",
        store_full,
        "all records afterwards",
        back=0.0,
        after=35.0,
        mounts=("store",),
    ),
    Fault(
        "journal-full",
        f"journal's disk full for {FULL:g} s",
        journal_full,
        "loss said, none doubled",
        losses=True,
        mounts=("journal",),
    ),
)
