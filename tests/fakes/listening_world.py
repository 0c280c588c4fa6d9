"""A made-up Asterisk that is asked to listen, one call that talks, and three telephones that may."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.supervision.access.auth import Who
from ivr.supervision.acting.listening import Listenings
from ivr.supervision.acting.pbx import Ours, Pbx
from ivr.supervision.models import AuditEntry, Call, CallDetail, Listening, Role, Stage
from ivr.supervision.orders import ListenOrder

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANNA = Who("anna o'neil", Role.SUPERVISOR, "token")
CALL = "pbx-1795311670.0"


def message(name: str, **headers: str) -> Message:
    """Give an event."""
    return Message(AT, {"Event": name, **headers})


class Asterisk(Pbx):
    """What supervision asks of the PBX, kept; `refuses` are the verbs that it answers by an error."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.refuses: dict[str, Exception] = {}
        self.there: tuple[Ours, ...] = ()
        self.reading: asyncio.Future[tuple[Ours, ...]] | None = None
        self.rings: asyncio.Future[tuple[Message, ...]] = asyncio.get_running_loop().create_future()
        self._waiting = {}
        self._listeners: list[Callable[[Message], None]] = []
        self._attached: list[Callable[[], None]] = []
        self._clock = lambda: AT

    async def ask(self, action: Mapping[str, str | Sequence[str]], end: End = End.RESPONSE) -> tuple[Message, ...]:
        self.asked.append(action)
        verb = str(action["Action"])
        if verb in self.refuses:
            raise self.refuses[verb]
        if verb == "Originate":
            return await asyncio.shield(self.rings)
        if verb == "Hangup":
            asyncio.get_running_loop().call_soon(
                self.says, message("Hangup", Uniqueid=str(action["Channel"]), Cause="16")
            )
        return (Message(AT, {"Response": "Success", "Value": ""}),)

    async def ours(self, variables: Sequence[str]) -> tuple[Ours, ...]:
        return self.there if self.reading is None else await self.reading

    def says(self, event: Message) -> None:
        self._heard(event)

    def came_back(self) -> None:
        for told in self._attached:
            told()


class World:
    """A call that talks, three telephones that may listen, and what comes of it."""

    def __init__(self) -> None:
        self.pbx = Asterisk()
        self.private = False
        self.changed: list[str] = []
        self.written: list[AuditEntry] = []
        self.listenings = Listenings(
            self.pbx,
            self,
            lambda: ("chief-1", "chief-2", "desk-1"),
            lambda: AT,
            default="chief-1",
            changed=self.changed.append,
            write=self.write,
        )

    async def write(self, entry: AuditEntry) -> None:
        self.written.append(entry)

    def call(self, name: str) -> CallDetail | None:
        if name != CALL:
            return None
        call = Call(
            call=CALL,
            service="kekava",
            number="8488",
            caller="",
            language="lv",
            started=AT,
            stage=Stage.TALKING,
            since=AT,
            destination="duty",
            led_by="engine",
            private=self.private,
        )
        return CallDetail(call=call, journey=(), legs=())

    async def start(self, **order: str) -> Listening:
        return await self.listenings.start(CALL, ListenOrder.model_validate(order), ANNA)

    def begins(self, one: Listening) -> None:
        self.pbx.says(message("UserEvent", UserEvent="IvrListens", Listening=one.id, Call=CALL))

    def over(self, one: Listening, cause: str = "16", ended: str = "") -> None:
        if ended:
            self.pbx.says(message("UserEvent", UserEvent="IvrListens", Listening=one.id, Ended=ended))
        self.pbx.says(message("Hangup", Uniqueid=one.id, Cause=cause))
