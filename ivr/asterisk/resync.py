"""Which calls are under way, read from Asterisk: `Status` with the variables of a call -> call events.

Rule 1: a channel is a caller's if it has IVR_SERVICE; phones have none of our variables.
Rule 2: where a call stands is told by what the dialplan and the last step wrote into its variables, not by the name of
the application: within an AGI step that is the application of the step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ivr.asterisk.asker import Asker
from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.asterisk.translate import ARGUMENTS, entered
from ivr.calls.events import CallFound, Stage
from ivr.vocabulary import EngineName, LinkedId

VARIABLES = {
    "service": "IVR_SERVICE",
    "number": "IVR_NUMBER",
    "destination": "IVR_DESTINATION",
    "position": "IVR_POSITION",
    "result": "IVR_RESULT",
    "language": "CHANNEL(language)",
    "rules": "IVR_RULES",
    "leader": "IVR_ENGINE",
    "entries": "IVR_ENTRIES",
    "state": "IVR_STATE",
    "menu": "IVR_MENU",
    "transfer": "IVR_TRANSFER",
    "back": "IVR_BACK",
    "next": "IVR_NEXT",
    "led_by": "IVR_LED_BY",
}
"""The words of an AGI entry, and what else tells where a call stands, by the variable that holds each."""
ENGINES_PLACE = ("ivr-call", "engine")
"""Context and extension of a channel that is in an engine's hands."""
OURS = "ivr-supervision-"
"""How the uniqueids of supervision's own channels begin: no line of theirs is a citizen's (`cdr.journal.marks`)."""
UNSET = "(null)"
"""How `Status` writes a variable that a channel does not have."""
_STAGES = {
    "nothing": Stage.WAITING,
    "menu": Stage.MENU,
    "connect": Stage.RINGING,
    "return": Stage.RINGING,
    "goodbye": Stage.LEAVING,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A call under way and the engine that led it last, "" if none."""

    linkedid: LinkedId
    leader: EngineName
    event: CallFound


@dataclass(frozen=True, slots=True)
class Listing:
    """The calls that have a caller, and the linkedid of the oldest channel that Asterisk has, "" if it has none."""

    found: tuple[Found, ...]
    oldest: LinkedId


async def calls_under_way(link: Asker) -> Listing:
    """List the callers' channels and where each stands. Raises LinkError."""
    answer = await link.request({"Action": "Status", "Variables": ",".join(VARIABLES.values())}, end=End.LIST)
    told = [message.get("Linkedid") for message in answer if message.name == "Status"]
    linkedids = [one for one in told if not one.startswith(OURS)]
    return Listing(tuple(_found(answer)), LinkedId(min(linkedids, key=_age, default="")))


def _age(linkedid: str) -> tuple[int, int]:
    """Order by second and number: `pbx-1795311670.12`."""
    second, _, number = linkedid.rpartition("-")[2].partition(".")
    return (int(second), int(number)) if second.isdigit() and number.isdigit() else (0, 0)


def _found(messages: Sequence[Message]) -> Iterator[Found]:
    for message in messages:
        given = _given(message) if message.name == "Status" else {}
        if not given.get("service"):
            continue
        event = entered({name: given[name] for name in ARGUMENTS}, message)
        seconds = message.get("Seconds")
        lasted = timedelta(seconds=int(seconds) if seconds.isdigit() else 0)
        found = CallFound(event.channel, message.at, _stage(message, given), event, lasted)
        yield Found(LinkedId(message.get("Linkedid")), event.leader, found)


def _given(message: Message) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in message.variables:
        name, _, value = line.partition("=")
        values[name] = "" if value == UNSET else value
    return {name: values.get(variable, "") for name, variable in VARIABLES.items()}


def _stage(message: Message, given: Mapping[str, str]) -> Stage:
    if message.get("BridgeID"):
        return Stage.TALKING
    if given["led_by"]:
        return Stage.FALLBACK
    if (message.get("Context"), message.get("Exten")) == ENGINES_PLACE:
        return _STAGES.get(given["next"], Stage.LEAVING)
    return Stage.RINGING
