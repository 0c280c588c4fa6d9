"""The keys that act on a call or a line, the same on every screen that has chosen one."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from ivr.monitor.asking import Asking, Question
from ivr.monitor.cells import Tone
from ivr.monitor.desk import Desk
from ivr.monitor.orders import Order
from ivr.monitor.questions import Mode, hanging_up, listening, overriding, passing_on
from ivr.monitor.words import CHOOSE, CHOOSE_LINE, PRIVATE
from ivr.supervision.models import Call, DestinationNow

MODES: dict[str, Mode] = {"listen": "listen", "whisper": "whisper", "barge": "barge"}


class Acting(Screen[None]):
    """A screen with a desk, and keys for orders. Who inherits says what is chosen, and what is said if nothing is."""

    NO_CALL: ClassVar[str] = CHOOSE
    NO_LINE: ClassVar[str] = CHOOSE_LINE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "hear('listen')", show=False),
        Binding("w", "hear('whisper')", show=False),
        Binding("b", "hear('barge')", show=False),
        Binding("t", "pass_on", show=False),
        Binding("h", "hang_up", show=False),
        Binding("o", "override", show=False),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    def chosen_call(self) -> Call | None:
        """Give the call that is chosen: none, unless the screen that inherits has a choice."""
        return None

    def chosen_line(self) -> DestinationNow | None:
        """Give the line that is chosen: by itself, or as that of the chosen call."""
        call = self.chosen_call()
        return None if call is None else self.desk.board.destination(call.destination)

    async def action_hear(self, mode: str) -> None:
        """Ask which phone is to hear the call."""
        call = self._call()
        if call is not None and call.private:
            self._say(PRIVATE)
        elif call is not None:
            await self._ask(listening(self.desk, call, MODES[mode]))

    async def action_pass_on(self) -> None:
        """Ask where the caller is to go."""
        call = self._call()
        if call is not None:
            await self._ask(passing_on(self.desk, call))

    async def action_hang_up(self) -> None:
        """Ask why the call is to end."""
        call = self._call()
        if call is not None:
            await self._ask(hanging_up(self.desk, call))

    async def action_override(self) -> None:
        """Ask what is to hold for the line."""
        line = self.chosen_line()
        if line is None:
            self._say(self.NO_LINE)
        else:
            await self._ask(overriding(self.desk, line))

    def _call(self) -> Call | None:
        call = self.chosen_call()
        if call is None:
            self._say(self.NO_CALL)
        return call

    def _say(self, text: str) -> None:
        self.desk.say(text, Tone.WARN)

    async def _ask(self, question: Question) -> None:
        await self.app.push_screen(Asking(question), self._answered)  # until its first field takes keys

    def _answered(self, order: Order | None) -> None:
        if order is not None:
            # The worker is the app's: an order goes on when its screen is left.
            self.app.run_worker(self.desk.order(order), group="orders")
