"""A few lines of text that are written again only where they have changed."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ivr.monitor.cells import Line, Tone, plain
from ivr.monitor.grid import STYLES


class Lines(Widget):
    """Lines of pieces, each with its tone."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.drawn: tuple[Line, ...] = ()

    def draw(self, lines: Sequence[Line]) -> None:
        """Show lines; those that are as they were are not written again."""
        old, self.drawn = self.drawn, tuple(lines)
        for y in range(max(len(old), len(self.drawn))):
            if old[y : y + 1] != self.drawn[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def text(self) -> str:
        """Give what is shown."""
        return "\n".join(plain(line) for line in self.drawn)

    def render_line(self, y: int) -> Strip:
        """Give a line to Textual."""
        line = self.drawn[y] if y < len(self.drawn) else ()
        strip = Strip([Segment(cell.text, STYLES[cell.tone]) for cell in line])
        return strip.adjust_cell_length(self.size.width, STYLES[Tone.PLAIN])
