"""Citizens' requests that the call records cannot know: those of other channels, and what became of all of them.

The file is CSV (with a header) or JSON Lines; `docs/report.md` explains the columns: `reference`, `at`, `channel` are
needed, `service`, `topic`, `status`, `opened`, `closed` may be left out.

Rule 1: reading is pure and all or nothing: one wrong row refuses the file, and every wrong row is named with its line.
Rule 2: a case is known by (source, reference): importing it again replaces it, so a file may come twice or grow.
Rule 3: requests by phone are counted from the calls (their topic says `registered`). A case of the channel `phone`
only tells what became of such a request; it is never counted again.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CHANNELS = ("phone", "web", "email", "app", "chat", "letter", "reception", "other")
STATUSES = ("", "registered", "in_progress", "done", "rejected")
COLUMNS = ("reference", "at", "channel", "service", "topic", "status", "opened", "closed")
NEEDED = COLUMNS[:3]
LONGEST = 200  # characters of a text
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """One request. Instants are aware and in UTC; `opened` and `closed` are None where the file does not tell."""

    reference: str
    at: datetime
    channel: str
    service: str
    topic: str
    status: str
    opened: datetime | None
    closed: datetime | None


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that cannot be used: the line of the file (from 1), the column (`""`: the row as a whole), and why."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        """Write it as one line for people."""
        where = f", {self.column}" if self.column else ""
        return f"line {self.line}{where}: {self.reason}"


Read = tuple[list[Case], list[WrongRow]]
Row = Mapping[str, object]


def read_cases(text: str, *, json_lines: bool, zone: ZoneInfo, service: str = "") -> Read:
    """Read a file's text. `zone` is that of times without one; `service` stands where a row names none.

    Gives the cases and what is wrong; use the cases only if nothing is wrong.
    """
    cases: list[Case] = []
    wrong: list[WrongRow] = []
    seen: dict[str, int] = {}
    for line, row in _json_rows(text) if json_lines else _csv_rows(text):
        if isinstance(row, WrongRow):
            wrong.append(row)
            continue
        found, faults = _case(line, row, zone, service)
        wrong += faults
        if found is None:
            continue
        if found.reference in seen:
            before = seen[found.reference]
            wrong.append(WrongRow(line, "reference", f"{found.reference!r} stands in line {before} already"))
        seen.setdefault(found.reference, line)
        cases.append(found)
    if not cases and not wrong:
        wrong.append(
            WrongRow(1, "", f"the file holds no case; the first line of a CSV names the columns: {_columns()}")
        )
    return cases, wrong


def _columns() -> str:
    return ", ".join(COLUMNS)


def _csv_rows(text: str) -> Iterator[tuple[int, Row | WrongRow]]:
    body = text.removeprefix("\ufeff")
    first = body.partition("\n")[0]
    rows = csv.reader(
        io.StringIO(body, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True
    )
    try:
        header = [name.strip() for name in next(rows, [])]
        wrong = _wrong_header(header)
        if wrong:
            yield 1, WrongRow(1, "", wrong)
            return
        for row in rows:
            if len(row) == len(header):
                yield rows.line_num, dict(zip(header, row, strict=True))
            elif row:
                why = f"{len(row)} columns, the first line names {len(header)}"
                yield rows.line_num, WrongRow(rows.line_num, "", why)
    except csv.Error as error:
        yield rows.line_num, WrongRow(rows.line_num, "", f"no CSV: {error}")


def _wrong_header(header: list[str]) -> str:
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if not any(header):
        return ""
    if missing:
        return f"the first line names no column {' and no '.join(missing)}; the columns are {_columns()}"
    if unknown:
        return f"unknown column {', '.join(unknown)[:LONGEST]}; the columns are {_columns()}"
    return "a column is named twice" if len(set(header)) < len(header) else ""


def _json_rows(text: str) -> Iterator[tuple[int, Row | WrongRow]]:
    for line, piece in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not piece.strip():
            continue
        try:
            row = json.loads(piece)
        except (ValueError, RecursionError) as error:
            yield line, WrongRow(line, "", f"no JSON: {error}")
            continue
        if not isinstance(row, dict):
            yield (
                line,
                WrongRow(line, "", 'not an object such as {"reference": "W-1", "at": "2026-10-01", "channel": "web"}'),
            )
        elif not set(row) <= set(COLUMNS):
            unknown = ", ".join(sorted(set(row) - set(COLUMNS)))[:LONGEST]
            yield line, WrongRow(line, "", f"unknown key {unknown}; the keys are {_columns()}")
        else:
            yield line, row


def _case(line: int, row: Row, zone: ZoneInfo, service: str) -> tuple[Case | None, list[WrongRow]]:
    texts: dict[str, str] = {}
    faults: list[WrongRow] = []
    for name in COLUMNS:
        value = row.get(name)
        texts[name] = "" if value is None else str(value).strip()
        why = _wrong_text(name, value, texts[name])
        faults += [WrongRow(line, name, why)] if why else []
    times: dict[str, datetime | None] = {}
    for name in ("at", "opened", "closed"):
        times[name] = _time(texts[name], zone)
        if texts[name] and times[name] is None:
            faults.append(
                WrongRow(line, name, f"{texts[name][:40]!r} is no time such as 2026-10-05 or 2026-10-05T14:30")
            )
    at = times["at"]
    if faults or at is None:
        return None, faults
    told = texts["service"] or service
    return (
        Case(
            texts["reference"],
            at,
            texts["channel"],
            told,
            texts["topic"],
            texts["status"],
            times["opened"],
            times["closed"],
        ),
        [],
    )


def _wrong_text(name: str, value: object, text: str) -> str:
    if not isinstance(value, str | int | None) or isinstance(value, bool):
        return "a text is expected"
    if name in NEEDED and not text:
        return "is empty"
    if len(text) > LONGEST or not (text.isprintable() or text == ""):
        return f"longer than {LONGEST} characters, or with characters that cannot be printed"
    closed = {"channel": CHANNELS, "status": STATUSES}.get(name)
    if closed is not None and text not in closed:
        return f"{text!r} is none of: {', '.join(word for word in closed if word)}"
    return ""


def _time(text: str, zone: ZoneInfo) -> datetime | None:
    """Read an ISO date or time; None if it is none, or none of a contact centre's years."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        aware = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None
    return aware if _EARLIEST <= aware < _LATEST else None
