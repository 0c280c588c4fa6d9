"""What a supervisor may order, carried out through the API, and what came of it in words.

Rule 1: an order carries the call that its confirmation named; it is never looked up again by where a row stands.
Rule 2: what is said afterwards is what the API answered, not what was asked.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol, assert_never

from ivr.monitor.cells import printable
from ivr.monitor.words import STAGES, WITHHELD
from ivr.supervision.models import Call, CallDetail, Change, Done, Listening
from ivr.supervision.orders import HangUpOrder, ListenOrder, OverrideOrder, TransferOrder


class Supervision(Protocol):
    """What the monitor needs of the API's client. All may raise OperatorError with what is wrong in words."""

    def events(self) -> AsyncIterator[Change]:
        """Give changes for ever; what the client says itself has the sequence 0."""
        ...

    async def call(self, call: str, /) -> CallDetail:
        """Give a call with its journey."""
        ...

    async def transfer(self, call: str, order: TransferOrder, /) -> Done:
        """Pass a caller who talks on."""
        ...

    async def send(self, call: str, order: TransferOrder, /) -> Done:
        """Send a caller to a destination."""
        ...

    async def hangup(self, call: str, order: HangUpOrder, /) -> Done:
        """End a call."""
        ...

    async def listen(self, call: str, order: ListenOrder, /) -> Listening:
        """Let a phone hear a call."""
        ...

    async def override_add(self, order: OverrideOrder, /) -> Done:
        """Close, open or redirect a destination."""
        ...


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a call, for a reason."""

    call: Call
    order: HangUpOrder


@dataclass(frozen=True, slots=True)
class PassOn:
    """Pass a caller on as a colleague would; `straight` is for a caller who does not talk yet."""

    call: Call
    order: TransferOrder
    straight: bool


@dataclass(frozen=True, slots=True)
class Listen:
    """Let a phone hear a call."""

    call: Call
    order: ListenOrder


@dataclass(frozen=True, slots=True)
class Override:
    """Close, open or redirect a line."""

    order: OverrideOrder


Order = HangUp | PassOn | Listen | Override


async def carried_out(supervision: Supervision, order: Order) -> str:
    """Have an order carried out and say what happened. Raises OperatorError with why it did not."""
    match order:
        case HangUp(call, wanted):
            return (await supervision.hangup(call.call, wanted)).text
        case PassOn(call, wanted, straight=True):
            return (await supervision.send(call.call, wanted)).text
        case PassOn(call, wanted):
            return (await supervision.transfer(call.call, wanted)).text
        case Listen(call, wanted):
            return listening_words(await supervision.listen(call.call, wanted))
        case Override(wanted):
            return (await supervision.override_add(wanted)).text
        case _:
            assert_never(order)


def tagged(text: str, order: Order) -> str:
    """Say behind a text whose call it is about; the name of a call or line that it has is not said again."""
    match order:
        case HangUp(call=call) | PassOn(call=call) | Listen(call=call):
            name = "" if call.call in text else f", {call.call}"
            return f"{text} ({call.service}, {call.caller or WITHHELD}{name})"
        case Override(order=wanted):
            return text if wanted.destination in text else f"{text} ({wanted.destination})"
        case _:
            assert_never(order)


def named(call: Call) -> str:
    """Name a call: service, caller, stage, call."""
    where = f" at {call.destination}" if call.destination else ""
    return printable(f"{call.service}, {call.caller or WITHHELD}, {STAGES[call.stage]}{where}, {call.call}")


def listening_words(listening: Listening) -> str:
    """Say what became of a wish to listen."""
    match listening.state:
        case "ringing":
            text = f"the phone {listening.phone} rings; take it to {listening.mode}"
        case "listening":
            text = f"the phone {listening.phone} is in the call ({listening.mode})"
        case "ended":
            text = f"the phone {listening.phone} does not listen: {listening.reason or 'it ended'}"
        case _:
            assert_never(listening.state)
    return printable(text)
