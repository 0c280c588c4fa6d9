"""`python -m cdr SOURCE STORE [STATUS [NODE [NUMBERS KEY]]]`: the recorder as a process of its own.

`cdr.journal.sources` tells of SOURCE and NODE, `cdr.privacy.sealing.Mode` of NUMBERS; KEY is the file with their key.

Rule 1: writing records must never delay a call, so the engine starts this beside itself instead of doing it itself.
Rule 2: SIGTERM brings in what the journal holds, then ends with 0. Exit code 2: the store cannot be used; stderr says why.
Rule 3: a store that is away or locked at the start is waited for; the journal is the spool.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from cdr.errors import CdrError, StoreUnavailable
from cdr.journal.sources import JournalSource, source_of
from cdr.privacy.keeper import keeper_of
from cdr.recorder import follow, ingest_next, open_patiently
from cdr.status import Status
from cdr.store.store import Store

DEFAULTS = ("", "", "plain", "")  # of STATUS, NODE, NUMBERS and KEY
COLLECTING = (50_000, 20, 50)  # looking for cycles, of which lines make none, takes a tenth of the time


async def record(journal: JournalSource, store: Store, status: Status) -> None:
    """Follow the journal into the store until SIGTERM or SIGINT. Raises CdrError if the store cannot be used at all."""
    following = asyncio.ensure_future(_follow(journal, store, status))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, following.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await following
        with contextlib.suppress(CdrError):  # said by `follow` already; the next start goes on from here
            async with store:
                while await ingest_next(journal, store) is not None:
                    pass
    finally:
        await store.close()


async def _follow(journal: JournalSource, store: Store, status: Status) -> None:
    await open_patiently(store, status)
    with contextlib.suppress(StoreUnavailable):  # said by `follow` if it lasts
        status.quarantined = await store.quarantine_size()
    await follow(journal, store, status=status)


def main() -> int:
    """Run with the arguments of the command line; STATUS is a file for `cdr.status`."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("cdr").setLevel(logging.INFO)
    gc.set_threshold(*COLLECTING)
    path, place, state, node, numbers, key = [*sys.argv[1:], *DEFAULTS[len(sys.argv) - 3 :]]
    journal = source_of(path, node)
    status = Status(Path(state) if state else None, journal, Store(place).place, _now)
    try:
        store = Store(place, sealer=keeper_of(numbers, Path(key)))
        asyncio.run(record(journal, store, status))
    except CdrError as error:
        logging.getLogger("cdr").error("%s", error)
        status.failed(error)
        status.write()
        return 2
    return 0


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a process of its own reads the clock


if __name__ == "__main__":
    sys.exit(main())
