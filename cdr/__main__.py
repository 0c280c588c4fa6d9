"""`python -m cdr JOURNAL STORE`: the recorder as a process of its own.

Rule 1: writing records must never delay a call, so the engine starts this beside itself instead of doing it itself.
Rule 2: SIGTERM brings in what the journal holds, then ends with 0. Exit code 2: the store cannot be used; stderr says why.
"""

import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

from cdr.errors import CdrError
from cdr.journal import Journal
from cdr.recorder import follow, ingest_once
from cdr.store import Store


async def record(journal: Path, place: str) -> None:
    """Follow the journal into the store until SIGTERM or SIGINT. Raises CdrError if the store cannot be opened."""
    async with Store(place) as store:
        following = asyncio.ensure_future(follow(Journal(journal), store))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, following.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await following
        with contextlib.suppress(CdrError):  # said by `follow` already; the next start goes on from here
            await ingest_once(journal, store)


def main() -> int:
    """Run with the arguments of the command line."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("cdr").setLevel(logging.INFO)
    journal, place = sys.argv[1:]
    try:
        asyncio.run(record(Path(journal), place))
    except CdrError as error:
        logging.getLogger("cdr").error("%s", error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
