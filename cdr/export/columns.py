"""The columns of an export: one row per call, the same in every format. PURE.

Rule 1: the names, their order and their types are a promise (docs/export.md). A new column is added at the end.
Rule 2: instants are UTC; durations whole milliseconds, rounded so that menu + waiting + talking = total in every row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum
from typing import Any

from cdr.times import to_datetime

Row = Mapping[str, Any]
Cell = str | int | bool | datetime | None


class Kind(Enum):
    """What a column holds; `null` where it is not known, but a text is then empty."""

    TEXT = "text"
    INSTANT = "instant"
    INTEGER = "integer"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Around:
    """What a row needs beside its own values: what may be shown of callers, and the municipality's clock by service."""

    callers: Mapping[str, str]
    zone_of: Callable[[str], tzinfo]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what it holds, what it tells, and how it comes from a row of `cdr.store.tables.calls`."""

    name: str
    kind: Kind
    meaning: str
    value: Callable[[Row, Around], Cell]


def _text(name: str, meaning: str) -> Column:
    return Column(name, Kind.TEXT, meaning, lambda row, _: row[name])


def _integer(name: str, meaning: str) -> Column:
    return Column(name, Kind.INTEGER, meaning, lambda row, _: row[name])


def _flag(name: str, meaning: str) -> Column:
    return Column(name, Kind.FLAG, meaning, lambda row, _: bool(row[name]))


def _instant(name: str, meaning: str) -> Column:
    def value(row: Row, _: Around) -> Cell:
        micros = row[f"{name}_us"]
        return None if micros is None else to_datetime(micros)

    return Column(name, Kind.INSTANT, meaning, value)


def _span(name: str, meaning: str, until: Callable[[Row], int], since: Callable[[Row], int]) -> Column:
    """Give a duration as the distance of two points on the call's own clock, each cut to a millisecond: so sums hold."""
    return Column(name, Kind.INTEGER, meaning, lambda row, _: until(row) // 1000 - since(row) // 1000)


def _zero(_: Row) -> int:
    return 0


def _menu(row: Row) -> int:
    return int(row["menu_us"])


def _waited(row: Row) -> int:
    return int(row["menu_us"] + row["waiting_us"])


def _whole(row: Row) -> int:
    return int(row["menu_us"] + row["waiting_us"] + row["talking_us"])


def _local(row: Row, around: Around) -> Cell:
    local = to_datetime(row["started_us"]).astimezone(around.zone_of(row["service"]))
    return local.isoformat(" ", "seconds")[:19]


COLUMNS = (
    _instant("started", "when the call came in"),
    Column("started_local", Kind.TEXT, "the same on the municipality's clock, to the second", _local),
    _text("node", "the PBX"),
    _text("linkedid", "Asterisk's identifier of the call; with `node` and `started` it names one row"),
    _text("service", "the service of the rules"),
    _text("number", "the number dialled"),
    Column(
        "caller",
        Kind.TEXT,
        "the caller's number, masked unless whole ones were asked for with a reason",
        lambda row, around: around.callers.get(row["caller"], ""),
    ),
    _text("language", "the language chosen, or heard last"),
    _instant("answered", "when the PBX took the call (not a person)"),
    _instant("asked", "when the first phone was called"),
    _instant("connected", "when the caller and a person first talked"),
    _instant("ended", "when the caller's channel hung up"),
    _instant("seen_until", "the last journal line of the call"),
    _span("menu_ms", "time in announcements, menus and messages", _menu, _zero),
    _span("waiting_ms", "time ringing, on hold, in queues", _waited, _menu),
    _span("talking_ms", "time with a person", _whole, _waited),
    _span("total_ms", "the three together", _whole, _zero),
    _text("disposition", "how the call ended, see docs/records.md"),
    _text("hung_up_by", "who hung up: `caller`, `ivr`, `pbx` or a phone"),
    _integer("hangup_cause", "the Q.850 cause of the caller's channel"),
    _text("led_by", "who led the call: engine, fallback, ..."),
    _text("rules", "the version of the rules"),
    _text("engine", "the engine that led last"),
    _flag("complete", "nothing more can come of this call"),
    Column(
        "path",
        Kind.TEXT,
        "the valid keys in order, `1>2` (with a comma a spreadsheet would read a number)",
        lambda row, _: row["path"].replace(",", ">"),
    ),
    _text("first_key", "the first valid key"),
    _text("first_destination", "the first destination decided on"),
    _text("last_destination", "the last one"),
    _text("answered_by", "the phone that first talked with the caller"),
    _integer("redirections", "how often the dialled phone or the destination changed"),
    _integer("transfers", "how often a person handed the caller on"),
    _integer("returns", "how often the caller was given back"),
    _flag("met_closed", "a destination was closed when the caller came to it"),
    _text("topic", "the topic that the operator set; empty: not given"),
    _text("result", "`consulted`, `registered`, or empty"),
    _text("case_reference", "the reference of the case in another system"),
    Column(
        "clock_stepped_ms",
        Kind.INTEGER,
        "by how much the host's clock was stepped during the call, forward if positive",
        lambda row, _: round(row["stepped_us"] / 1000),
    ),
)
"""All columns, in their order."""

NAMES = tuple(column.name for column in COLUMNS)


def cells(row: Row, around: Around) -> list[Cell]:
    """Give the values of a row of `calls`, in the order of `COLUMNS`."""
    return [column.value(row, around) for column in COLUMNS]
