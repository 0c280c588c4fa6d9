"""Makes the cells of tables: a value and how people of the language read it. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cdr.report.model import Cell, Column, Row, Table
from cdr.report.words import Words

NONE = "–"


class Cells:
    """Makes cells in one language."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def text(self, text: str, value: str | None = None) -> Cell:
        """Make a cell of words."""
        return Cell(text if value is None else value, text)

    def count(self, count: int, key: str) -> Cell:
        """Make a count of calls or requests."""
        return Cell(count, self.words.number(count), (key,))

    def share(self, part: int, whole: int, *keys: str) -> Cell:
        """Make a share; its value is 0 to 1, None of nothing."""
        if not whole:
            return Cell(None, NONE, keys)
        return Cell(round(part / whole, 6), self.words.percent(part / whole), keys)

    def change(self, now: int, then: int, *keys: str) -> Cell:
        """Make a change from then to now as a share of then."""
        if not then:
            return Cell(None, NONE, keys)
        return Cell(round((now - then) / then, 6), self.words.signed_percent((now - then) / then), keys)

    def span(self, span: timedelta | None, *keys: str) -> Cell:
        """Make a duration; its value is in seconds."""
        if span is None:
            return Cell(None, NONE, keys)
        seconds = round(span / timedelta(seconds=1), 3)
        return Cell(seconds, self.words.duration(seconds), keys)


def label(title: str, key: str = "name") -> Column:
    """Make a column of words; the first one says what the rows are."""
    return Column(key, title, is_number=False)


def number(key: str, title: str, *, adds_up: bool = False) -> Column:
    """Make a column of numbers."""
    return Column(key, title, adds_up=adds_up)


@dataclass(frozen=True, slots=True)
class Counted:
    """One row of a table of counts: its key for machines, its title, the count, and the count's own key."""

    key: str
    title: str
    count: int
    count_key: str


def counts(
    cells: Cells,
    name: str,
    caption: str,
    title: str,
    rows: Sequence[Counted],
    total: Counted,
    *,
    unit: str,
    shares: bool = True,
) -> Table:
    """Make a table of counts that sum to a total, each with its share of that unless `shares` is False."""
    columns = [label(title), number("count", unit, adds_up=True)]
    columns += [number("share", cells.words.say("share"))] if shares else []
    made = [_counted(cells, one, total.count, shares=shares) for one in rows]
    whole = _counted(cells, total, 0, shares=shares)
    return Table(name, caption, tuple(columns), (*made, Row("total", whole.cells, is_total=True)))


def _counted(cells: Cells, one: Counted, whole: int, *, shares: bool) -> Row:
    made = [cells.text(one.title, one.key), cells.count(one.count, one.count_key)]
    if shares:
        made.append(cells.share(one.count, whole, one.count_key) if whole else cells.text(""))
    return Row(one.key, tuple(made))
