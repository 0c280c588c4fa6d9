"""A monitor on a terminal that is not there: tests press keys, tell changes and read what is shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from textual import events
from textual.pilot import Pilot

from ivr.monitor.app import Monitor
from ivr.monitor.grid import Pane
from ivr.monitor.lines import Lines
from ivr.monitor.table_screen import Table
from ivr.supervision.models import Change
from tests.fakes.supervised_town import AT, CALLS, everything, the_health
from tests.fakes.told_supervision import ToldSupervision

FIRST = CALLS[0]


class Terminal:
    """A monitor under test, its clock, its pilot and its supervision."""

    def __init__(self) -> None:
        self.at = AT
        self.supervision = ToldSupervision()
        self.app = Monitor(self.supervision, self.now, beat=0)
        self.pilot: Pilot[None]

    def now(self) -> datetime:
        return self.at

    async def told(self, *changes: Change) -> None:
        """Tell changes and let the monitor paint."""
        await self.supervision.feed(*changes)
        await self.painted()

    async def painted(self) -> None:
        self.app.beat()
        await self.pilot.pause()

    async def worked(self) -> None:
        """Wait until what was asked of supervision is answered."""
        asking = [worker for worker in self.app.workers if worker.group != "follow"]
        if asking:
            await self.app.workers.wait_for_complete(asking)
        await self.painted()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.painted()

    async def press_at_once(self, *keys: str) -> None:
        """Press keys that come in one piece, as over a slow link."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await self.pilot.pause()
        await self.painted()

    @property
    def table(self) -> Table:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, Table))

    @property
    def is_table(self) -> bool:
        """Whether nothing else is open."""
        return self.app.screen is self.table

    def rows(self) -> list[str]:
        return self.table.calls.text()[1:]

    def line(self, name: str) -> str:
        return self.app.screen.query_one(f"#{name}", Lines).text()

    def chosen(self) -> str:
        """Give the row that is shown reversed."""
        panes = list(self.table.calls.query(Pane))
        return "".join(text for pane in panes for text, style in pane.drawn[1:] if style.reverse)


@asynccontextmanager
async def terminal(*changes: Change, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Terminal]:
    made = Terminal()
    async with made.app.run_test(size=size) as pilot:
        made.pilot = pilot
        await made.told(the_health(), *(changes or everything()))
        yield made
