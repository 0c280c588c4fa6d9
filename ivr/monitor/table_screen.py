"""The first screen: the head, the calls, the lines, what was said last."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from ivr.monitor.acting import Acting
from ivr.monitor.answer import Answer
from ivr.monitor.board import key_of
from ivr.monitor.cells import Cell, Tone, joined, printable
from ivr.monitor.desk import Desk
from ivr.monitor.grid import Grid
from ivr.monitor.head import head
from ivr.monitor.lines import Lines
from ivr.monitor.order import Wanted, wanted
from ivr.monitor.page import Journey, Page
from ivr.monitor.pages import help_lines, state_lines
from ivr.monitor.tables import CALLS, LINES, SeenCall, SeenLine, lines_in_order
from ivr.monitor.trouble import of_call, of_line
from ivr.monitor.words import (
    CHOICE_ENDED,
    FILTER,
    FIND,
    KEYS,
    LOOKING,
    NO_CALLS,
    NO_MATCH,
    NOT_FOUND,
    PAGES,
    SORTED,
    SORTS,
)
from ivr.supervision.models import Call, DestinationNow

LINES_LEAST, LINES_SHARE = 3, 4  # lines of the second table: at least 3, else a quarter of the terminal


class Table(Acting):
    """The calls and lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "type('filter')", show=False),
        Binding("f", "type('find')", show=False),
        Binding("n", "find_next", show=False),
        Binding("s", "sort", show=False),
        Binding("r", "backwards", show=False),
        Binding("i", "page('state')", show=False),
        Binding("question_mark", "page('help')", show=False),
        Binding("escape", "escape", show=False),
        Binding("q", "app.quit", show=False),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._found = Wanted()
        self._known: Call | None = None
        self._typing = "filter"
        self._input = Answer(self._typed, id="typed")
        self.calls: Grid[Call, SeenCall] = Grid(CALLS, key_of, id="calls")
        self.lines: Grid[DestinationNow, SeenLine] = Grid(LINES, lambda line: line.destination, id="lines")

    def compose(self) -> ComposeResult:
        """Put the parts below each other."""
        yield Lines(id="head")
        yield self.calls
        yield self.lines
        yield Lines(id="told")
        yield self._input
        yield Lines(id="keys")

    def on_mount(self) -> None:
        """Give the keys to the calls."""
        self._input.display = False
        self.calls.focus()

    def on_resize(self) -> None:
        """Share the height between calls and lines."""
        self.lines.styles.height = 1 + max(LINES_LEAST, self.size.height // LINES_SHARE - 1)
        self.query_one("#keys", Lines).draw([joined(_keys(), self.size.width)])
        self.desk.changed = True

    def paint(self) -> None:
        """Show everything as it is now; the widgets write only what has changed."""
        desk, at = self.desk, self.desk.seen_at()
        self._choice_ended()
        self.calls.show(desk.rows(at), lambda call: desk.seen(call, at))
        lines = lines_in_order(desk.board.destinations)
        self.lines.show(lines, lambda line: SeenLine(line, at, desk.zone))
        self.query_one("#head", Lines).draw(head(desk.board, desk.now(), desk.zone, self.size.width))
        self.query_one("#told", Lines).draw([joined(self._told(), self.size.width)])

    def chosen_call(self) -> Call | None:
        """Give the chosen call if the keys go to the calls."""
        return self._chosen() if self.focused is self.calls else None

    def chosen_line(self) -> DestinationNow | None:
        """Give the chosen line, or that of the chosen call."""
        if self.focused is self.lines:
            return None if self.lines.chosen is None else self.desk.board.destination(str(self.lines.chosen))
        return super().chosen_line()

    @on(Grid.Chosen)
    def tell_choice(self) -> None:
        """Tell about what is chosen now."""
        self._known = self._chosen()
        self.desk.changed = True

    @on(Grid.Opened)
    def open_journey(self) -> None:
        """Show the journey of the chosen call."""
        call = self._call()
        if call is not None:
            self.app.push_screen(Journey(self.desk, call))

    def action_type(self, what: str) -> None:
        """Let the person type a filter or what to find."""
        self._typing = what
        self._input.placeholder = FILTER if what == "filter" else FIND
        self._input.value = ""
        self._input.display = True
        self.set_focus(self._input)

    @on(Input.Changed, "#typed")
    def typing(self) -> None:
        """Filter while the person types."""
        if self._typing == "filter" and self._input.display:
            self._filter(self._input.value)

    def action_find_next(self) -> None:
        """Choose the next call that is found, from the chosen one on and round."""
        rows = self.desk.rows(self.desk.seen_at())
        start = next((place + 1 for place, call in enumerate(rows) if key_of(call) == self.calls.chosen), 0)
        found = next((call for call in rows[start:] + rows[:start] if self._found and self._found.takes(call)), None)
        if found is None:
            self.desk.say(NOT_FOUND, Tone.WARN)
        else:
            self.calls.choose(key_of(found))

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.desk.sort = self.desk.sort.next()
        self._sorted()

    def action_backwards(self) -> None:
        """Turn the order round."""
        self.desk.backwards = not self.desk.backwards
        self._sorted()

    async def action_page(self, name: str) -> None:
        """Show a page of text."""
        lines = help_lines if name == "help" else partial(state_lines, self.desk)
        await self.app.push_screen(Page(PAGES[name], lines))

    def action_escape(self) -> None:
        """Leave what is typed, else the filter, else the choice."""
        if self._input.display:
            if self._typing == "filter":
                self._filter("")
            self._typed_all()
        elif self.desk.filter:
            self._filter("")
        else:
            self.calls.choose(None)
            self.lines.choose(None)

    def _filter(self, text: str) -> None:
        self.desk.filter = wanted(text)
        self.desk.filter_text = text.strip()
        self.paint()  # the next key may choose one of these rows

    def _typed(self) -> None:
        """Keep the filter, or choose the first call that is found."""
        self._typed_all()
        if self._typing == "filter":
            self._filter(self._input.value)
        else:
            self._found = wanted(self._input.value)
            self.action_find_next()

    def _typed_all(self) -> None:
        self._input.display = False
        self.set_focus(self.calls)

    def _sorted(self) -> None:
        self.desk.arrange()
        self.paint()
        backwards = ", backwards" if self.desk.backwards else ""
        self.desk.say(SORTED.format(by=SORTS[self.desk.sort.value]) + backwards)

    def _chosen(self) -> Call | None:
        key = self.calls.chosen
        return self.desk.board.calls.get(key) if isinstance(key, tuple) else None

    def _choice_ended(self) -> None:
        """Say that the chosen call is over, if that was not said already; nothing is chosen then."""
        call = self._known
        if call is None or not self.desk.ended(key_of(call)):
            return
        self._known = None
        ended = self.desk.board.ended.get(key_of(call))
        told = self.desk.last_told(self.desk.now())
        if told is None or call.call not in told.text:
            self.desk.say(CHOICE_ENDED.format(how=ended.disposition if ended else "?", call=call.call), Tone.WARN)

    def _told(self) -> Iterator[Cell]:
        """Give the line at the bottom: what was said last, else what is chosen, else which rows are seen."""
        told = self.desk.last_told(self.desk.now())
        if told is not None:
            yield Cell(told.text, told.tone)
        elif (call := self.chosen_call()) is not None:
            yield from self._about_call(call)
        elif self.focused is self.lines and (line := self.chosen_line()) is not None:
            trouble = of_line(line)
            yield Cell(f"{trouble.sign} " if trouble.level else "", trouble.tone)
            yield Cell(printable(f"{line.destination} ({line.title}): {trouble.why or line.why}"))
        else:
            yield from self._rows()

    def _about_call(self, call: Call) -> Iterator[Cell]:
        trouble = of_call(call, self.desk.seen_at(), self.desk.board.within(call.service))
        if trouble.level:
            yield Cell(f"{trouble.sign} {trouble.why}  ", trouble.tone)
        more = (call.call, call.phone, call.menu, call.reason, call.rule)
        yield Cell(printable("  ".join(one for one in more if one)))

    def _rows(self) -> Iterator[Cell]:
        first, last = self.calls.seen()
        by = SORTS[self.desk.sort.value]
        if last:
            yield Cell(f"calls {first}-{last} of {self.calls.count}, {by}", Tone.QUIET)
        elif self.desk.board.filled:
            yield Cell(NO_MATCH if self.desk.filter else NO_CALLS, Tone.QUIET)
        if self.desk.filter:
            yield Cell(f"  filter: {printable(self.desk.filter_text)}", Tone.WARN)
        yield Cell(LOOKING, Tone.QUIET)


def _keys() -> Iterator[Cell]:
    for key, does in KEYS:
        yield Cell(key, Tone.TITLE)
        yield Cell(f" {does} ")
