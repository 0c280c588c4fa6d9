"""Ingests a journal in a process of its own that kills itself with SIGKILL at the nth database statement.

Each process is forked from one that has loaded everything already: a kill costs no second of imports.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from cdr.journal.reader import Journal
from cdr.recorder import ingest_next
from cdr.store import add, postgresql
from cdr.store.store import Store

READ_SIZE = 3000  # bytes: many small batches


def killed(journal: Path, store: str, fatal: int, busy_lines: int = 3000) -> bool:
    """Ingest and be killed; tell whether it was. From `busy_lines` in a batch on, calls that go on are put off."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_ingest, args=(journal, store, fatal, busy_lines))
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


def _ingest(journal: Path, store: str, fatal: int, busy_lines: int) -> None:
    """Count statements and commits; die at the one that is asked for."""
    left = fatal
    add.BUSY_LINES = busy_lines

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
            while await ingest_next(Journal(journal, READ_SIZE), opened) is not None:
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
