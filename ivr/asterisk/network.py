"""The simulated telephone network, driven over its own AMI link: citizens who call and phones that ring.

Only for `ivr try`, the demonstration and the tests. Rule 1: a caller number belongs to one call at a time; it is how the
events and recordings of that call are told from others.
"""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from ivr.asterisk.embedded import Pair
from ivr.asterisk.framing import Message
from ivr.asterisk.link import Link, LinkSettings, LinkState
from ivr.errors import RequestRefused
from ivr.vocabulary import ChannelName, Key, PhoneId

WANTED = frozenset({"Newchannel", "Newstate", "Hangup", "UserEvent"})
LONGEST_CALL = 600_000  # milliseconds that a call may ring
PHONE_WORDS = ("ok", "busy", "none", "reject", "unreachable")
"""What a simulated phone can do: answer, be busy, ring unanswered, reject, be out of reach."""


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """A simulated phone `rings`, `answers` or `ends` (it is no longer ringing or talking)."""

    at: datetime
    kind: str
    phone: PhoneId
    how: str


@dataclass(slots=True)
class Citizen:
    """One citizen's call as the network sees it. `cause` is the Q.850 cause that ended it.

    `recorded` is set when the recordings of citizen and phones are complete on disk.
    """

    caller: str
    uniqueid: str
    channel: ChannelName | None = None
    phones: list[PhoneEvent] = field(default_factory=list)
    cause: int = 0
    said: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    recorded: asyncio.Event = field(default_factory=asyncio.Event)
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None


class TelephoneNetwork:
    """Citizens and phones of one pair of Asterisks."""

    def __init__(self, pair: Pair, clock: Callable[[], datetime]) -> None:
        host, port = pair.network.ami
        self._link = Link(
            LinkSettings(host, port, "network", pair.secrets.network, wanted_events=WANTED),
            on_event=self._heard,
            on_state=_ignore,
            clock=clock,
        )
        self._clock = clock
        self._numbers = itertools.count(1)
        self._citizens: dict[str, Citizen] = {}
        self._callers: dict[str, Citizen] = {}
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Attach to the network's Asterisk."""
        self._task = asyncio.get_running_loop().create_task(self._link.run(), name="network link")
        await self._link.attached()

    async def close(self) -> None:
        """End the link."""
        await self._link.close()
        if self._task is not None:
            await self._task

    async def call(self, number: str, caller: str, script: Sequence[str] = ()) -> Citizen:
        """Dial `number` as the citizen `caller` (digits). `script` says what each phone that rings does, in order."""
        citizen = Citizen(caller, f"citizen-{caller}-{next(self._numbers)}", started_at=self._clock())
        self._citizens[citizen.uniqueid] = citizen
        self._callers[caller] = citizen
        await self._set(f"SCRIPT_{caller}", "-".join(script))
        await self._set(f"RUNG_{caller}", "0")
        await self._link.request(
            {
                "Action": "Originate",
                "Channel": f"PJSIP/{number}@pbx",
                "Context": "citizen",
                "Exten": "s",
                "Priority": "1",
                "CallerID": caller,
                "Variable": f"CITIZEN={caller}",
                "ChannelId": citizen.uniqueid,
                "Timeout": str(LONGEST_CALL),
                "Async": "true",
            }
        )
        return citizen

    def citizen(self, caller: str) -> Citizen:
        """Give the citizen who calls, or called last, from that number. Raises KeyError."""
        return self._callers[caller]

    async def press(self, citizen: Citizen, keys: Sequence[Key]) -> None:
        """Press keys, one right after the other (RFC 4733 events)."""
        channel = citizen.channel or ""
        for key in keys:
            await self._link.request({"Action": "PlayDTMF", "Channel": channel, "Digit": key, "Duration": "120"})

    async def hang_up(self, citizen: Citizen) -> None:
        """Hang up as the citizen, if the call still lives."""
        if citizen.ended.is_set() or citizen.channel is None:
            return
        with suppress(RequestRefused):  # the other side was quicker
            await self._link.request({"Action": "Hangup", "Channel": citizen.channel})
        await citizen.ended.wait()

    async def set_phone(self, phone: PhoneId, how: str) -> None:
        """Set what a phone does for callers without a script."""
        await self._set(f"PHONE_{phone}", how)

    async def unplug(self, phone: PhoneId) -> None:
        """Unregister a phone: the PBX can no longer reach it."""
        await self._link.request({"Action": "PJSIPUnregister", "Registration": phone})

    async def _set(self, name: str, value: str) -> None:
        await self._link.request({"Action": "Setvar", "Variable": name, "Value": value})

    def _heard(self, message: Message) -> None:
        if message.name == "UserEvent":
            self._phone(message)
            return
        citizen = self._citizens.get(message.get("Uniqueid"))
        if citizen is None:
            return
        if message.name == "Hangup":
            citizen.cause = int(message.get("Cause", "0"))
            citizen.ended_at = message.at
            citizen.ended.set()
        else:
            citizen.channel = ChannelName(message.get("Channel"))
            if message.get("ChannelState") == "6" and not citizen.answered.is_set():
                citizen.answered_at = message.at
                citizen.answered.set()

    def _phone(self, message: Message) -> None:
        citizen = self._callers.get(message.get("Caller"))
        if citizen is None:
            return
        kinds = {"PhoneRings": "rings", "PhoneAnswers": "answers", "PhoneEnds": "ends"}
        kind = kinds.get(message.get("UserEvent"))
        if kind is not None:
            citizen.phones.append(PhoneEvent(message.at, kind, PhoneId(message.get("Phone")), message.get("How")))
        answers = sum(event.kind == "answers" for event in citizen.phones)
        finished = sum(event.how == "answered" for event in citizen.phones)
        citizen.said = citizen.said or message.get("UserEvent") == "CitizenEnds"
        if citizen.said and answers == finished:
            citizen.recorded.set()


def _ignore(state: LinkState, reason: str) -> None:
    """The network's link needs no watching: a call that cannot be made says so itself."""
