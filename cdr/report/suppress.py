"""Hides small counts in the public variant, so that nobody can be recognised behind them. PURE.

Rule 1: a count from 1 to below the threshold is hidden; so is everything computed from it, in every table.
Rule 2: a hidden count must not follow from a sum in which it stands: of each sum either nothing is hidden, or the total and
a part, or at least two parts that are together so large that each of them could have reached the threshold. Where that does
not hold, the smallest part that still shows is hidden too, and at last the total.
Rule 3: hiding for one sum may uncover a count by another, so this goes on until nothing changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cdr.report.model import Cell, Row, Table

HIDDEN = "·"


@dataclass(frozen=True, slots=True)
class Sum:
    """Counts that sum to another one; all are named by their keys."""

    total: str
    parts: tuple[str, ...]


def hidden_keys(tables: Sequence[Table], threshold: int, sums: Sequence[Sum] = ()) -> frozenset[str]:
    """Give the keys of all counts that must not show. `sums` are those that no column tells."""
    counts = {cell.count_key: cell.value for cell in _cells(tables) if cell.count_key}
    known = {key: value for key, value in counts.items() if isinstance(value, int)}
    known |= dict(one for table in tables for one in table.behind)
    every = [*sums, *_sums_of(tables)]
    hidden = {key for key, value in known.items() if 0 < value < threshold}
    while True:
        more = {key for one in every for key in _uncovered(one, known, hidden, threshold)}
        if not more:
            return frozenset(hidden)
        hidden |= more


def published(table: Table) -> Table:
    """Give a table without the columns that are not for the public."""
    keep = [number for number, one in enumerate(table.columns) if one.key not in table.private]
    rows = (replace(row, cells=tuple(row.cells[number] for number in keep)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[number] for number in keep), rows=tuple(rows))


def hide(tables: Sequence[Table], hidden: frozenset[str]) -> tuple[Table, ...]:
    """Give the tables without the values of hidden counts."""
    return tuple(replace(table, rows=tuple(_hide(row, hidden) for row in table.rows)) for table in tables)


def _uncovered(one: Sum, counts: Mapping[str, int], hidden: set[str], threshold: int) -> list[str]:
    """Give what else must be hidden so that a sum gives nothing away; empty if it does not."""
    parts = [key for key in one.parts if counts.get(key, 0) > 0]
    inside = [key for key in parts if key in hidden]
    showing = sorted((counts[key], key) for key in parts if key not in hidden)
    if one.total in hidden:
        return [] if inside or not showing else [showing[0][1]]
    if not inside:
        return []
    together = sum(counts[key] for key in inside)
    if len(inside) > 1 and together - len(inside) + 1 >= threshold:
        return []
    return [showing[0][1]] if showing else [one.total]


def _sums_of(tables: Sequence[Table]) -> Iterator[Sum]:
    """Give the sums that columns tell."""
    for table in tables:
        total = next((row for row in table.rows if row.is_total), None)
        for number, column in enumerate(table.columns):
            if total is not None and column.adds_up:
                parts = (row.cells[number].count_key for row in table.body())
                yield Sum(total.cells[number].count_key, tuple(key for key in parts if key))


def _cells(tables: Sequence[Table]) -> Iterator[Cell]:
    for table in tables:
        for row in table.rows:
            yield from row.cells


def _hide(row: Row, hidden: frozenset[str]) -> Row:
    return replace(row, cells=tuple(_cell(cell, hidden) for cell in row.cells))


def _cell(cell: Cell, hidden: frozenset[str]) -> Cell:
    return Cell(None, HIDDEN, cell.keys, hidden=True) if hidden.intersection(cell.keys) else cell
