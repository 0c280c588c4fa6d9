"""What a call consists of, as one compact text: its steps, redirections, legs and visits. PURE.

Rule 1: `unpacked(packed(record), record.started)` gives equal parts; the same parts always give the same text.
Rule 2: it is JSON: an object of lists, one list per part with its values in the order of the fields. Instants are
microseconds since the call began, durations microseconds, enums their words; empty values at the end are left out.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from cdr.record.parts import Leg, Redirection, Step, Visit
from cdr.record.record import CallRecord
from cdr.record.words import Role, StepKind, VisitResult
from cdr.times import MICROSECOND, span_of

_EMPTY = ("", None)
_WRITTEN = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_Part = TypeVar("_Part")
_Values = list[Any]


@dataclass(frozen=True, slots=True)
class Details:
    """The parts of a call that are kept together."""

    steps: tuple[Step, ...]
    redirections: tuple[Redirection, ...]
    legs: tuple[Leg, ...]
    visits: tuple[Visit, ...]


def packed(record: CallRecord) -> str:
    """Put the parts of a record together."""
    start = record.started
    parts: dict[str, list[_Values]] = {
        "steps": [_step(one, start) for one in record.steps],
        "redirections": [_redirection(one, start) for one in record.redirections],
        "legs": [_leg(one, start) for one in record.legs],
        "visits": [_visit(one, start) for one in record.visits],
    }
    for rows in parts.values():
        for row in rows:
            while row[-1] in _EMPTY:
                row.pop()
    return _WRITTEN.encode(parts)


def unpacked(text: str, started: datetime) -> Details:
    """Take the parts of a record that began then apart. Raises `ValueError` or `KeyError` if the text is none of ours."""
    parts: Mapping[str, list[_Values]] = json.loads(text)
    at = _Instants(started)
    return Details(
        _read(parts["steps"], 6, lambda row: Step(at.of(row[0]), StepKind(row[1]), *row[2:])),
        _read(parts["redirections"], 6, lambda row: Redirection(at.of(row[0]), *row[1:])),
        _read(parts["legs"], 9, at.leg),
        _read(parts["visits"], 9, at.visit),
    )


def _read(rows: Iterable[_Values], width: int, made: Callable[[_Values], _Part]) -> tuple[_Part, ...]:
    return tuple(made([*row, *[""] * (width - len(row))]) for row in rows)


def _step(one: Step, start: datetime) -> _Values:
    return [_micros(one.at, start), one.kind.value, one.name, one.value, one.reason, one.rule]


def _redirection(one: Redirection, start: datetime) -> _Values:
    left = (one.from_destination, one.from_phone)
    return [_micros(one.at, start), *left, one.to_destination, one.to_phone, one.reason]


def _leg(one: Leg, start: datetime) -> _Values:
    instants = [_micros(at, start) for at in (one.started, one.answered, one.ended)]
    return [one.uniqueid, one.channel, one.role.value, one.phone, one.destination, *instants, one.hangup_cause]


def _visit(one: Visit, start: datetime) -> _Values:
    asked, connected = _micros(one.asked, start), _micros(one.connected, start)
    spans = [one.waiting // MICROSECOND, one.talking // MICROSECOND]
    return [_micros(one.at, start), one.destination, one.rule, one.reason, asked, connected, *spans, one.result.value]


def _micros(at: datetime | None, start: datetime) -> int | None:
    return None if at is None else (at - start) // MICROSECOND


@dataclass(frozen=True, slots=True)
class _Instants:
    start: datetime

    def of(self, micros: int) -> datetime:
        return self.start + span_of(micros)

    def maybe(self, micros: int | str | None) -> datetime | None:
        return self.of(micros) if isinstance(micros, int) else None

    def leg(self, row: _Values) -> Leg:
        uniqueid, channel, role, phone, destination, started, answered, ended, cause = row
        cause = cause if isinstance(cause, int) else None
        instants = (self.of(started), self.maybe(answered), self.maybe(ended))
        return Leg(uniqueid, channel, Role(role), phone, destination, *instants, cause)

    def visit(self, row: _Values) -> Visit:
        at, destination, rule, reason, asked, connected, waiting, talking, result = row
        spans = (span_of(waiting), span_of(talking))
        instants = (self.maybe(asked), self.maybe(connected))
        return Visit(self.of(at), destination, rule, reason, *instants, *spans, VisitResult(result))
