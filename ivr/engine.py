"""The engine: one mailbox per call, events in the order they came, no locks.

A step of a call never waits for anything, so a mailbox is emptied at once, by whoever puts something in: no task, no
queue that could grow (docs/adr/0007).

Rule 1: it knows no AMI word. Events come in through `deliver`, actions go out through `perform`.
Rule 2: a fault in one call is logged with that call and hands it to the dialplan's fallback; it touches no other call.
Rule 3: a call keeps the rules that it began with; overrides hold for it as soon as they are made.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeAlias

from ivr.calls.actions import Action, Announcements, Ask, Connect, GiveUp, Goodbye, Note, Resume, Return
from ivr.calls.events import CallEntered, CallEvent, CallFound, HungUp, StepRefused
from ivr.calls.session import CallSession, CallState
from ivr.calls.step import begin, step
from ivr.errors import IllegalTransition, LinkError
from ivr.routing.rules import Override, Ruleset
from ivr.vocabulary import DestinationId, LinkedId, RulesVersion

logger = logging.getLogger(__name__)

Opening: TypeAlias = Announcements | Ask | Connect | Return | Goodbye | Resume
"""Actions that can be the first of a call."""


class Rules(Protocol):
    """Where the engine gets its rules from."""

    def version(self, version: RulesVersion | None) -> Ruleset:
        """Give the rules of that version if they are still known, else the current ones."""

    @property
    def overrides(self) -> Mapping[DestinationId, tuple[Override, ...]]:
        """The overrides that are known now; they hold for calls under way too."""


class Observer(Protocol):
    """Who hears of each step that a call has taken. It must be quick, and must not raise."""

    def stepped(
        self, before: CallSession, event: CallEvent, after: CallSession, actions: tuple[Action, ...], rules: Ruleset
    ) -> None:
        """Hear of one step."""


Perform = Callable[[Action, Callable[[int, str], None]], None]
"""Carry out an action; the second argument is called with (step, why) if Asterisk refuses it."""


@dataclass(slots=True)
class _Call:
    """What the engine keeps of one call: its mailbox, its rules, its session once it has entered."""

    rules: Ruleset
    mailbox: "deque[CallEvent]" = field(default_factory=deque)
    session: CallSession | None = None
    introduced: bool = False
    at_work: bool = False


class Engine:
    """Leads the calls. `clock` gives the instant that office hours are judged at."""

    def __init__(
        self,
        *,
        name: str,
        rules: Rules,
        perform: Perform,
        clock: Callable[[], datetime],
        observer: Observer | None = None,
    ) -> None:
        self._name = name
        self._observer = observer
        self._missed: set[LinkedId] | None = None
        self._rules = rules
        self._perform = perform
        self._clock = clock
        self._calls: dict[LinkedId, _Call] = {}
        self._busy: set[LinkedId] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def sessions(self) -> Mapping[LinkedId, CallSession]:
        """The live view: the session of each call that is under way."""
        return {key: call.session for key, call in self._calls.items() if call.session is not None}

    def deliver(self, linkedid: LinkedId, event: CallEvent) -> None:
        """Put an event into its call's mailbox. Only a caller who enters, or is found, opens a new one.

        A caller whom the dialplan gave to another engine is that engine's from then on.
        """
        if isinstance(event, CallEntered) and event.leader not in ("", self._name):
            self._let_go(linkedid)
            self._note_quiet(linkedid, None)
            return
        call = self._calls.get(linkedid)
        if call is None:
            if not isinstance(event, CallEntered | CallFound):
                if self._missed is not None:
                    self._missed.add(linkedid)
                return
            call = self._open(linkedid, event.entered if isinstance(event, CallFound) else event)
        elif call.session is not None and event.channel != call.session.channel:
            return  # another leg of the call, such as the phone's: the dialplan's affair
        call.mailbox.append(event)
        if not call.at_work:
            self._empty(linkedid, call)

    def forget_all(self) -> None:
        """Drop all sessions: the link is gone and what happens meanwhile is not seen. The dialplan leads those calls."""
        self._calls.clear()
        self._busy.clear()
        self._quiet.set()

    def listen(self) -> None:
        """Begin to note the calls that something happens to though they are not known: a list of them is being made."""
        self._missed = set()

    def adopt(self, found: Iterable[tuple[LinkedId, CallFound]]) -> int:
        """Take calls that were found under way; give how many have to be looked for again, because they moved meanwhile."""
        missed, self._missed = self._missed or set(), None
        moved = 0
        for linkedid, event in found:
            if linkedid in missed:
                moved += 1
            elif linkedid not in self._calls:
                logger.info("found %s", event.stage.value, extra=_about(linkedid, "adopted"))
                self.deliver(linkedid, event)
        return moved

    @property
    def busy(self) -> int:
        """How many callers are in a menu or hear a last message."""
        return len(self._busy)

    async def quiet(self) -> None:
        """Wait until no caller is in a menu or hearing a last message."""
        await self._quiet.wait()

    def _open(self, linkedid: LinkedId, event: CallEntered) -> _Call:
        call = _Call(self._rules.version(event.rules))
        self._calls[linkedid] = call
        return call

    def _empty(self, linkedid: LinkedId, call: _Call) -> None:
        """Take the events of one call, one after the other. What they bring about waits in the mailbox for its turn."""
        call.at_work = True
        try:
            while call.mailbox and self._calls.get(linkedid) is call:
                self._take(linkedid, call, call.mailbox.popleft())
        finally:
            call.at_work = False

    def _take(self, linkedid: LinkedId, call: _Call, event: CallEvent) -> None:
        """Take one event; whatever goes wrong stays with this call."""
        try:
            self._handle(linkedid, call, event)
        except IllegalTransition as error:
            logger.warning("%s", error, extra=_about(linkedid, "illegal_transition"))
        except LinkError as error:
            logger.warning("call left to the fallback: %s", error, extra=_about(linkedid, "link_lost"))
        except Exception:  # one call's fault must not end the others; its lease leads it to the fallback
            logger.exception("call left to the fallback", extra=_about(linkedid, "call_fault"))
        ended = call.session is not None and call.session.state is CallState.ENDED
        if ended or (isinstance(event, HungUp) and call.session is None):
            self._let_go(linkedid)
        self._note_quiet(linkedid, call.session)

    def _let_go(self, linkedid: LinkedId) -> None:
        """Follow a call no longer. A list of calls that is being made may be older than that."""
        self._calls.pop(linkedid, None)
        if self._missed is not None:
            self._missed.add(linkedid)

    def _handle(self, linkedid: LinkedId, call: _Call, event: CallEvent) -> None:
        at = self._clock()
        before = call.session
        rules = call.rules.overridden(self._rules.overrides)
        if before is None:
            if not isinstance(event, CallEntered | CallFound):
                return
            before = begin(linkedid, event.entered if isinstance(event, CallFound) else event, rules, at)
        after, actions = step(before, event, rules, at)
        call.session = after
        if after.state is not before.state:
            logger.info(
                "%s -[%s]-> %s",
                before.state.value,
                type(event).__name__,
                after.state.value,
                extra=_about(linkedid, "step"),
            )
        for action in actions:
            self._perform(self._introduced(call, action), self._refusal(linkedid, action, event.at))
        if self._observer is not None:
            self._observer.stepped(before, event, after, actions, rules)

    def _introduced(self, call: _Call, action: Action) -> Action:
        """Put the engine's name and the rules' version into the journal with its first step of a call."""
        if call.introduced or isinstance(action, GiveUp) or not isinstance(action, Opening):
            return action
        call.introduced = True
        own = Note("IVR_ENGINE", (("engine", self._name), ("rules", str(call.rules.version))))
        return _with_note(action, own)

    def _refusal(self, linkedid: LinkedId, action: Action, at: datetime) -> Callable[[int, str], None]:
        def refused(number: int, why: str) -> None:
            self.deliver(linkedid, StepRefused(action.channel, at, number, why))

        return refused

    def _note_quiet(self, linkedid: LinkedId, session: CallSession | None) -> None:
        if session is not None and session.state in (CallState.ASKING, CallState.LEAVING):
            self._busy.add(linkedid)
            self._quiet.clear()
            return
        self._busy.discard(linkedid)
        if not self._busy:
            self._quiet.set()


def _with_note(action: Opening, note: Note) -> Opening:
    return replace(action, notes=(note, *action.notes))


def _about(linkedid: LinkedId, action: str) -> dict[str, str]:
    return {"linkedid": linkedid, "action": action}
