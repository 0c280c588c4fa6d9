"""Ingests a journal and kills itself with SIGKILL at the nth database statement. Run as a script.

python killed_ingest.py JOURNAL STORE N
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from cdr.journal import Journal
from cdr.recorder import ingest_next
from cdr.store import Store

READ_SIZE = 3000  # bytes: many small batches


def main(journal: str, store: str, fatal: str) -> None:
    """Count statements and commits; die at the one that is asked for."""
    left = int(fatal)

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def work() -> None:
        async with Store(Path(store)) as opened:
            for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
                event.listen(Engine, name, count)
            while await ingest_next(Journal(Path(journal), READ_SIZE), opened) is not None:
                pass

    asyncio.run(work())


if __name__ == "__main__":
    main(*sys.argv[1:])
