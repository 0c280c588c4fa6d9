"""Exports as CSV, JSON Lines and Parquet, written piece by piece. EDGE.

Rule 1: nothing is kept but the piece at hand, so memory does not grow with the range.
Rule 2: CSV is for spreadsheets: UTF-8 with a byte order mark, `;` between values, whole numbers only (in most of our
towns a spreadsheet reads `1.25` as a date), and nothing that it would take for a formula (`cdr.spreadsheets`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import IO, Any, Protocol

from cdr.export.columns import COLUMNS, NAMES, Cell, Kind
from cdr.spreadsheets import csv_value


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Writer(Protocol):
    """Writes rows; `close` ends the file that it was given, which stays open."""

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write some rows, each with the values of `cdr.export.columns.COLUMNS`."""

    def close(self) -> None:
        """Write what belongs at the end."""


def writer(kind: Format, file: IO[bytes], separator: str = ";") -> Writer:
    """Give what writes a format into a file. `separator` is for CSV."""
    match kind:
        case Format.CSV:
            return _Csv(file, separator)
        case Format.JSONL:
            return _Jsonl(file)
        case Format.PARQUET:
            return _Parquet(file)


class _Csv:
    def __init__(self, file: IO[bytes], separator: str) -> None:
        self._file = file
        self._separator = separator
        file.write("\ufeff".encode() + self._lines([NAMES]))

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._file.write(self._lines([[_plain(cell) for cell in row] for row in rows]))

    def close(self) -> None:
        """Nothing belongs at the end."""

    def _lines(self, rows: Sequence[Sequence[str]]) -> bytes:
        return "".join(f"{self._separator.join(row)}\r\n" for row in rows).encode()


class _Jsonl:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        lines = (json.dumps(dict(zip(NAMES, map(_json, row), strict=True)), ensure_ascii=False) for row in rows)
        self._file.write("".join(f"{line}\n" for line in lines).encode())

    def close(self) -> None:
        """Nothing belongs at the end."""


class _Parquet:
    def __init__(self, file: IO[bytes]) -> None:
        import pyarrow as pa  # noqa: PLC0415 - loading it takes a second
        from pyarrow import parquet  # noqa: PLC0415

        kinds: Mapping[Kind, Any] = {
            Kind.TEXT: pa.string(),
            Kind.INTEGER: pa.int64(),
            Kind.FLAG: pa.bool_(),
            Kind.INSTANT: pa.timestamp("us", tz="UTC"),
        }
        self._schema = pa.schema([(column.name, kinds[column.kind]) for column in COLUMNS])
        self._writer = parquet.ParquetWriter(_Sink(file), self._schema, compression="zstd")
        self._batch: Callable[..., Any] = pa.record_batch

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        self._writer.write_batch(self._batch(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


class _Sink:
    """A file that may be a pipe: tells how much was written without asking it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._written = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self.closed = True


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):  # most are
        return csv_value(cell) if cell else cell
    if cell is None:
        return ""
    return _iso(cell) if isinstance(cell, datetime) else str(int(cell))


def _json(cell: Cell) -> Cell:
    return _iso(cell) if isinstance(cell, datetime) else cell


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")[:26] + "Z"  # quicker than `strftime`
