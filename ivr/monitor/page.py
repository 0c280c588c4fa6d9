"""Screens of text that can be scrolled: the journey of a call, the state of the parts, the help."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from ivr.errors import OperatorError
from ivr.monitor.acting import Acting
from ivr.monitor.board import key_of
from ivr.monitor.cells import Cell, Line, Tone, folded, printable
from ivr.monitor.desk import Desk
from ivr.monitor.lines import Lines
from ivr.monitor.pages import journey_lines
from ivr.monitor.questions import facts_of
from ivr.monitor.words import CHOICE_ENDED, EMPTY_JOURNEY, HAS_ENDED, LEAVE, NO_LINE_HERE
from ivr.supervision.models import Call, CallDetail

SCROLLBAR = 1  # columns
LEAVE_KEYS: list[BindingType] = [Binding("escape,q", "leave", show=False)]


class Page(Screen[None]):
    """Text that is made anew at each beat, for the width that there is."""

    BINDINGS: ClassVar[list[BindingType]] = LEAVE_KEYS

    def __init__(self, title: str, lines: Callable[[int], Iterable[Line]]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Show the title, the text and how to leave."""
        yield Lines(id="heading")
        with VerticalScroll():
            yield Lines(id="text")
        yield Lines(id="keys")

    def on_mount(self) -> None:
        """Show the text at once."""
        self.query_one("#heading", Lines).draw([(Cell(self._title, Tone.TITLE),)])
        self.query_one("#keys", Lines).draw([(Cell(LEAVE, Tone.QUIET),)])
        self.paint()

    def paint(self) -> None:
        """Show the text as it is now."""
        write(self.query_one("#text", Lines), self._lines(self.size.width - SCROLLBAR))

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)


class Journey(Acting):
    """One call: what it met so far. It is asked for again when the call has changed; orders are about this call."""

    NO_CALL: ClassVar[str] = HAS_ENDED
    NO_LINE: ClassVar[str] = NO_LINE_HERE
    BINDINGS: ClassVar[list[BindingType]] = LEAVE_KEYS

    def __init__(self, desk: Desk, call: Call) -> None:
        super().__init__(desk)
        self._opened = call
        self._asked: Call | None = None
        self._detail: CallDetail | str = ""

    def compose(self) -> ComposeResult:
        """Show the call, its journey, what was said last, and how to leave."""
        yield Lines(id="facts")
        with VerticalScroll():
            yield Lines(id="text")
        yield Lines(id="told")
        yield Lines(id="keys")

    def on_mount(self) -> None:
        """Show the call at once; its journey is asked for."""
        self.query_one("#keys", Lines).draw([(Cell(LEAVE, Tone.QUIET),)])
        self.paint()

    def on_resize(self) -> None:
        """Break the lines anew at the next beat."""
        self.desk.changed = True

    def chosen_call(self) -> Call | None:
        """Give the call of this journey, while it lasts."""
        return self.desk.board.calls.get(key_of(self._opened))

    def paint(self) -> None:
        """Show the call as it is now, and ask for its journey if it has changed."""
        facts = facts_of(self.desk, self._opened)
        call = self.chosen_call()
        if call is None:
            ended = self.desk.board.ended.get(key_of(self._opened))
            how = ended.disposition if ended else "?"
            facts = (*facts, (Cell(CHOICE_ENDED.format(how=how, call=self._opened.call), Tone.WARN),))
        write(self.query_one("#facts", Lines), facts)
        write(self.query_one("#text", Lines), self._journey())
        told = self.desk.last_told(self.desk.now())
        self.query_one("#told", Lines).draw([(Cell(told.text, told.tone),)] if told else [])
        if self.desk.board.lost is not None:
            self._asked = None  # when supervision is back it is asked again, also if nothing has changed
        elif call is not None and call != self._asked:
            self._asked = call
            self.run_worker(self._fetch(call), exclusive=True)

    def action_leave(self) -> None:
        """Go back to the calls."""
        self.dismiss(None)

    def _journey(self) -> Iterable[Line]:
        width = self.size.width - SCROLLBAR
        match self._detail:
            case "":
                return [(Cell(EMPTY_JOURNEY, Tone.QUIET),)]
            case str(why):
                return folded(Cell("! ", Tone.BAD), printable(why), width, Tone.BAD)
            case CallDetail() as detail:
                return journey_lines(detail, self.desk.zone, width)

    async def _fetch(self, call: Call) -> None:
        try:
            self._detail = await self.desk.supervision.call(call.call)
        except OperatorError as error:
            self._detail = str(error)
        self.desk.changed = True


def write(shown: Lines, lines: Iterable[Line]) -> None:
    """Show lines in a widget that is as high as they are many."""
    found = list(lines)
    if len(found) != len(shown.drawn):
        shown.styles.height = len(found)
    shown.draw(found)
