"""The alarms of one engine: takes what happens, judges it, and tells logs, figures and hooks.

Rule 1: the methods for the call path cost microseconds and never raise: they put facts into a bounded queue. All else
is done by `run`.
Rule 2: nothing here decides anything about a call.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from ivr.alarms.alarm import Alarm, Change, Severity, payload
from ivr.alarms.delivery import Delivery
from ivr.alarms.derive import Ringing, facts_of, ringing_after, word
from ivr.alarms.facts import (
    Fact,
    JournalSeen,
    Lead,
    LeadChanged,
    LeaseLapsed,
    LineTried,
    LinkChanged,
    Moment,
    RecordsResumed,
    RecordsStopped,
    RulesAccepted,
    RulesRefused,
    Ticked,
)
from ivr.alarms.hooks import hooks
from ivr.alarms.key_times import KeyTimes
from ivr.alarms.looking import JournalLook, Sounds, TableLook, every
from ivr.alarms.metrics import Metrics
from ivr.alarms.rules import watch
from ivr.alarms.watched import Limits, Watched
from ivr.calls.actions import Action
from ivr.calls.events import CallEntered, CallEvent, CallFound, HungUp
from ivr.calls.session import CallSession
from ivr.routing.rules import Ruleset
from ivr.settings import Settings
from ivr.vocabulary import LinkedId

MOST_FACTS = 10_000
"""Facts that may wait to be judged; the oldest go first."""
AFTER_FAULT = 5.0  # seconds before a part that failed is started again

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Places:
    """Where Asterisk writes its journal and finds its sounds (the folder that has one folder for each language).

    `table` gives what the recorder tells of itself, if the journal is a table in a database.
    """

    journal: Path
    sounds: Path
    table: Callable[[], Mapping[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at, in seconds."""

    tick: float = 1.0
    journal: float = 5.0
    sounds: float = 1.0


class Alarms:
    """Watches one engine. `clock` is the real time, `monotonic` never jumps. Raises SettingsError for hooks that cannot be.

    `engine` is the engine's name.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        places: Places,
        *,
        engine: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        pace: Pace = Pace(),
    ) -> None:
        self._metrics = metrics
        self._engine = engine
        self._clock = clock
        self._monotonic = monotonic
        self._pace = pace
        self._watched = Watched(_limits(settings))
        self._facts: deque[tuple[Fact, Moment]] = deque()
        self._some = asyncio.Event()
        self._ringing: dict[LinkedId, Ringing] = {}
        self._keys = KeyTimes()
        self._moves = 0
        self._journal = JournalLook(places.journal)
        self._table = None if places.table is None else TableLook(places.table)
        self._sounds = Sounds(places.sounds, monotonic)
        self._deliveries = tuple(Delivery(hook, metrics) for hook in hooks(settings))

    @property
    def active(self) -> tuple[Alarm, ...]:
        """Give the alarms that last, oldest first."""
        return tuple(sorted((one.alarm for one in self._watched.active.values()), key=lambda alarm: alarm.raised_at))

    def stepped(
        self,
        before: CallSession,
        event: CallEvent,
        after: CallSession,
        actions: tuple[Action, ...],
        rules: Ruleset,
    ) -> None:
        """Note one step of a call."""
        try:
            self._stepped(before, event, after, actions, rules)
        except Exception:  # a fault of the alarms must not become a fault of the call
            logger.exception("a step was not watched", extra={"action": "alarm_fault", "linkedid": before.linkedid})

    def lead_changed(self, lead: str, reason: str) -> None:
        """Note what this engine is to new calls: `leading`, `standby`, `draining` or `detached`."""
        self._metrics.lead = Lead(lead)
        self._metrics.lease_takeovers += lead == Lead.LEADING.value
        self._note(LeadChanged(Lead(lead), reason))

    def lease_lapsed(self) -> None:
        """Note that the lease ran out unnoticed."""
        self._note(LeaseLapsed())

    def link_changed(self, attached: bool, reason: str) -> None:
        """Note whether the link to Asterisk can be used."""
        self._metrics.link_attached = attached
        if not attached:
            self._ringing.clear()
            self._keys.clear()
        self._note(LinkChanged(attached, reason))

    def records_stopped(self, reason: str) -> None:
        """Note that no call records are written."""
        self._note(RecordsStopped(reason))

    def records_resumed(self) -> None:
        """Note that call records are written again, for now."""
        self._note(RecordsResumed())

    def rules_refused(self, reason: str) -> None:
        """Note that new rules were refused; `reason` is one line."""
        self._metrics.reloads["refused"] += 1
        self._note(RulesRefused(reason))

    def rules_accepted(self, rules: Ruleset) -> None:
        """Note the rules that new calls get from now on, also when they are those of before."""
        self._sounds.forget()
        self._metrics.reloads["accepted"] += 1
        found = rules.destinations.values()
        safety = frozenset(item.id for item in found if item.safety)
        self._note(RulesAccepted(safety, frozenset(ring.phone for item in found for ring in item.lines)))

    async def run(self) -> None:
        """Judge, look and tell until cancelled."""
        parts: list[Callable[[], Awaitable[None]]] = [
            self._judging,
            partial(every, self._pace.journal, self._look_at_journal),
            partial(every, self._pace.sounds, self._look_for_sounds),
        ]
        async with asyncio.TaskGroup() as group:
            for part in (*parts, *(delivery.run for delivery in self._deliveries)):
                group.create_task(_kept_up(part))

    def _stepped(
        self,
        before: CallSession,
        event: CallEvent,
        after: CallSession,
        actions: tuple[Action, ...],
        rules: Ruleset,
    ) -> None:
        self._moves += isinstance(event, CallEntered | HungUp)
        if isinstance(event, CallFound):
            self._metrics.adopted[event.stage.value] += 1
        key, seconds = before.linkedid, self._monotonic()
        waited = self._keys.stepped(key, event, actions, seconds)
        if waited is not None:
            self._metrics.key_to_invite.note(waited)
        if after is before and not actions:
            return  # stale, or nothing that matters
        ringing = self._ringing.get(key)
        for fact in facts_of(event, actions, ringing, rules, seconds):
            self._note(fact)
        rings = ringing_after(ringing, event, after, actions, rules, seconds)
        if rings is None:
            self._ringing.pop(key, None)
        else:
            self._ringing[key] = rings
        self._sounds.played(actions)

    def _note(self, fact: Fact) -> None:
        """Let a fact wait until it is judged."""
        if isinstance(fact, LineTried):
            self._metrics.lines_tried[fact.destination, word(fact.failed)] += 1
        if len(self._facts) >= MOST_FACTS:
            self._facts.popleft()
            self._metrics.facts_dropped += 1
        self._facts.append((fact, self._now()))
        self._some.set()

    def _now(self) -> Moment:
        return Moment(self._clock(), self._monotonic())

    async def _judging(self) -> None:
        while True:
            await _set_or_late(self._some, self._pace.tick)
            self._some.clear()
            while self._facts:
                self._judge(*self._facts.popleft())
            self._judge(Ticked(), self._now())

    def _judge(self, fact: Fact, now: Moment) -> None:
        self._watched, told = watch(self._watched, fact, now)
        for alarm in told:
            self._tell(alarm)

    def _tell(self, alarm: Alarm) -> None:
        """Tell of an alarm: figures, log, hooks."""
        self._metrics.alarms[alarm.id.value] += alarm.change is Change.RAISED
        self._metrics.alarms_active = Counter(kind.value for kind, _ in self._watched.active)
        logger.log(
            _level(alarm),
            "%s (%s): %s",
            alarm.id.value,
            alarm.subject,
            alarm.text,
            extra={"action": f"alarm_{alarm.change.value}"},
        )
        for delivery in self._deliveries:
            delivery.put(payload(alarm, self._engine))

    async def _look_at_journal(self) -> None:
        if self._table is not None:
            known = await self._table.position()
            if known is not None:
                self._note(JournalSeen(known, self._moves))
            return
        position = await self._journal.position()
        self._metrics.journal_bytes = position[1] if position else 0
        self._note(JournalSeen(position, self._moves))

    async def _look_for_sounds(self) -> None:
        for fact in await self._sounds.look():
            self._note(fact)


def _limits(settings: Settings) -> Limits:
    return Limits(
        unanswered=settings.alarm_unanswered,
        unreachable=settings.alarm_unreachable,
        journal_seconds=settings.alarm_journal_seconds,
        lease_seconds=settings.lease_seconds,
        reminder_seconds=settings.alarm_reminder_minutes * 60,
    )


def _level(alarm: Alarm) -> int:
    if alarm.change is Change.CLEARED:
        return logging.INFO
    return logging.ERROR if alarm.severity is Severity.CRITICAL else logging.WARNING


async def _set_or_late(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def _kept_up(part: Callable[[], Awaitable[None]]) -> None:
    """Run a part for ever; a fault in it is logged, and must not end the others or the engine."""
    while True:
        try:
            await part()
        except Exception:  # whatever it is, the alarms must go on
            logger.exception("a part of the alarms failed and is started again", extra={"action": "alarm_fault"})
        await asyncio.sleep(AFTER_FAULT)
