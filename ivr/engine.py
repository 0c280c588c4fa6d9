"""The engine: one mailbox and one task per call, events in the order they came, no locks.

Rule 1: it knows no AMI word. Events come in through `deliver`, actions go out through `perform`.
Rule 2: a fault in one call is logged with that call and hands it to the dialplan's fallback; it touches no other call.
Rule 3: a call keeps the rules that it began with.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.calls.actions import Action, Ask, Connect, GiveUp, Goodbye, Note
from ivr.calls.events import CallEntered, CallEvent, HungUp, StepRefused
from ivr.calls.session import CallSession, CallState
from ivr.calls.step import begin, step
from ivr.errors import IllegalTransition, LinkError
from ivr.routing.rules import Ruleset
from ivr.vocabulary import LinkedId

logger = logging.getLogger(__name__)

MOST_WAITING = 256
"""Events that one call may have waiting; a call that floods is handed to the fallback."""

Perform = Callable[[Action, Callable[[int, str], None]], None]
"""Carry out an action; the second argument is called with (step, why) if Asterisk refuses it."""


@dataclass(slots=True)
class _Call:
    """What the engine keeps of one call: its mailbox, its rules, its session once it has entered."""

    mailbox: "asyncio.Queue[CallEvent]"
    rules: Ruleset
    session: CallSession | None = None
    introduced: bool = False


class Engine:
    """Leads the calls. `rules` gives the ruleset for new calls, `clock` the instant that office hours are judged at."""

    def __init__(
        self,
        *,
        name: str,
        rules: Callable[[], Ruleset],
        perform: Perform,
        clock: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._rules = rules
        self._perform = perform
        self._clock = clock
        self._calls: dict[LinkedId, _Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy: set[LinkedId] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def sessions(self) -> Mapping[LinkedId, CallSession]:
        """The live view: the session of each call that is under way."""
        return {key: call.session for key, call in self._calls.items() if call.session is not None}

    def deliver(self, linkedid: LinkedId, event: CallEvent) -> None:
        """Put an event into its call's mailbox. Only a caller who enters opens a new one."""
        call = self._calls.get(linkedid)
        if call is None:
            if not isinstance(event, CallEntered):
                return
            call = self._open(linkedid)
        try:
            call.mailbox.put_nowait(event)
        except asyncio.QueueFull:
            logger.error("call floods its mailbox; left to the fallback", extra=_about(linkedid, "call_flood"))
            self._calls.pop(linkedid, None)

    def forget_all(self) -> None:
        """Drop all sessions: the link is gone and what happens meanwhile is not seen. The dialplan leads those calls."""
        for task in self._tasks:
            task.cancel()
        self._calls.clear()
        self._busy.clear()
        self._quiet.set()

    async def quiet(self) -> None:
        """Wait until no caller is in a menu or hearing a last message."""
        await self._quiet.wait()

    def _open(self, linkedid: LinkedId) -> _Call:
        call = _Call(asyncio.Queue(MOST_WAITING), self._rules())
        self._calls[linkedid] = call
        task = asyncio.get_running_loop().create_task(self._lead(linkedid, call), name=f"call {linkedid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return call

    async def _lead(self, linkedid: LinkedId, call: _Call) -> None:
        """Take the events of one call, one after the other, until it has ended."""
        while self._calls.get(linkedid) is call:
            event = await call.mailbox.get()
            try:
                self._handle(linkedid, call, event)
            except IllegalTransition as error:
                logger.warning("%s", error, extra=_about(linkedid, "illegal_transition"))
            except LinkError as error:
                logger.warning("call left to the fallback: %s", error, extra=_about(linkedid, "link_lost"))
            except Exception:
                logger.exception("call left to the fallback", extra=_about(linkedid, "call_fault"))
            ended = call.session is not None and call.session.state is CallState.ENDED
            if ended or (isinstance(event, HungUp) and call.session is None):
                self._calls.pop(linkedid, None)
            self._note_quiet(linkedid, call.session)

    def _handle(self, linkedid: LinkedId, call: _Call, event: CallEvent) -> None:
        at = self._clock()
        before = call.session
        if before is None:
            if not isinstance(event, CallEntered):
                return
            before = begin(linkedid, event, call.rules, at)
        after, actions = step(before, event, call.rules, at)
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

    def _introduced(self, call: _Call, action: Action) -> Action:
        """Put the engine's name and the rules' version into the journal with its first step of a call."""
        if call.introduced or isinstance(action, GiveUp) or not isinstance(action, Ask | Connect | Goodbye):
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


def _with_note(action: Ask | Connect | Goodbye, note: Note) -> Ask | Connect | Goodbye:
    return replace(action, notes=(note, *action.notes))


def _about(linkedid: LinkedId, action: str) -> dict[str, str]:
    return {"linkedid": linkedid, "action": action}
