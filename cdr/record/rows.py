"""Call records to rows of the tables and back. PURE.

Rule 1: `record_from(rows_of(record))` gives an equal record, from the rows of `calls` and `details` alone. The rows of
keys, visits, announcements and passes say parts of it again, for counting.
Rule 2: every row begins with the key of its call: when it began, its PBX, its linkedid; then its place in the call.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdr.record.details import packed, unpacked
from cdr.record.parts import KeyPress, Pass, Visit
from cdr.record.record import CallRecord
from cdr.record.words import Disposition, Heard, HungUp, LedBy
from cdr.times import MICROSECOND, span_of, to_datetime, to_micros

Row = Mapping[str, Any]
"""One row by column name. The values are those of `cdr.store.tables`; SQLAlchemy types them no further."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one call; those of which there are several are in the order of their `place`."""

    call: Row
    details: Row
    keys: tuple[Row, ...] = ()
    visits: tuple[Row, ...] = ()
    announcements: tuple[Row, ...] = ()
    passes: tuple[Row, ...] = ()


def rows_of(record: CallRecord) -> Rows:
    """Take a record apart."""
    key = {"started_us": to_micros(record.started), "node": record.node, "linkedid": record.linkedid}
    return Rows(
        _call_row(record, key),
        key | {"content": packed(record)},
        _placed(record, key, map(_key_row, record.keys)),
        _placed(record, key, map(_visit_row, record.visits)),
        _placed(record, key, _announcement_rows(record)),
        _placed(record, key, map(_pass_row, record.passes)),
    )


def record_from(rows: Rows) -> CallRecord:
    """Put a record together again. Only `call` and `details` are looked at."""
    row = rows.call
    started = to_datetime(row["started_us"])
    details = unpacked(rows.details["content"], started)
    return CallRecord(
        linkedid=row["linkedid"],
        service=row["service"],
        number=row["number"],
        caller=row["caller"],
        language=row["language"],
        started=started,
        answered=_instant(row["answered_us"]),
        connected=_instant(row["connected_us"]),
        ended=_instant(row["ended_us"]),
        seen_until=to_datetime(row["seen_until_us"]),
        menu=span_of(row["menu_us"]),
        waiting=span_of(row["waiting_us"]),
        talking=span_of(row["talking_us"]),
        disposition=Disposition(row["disposition"]),
        hung_up_by=row["hung_up_by"],
        hangup_cause=row["hangup_cause"],
        led_by=LedBy(row["led_by"]),
        rules=row["rules"],
        engine=row["engine"],
        complete=bool(row["complete"]),
        steps=details.steps,
        redirections=details.redirections,
        legs=details.legs,
        stepped=span_of(row["stepped_us"]),
        node=row["node"],
        visits=details.visits,
    )


def _call_row(record: CallRecord, key: Row) -> Row:
    return {
        **key,
        "service": record.service,
        "number": record.number,
        "caller": record.caller,
        "language": record.language,
        "answered_us": _micros(record.answered),
        "connected_us": _micros(record.connected),
        "ended_us": _micros(record.ended),
        "seen_until_us": to_micros(record.seen_until),
        "menu_us": record.menu // MICROSECOND,
        "waiting_us": record.waiting // MICROSECOND,
        "talking_us": record.talking // MICROSECOND,
        "asked_us": _micros(record.asked),
        "disposition": record.disposition.value,
        "hung_up_by": record.hung_up_by,
        "hangup_cause": record.hangup_cause,
        "led_by": record.led_by.value,
        "rules": record.rules,
        "engine": record.engine,
        "complete": record.complete,
        "stepped_us": record.stepped // MICROSECOND,
        **_way(record),
    }


def _way(record: CallRecord) -> Row:
    """Give the columns that say the parts of a record again; `previous_us` is filled in when callers are forgotten."""
    return {
        "path": record.path,
        "first_key": record.first_key,
        "first_destination": record.first_destination,
        "last_destination": record.last_destination,
        "answered_by": record.answered_by,
        "redirections": len(record.redirections),
        "transfers": record.transfers,
        "returns": record.returns,
        "met_closed": record.met_closed,
        "topic": record.topic,
        "result": record.result.value,
        "case_reference": record.case_reference,
        "previous_us": None,
    }


def _placed(record: CallRecord, key: Row, rows: Iterable[dict[str, Any]]) -> tuple[Row, ...]:
    return tuple({**key, "place": place, "service": record.service, **row} for place, row in enumerate(rows))


def _key_row(one: KeyPress) -> dict[str, Any]:
    return {
        "at_us": to_micros(one.at),
        "menu": one.menu,
        "key": one.key,
        "result": one.result,
        "waited_us": None if one.waited is None else one.waited // MICROSECOND,
    }


def _visit_row(one: Visit) -> dict[str, Any]:
    return {
        "at_us": to_micros(one.at),
        "destination": one.destination,
        "rule": one.rule,
        "reason": one.reason,
        "asked_us": _micros(one.asked),
        "connected_us": _micros(one.connected),
        "waiting_us": one.waiting // MICROSECOND,
        "talking_us": one.talking // MICROSECOND,
        "result": one.result.value,
    }


def _announcement_rows(record: CallRecord) -> Iterator[dict[str, Any]]:
    left = record.left_announcement
    for step in record.announcements:
        hung_up = HungUp.DURING if step.reason == Heard.PART.value else HungUp.AFTER
        yield {
            "announcement": step.name,
            "prompt": step.value,
            "heard": step.reason,
            "hung_up": hung_up.value if step is left else "",
        }


def _pass_row(one: Pass) -> dict[str, Any]:
    return {
        "at_us": to_micros(one.at),
        "kind": one.kind,
        "from_phone": one.from_phone,
        "target": one.target,
        "result": one.result.value,
        "reason": one.reason,
    }


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else to_datetime(at)
