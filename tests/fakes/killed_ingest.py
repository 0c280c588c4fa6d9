"""Ingests a journal and kills itself with SIGKILL at the nth database statement. Run as a script.

python killed_ingest.py JOURNAL STORE N [LINES]: with so many lines in a batch calls that go on are put off.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from cdr.journal.reader import Journal
from cdr.recorder import ingest_next
from cdr.store import add, postgresql
from cdr.store.store import Store

READ_SIZE = 3000  # bytes: many small batches


def main(journal: str, store: str, fatal: str, busy_lines: str = "3000") -> None:
    """Count statements and commits; die at the one that is asked for."""
    left = int(fatal)
    add.BUSY_LINES = int(busy_lines)

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def work() -> None:
        async with Store(store) as opened:
            for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
                event.listen(Engine, name, count)
            _count_copies(count)
            while await ingest_next(Journal(Path(journal), READ_SIZE), opened) is not None:
                pass
            while await opened.refold(3):
                pass

    asyncio.run(work())


def _count_copies(count: Callable[[], None]) -> None:
    """Count what goes to PostgreSQL's driver past SQLAlchemy."""
    plain = postgresql.copy

    async def counted(*arguments: Any) -> None:
        count()
        await plain(*arguments)
        count()

    postgresql.copy = counted


if __name__ == "__main__":
    main(*sys.argv[1:])
