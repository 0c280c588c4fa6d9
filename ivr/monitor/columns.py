"""The columns of a table, and which of them fit on a terminal. PURE."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Generic, TypeVar, assert_never

from ivr.monitor.cells import Cell, cut, cut_left, right

T = TypeVar("T")
GAP = 1  # blank columns between two columns


class Side(Enum):
    """Which part of a text is kept, and where it stands."""

    LEFT = "left"
    RIGHT = "right"
    TAIL = "tail"


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column. `need` orders columns by how much they are needed (0 first); it is `least` to `most` wide.

    Columns with a small `grows` get room before others.
    """

    title: str
    cell: Callable[[T], Cell]
    need: int
    least: int
    most: int
    side: Side = Side.LEFT
    grows: int = 9

    def fitted(self, text: str, width: int) -> str:
        """Make a text as wide as the column is now, with the gap behind it."""
        return fitted(self.side, text, width)


@lru_cache(maxsize=8192)
def fitted(side: Side, text: str, width: int) -> str:
    """Make a text `width` columns wide, with the gap behind it."""
    match side:
        case Side.LEFT:
            found = cut(text, width)
        case Side.RIGHT:
            found = right(text, width)
        case Side.TAIL:
            found = cut_left(text, width)
        case _:
            assert_never(side)
    return found + " " * GAP


def widths(columns: Sequence[Column[T]], room: int) -> tuple[int, ...]:
    """Give each column's width in `room` terminal columns; 0 is a column that does not fit.

    Columns come in by `need` until one does not fit. What is left goes to them by `grows`, up to their `most`.
    """
    by_need = sorted(range(len(columns)), key=lambda place: columns[place].need)
    given = [0] * len(columns)
    left = room + GAP
    for place in by_need:
        if columns[place].least + GAP > left:
            break
        given[place] = columns[place].least
        left -= columns[place].least + GAP
    for place in sorted(by_need, key=lambda place: columns[place].grows):
        if given[place]:
            more = min(left, columns[place].most - given[place])
            given[place] += more
            left -= more
    return tuple(given)
