"""A table that writes to the terminal only what has changed: each column is a widget, each line of it is drawn anew by itself.

Rule 1: only the lines that are seen are worked out; 500 calls cost as much as a screen of them.
Rule 2: the choice is a row's key, never a place; it goes with the row, and is gone with it.
Rule 3: the compositor of Textual writes a part of a widget from the widget's left edge; hence a widget for each column.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ivr.monitor.cells import Tone
from ivr.monitor.columns import GAP, Column, widths

R = TypeVar("R")
T = TypeVar("T")
STYLES = {
    Tone.PLAIN: Style(),
    Tone.QUIET: Style(dim=True),
    Tone.GOOD: Style(color="green"),
    Tone.WARN: Style(color="yellow", bold=True),
    Tone.BAD: Style(color="red", bold=True),
    Tone.TITLE: Style(bold=True),
}
TITLE, TITLE_WITH_KEYS = Style(underline=True), Style(underline=True, bold=True)
Drawn = tuple[str, Style]
MARKED = (Style(reverse=True), Style(reverse=True, bold=True))
BLANK: Drawn = ("", STYLES[Tone.PLAIN])


@lru_cache(maxsize=8192)
def strip_of(text: str, style: Style, width: int) -> Strip:
    """Give a line for Textual; the same ones come again and again."""
    return Strip([Segment(text, style)]).adjust_cell_length(width, STYLES[Tone.PLAIN])


class Pane(Widget):
    """One column: a line of title, and a cell on each line."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[Drawn] = []

    def draw(self, changed: Mapping[int, Drawn], height: int) -> None:
        """Show so many lines, of which some have changed; those that are as they were are not written again."""
        old = self.drawn
        self.drawn = (old + [BLANK] * (height - len(old)))[:height]
        for y, drawn in changed.items():
            self.drawn[y] = drawn
        both = zip_longest(old, self.drawn, fillvalue=None)
        regions = [Region(0, y, self.size.width, 1) for y, (before, now) in enumerate(both) if before != now]
        if regions:
            self.refresh(*regions)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Give lines to Textual, past its styles: these have none but their own."""
        width = self.size.width
        drawn = self.drawn[crop.y : crop.bottom]
        strips = [strip_of(*one, width) for one in drawn + [BLANK] * (crop.height - len(drawn))]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, self.background_colors[1]) for strip in strips]
        return strips if crop.column_span == (0, width) else [strip.crop(*crop.column_span) for strip in strips]


class Grid(Horizontal, Generic[R, T], can_focus=True, can_focus_children=False):
    """A table of rows, each with a key. The owner gives it rows by `show`; it says `Chosen` and `Opened`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "go(-1)", show=False),
        Binding("down,j", "go(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "end(0)", show=False),
        Binding("end", "end(-1)", show=False),
        Binding("enter", "open", show=False),
    ]

    class Chosen(Message):
        """Another row was chosen, or none."""

    class Opened(Message):
        """Enter was pressed on a row."""

    def __init__(self, columns: Sequence[Column[T]], key: Callable[[R], Hashable], *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._columns = columns
        self._key = key
        self._rows: Sequence[R] = ()
        self._seen: Callable[[R], T] | None = None
        self._panes = tuple(Pane() for _ in columns)
        self._widths: tuple[int, ...] = tuple(0 for _ in columns)
        self._drawn: list[tuple[T, bool]] = []
        self._look: object = None
        self.chosen: Hashable | None = None
        self._place = 0
        self.top = 0

    def compose(self) -> ComposeResult:
        """Make a widget for each column."""
        yield from self._panes

    @property
    def height_of_rows(self) -> int:
        """How many rows are seen at once."""
        return max(0, self.size.height - 1)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def show(self, rows: Sequence[R], seen: Callable[[R], T]) -> None:
        """Show rows, those in sight as `seen` sees them.

        The chosen one stays chosen and in sight, wherever it is now; if it is gone, nothing is chosen.
        """
        self._rows, self._seen = rows, seen
        if self.chosen is not None:
            self._follow()
        self._draw()

    def choose(self, key: Hashable | None) -> None:
        """Choose a row by its key and bring it into sight; None chooses nothing."""
        self.chosen = key
        if key is not None:
            self._follow()
        self._draw()
        self.post_message(self.Chosen())

    def text(self) -> list[str]:
        """Give what is seen, line by line."""
        panes = [pane for pane in self._panes if pane.display]
        height = max((len(pane.drawn) for pane in panes), default=0)
        return [
            "".join(pane.drawn[y][0] if y < len(pane.drawn) else "" for pane in panes).rstrip() for y in range(height)
        ]

    def seen(self) -> tuple[int, int]:
        """Give the first and the last row that are seen, counted from 1; (0, 0) if there is none."""
        last = min(len(self._rows), self.top + self.height_of_rows)
        return (self.top + 1, last) if self._rows else (0, 0)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the columns to the width."""
        self._widths = widths(self._columns, event.size.width)
        for pane, width in zip(self._panes, self._widths, strict=True):
            pane.display = width > 0
            pane.styles.width = width + GAP
        self._draw()

    def on_focus(self) -> None:
        """Show by the title that the keys go here."""
        self._draw()

    def on_blur(self) -> None:
        """Show by the title that they go elsewhere."""
        self._draw()

    def action_go(self, by: int) -> None:
        """Choose a row above or below. With none chosen: where the last one was, else the first in sight."""
        if not self._rows:
            return
        if self.chosen is None:
            place = self._place if self.top <= self._place < self.top + self.height_of_rows else self.top
        else:
            place = self._place + by
        self._choose_place(place)

    def action_page(self, by: int) -> None:
        """Go a screen up or down."""
        self._choose_place(self._place + by * max(1, self.height_of_rows - 1))

    def action_end(self, place: int) -> None:
        """Go to the first or the last row."""
        self._choose_place(place if place >= 0 else len(self._rows) - 1)

    def action_open(self) -> None:
        """Say that the chosen row is to be opened."""
        self.post_message(self.Opened())

    def _choose_place(self, place: int) -> None:
        if self._rows:
            self.choose(self._key(self._rows[max(0, min(place, len(self._rows) - 1))]))

    def _follow(self) -> None:
        place = next((place for place, row in enumerate(self._rows) if self._key(row) == self.chosen), None)
        if place is None:
            self.chosen = None
            self.post_message(self.Chosen())
            return
        self._place = place

    def _draw(self) -> None:
        height = self.height_of_rows
        self.top = max(0, min(self.top, len(self._rows) - height))
        if self.chosen is not None:
            self.top = max(min(self.top, self._place), self._place - height + 1)
        window = self._rows[self.top : self.top + height]
        marked = self._place - self.top if self.chosen is not None else -1
        lines = [(self._seen(row), y == marked) for y, row in enumerate(window)] if self._seen else []
        look = (self._widths, self.has_focus)
        # Three of four paintings come within a second: then most lines are what they were, and cost nothing.
        fresh = [y for y, pair in enumerate(zip_longest(lines, self._drawn)) if pair[0] and pair[0] != pair[1]]
        if look != self._look:
            fresh = list(range(len(lines)))
        self._drawn, self._look = lines, look
        for pane, column, width in zip(self._panes, self._columns, self._widths, strict=True):
            if width:
                changed = {y + 1: _cell(column, width, *lines[y]) for y in fresh}
                changed[0] = (column.fitted(column.title, width), TITLE_WITH_KEYS if self.has_focus else TITLE)
                pane.draw(changed, len(lines) + 1)


def _cell(column: Column[T], width: int, row: T, marked: bool) -> Drawn:
    cell = column.cell(row)
    style = STYLES[cell.tone]
    return column.fitted(cell.text, width), MARKED[bool(style.bold)] if marked else style
