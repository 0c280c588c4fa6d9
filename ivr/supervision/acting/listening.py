"""Who listens to which call: phones that Asterisk calls and that hear a citizen's call (docs/listening.md).

Rule 1: which phones may listen is known beforehand: those of the rules and of the settings. Nothing that a person types is
dialled.
Rule 2: whether a call is private is looked at here and, whatever is said here, by the dialplan before and while it listens.
Rule 3: a listening is over when its channel is. What Asterisk has counts: after a lost link its channels are read again.
"""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, NoReturn, Protocol, TypeVar

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.asterisk.resync import OURS
from ivr.errors import LinkError, RequestRefused
from ivr.supervision.access.auth import Who
from ivr.supervision.acting.originate import rings_who_listens
from ivr.supervision.acting.pbx import Pbx
from ivr.supervision.models import AuditEntry, Call, CallDetail, Listening, Stage
from ivr.supervision.orders import ListenOrder
from ivr.supervision.refusals import UNKNOWN, ActionRefused, AuditUnwritable

MODES = ("listen", "whisper", "barge")
AT_ONCE = 0.3
"""Seconds in which Asterisk says that a phone cannot be called at all."""
MOST_GONE = 100
"""Channels of ours that have ended lately and are remembered: a list that Asterisk gives may still have them."""
PHONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
PRIVATE = "private"
_NOT_ANSWERED = {"17": "busy", "18": "no answer", "19": "no answer", "21": "declined"}
"""Q.850 causes with which a phone that was called is gone; others count as not answered."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Calls(Protocol):
    """The live view."""

    def call(self, name: str) -> CallDetail | None:
        """Give a call under way."""


class Listenings:
    """All listenings under way. `phones` gives those that may listen, `default` the one if none is named.

    `changed` hears of each call that is listened to by others than before; `write` takes what happens without a request.
    """

    def __init__(
        self,
        pbx: Pbx,
        calls: Calls,
        phones: Callable[[], Iterable[str]],
        clock: Callable[[], datetime],
        *,
        default: str = "",
        changed: Callable[[str], None] = lambda _call: None,
        write: Callable[[AuditEntry], Awaitable[None]] | None = None,
    ) -> None:
        self._pbx = pbx
        self._calls = calls
        self._phones = phones
        self._clock = clock
        self._default = default
        self._changed = changed
        self._write = write
        self._known: dict[str, Listening] = {}
        self._reasons: dict[str, str] = {}
        self._asked: set[str] = set()
        self._talks: dict[str, tuple[str, datetime]] = {}
        self._ringing: set[str] = set()
        self._gone: deque[str] = deque(maxlen=MOST_GONE)
        self._work: set[asyncio.Task[Any]] = set()
        pbx.hears(self._heard, self._again)

    def all(self) -> tuple[Listening, ...]:
        """Give those under way, the oldest first."""
        return tuple(self._known.values())

    def listened(self, call: str) -> tuple[str, ...]:
        """Give the phones that hear a call now."""
        return tuple(one.phone for one in self._known.values() if one.call == call and one.state == "listening")

    async def start(self, call: str, order: ListenOrder, who: Who) -> Listening:
        """Call a phone and let it hear a call; it rings when this returns. Raises ActionRefused, LinkError."""
        self._refuse(call)
        phone = self._phone(order.phone)
        name = self._pbx.new_id()
        made = Listening(
            id=name,
            call=call,
            phone=phone,
            mode=order.mode,
            by=who.name,
            since=self._clock(),
            state="ringing",
            reason="",
        )
        self._known[name] = made
        self._ringing.add(name)
        ringing = self._begin(self._ring(made))
        await asyncio.wait({ringing}, timeout=AT_ONCE)
        refused = ringing.result() if ringing.done() else None
        if refused is not None:
            raise refused
        return self._known.get(name, made)

    async def end(self, listening: str, who: Who) -> Listening:
        """End one. Raises ActionRefused, LinkError."""
        known = self._known.get(listening)
        if known is None:
            raise ActionRefused(404, f"there is no listening {listening}; GET /api/listenings shows those under way")
        logger.info("%s ends the listening of %s", who.name, known.phone, extra={"action": "listening_ended"})
        return await self._end(known, "ended")

    async def run(self, calls: Callable[[], Iterable[Call]], every: float = 0.2) -> NoReturn:
        """Follow the calls that are listened to, until cancelled.

        Listening to one that has become private ends; the dialplan does so too, by itself. It begins afresh when the citizen
        talks to somebody else: else the listener may hear the citizen alone from then on (docs/listening.md, measured).
        """
        while True:
            await asyncio.sleep(every)
            seen = {one.call: one for one in calls()} if self._known else {}
            for one in self.all():
                call = seen.get(one.call)
                if call is None or one.id in self._asked:
                    continue
                if call.private:
                    self._begin(self._stop(one))
                elif one.mode == "listen" and one.state == "listening" and call.stage is Stage.TALKING:
                    before, self._talks[one.id] = self._talks.get(one.id), (call.phone, call.since)
                    if before not in (None, self._talks[one.id]):
                        self._begin(self._afresh(one))

    # --- beginning

    def _refuse(self, call: str) -> None:
        found = self._calls.call(call)
        if found is None:
            raise ActionRefused(404, f"there is no call {call} under way")
        if found.call.private:
            raise ActionRefused(
                409, f"{call} is private: nobody may listen to it (docs/listening.md, private destinations)"
            )

    def _phone(self, asked: str | None) -> str:
        may = frozenset(self._phones())
        if not may:
            raise ActionRefused(503, "no telephones are known yet: the rules have not been read; try again")
        phone = asked or self._default
        if not phone:
            raise ActionRefused(400, "name the phone that is to listen, or set IVR_SUPERVISOR_PHONE")
        if phone not in may or not PHONE.fullmatch(phone):
            raise ActionRefused(
                400, f"{phone} may not listen; phones of the rules may, and those of IVR_SUPERVISOR_PHONES"
            )
        if any(one.phone == phone for one in self._known.values()):
            raise ActionRefused(409, f"{phone} listens already; end that first")
        return phone

    async def _ring(self, one: Listening) -> ActionRefused | None:
        """Let Asterisk call the phone, and wait until it is answered; give why it was not, as the order's answer."""
        try:
            answer = await self._pbx.ask(rings_who_listens(one), End.ORIGINATE)
            if answer[-1].get("Response") == "Success":
                return None
            why = self._reasons.get(one.id, "unreachable")  # if it rang, its end has said more
            refused = _not_called(one, why)
        except ActionRefused as error:
            why, refused = error.detail, error
        except RequestRefused as error:
            why, refused = str(error), _not_called(one, str(error))
        except LinkError as error:
            why = f"whether {one.phone} rings is not known: {error}"
            refused = ActionRefused(UNKNOWN, f"{why}; look who listens before you try again")
            logger.warning("%s", why, extra={"action": "listening_unknown"})
        finally:
            self._ringing.discard(one.id)
            if one.id not in self._known:
                self._reasons.pop(one.id, None)
        self._over(one.id, why)
        return refused

    # --- ending

    async def _stop(self, one: Listening) -> None:
        try:
            await self._end(one, PRIVATE)
        except (LinkError, ActionRefused) as error:
            logger.error("%s may still listen: %s", one.phone, error, extra={"action": "listening_not_ended"})

    async def _afresh(self, one: Listening) -> None:
        try:
            await self._pbx.lead(one.id, "ivr-listen", "again")
        except (LinkError, ActionRefused) as error:
            logger.warning("%s may hear one side only: %s", one.phone, error, extra={"action": "listening_one_sided"})

    async def _end(self, one: Listening, reason: str) -> Listening:
        self._asked.add(one.id)
        try:
            async with self._pbx.order(one.id) as (_, gone):
                await self._pbx.tell(one.id, IVR_ENDED=reason)
                self._reasons[one.id] = reason
                await self._pbx.ask({"Action": "Hangup", "Channel": one.id})
                await self._pbx.confirmed(gone, f"ending the listening of {one.phone}")
        except RequestRefused:  # it is over, or about to be
            self._over(one.id, reason)
        finally:
            self._asked.discard(one.id)
        return one.model_copy(update={"state": "ended", "reason": reason})

    # --- hearing

    def _heard(self, message: Message) -> None:
        if message.name == "Hangup" and (name := message.get("Uniqueid")).startswith(OURS):
            self._gone.append(name)
            listened = name in self._known and self._known[name].state == "listening"
            self._over(name, "hung_up" if listened else _NOT_ANSWERED.get(message.get("Cause"), "not answered"))
        elif message.get("UserEvent") == "IvrListens" and message.get("Listening") in self._known:
            name, ended = message.get("Listening"), message.get("Ended")
            if ended:
                self._reasons[name] = ended
                return
            self._known[name] = self._known[name].model_copy(update={"state": "listening", "since": self._clock()})
            self._changed(self._known[name].call)

    def _over(self, name: str, why: str) -> None:
        """Note that one is over, unless that is known."""
        one = self._known.pop(name, None)
        if one is None:
            return
        asked = name in self._asked
        reason = self._reasons.pop(name, why)
        if name in self._ringing:
            self._reasons[name] = reason  # whoever ordered it may still wait for this
        self._talks.pop(name, None)
        self._changed(one.call)
        if self._write is not None and (reason == PRIVATE or not asked):
            self._begin(self._note(one, reason))

    async def _note(self, one: Listening, reason: str) -> None:
        details = {"listening": one.id, "phone": one.phone, "mode": one.mode}
        told = {"who": one.by, "role": "", "what": "listening over", "call": one.call, "result": reason}
        if self._write is None:
            return
        try:
            await self._write(AuditEntry.model_validate({**told, "at": self._clock(), "details": details}))
        except AuditUnwritable as error:
            logger.error("%s listens no longer: %s", one.phone, error, extra={"action": "audit_unwritable"})

    # --- after a lost link

    def _again(self) -> None:
        self._begin(self._read())

    async def _read(self) -> None:
        """Compare with the channels that Asterisk has: some are gone, and some are of a supervision before this one."""
        before = frozenset(self._known)
        try:
            there = await self._pbx.ours(("IVR_LISTENS", "IVR_MODE", "IVR_LISTENER", "IVR_BY", "IVR_ENDED"))
        except (LinkError, ActionRefused):
            return  # the next link reads them
        for name in before - {one.uniqueid for one in there}:
            self._over(name, "link lost")
        for one in there:
            given = one.variables
            if one.uniqueid in {*self._known, *self._gone} or given.get("IVR_MODE") not in MODES:
                continue
            self._known[one.uniqueid] = Listening.model_validate(
                {
                    "id": one.uniqueid,
                    "call": given["IVR_LISTENS"],
                    "phone": given["IVR_LISTENER"],
                    "mode": given["IVR_MODE"],
                    "by": given["IVR_BY"],
                    "since": self._clock(),
                    "state": "listening" if given.get("IVR_ENDED") else "ringing",
                }
            )
            self._changed(given["IVR_LISTENS"])

    def _begin(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task


def _not_called(one: Listening, why: str) -> ActionRefused:
    text = f"{one.phone} cannot be called: {why}; see that it is registered, or name another phone"
    return ActionRefused(409, text)
