"""`python -m cdr JOURNAL STORE [STATUS]`: the recorder as a process of its own.

Rule 1: writing records must never delay a call, so the engine starts this beside itself instead of doing it itself.
Rule 2: SIGTERM brings in what the journal holds, then ends with 0. Exit code 2: the store cannot be used; stderr says why.
"""

import asyncio
import contextlib
import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from cdr.errors import CdrError
from cdr.journal import Journal
from cdr.recorder import follow, ingest_once
from cdr.status import Status
from cdr.store import Store


async def record(journal: Journal, store: Store, status: Status) -> None:
    """Follow the journal into the store until SIGTERM or SIGINT. Raises CdrError if the store cannot be opened."""
    async with store:
        status.quarantined = await store.quarantine_size()
        following = asyncio.ensure_future(follow(journal, store, status=status))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, following.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await following
        with contextlib.suppress(CdrError):  # said by `follow` already; the next start goes on from here
            await ingest_once(journal.path, store)


def main() -> int:
    """Run with the arguments of the command line; STATUS is a file for `cdr.status`."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("cdr").setLevel(logging.INFO)
    path, place, *rest = sys.argv[1:]
    journal, store = Journal(Path(path)), Store(place)
    status = Status(Path(rest[0]) if rest else None, journal, store.place, _now)
    try:
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
