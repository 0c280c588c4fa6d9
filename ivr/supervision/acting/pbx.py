"""Supervision's own link to Asterisk, as a user with fewer rights than the engine's. EDGE.

Rule 1: nothing is repeated. Whatever was asked when the link went has an unknown outcome, and says so.
Rule 2: Asterisk says again the id of the order that it speaks of, so no answer is taken for that of another order.
Rule 3: a refused login is told and tried again: supervision goes on without the PBX, and whoever mends manager.conf need not
restart it.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from cdr.journal.marks import is_older
from ivr.asterisk import manager_tls
from ivr.asterisk.framing import Message
from ivr.asterisk.link import Link, LinkSettings, LinkState
from ivr.asterisk.requests import Action, End
from ivr.asterisk.resync import OURS
from ivr.errors import LinkError, LoginRefused
from ivr.install.town import supervisor_secret
from ivr.settings import Settings
from ivr.supervision.refusals import ActionRefused

WANTED = frozenset({"Hangup", "UserEvent", "OriginateResponse"})
CONFIRMED = 5.0
"""Seconds that an order waits for Asterisk to say that it was carried out."""
LOGIN_AGAIN = 10.0
"""Seconds after a refused login."""
UP = "up"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ours:
    """A channel of ours that Asterisk has now, with its variables by name."""

    uniqueid: str
    variables: dict[str, str]


class Pbx:
    """The link. `clock` gives the aware time. `on_change` hears of the link's coming and going in words (`up`, or why not)."""

    def __init__(
        self, settings: Settings, clock: Callable[[], datetime], on_change: Callable[[str], None] = lambda _why: None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_change = on_change
        self._link: Link | None = None
        self._waiting: dict[str, list[asyncio.Future[Message]]] = {}
        self._listeners: list[Callable[[Message], None]] = []
        self._attached: list[Callable[[], None]] = []
        self._why = "not connected yet"

    @property
    def up(self) -> bool:
        """Whether orders can be given."""
        return self._why == UP

    @property
    def why(self) -> str:
        """Give `up`, or why the PBX cannot be asked."""
        return self._why

    def hears(self, told: Callable[[Message], None], attached: Callable[[], None] = lambda: None) -> None:
        """Let `told` have every event of our channels and orders, and `attached` hear of each new link."""
        self._listeners.append(told)
        self._attached.append(attached)

    async def run(self) -> NoReturn:
        """Keep the link until cancelled."""
        while True:
            link = self._made()
            self._link = link
            try:
                await link.run()
            except LoginRefused as error:
                logger.error("%s", error, extra={"action": "supervision_login_refused"})
                await asyncio.sleep(LOGIN_AGAIN)
            finally:
                with suppress(LinkError):
                    await link.close()

    def _made(self) -> Link:
        found = self._settings
        return Link(
            LinkSettings(
                host=found.ami_host,
                port=found.ami_port,
                username=found.supervisor_user,
                secret=supervisor_secret(found),
                wanted_events=WANTED,
                tls=manager_tls.context(found),
            ),
            on_event=self._heard,
            on_state=self._changed,
            clock=self._clock,
        )

    # --- asking

    async def ask(self, action: Action, end: End = End.RESPONSE) -> tuple[Message, ...]:
        """Ask Asterisk and wait for the answer. Raises LinkError."""
        return await self._attached_link().request(action, end=end)

    async def request(self, action: Action, *, end: End = End.RESPONSE) -> tuple[Message, ...]:
        """Ask, as `ivr.asterisk.asker.Asker` does. Raises LinkError."""
        return await self.ask(action, end)

    async def attached(self) -> None:
        """Wait until Asterisk can be asked. Raises LinkError."""
        await self._attached_link().attached()

    async def tell(self, channel: str, **variables: str) -> None:
        """Set variables of a channel, each by its name. Raises LinkError."""
        for name, value in variables.items():
            await self.ask({"Action": "Setvar", "Channel": channel, "Variable": name, "Value": value})

    async def lead(self, channel: str, context: str, extension: str) -> None:
        """Lead a channel to an extension of the dialplan. Raises LinkError."""
        where = {"Context": context, "Exten": extension, "Priority": "1"}
        await self.ask({"Action": "Redirect", "Channel": channel, **where})

    async def channels(self) -> frozenset[str] | None:
        """Give the names of the citizens' calls that Asterisk has now; None if it cannot be asked."""
        try:
            answer = await self.ask({"Action": "Status", "Variables": "IVR_SERVICE"}, End.LIST)
        except (LinkError, ActionRefused):
            return None
        told = (one for one in answer if one.name == "Status" and _variables(one).get("IVR_SERVICE"))
        return frozenset(_call_of(one.get("Uniqueid"), one.get("Linkedid")) for one in told)

    async def ours(self, variables: Sequence[str]) -> tuple[Ours, ...]:
        """Give our own channels with these of their variables. Raises LinkError."""
        answer = await self.ask({"Action": "Status", "Variables": ",".join(variables)}, End.LIST)
        found = (one for one in answer if one.name == "Status" and one.get("Uniqueid").startswith(OURS))
        return tuple(Ours(one.get("Uniqueid"), _variables(one)) for one in found)

    # --- waiting

    @asynccontextmanager
    async def order(self, key: str = "") -> AsyncIterator[tuple[str, "asyncio.Future[Message]"]]:
        """Give an order's id and what will hold Asterisk's word that it was carried out, or is lost with the link."""
        name = key or self.new_id()
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, []).append(future)
        try:
            yield name, future
        finally:
            self._waiting[name].remove(future)
            if not self._waiting[name]:
                del self._waiting[name]
            future.cancel()

    def new_id(self) -> str:
        """Give a name for an order or a channel of ours that no other has; it is written as Asterisk writes its own."""
        return f"{OURS}{self._clock().timestamp():.0f}.{secrets.randbelow(10**9)}"

    async def confirmed(self, future: "asyncio.Future[Message]", what: str) -> Message:
        """Wait for Asterisk's word. Raises ActionRefused (504) if it does not come in time."""
        try:
            async with asyncio.timeout(CONFIRMED):
                return await asyncio.shield(future)
        except TimeoutError:
            raise ActionRefused(
                504,
                f"{what}: Asterisk took the order and did not say within {CONFIRMED:g} s that it was carried out; "
                "look where the call is before you try again",
            ) from None

    # --- hearing

    def _heard(self, message: Message) -> None:
        for name in ("Order", "Listening", "Uniqueid"):
            for future in self._waiting.get(message.get(name), ()):
                if not future.done() and _answers(message, name):
                    future.set_result(message)
        for told in self._listeners:
            told(message)

    def _changed(self, state: LinkState, reason: str) -> None:
        if state in (LinkState.CONNECTING, LinkState.CLOSED):  # why it was lost, or refused, is what matters
            return
        before, self._why = self._why, UP if state is LinkState.ATTACHED else _why(state, reason)
        if before != self._why and (self.up or before == UP):
            self._on_change(self._why)
        if self.up:
            for told in self._attached:
                told()

    def _attached_link(self) -> Link:
        if self._link is None or not self.up:
            raise ActionRefused(503, f"the PBX cannot be asked ({self._why}); try again when it is there")
        return self._link


def _why(state: LinkState, reason: str) -> str:
    """Say why the PBX cannot be asked, without what changes with every attempt."""
    return f"{state.value}: {reason.partition('; next attempt')[0]}"


def _call_of(uniqueid: str, linkedid: str) -> str:
    """Give the call of a citizen's channel, as `cdr.journal.marks.call_of_line` does."""
    return uniqueid if is_older(uniqueid, linkedid) else linkedid


def _answers(message: Message, name: str) -> bool:
    """Tell whether an event that bears an id is what an order waits for: of a channel that is its end."""
    return message.name == "Hangup" if name == "Uniqueid" else message.name == "UserEvent"


def _variables(message: Message) -> dict[str, str]:
    found = (line.partition("=") for line in message.variables)
    return {name: "" if value == "(null)" else value for name, _, value in found}
