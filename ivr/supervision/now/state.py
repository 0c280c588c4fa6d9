"""How everything is now: destinations, today's figures, health; looked at every second, told when it has changed. EDGE.

Rule 1: nothing is told because time has passed: what is equal but for its `at` is not sent again.
Rule 2: whatever is away, the rest goes on, and what is away is named: engines, store, rules, PBX.
Rule 3: no look holds up the event loop: files are read in threads, sockets have deadlines, and of the records only what
changed is read, by a task of its own.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from cdr.errors import CdrError
from ivr.routing.rules import Ruleset
from ivr.rulebook.overrides import State as OverrideState
from ivr.settings import Settings
from ivr.supervision.going import Work, every
from ivr.supervision.hub import Kind, Value
from ivr.supervision.models import (
    Call,
    DestinationNow,
    Health,
    Notice,
    NoticeKind,
    OverrideNow,
    RulesNow,
    Today,
)
from ivr.supervision.now.destinations import rooms
from ivr.supervision.now.engines import engines
from ivr.supervision.now.health import (
    UP,
    Engine,
    JournalHow,
    Looked,
    engines_trouble,
    health,
    records_trouble,
    unreachable,
)
from ivr.supervision.now.metrics import Metrics, Shown
from ivr.supervision.now.picture import Picture
from ivr.supervision.now.rules_here import NO_RULES, RulesHere
from ivr.supervision.now.rules_told import order_now, rules_now
from ivr.supervision.now.today import Figures, Records

EVERY = 1.0  # seconds between two looks
RECORDS_EVERY = 5.0  # seconds between two looks into the record store
OVER = {
    NoticeKind.ENGINES: "an engine leads new calls again",
    NoticeKind.PBX: "the PBX is there again",
    NoticeKind.RULES: "the rules are in order again",
}

logger = logging.getLogger(__name__)


class Publisher(Protocol):
    """Where changes are told; `size` is how many look, `dropped` how often one of them had to begin anew."""

    dropped: int

    @property
    def size(self) -> int:
        """Give how many subscribers there are."""

    def publish(self, kind: Kind, value: Value) -> None:
        """Tell all of them."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What other parts know: the calls under way, how the journal is followed, and the PBX (`up`, or why not)."""

    calls: Callable[[], Sequence[Call]]
    journal: Callable[[], JournalHow]
    pbx: Callable[[], str]


class State:
    """Looks at everything for one instance. `clock` is the real time; `counters` are the figures that others count."""

    def __init__(
        self, settings: Settings, hub: Publisher, sources: Sources, clock: Callable[[], datetime], counters: Metrics
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._sources = sources
        self._clock = clock
        self._counters = counters
        self._rules = RulesHere(settings.rules, settings.overrides)
        self._records = Records(settings.store)
        self._picture = Picture()
        self._began = clock()
        self._ruleset = NO_RULES
        self._engines: tuple[Engine, ...] = ()
        self._recorder: Mapping[str, Any] = {}
        self._figures: Figures | None = None
        self._figures_wrong = ""
        self._destinations: tuple[DestinationNow, ...] | None = None
        self._health: Health | None = None
        self._told: dict[NoticeKind, str] = {}

    # --- what is asked

    @property
    def ruleset(self) -> Ruleset:
        """Give the rules in use with the orders that held at the last look; no service if none could ever be read."""
        return self._ruleset

    def destinations(self) -> tuple[DestinationNow, ...]:
        """Give all destinations as they were at the last look."""
        return self._destinations or ()

    def today(self) -> Today | None:
        """Give today's figures; None until they were read once."""
        return None if self._figures is None else Today(at=self._figures.at, services=self._figures.services)

    def health(self) -> Health:
        """Give how the parts were at the last look."""
        return self._health or self._healthy(self._clock())

    def rules(self) -> RulesNow:
        """Give the rules in use: what the engine says that leads, else what is known here."""
        here = RulesNow(
            file=str(self._rules.path), version=self._rules.rules.version, since=None, last=self._rules.trouble
        )
        return rules_now(_leading(self._engines) or {}, here)

    async def overrides(self, all: bool = False) -> tuple[OverrideNow, ...]:  # noqa: A002 - the word of the API
        """Give the orders that hold or will hold; with `all` also those that are over."""
        await self._rules.look_at_orders()
        at = self._clock()
        known = (order_now(one, at) for one in self._rules.known)
        return tuple(one for one in known if all or one.state == OverrideState.ACTIVE.value)

    async def metrics(self) -> str:
        """Give all figures in Prometheus' text form, joined with those of the engines."""
        at = self._clock()
        answers = await engines(self._settings.control, "metrics")
        by_socket = {one.socket: one.name for one in self._engines}
        texts = {by_socket.get(one.socket, one.name): str(one.said["text"]) for one in answers if one.said}
        shown = Shown(
            at=at,
            calls=tuple(self._sources.calls()),
            destinations=self.destinations(),
            today=self.today(),
            health=self._healthy(at),
            engines=self._engines,
            dropped=self._hub.dropped,
            recorder=self._recorder,
        )
        return await asyncio.to_thread(self._counters.text, shown, texts)

    # --- looking

    def works(self) -> list[Work]:
        """Give what has to go on for this: the two looks. Close it afterwards."""
        return [
            ("the state", lambda: every(EVERY, self.look)),
            ("today's figures", lambda: every(RECORDS_EVERY, self.look_at_records)),
        ]

    async def close(self) -> None:
        """Let go of the record store; safe to call twice."""
        await self._records.close()

    async def look(self) -> None:
        """Look at everything but the records, and tell what has changed."""
        self._engines = await engines(self._settings.control)
        self._recorder = await asyncio.to_thread(_json_of, self._settings.recorder_status)
        at = self._clock()
        wanted = str((_leading(self._engines) or {}).get("version") or "")
        await self._rules.look(at, wanted)
        self._ruleset = self._rules.ruleset(at)
        await self._tell_destinations(at)
        self._tell_health(at)
        self._notice(NoticeKind.ENGINES, engines_trouble(self._engines), at)
        self._notice(NoticeKind.RULES, self._rules.trouble, at)
        pbx = self._sources.pbx()
        self._notice(NoticeKind.PBX, "" if pbx == UP else f"the PBX: {pbx}", at)

    async def look_at_records(self) -> None:
        """Read today's figures if they may have changed, and tell them if they have."""
        rules = self._rules.rules
        if not rules.services:
            return
        try:
            found = await self._records.figures(rules, self._clock())
        except CdrError as error:
            since = f"; shown are those of {self._figures.at.isoformat(timespec='seconds')}" if self._figures else ""
            self._figures_wrong = f"{error}{since}"
            return
        self._figures_wrong = ""
        if found is None:
            return
        before, self._figures = self._figures, found
        if before is None or before.services != found.services:
            self._hub.publish("today", Today(at=found.at, services=found.services))

    async def _tell_destinations(self, at: datetime) -> None:
        here = rooms(self._sources.calls())
        days = self._figures.destinations if self._figures else {}
        away = unreachable(self._engines)
        found = await asyncio.to_thread(self._picture.destinations, self._ruleset, at, here, days, away)
        if found != self._destinations:
            self._destinations = found
            self._hub.publish("destinations", found)

    def _tell_health(self, at: datetime) -> None:
        found, before = self._healthy(at), self._health
        if before is None or found.model_copy(update={"at": before.at}) != before:
            self._health = found
            self._hub.publish("health", found)

    def _healthy(self, at: datetime) -> Health:
        return health(
            Looked(
                at=at,
                pbx=self._sources.pbx(),
                engines=self._engines,
                journal=self._sources.journal(),
                records=records_trouble(self._recorder, self._began, at),
                rules=self._rules.trouble,
                figures=self._figures_wrong,
                version=str(self._rules.rules.version),
                calls=len(self._sources.calls()),
                subscribers=self._hub.size,
                zone=_zone(self._rules.rules),
            )
        )

    def _notice(self, kind: NoticeKind, trouble: str, at: datetime) -> None:
        if trouble == self._told.get(kind, ""):
            return
        self._told[kind] = trouble
        logger.log(
            logging.WARNING if trouble else logging.INFO, "%s", trouble or OVER[kind], extra={"action": f"{kind}_seen"}
        )
        self._hub.publish("notice", Notice(kind=kind, at=at, text=trouble or OVER[kind], trouble=bool(trouble)))


def _json_of(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _zone(rules: Ruleset) -> str:
    """Give the time zone that a screen shows; "" as long as there is no service."""
    return next((str(one.zone) for one in rules.services.values()), "")


def _leading(found: Sequence[Engine]) -> Mapping[str, Any] | None:
    """Give what the engine says that leads, else any that answers."""
    answers = sorted((one for one in found if one.said), key=lambda one: not one.leads)
    return answers[0].said if answers else None
