"""AMI messages -> call events. Pure; the only place that knows what Asterisk calls things.

Rule 1: what is not about one of our calls, or does not concern the engine, is None.
Rule 2: texts from outside (caller ID) are carried as data and never looked into.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import unquote

from ivr.asterisk import agi
from ivr.asterisk.framing import Message
from ivr.asterisk.perform import BEGAN, ENDED
from ivr.calls.events import (
    CallEntered,
    CallEvent,
    Connected,
    HungUp,
    KeyPressed,
    LeftControl,
    MenuAnswered,
    StepBegan,
)
from ivr.calls.kept import unpack
from ivr.routing.destinations import ExitReason
from ivr.vocabulary import (
    ChannelName,
    DestinationId,
    Did,
    EngineName,
    Key,
    Language,
    LinkedId,
    MenuId,
    PhoneId,
    RulesVersion,
    ServiceId,
)

_ARGUMENT = re.compile(r"agi_arg_(\d{1,2})%3A%20(.*?)%0A")
"""One argument in the `Env` header: percent-encoded lines `agi_arg_1: value`. Asterisk names them last, so the last counts."""
ARGUMENTS = (
    "service", "number", "destination", "position", "result", "language", "rules",
    "leader", "entries", "state", "menu", "transfer", "back",
)  # fmt: skip
"""What dialplans/pbx/extensions.conf passes to `AGI(agi:async,...)`, in order."""

_RESULTS = {reason.value: reason for reason in ExitReason}


def translate(message: Message, engine: str) -> tuple[LinkedId, CallEvent] | None:
    """Give the call and what happened to it. `engine` is the mark of this engine's own commands."""
    maker = _MAKERS.get(message.name)
    event = maker(message, engine) if maker else None
    return (LinkedId(message.get("Linkedid")), event) if event else None


def _entered(message: Message, _: str) -> CallEvent | None:
    arguments = dict(_ARGUMENT.findall(message.get("Env")))
    given = {name: unquote(arguments.get(str(number), "")) for number, name in enumerate(ARGUMENTS, start=1)}
    if not given["service"]:
        return None
    return entered(given, message)


def entered(given: Mapping[str, str], message: Message) -> CallEntered:
    """Make the event from the words of ARGUMENTS; channel and caller come from the message."""
    number = message.get("CallerIDNum")
    return CallEntered(
        channel=ChannelName(message.get("Channel")),
        at=message.at,
        service=ServiceId(given["service"]),
        number=Did(given["number"]),
        caller="" if number == "<unknown>" else number,
        language=Language(given["language"]) if given["language"] else None,
        destination=DestinationId(given["destination"]) if given["destination"] else None,
        position=_count(given["position"]),
        result=_RESULTS.get(given["result"]),
        rules=RulesVersion(given["rules"]) if given["rules"] else None,
        leader=EngineName(given["leader"]),
        entries=_count(given["entries"]),
        kept=unpack(given["state"]),
        menu=MenuId(given["menu"]) if given["menu"] else None,
        transfer=given["transfer"],
        back=PhoneId(given["back"]) if given["back"] else None,
    )


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _executed(message: Message, engine: str) -> CallEvent | None:
    owner, _, rest = message.get("CommandId").rpartition(":")[0].partition(":")
    mark = message.get("CommandId").rpartition(":")[2]
    if owner != engine or not rest.isdigit():
        return None
    channel = ChannelName(message.get("Channel"))
    if mark == BEGAN:
        return StepBegan(channel, message.at, int(rest))
    if mark == ENDED:
        result = agi.parse_result(message.get("Result"))
        value = result.data if result.ok else None
        return MenuAnswered(channel, message.at, int(rest), Key(value[0]) if value else None)
    return None


def _left(message: Message, _: str) -> CallEvent:
    return LeftControl(ChannelName(message.get("Channel")), message.at)


def _key(message: Message, _: str) -> CallEvent | None:
    if message.get("Direction") != "Received":
        return None
    held = message.get("DurationMs")
    length = int(held) if held.isdigit() else 0
    return KeyPressed(ChannelName(message.get("Channel")), message.at, Key(message.get("Digit")), length)


def _connected(message: Message, _: str) -> CallEvent:
    return Connected(ChannelName(message.get("Channel")), message.at)


def _hung_up(message: Message, _: str) -> CallEvent:
    cause = message.get("Cause", "0")
    return HungUp(ChannelName(message.get("Channel")), message.at, int(cause) if cause.isdigit() else 0)


_MAKERS: Mapping[str, Callable[[Message, str], CallEvent | None]] = MappingProxyType(
    {
        "AsyncAGIStart": _entered,
        "AsyncAGIExec": _executed,
        "AsyncAGIEnd": _left,
        "DTMFEnd": _key,
        "BridgeEnter": _connected,
        "Hangup": _hung_up,
    }
)

WANTED_EVENTS = frozenset(_MAKERS)
"""The events that the engine reads; the link drops all others unread."""
