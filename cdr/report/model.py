"""What a report is made of, whatever form it is written in. PURE.

Rule 1: a cell has a value for machines and a text for people. A cell that is hidden has neither.
Rule 2: `keys` name the quantities a cell is made from; cells with one and the same key show the same quantity, also in
different tables. A cell is hidden when any of its quantities is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

Value = int | float | str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. `keys` is empty where no count of people stands behind it."""

    value: Value
    text: str
    keys: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def count_key(self) -> str:
        """Give the key of a cell that is a count itself, else `""`."""
        return self.keys[0] if len(self.keys) == 1 and isinstance(self.value, int) else ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `adds_up` says that its rows sum to the row marked as total."""

    key: str
    title: str
    is_number: bool = True
    adds_up: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `key` is for machines, and as many cells as columns."""

    key: str
    cells: tuple[Cell, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `term` is the definition that explains it (`""`: none); `is_quiet` tables stand only in json, csv and md.

    `behind` are counts (key, count) that do not show but follow from cells: a cell that has such a key is hidden with it.
    `private` are the columns that the public variant leaves out, because they would tell what it hides.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    term: str = ""
    is_quiet: bool = False
    behind: tuple[tuple[str, int], ...] = ()
    private: tuple[str, ...] = ()

    def cell(self, row: str, column: str) -> Cell | None:
        """Give a cell by the keys of its row and column; None if there is none."""
        number = next((n for n, one in enumerate(self.columns) if one.key == column), None)
        found = next((one for one in self.rows if one.key == row), None)
        return None if number is None or found is None else found.cells[number]

    def body(self) -> Iterator[Row]:
        """Give the rows that are no total."""
        return (row for row in self.rows if not row.is_total)


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as inline SVG. `alt` tells what it shows to those who do not see it."""

    id: str
    title: str
    alt: str
    svg: str


@dataclass(frozen=True, slots=True)
class Big:
    """One headline figure."""

    id: str
    text: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page: sentences first, then figures, charts and tables."""

    id: str
    title: str
    sentences: tuple[str, ...] = ()
    bigs: tuple[Big, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """What a word of the report means; tables refer to it by `id`."""

    id: str
    word: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `threshold` is that of the public variant, 0 in the internal one."""

    language: str
    service: str
    title: str
    period: str
    first: date
    last: date
    made: datetime
    threshold: int
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    definitions: tuple[Definition, ...]
