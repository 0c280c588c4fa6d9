"""What is asked of Asterisk: the bytes of an action, and when its answer is complete.

Rule 1: a value that could begin another header or action is refused, never cleaned. Limits as seen on Asterisk 22.10:
a line of 1,023 bytes or more is answered "line too long" *without* ActionID, so its sender would wait for ever.
Rule 2: each request has its own end condition (`End`). panoramisk's own rules wait for events that Asterisk 12 and
newer no longer sends.
Rule 3: every request ends: by its answer, by an error of Asterisk, or by `fail` (link lost, channel gone).
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import TypeAlias, assert_never

from panoramisk import actions

from ivr.asterisk.framing import Message
from ivr.errors import LinkError, RequestRefused, UnsafeValue

MAX_LINE = 1022  # bytes of one header line without its line end
MAX_HEADERS = 127  # header lines of one action
DIAL_SECONDS = 30.0  # how long Asterisk rings for an Originate without `Timeout`
CHANNEL_LEFT = frozenset({"AsyncAGIEnd", "Hangup"})

Action: TypeAlias = Mapping[str, str | Sequence[str]]
"""One AMI action: header name to value, or to several values for a header that is repeated. Needs `Action`."""


class End(Enum):
    """When the answer to a request is complete."""

    RESPONSE = "response"
    """With the response."""
    LIST = "list"
    """With the event that carries `EventList: Complete`."""
    AGI = "agi"
    """With the `AsyncAGIExec` that carries our CommandID."""
    ORIGINATE = "originate"
    """With the `OriginateResponse` that carries our ActionID, whether the call was answered or not."""


class Request(actions.Action):  # type: ignore[misc] # panoramisk has no types
    """One action whose answer somebody waits for: panoramisk's action with an end condition that holds.

    `future` gets the messages of the answer in order, or a `LinkError`. `wire` is what to send. For `End.AGI` a
    CommandID is made if there is none. Raises UnsafeValue.
    """

    def __init__(self, action: Action, end: End) -> None:
        super().__init__({name: value for name, value in action.items() if name.lower() != "actionid"})
        self.end = end
        self.verb = str(self.get("Action", ""))
        if end is End.AGI and "CommandID" not in self:
            self["CommandID"] = actions.Command.command_id_generator()
        self.wire = encode(dict(self.items()), str(self["ActionID"]))

    @property
    def keys_of_answers(self) -> tuple[str, ...]:
        """Return the ids by which an answer is recognised."""
        ids = (str(self["ActionID"]),)
        return (*ids, str(self["CommandID"])) if self.end is End.AGI else ids

    def wants(self, message: Message) -> bool:
        """Tell whether a message that carries one of our ids is a part of the answer."""
        if not message.name:
            return True
        match self.end:
            case End.RESPONSE:
                return False
            case End.LIST:
                return True
            case End.AGI:
                return message.name == "AsyncAGIExec"
            case End.ORIGINATE:
                return message.name == "OriginateResponse"
            case _ as never:
                assert_never(never)

    def add_message(self, message: Message) -> bool:
        """Take a part of the answer; return True when the request has ended with it."""
        self.responses.append(message)
        if not message.name and message.get("Response") in {"Error", "Fail", "Failure"}:
            self.fail(RequestRefused(f"Asterisk refused {self.verb}: {message.get('Message', 'no reason given')}"))
            return True
        if not self._complete(message):
            return False
        if not self.future.done():
            self.future.set_result(tuple(self.responses))
        return True

    def _complete(self, message: Message) -> bool:
        if self.end is End.RESPONSE:
            return True
        if self.end is End.LIST:
            return message.get("EventList").lower() in {"complete", "cancelled"}
        return bool(message.name)

    def fail(self, error: LinkError) -> None:
        """End the request with an error, if it has not ended."""
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # asyncio would complain if nobody waits for it any more

    def channel_left(self) -> None:
        """End the request because its channel takes no more commands."""
        self.fail(RequestRefused(f"{self.verb}: the channel left before its answer came; the outcome is unknown."))

    def left_by(self, message: Message) -> bool:
        """Tell whether an event says that the channel of this AGI command takes no more commands."""
        return self.end is End.AGI and message.name in CHANNEL_LEFT and message.get("Channel") == self["Channel"]

    def patience(self, request_timeout: float) -> float:
        """Return the seconds to wait: an Originate may ring for its own `Timeout` (milliseconds) before that."""
        if self.end is not End.ORIGINATE:
            return request_timeout
        asked = str(self.get("Timeout", ""))
        return request_timeout + (int(asked) / 1000 if asked.isdecimal() else DIAL_SECONDS)


COMMON_HEADERS = frozenset({"Action", "ActionID", "Channel", "Command", "CommandID"})
"""Names that need no check: they are ours and go out with every command."""


def next_action_id() -> str:
    """Return a new ActionID, unique in this process and unlike those of other processes."""
    return str(actions.Action.action_id_generator())


def encode(action: Action, action_id: str) -> bytes:
    """Return the bytes of one action with the given ActionID.

    Raises UnsafeValue, without the value in its text, if anything in it must not be sent.
    """
    check(action)
    lines = [_line(name, value) for name, value in _headers(action, action_id)]
    if len(lines) > MAX_HEADERS:
        raise UnsafeValue(f"{action['Action']} has {len(lines)} headers; AMI takes {MAX_HEADERS}. Ask in parts.")
    return b"\r\n".join([*lines, b"", b""])


def check(action: Action) -> None:
    """Refuse actions that would harm the link whatever their values are."""
    verb = action.get("Action", "")
    if not isinstance(verb, str) or not verb:
        raise UnsafeValue("An AMI action needs the header `Action`, spelled so; nothing was sent.")
    if verb.lower() == "originate" and str(action.get("Async", "")).lower() not in {"true", "yes", "1"}:
        raise UnsafeValue("Originate without `Async: true` stops all answers until the phone is answered; add it.")
    if str(action.get("CommandID", "x")).strip("-").isdecimal():
        raise UnsafeValue("A CommandID must not be a plain integer: Asterisk counts with those itself.")


def _headers(action: Action, action_id: str) -> Iterator[tuple[str, str]]:
    yield "Action", str(action["Action"])
    yield "ActionID", action_id
    for name, value in action.items():
        if name.lower() in {"action", "actionid"}:
            continue
        if isinstance(value, str):
            yield name, value
        else:
            yield from ((name, part) for part in value)


def _line(name: str, value: str) -> bytes:
    """Return one header line, or raise UnsafeValue naming the header and never its value."""
    if name not in COMMON_HEADERS and (not name.replace("-", "").isalnum() or not name.isascii()):
        raise UnsafeValue("The name of an AMI header holds more than letters, digits and `-`; nothing was sent.")
    try:
        line = f"{name}: {value}".encode()
    except UnicodeEncodeError:
        raise UnsafeValue(f"The value of {name} is no valid text (a lone surrogate); nothing was sent.") from None
    if b"\r" in line or b"\n" in line or b"\0" in line:
        raise UnsafeValue(f"The value of {name} holds CR, LF or NUL; nothing was sent.")
    if len(line) > MAX_LINE:
        raise UnsafeValue(f"The header {name} has {len(line)} bytes; AMI takes at most {MAX_LINE}. Nothing was sent.")
    return line
