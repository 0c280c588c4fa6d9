"""Call records to rows of the tables and back. PURE.

Rule 1: `record_from(rows_of(record))` gives an equal record. The rows of announcements are made from the steps, for
counting; they are not needed to put a record together.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdr.record import CallRecord, Leg, Redirection, Step
from cdr.record_words import Disposition, Heard, HungUp, LedBy, Role, StepKind
from cdr.times import MICROSECOND, span_of, to_datetime, to_micros

Row = Mapping[str, Any]
"""One row by column name. The values are those of `cdr.tables`; SQLAlchemy types them no further."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one call; the children are in the order of their `place`."""

    call: Row
    steps: tuple[Row, ...]
    redirections: tuple[Row, ...]
    legs: tuple[Row, ...]
    announcements: tuple[Row, ...] = ()


def rows_of(record: CallRecord) -> Rows:
    """Take a record apart."""
    return Rows(
        _call_row(record),
        _placed(record.linkedid, map(_step_row, record.steps)),
        _placed(record.linkedid, map(_redirection_row, record.redirections)),
        _placed(record.linkedid, map(_leg_row, record.legs)),
        _placed(record.linkedid, _announcement_rows(record)),
    )


def record_from(rows: Rows) -> CallRecord:
    """Put a record together again."""
    row = rows.call
    return CallRecord(
        linkedid=row["linkedid"],
        service=row["service"],
        number=row["number"],
        caller=row["caller"],
        language=row["language"],
        started=to_datetime(row["started_us"]),
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
        steps=tuple(_step(one) for one in rows.steps),
        redirections=tuple(_redirection(one) for one in rows.redirections),
        legs=tuple(_leg(one) for one in rows.legs),
        stepped=span_of(row["stepped_us"]),
    )


def _call_row(record: CallRecord) -> Row:
    return {
        "linkedid": record.linkedid,
        "service": record.service,
        "number": record.number,
        "caller": record.caller,
        "language": record.language,
        "started_us": to_micros(record.started),
        "answered_us": _micros(record.answered),
        "connected_us": _micros(record.connected),
        "ended_us": _micros(record.ended),
        "seen_until_us": to_micros(record.seen_until),
        "menu_us": record.menu // MICROSECOND,
        "waiting_us": record.waiting // MICROSECOND,
        "talking_us": record.talking // MICROSECOND,
        "path": record.path,
        "first_destination": next(iter(record.destinations), ""),
        "last_destination": next(reversed(record.destinations), ""),
        "answered_by": record.answered_by,
        "disposition": record.disposition.value,
        "hung_up_by": record.hung_up_by,
        "hangup_cause": record.hangup_cause,
        "led_by": record.led_by.value,
        "rules": record.rules,
        "engine": record.engine,
        "complete": record.complete,
        "stepped_us": record.stepped // MICROSECOND,
    }


def _placed(linkedid: str, rows: Iterable[dict[str, Any]]) -> tuple[Row, ...]:
    return tuple({"linkedid": linkedid, "place": place} | row for place, row in enumerate(rows))


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


def _step_row(step: Step) -> dict[str, Any]:
    return {
        "at_us": to_micros(step.at),
        "kind": step.kind.value,
        "name": step.name,
        "value": step.value,
        "reason": step.reason,
        "rule": step.rule,
    }


def _step(row: Row) -> Step:
    kind = StepKind(row["kind"])
    return Step(to_datetime(row["at_us"]), kind, row["name"], row["value"], row["reason"], row["rule"])


def _redirection_row(one: Redirection) -> dict[str, Any]:
    return {
        "at_us": to_micros(one.at),
        "from_destination": one.from_destination,
        "from_phone": one.from_phone,
        "to_destination": one.to_destination,
        "to_phone": one.to_phone,
        "reason": one.reason,
    }


def _redirection(row: Row) -> Redirection:
    return Redirection(
        to_datetime(row["at_us"]),
        row["from_destination"],
        row["from_phone"],
        row["to_destination"],
        row["to_phone"],
        row["reason"],
    )


def _leg_row(leg: Leg) -> dict[str, Any]:
    return {
        "uniqueid": leg.uniqueid,
        "channel": leg.channel,
        "role": leg.role.value,
        "phone": leg.phone,
        "destination": leg.destination,
        "started_us": to_micros(leg.started),
        "answered_us": _micros(leg.answered),
        "ended_us": _micros(leg.ended),
        "hangup_cause": leg.hangup_cause,
    }


def _leg(row: Row) -> Leg:
    return Leg(
        row["uniqueid"],
        row["channel"],
        Role(row["role"]),
        row["phone"],
        row["destination"],
        to_datetime(row["started_us"]),
        _instant(row["answered_us"]),
        _instant(row["ended_us"]),
        row["hangup_cause"],
    )


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else to_datetime(at)
