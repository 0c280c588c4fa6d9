"""Flat tables as text: CSV, and bars for a terminal. PURE."""

import csv
import io
from collections.abc import Sequence

from cdr.spreadsheets import harmless
from cdr.statistics.flat import Cell, FlatTable

_BLOCKS = " ▏▎▍▌▋▊▉█"


def csv_text(tables: Sequence[FlatTable]) -> str:
    """Write the tables as one CSV file: the first column names the table, the others are those of all tables together.

    A text is harmless in spreadsheets, see `cdr.spreadsheets`.
    """
    columns = list(dict.fromkeys(column for table in tables for column in table.columns))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["table", *columns], restval="", lineterminator="\r\n")
    writer.writeheader()
    for table in tables:
        for row in table.rows:
            cells = dict(zip(table.columns, map(_safe, row), strict=True))
            writer.writerow({"table": table.name} | cells)
    return text.getvalue()


def bars(table: FlatTable, width: int) -> list[str]:
    """Draw a table as lines of at most `width` characters, a bar for each row; none if it has nothing to draw."""
    if not table.bars or not table.rows:
        return []
    at = table.columns.index(table.bars)
    labels = [" ".join(str(cell) for cell in row[:at] if cell != "") or "-" for row in table.rows]
    numbers = [cell if isinstance(cell, int | float) else 0 for cell in (row[at] for row in table.rows)]
    texts = [f"{number:.1f}" if isinstance(number, float) else str(number) for number in numbers]
    left = min(max(map(len, labels)), width // 2)
    room = max(1, width - left - max(map(len, texts)) - 2)
    longest = max(numbers)
    return [
        f"{label[:left]:<{left}} {_bar(number / longest * room if longest else 0)} {text}"
        for label, number, text in zip(labels, numbers, texts, strict=True)
    ]


def _bar(length: float) -> str:
    whole, eighths = divmod(round(length * 8), 8)
    return _BLOCKS[8] * whole + (_BLOCKS[eighths] if eighths else "")


def _safe(cell: Cell) -> Cell:
    return harmless(cell) if isinstance(cell, str) else cell
