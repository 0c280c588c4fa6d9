"""What sentences may tell: counts that do not show are no facts. PURE.

Rule 1: a sentence reads counts only through `Facts`, so none tells what a table hides.
"""

from collections.abc import Mapping

from cdr.report.model import Cell, Row, Table
from cdr.report.words import Words


class Facts:
    """The tables of a report as a source for sentences, in its language."""

    def __init__(self, words: Words, tables: Mapping[str, Table]) -> None:
        self.words = words
        self._tables = tables

    def count(self, table: str, row: str, column: str = "count") -> int | None:
        """Give a count; None if the table has none such, or hides it."""
        cell = self.cell(table, row, column)
        return cell.value if cell is not None and isinstance(cell.value, int) else None

    def cell(self, table: str, row: str, column: str = "count") -> Cell | None:
        """Give a cell that shows; None if there is none."""
        found = self._tables.get(table)
        cell = found.cell(row, column) if found else None
        return None if cell is None or cell.hidden or cell.value is None else cell

    def rows(self, table: str, column: str = "count") -> list[tuple[Row, Cell]]:
        """Give the rows of a table whose cell shows, without the total, each with that cell."""
        found = self._tables.get(table)
        if found is None:
            return []
        number = next(n for n, one in enumerate(found.columns) if one.key == column)
        return [(row, row.cells[number]) for row in found.body() if not row.cells[number].hidden]

    def has_all(self, table: str) -> bool:
        """Tell whether a table is there and hides nothing."""
        found = self._tables.get(table)
        return found is not None and not any(cell.hidden for row in found.rows for cell in row.cells)
