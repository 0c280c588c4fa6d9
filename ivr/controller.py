"""The engine joined to one Asterisk: link, lease, translation and performance around `ivr.engine`."""

import asyncio
import logging
import os
import re
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from ivr.asterisk import manager_tls
from ivr.asterisk.framing import Message
from ivr.asterisk.lease import LeadState, Lease
from ivr.asterisk.link import Link, LinkSettings, LinkState
from ivr.asterisk.marks import ClockWatch, mark
from ivr.asterisk.passing_on import pass_on
from ivr.asterisk.perform import Performer
from ivr.asterisk.resync import Found, calls_under_way
from ivr.asterisk.ringing import Ringing
from ivr.asterisk.topics import write_topic
from ivr.asterisk.translate import WANTED_EVENTS, translate
from ivr.asterisk.waiting import ask_again
from ivr.calls.actions import Action
from ivr.engine import Engine, Observer, Rules
from ivr.errors import LeaseOver, LinkError, UnknownCall
from ivr.settings import Settings
from ivr.vocabulary import LinkedId, TopicId

LEFT = "IvrEngineLeft"
"""The user event by which an engine says that its callers are nobody's any more."""
EVERY_HOUR = 3600.0
"""Seconds between two lists of the calls under way, if nothing asks for one before."""
MOVED_AGAIN = 0.2
"""Seconds before calls that moved while they were listed are looked for again."""

logger = logging.getLogger(__name__)


def engine_name() -> str:
    """Give a name that no other engine has: host, process, and a random part for an id that is used again."""
    host = re.sub("[^A-Za-z0-9]", "", socket.gethostname())[:24]
    return f"{host}-{os.getpid()}-{secrets.token_hex(2)}"


class Controller:
    """One engine on one PBX. `clock` is the real time; `office_clock` the instant that hours are judged at."""

    def __init__(
        self,
        settings: Settings,
        secret: str,
        *,
        rules: Rules,
        clock: Callable[[], datetime],
        office_clock: Callable[[], datetime],
        name: str = "",
        observer: Observer | None = None,
        on_lapse: Callable[[], None] = lambda: None,
        on_lead: Callable[[LeadState, str], None] = lambda _state, _reason: None,
        on_link: Callable[[bool, str], None] = lambda _attached, _reason: None,
        on_answered: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.name = name or engine_name()
        self._settings = settings
        self._on_lead = on_lead
        self._on_link = on_link
        self._on_lapse = on_lapse
        self._link = self._made_link(secret, clock, on_answered)
        monotonic = asyncio.get_running_loop().time
        self._performer = Performer(self._link, self.name, settings.reply_seconds)
        self.engine = Engine(name=self.name, rules=rules, perform=self._perform, clock=office_clock, observer=observer)
        self.lease = Lease(
            self._link, self.name, settings.lease_seconds, monotonic, on_state=self._lead_changed, on_lapse=self._lapsed
        )
        self._ringing = Ringing(self._link, self.name, monotonic, self._leads)
        wall_clock = time.time  # noqa: TID251 - it is the wall clock that is watched
        self._clocks = ClockWatch(self._link, wall_clock, monotonic, self._stepped_back)
        self._to_adopt, self._hurry = asyncio.Event(), asyncio.Event()
        self._links = 0

    def _made_link(self, secret: str, clock: Callable[[], datetime], on_answered: Callable[[float], None]) -> Link:
        found = self._settings
        settings = LinkSettings(
            host=found.ami_host,
            port=found.ami_port,
            username=found.ami_user,
            secret=secret,
            wanted_events=WANTED_EVENTS | {"UserEvent"},
            tls=manager_tls.context(found),
        )
        return Link(settings, on_event=self._heard, on_state=self._link_changed, clock=clock, on_answered=on_answered)

    async def run(self) -> None:
        """Lead calls until cancelled or closed. Raises LoginRefused."""
        loop = asyncio.get_running_loop()
        work = (self.lease.keep, self._clocks.keep, self._ringing.keep, self._adopt)
        tasks = [loop.create_task(one(), name=f"controller {one.__name__}") for one in work]
        try:
            await self._link.run()
        finally:
            for task in tasks:
                task.cancel()

    async def _stepped_back(self) -> None:
        """Free those who wait by Asterisk's wall clock: phones that ring, and callers in menus.

        Callers are not to be asked twice, so an engine that stands by leaves them to the other one. One that has just lost
        the lead does not: nobody else may be there.
        """
        asking = [] if self.lease.state is LeadState.STANDBY else [ask_again(self._link)]
        await asyncio.gather(self._ringing.relieve(), *asking)

    def _leads(self) -> bool:
        return self.lease.state is LeadState.LEADING

    @property
    def link_state(self) -> str:
        """What the link to Asterisk is: attached, lost, ..."""
        return self._link.state.value

    @property
    def alive(self) -> bool:
        """Tell whether this engine does what it should: its lease is held, or it is known that Asterisk is away."""
        return self.lease.valid or self._link.state is not LinkState.ATTACHED

    async def ready(self) -> None:
        """Wait until this engine leads new calls, or stands by for one that does."""
        await self._link.attached()
        await self.lease.beat()
        while self.lease.deciding and self.lease.state is LeadState.STANDBY:
            await asyncio.sleep(self.lease.interval)
            await self.lease.beat()

    def hurry(self) -> None:
        """Do not wait for callers in a menu any longer: the fallback, or the next engine, has them."""
        self._hurry.set()

    async def transfer(self, linkedid: LinkedId, to: str) -> str:
        """Pass a caller on for a supervisor, wherever the call is; give the channel. Raises UnknownCall, LinkError.

        `to` is a destination's name or number; the dialplan and the rules do the rest, as for a colleague's transfer.
        """
        session = self.engine.sessions.get(linkedid)
        if session is None:
            raise UnknownCall(f"there is no call {linkedid} under way; `ivr calls list` shows those that are")
        await pass_on(self._link, session.channel, to)
        return session.channel

    async def topic(self, call: LinkedId, topic: TopicId, result: str, case: str, by: str) -> None:
        """Write into the journal what a call was about, under way or over. Raises LinkError."""
        await write_topic(self._link, call, topic, result, case, by)

    async def close(self) -> None:
        """Stop leading: new calls go to the next engine or the fallback, callers in a menu finish it, then the link ends."""
        try:
            await self.lease.drain()
            await self._drained()
            await self.lease.leave()
            await self._link.request({"Action": "UserEvent", "UserEvent": LEFT, "Engine": self.name})
        except LinkError as error:
            logger.warning("stopped without Asterisk: %s", error, extra={"action": "drain_cut"})
        await self._link.close()

    async def _drained(self) -> None:
        """Wait until nobody is in a menu, for as long as the settings allow and nobody hurries us."""
        quiet, hurry = (asyncio.ensure_future(one()) for one in (self.engine.quiet, self._hurry.wait))
        ends = [quiet, hurry]
        await asyncio.wait(ends, timeout=self._settings.drain_seconds, return_when=asyncio.FIRST_COMPLETED)
        if not quiet.done():
            text = "%d callers were still in a menu; they go on with the next engine or the fallback"
            logger.warning(text, self.engine.busy, extra={"action": "drain_cut"})
        for end in ends:
            end.cancel()

    def _perform(self, action: Action, on_refused: Callable[[int, str], None]) -> None:
        """Act only while nobody else can have the call."""
        if not self.lease.valid:
            raise LeaseOver
        self._performer.perform(action, on_refused)

    def _heard(self, message: Message) -> None:
        if message.name == "UserEvent":
            if message.get("UserEvent") == LEFT:
                self._to_adopt.set()
            return
        found = translate(message, self._performer.mark)
        if found is not None:
            self.engine.deliver(*found)

    def _link_changed(self, state: LinkState, reason: str) -> None:
        attached = state is LinkState.ATTACHED
        if attached:
            self._links += 1
            self._performer.mark = f"{self.name}.{self._links}"
        else:
            self.lease.detach(f"link {state.value}: {reason}")
            self.engine.forget_all()
        self._on_link(attached, reason)

    def _lead_changed(self, state: LeadState, reason: str) -> None:
        if state in (LeadState.LEADING, LeadState.STANDBY):
            self._to_adopt.set()
        self._on_lead(state, reason)

    def _lapsed(self) -> None:
        self.engine.forget_all()
        self._on_lapse()

    async def _adopt(self) -> None:
        """Follow calls under way whenever there may be some that no engine follows, and once an hour, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_HOUR):
                    await self._to_adopt.wait()
            self._to_adopt.clear()
            with suppress(LinkError):  # without a link nothing can be adopted; its return asks for it again
                if await self._adopt_once():
                    await asyncio.sleep(MOVED_AGAIN)
                    self._to_adopt.set()

    async def _adopt_once(self) -> int:
        self.engine.listen()
        listing = await calls_under_way(self._link)
        found = listing.found
        others = {one.leader for one in found} - {self.name, ""}
        living = await self.lease.living(sorted(others)) if others else frozenset()
        moved = self.engine.adopt((one.linkedid, one.event) for one in found if self._is_ours(one, living))
        if self.lease.state is LeadState.LEADING:
            await mark(self._link, "oldest", f"IVR_OLDEST={listing.oldest}")
        return moved

    def _is_ours(self, found: Found, living: frozenset[str]) -> bool:
        """Tell whether a call is this engine's to follow: its own, or one that no living engine leads."""
        if found.leader == self.name:
            return True
        return self.lease.state is LeadState.LEADING and found.leader not in living
