"""Keeps what of the destinations changes seldom, so that a look costs little. PURE.

Rule 1: hours and orders change at whole minutes or at the instants that were found; between them nothing is worked out.
Rule 2: a destination of which nothing has changed is the same value as before.
"""

from collections.abc import Mapping
from datetime import datetime

from cdr.statistics.today import DestinationDay
from ivr.routing.rules import Override, Ruleset
from ivr.supervision.models import DestinationNow
from ivr.supervision.now.destinations import Fixed, Rooms, Seen, destination_now, fixed, seen_at, services_of
from ivr.vocabulary import DestinationId, RulesVersion, ServiceId

_Orders = Mapping[DestinationId, tuple[Override, ...]]


class Picture:
    """The destinations of the rules that were given last."""

    def __init__(self) -> None:
        self._version: RulesVersion | None = None
        self._services: dict[DestinationId, tuple[ServiceId, ...]] = {}
        self._key: tuple[RulesVersion, _Orders, datetime] | None = None
        self._due: datetime | None = None
        self._fixed: tuple[Fixed, ...] = ()
        self._shown: dict[DestinationId, tuple[Fixed, Seen, DestinationNow]] = {}

    def destinations(
        self,
        rules: Ruleset,
        at: datetime,
        here: Rooms,
        days: Mapping[str, DestinationDay],
        unreachable: frozenset[str],
    ) -> tuple[DestinationNow, ...]:
        """Give all destinations at `at`."""
        if rules.version != self._version:
            self._version, self._services = rules.version, services_of(rules)
            self._shown.clear()
        key = rules.version, dict(rules.overrides), at.replace(second=0, microsecond=0)
        if key != self._key or (self._due is not None and at >= self._due):
            self._key, self._fixed = key, fixed(rules, self._services, at)
            untils = (one.standing.until for one in self._fixed)
            self._due = min((until for until in untils if until is not None), default=None)
        return tuple(self._now(one, seen_at(one.destination.id, here, days, unreachable)) for one in self._fixed)

    def _now(self, one: Fixed, seen: Seen) -> DestinationNow:
        name = one.destination.id
        known = self._shown.get(name)
        if known is None or known[:2] != (one, seen):
            known = self._shown[name] = one, seen, destination_now(one, seen)
        return known[2]
