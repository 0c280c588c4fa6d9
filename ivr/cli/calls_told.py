"""What `ivr calls watch` says of each change. PURE.

Rule 1: a whole view (at first, after messages were dropped, after supervision came back) is compared with what was told
already: each change is told once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, assert_never

from ivr.supervision.models import Call, Calls, Change, DestinationNow, Ended

Line = tuple[datetime | None, str]
"""When, if it is known, and what."""


@dataclass(slots=True)
class Told:
    """What has been told. `service` and `call` narrow it: only that service's calls, only that call."""

    zone: tzinfo | None = None
    service: str = ""
    call: str = ""
    known: dict[str, Call] = field(default_factory=dict)
    doors: dict[str, tuple[bool, str]] = field(default_factory=dict)
    over: bool = False
    """Whether `call` has ended."""

    def lines(self, change: Change) -> Iterator[str]:
        """Give a line for each thing that changed for people, and remember it."""
        for at, text in self._lines(change):
            yield f"{'--:--:--' if at is None else f'{at.astimezone(self.zone):%H:%M:%S}'} {text}"

    def facts(self, change: Change) -> dict[str, Any] | None:
        """Give a change for programs: `sequence`, `kind`, and the value under the kind's name; None if it is not wanted."""
        list(self._lines(change))
        value: Any = getattr(change, change.kind)
        match change.kind:
            case "calls":
                value = value.model_copy(update={"calls": tuple(one for one in value.calls if self._wanted(one))})
            case "call" | "ended":
                if not self._wanted(value):
                    return None
            case "notice":
                pass
            case "destinations" | "today" | "health":
                if self.call or self.service:
                    return None
            case _:
                assert_never(change.kind)
        plain = change.model_copy(update={change.kind: value}).model_dump(mode="json")
        return {name: plain[name] for name in ("sequence", "kind", change.kind)}

    def _lines(self, change: Change) -> Iterator[Line]:
        if change.calls is not None:
            yield from self._whole(change.calls)
        if change.call is not None:
            yield from self._one(change.call)
        if change.ended is not None:
            yield from self._ended(change.ended)
        if not (self.call or self.service):
            for one in change.destinations or ():
                yield from self._door(one)

    def _whole(self, view: Calls) -> Iterator[Line]:
        now = {one.call: one for one in view.calls}
        for name in [name for name in self.known if name not in now]:
            call = self.known.pop(name)
            yield view.at, f"{name}  {call.service}  {_caller(call)}  over"
        self.over |= bool(self.call) and self.call not in now
        for call in sorted(now.values(), key=lambda one: one.since):
            yield from self._one(call)

    def _one(self, call: Call) -> Iterator[Line]:
        before = self.known.get(call.call)
        if self._wanted(call) and (before is None or _words(before) != _words(call)):
            yield call.since, _words(call)
        if self._wanted(call):
            self.known[call.call] = call

    def _ended(self, ended: Ended) -> Iterator[Line]:
        call = self.known.pop(ended.call, None)
        if self._wanted(ended):
            self.over |= ended.call == self.call
            caller = _caller(call) if call else "-"
            at = f" at {ended.destination}" if ended.destination else ""
            yield ended.at, f"{ended.call}  {ended.service}  {caller}  over: {ended.disposition}{at}"

    def _door(self, one: DestinationNow) -> Iterator[Line]:
        state = (one.open, one.trouble)
        before = self.doors.get(one.destination)
        self.doors[one.destination] = state
        if before is not None and before != state:
            trouble = f"  ! {one.trouble}" if one.trouble else ""
            yield None, f"{one.destination}  {'open' if one.open else 'closed'}: {one.why}{trouble}"

    def _wanted(self, one: Call | Ended) -> bool:
        return self.service in ("", one.service) and self.call in ("", one.call)


def _caller(call: Call) -> str:
    return call.caller or "-"


def _words(call: Call) -> str:
    place = call.destination or call.menu
    words = f"{call.call}  {call.service}  {_caller(call)}  {call.stage.value}"
    more = [f"at {place}" if place else "", f"({call.phone})" if call.phone else ""]
    heard = f"heard by {', '.join(call.listened)}" if call.listened else ""
    return "  ".join(one for one in (words, " ".join(filter(None, more)), heard) if one)
