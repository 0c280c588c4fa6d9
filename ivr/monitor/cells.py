"""What stands on the screen: pieces of text with a tone. PURE.

Rule 1: a tone is never the only thing that tells trouble; the text has a sign too.
Rule 2: whatever a caller or a file made up is shown with its control characters as escapes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from textwrap import wrap

from rich.cells import cell_len, set_cell_size

MINUTE, HOUR = 60, 3600  # seconds
WEEK = timedelta(days=7)


class Tone(Enum):
    """How a piece of text is meant; the widgets know its colour."""

    PLAIN = "plain"
    QUIET = "quiet"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text on one line."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Cell, ...]


def printable(text: str) -> str:
    """Write control characters as escapes, so that nobody's text steers the terminal."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def cut(text: str, width: int) -> str:
    """Make a text as wide as `width` terminal columns; what does not fit at its end is an ellipsis."""
    if cell_len(text) > width:
        text = set_cell_size(text, max(0, width - 1)) + "…"[:width]
    return set_cell_size(text, width)


def cut_left(text: str, width: int) -> str:
    """Do as `cut`, but keep the end of the text."""
    while cell_len(text) > width:
        text = "…" + text[1:].removeprefix("…")[1:] if len(text) > 1 else ""
    return set_cell_size(text, width)


def right(text: str, width: int) -> str:
    """Make a text as wide as `width`, its end at the right."""
    return " " * max(0, width - cell_len(text)) + text if cell_len(text) <= width else cut(text, width)


def span(seconds: float) -> str:
    """Write a duration: `0:07`, `12:05`, `1:02:03`. What has not begun is `0:00`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, HOUR)
    minutes, left = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def clock(at: datetime, zone: tzinfo | None) -> str:
    """Write the time of day in a zone; None is this machine's."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def moment(when: datetime, at: datetime, zone: tzinfo | None) -> str:
    """Write an instant as short as it can be told apart: `17:00`, `Mon 08:00`, `28 Dec 08:00`."""
    there, here = when.astimezone(zone), at.astimezone(zone)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    if timedelta(0) < there - here < WEEK - timedelta(days=1):
        return f"{there:%a %H:%M}"
    return f"{there.day} {there:%b %H:%M}"


def joined(pieces: Iterable[Cell], width: int, more: str = "…") -> Line:
    """Put pieces on one line of `width` columns; what does not fit at the end is dropped, and `more` says so."""
    kept: list[Cell] = []
    room = width
    for piece in pieces:
        long = cell_len(piece.text)
        if long > room:
            text = cut(piece.text, room - len(more)).rstrip("… ") if room > len(more) else ""
            kept.append(Cell(cut(text + more, room).rstrip(), piece.tone))
            break
        kept.append(piece)
        room -= long
    return tuple(kept)


def folded(first: Cell, text: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    """Put a text beside a piece, on as many lines of `width` columns as it needs."""
    indent = cell_len(first.text)
    for place, part in enumerate(wrap(text, max(10, width - indent)) or [""]):
        yield (first if place == 0 else Cell(" " * indent)), Cell(part, tone)


def plain(line: Sequence[Cell]) -> str:
    """Give the text of a line."""
    return "".join(cell.text for cell in line)
