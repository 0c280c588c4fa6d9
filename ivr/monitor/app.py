"""The terminal program: it takes changes from supervision and paints, at most four times a second, what has changed.

Rule 1: a key is handled to its end before the next. Over a slow link many come in one piece, and each must meet what the one
before it brought: a field, a dialog, a call that is chosen.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.widgets import Input

from ivr.errors import OperatorError
from ivr.monitor.asking import Asking
from ivr.monitor.desk import Desk
from ivr.monitor.orders import Supervision
from ivr.monitor.page import Journey, Page
from ivr.monitor.style import CSS
from ivr.monitor.table_screen import Table

AGAIN_SECONDS = 5.0  # after supervision has refused to tell anything: no token, or not ready yet
BEAT_SECONDS = 0.25  # between two looks for something to paint
THEME = "ansi-dark"  # the terminal's own sixteen colours on its own ground: few bytes, and readable on light and dark


class Monitor(App[None]):
    """The monitor. `clock` gives the time in UTC; it is shown in the municipality's zone, which supervision tells."""

    TITLE = "ivr monitor"
    ENABLE_COMMAND_PALETTE = False
    CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", show=False, priority=True)]

    def __init__(
        self,
        supervision: Supervision,
        clock: Callable[[], datetime],
        beat: float = BEAT_SECONDS,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__()
        self.desk = Desk(supervision, clock)
        self._beat = beat
        self._pause = pause
        self._painted_at: datetime | None = None

    def on_mount(self) -> None:
        """Show the table, and begin to listen to supervision."""
        self.theme = THEME
        self.animation_level = "none"
        self.push_screen(Table(self.desk))
        self.run_worker(self._follow(), group="follow")
        if self._beat:
            self.set_interval(self._beat, self.beat)

    async def on_event(self, event: events.Event) -> None:
        """Handle keys by ourselves (Rule 1): Textual hands them on to widgets, and each of these looks when it comes to it."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.app_focus = True
            await self._pressed(event)
        else:
            await super().on_event(event)

    async def _pressed(self, key: events.Key) -> None:
        field = self.focused
        if isinstance(field, Input) and key.is_printable and key.character is not None:
            field.replace(key.character, *field.selection)
        elif (found := self.screen.active_bindings.get(key.key)) is not None:
            await self.run_action(found.binding.action, found.node)

    def beat(self) -> None:
        """Paint if something has changed or a second has passed."""
        at = self.desk.now()
        if not self.desk.changed and at == self._painted_at:
            return
        if self.desk.changed:
            self.desk.changed = False
            self.desk.arrange()
        self._painted_at = at
        for screen in self.screen_stack:
            if isinstance(screen, Table | Journey | Page | Asking) and screen.is_mounted:
                screen.paint()

    async def _follow(self) -> None:
        """Take changes for ever. The client itself tries again when nobody answers; a refusal is told, and tried again."""
        while True:
            try:
                async for change in self.desk.supervision.events():
                    self.desk.take(change)
            except OperatorError as error:
                self.desk.lose(str(error))
            await self._pause(AGAIN_SECONDS)
