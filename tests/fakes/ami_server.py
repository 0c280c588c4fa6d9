"""A scripted Asterisk manager on loopback TCP.

Compared with Asterisk 22.10.1 (manager protocol 11.0.0), by the bytes that it sent:
- the banner is one line and no message; `FullyBooted` follows a good login, without ActionID;
- a bad login is answered "Authentication failed", then the connection is closed;
- `ActionID` is the second header of a response; events that belong to a request carry it too;
- lists: response with `EventList: start`, items, then an event with `EventList: Complete`;
- `Originate` with `Async: true`: "Originate successfully queued", later `OriginateResponse` whose `Response` is Success
  or Failure;
- `AGI`: "Added AGI command to queue", then `AsyncAGIExec` with the percent-encoded `Result` and `CommandId` as its last
  header; "Channel X does not exist." and "Failed to add AGI command to channel X queue" as refusals; a hang-up sends
  `AsyncAGIEnd`, then `Hangup`, and nothing for the commands still queued;
- an action without `Action`, or with a line that is too long, is answered with an error without ActionID.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar, cast

Headers = dict[str, str]
SECRET = "s3cret-of-the-link"
USER = "ivr"
T = TypeVar("T")
GRACE = 60.0  # seconds after which a test that waits in vain fails


async def soon(awaitable: Awaitable[T]) -> T:
    """Await something that must happen, with an end if it does not."""
    return await asyncio.wait_for(awaitable, GRACE)


class _Session(asyncio.Protocol):
    """One client's connection to the fake."""

    def __init__(self, server: "FakeAmi") -> None:
        self.server = server
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.server.sessions.append(self)
        self.say(self.server.banner)

    def data_received(self, data: bytes) -> None:
        self.server.reads.append(data)
        *whole, self.buffer = (self.buffer + data).split(b"\r\n\r\n")
        for raw in whole:
            action: Headers = {}
            for line in raw.decode().split("\r\n"):
                name, _, value = line.partition(": ")
                action[name] = value
            self.server.handle(self, action)

    def connection_lost(self, _: Exception | None) -> None:
        self.server.sessions.remove(self)
        self.server.wake()

    def say(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def reply(self, action: Headers, kind: str, **headers: str) -> None:
        self.say(message(Response=kind, ActionID=action.get("ActionID", ""), **headers))


def message(**headers: str) -> bytes:
    """Return the bytes of one message; `_` in a name stands for `-`."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


class FakeAmi:
    """The server. Change its attributes to script it; `async with` starts and stops it.

    `silent` names actions that get no answer. `channels` maps each channel to whether it waits in its AGI. `agi` gives
    the `Result` of a command, None to keep it queued. `dials` is how Originate ends, None for a phone that rings on.
    `actions` has what was received, in order; `reads` the bytes of each read.
    """

    def __init__(self, *, banner: bytes = b"Asterisk Call Manager/11.0.0\r\n", booted: bool = True) -> None:
        self.banner = banner
        self.booted = booted
        self.silent: set[str] = set()
        self.channels: dict[str, bool] = {}
        self.variables: Headers = {}
        self.agi: Callable[[str], str | None] = lambda _: "200%20result%3D1%0A"
        self.dials: str | None = "Success"
        self.actions: list[Headers] = []
        self.reads: list[bytes] = []
        self.sessions: list[_Session] = []
        self.port = 0
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def start(self) -> None:
        """Listen; a second time on the same port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut all connections."""
        assert self._server is not None
        self._server.close()
        for session in list(self.sessions):
            assert session.transport is not None
            session.transport.abort()
        await self._server.wait_closed()
        while self.sessions:
            self._changed.clear()
            await soon(self._changed.wait())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self.stop()

    def wake(self) -> None:
        self._changed.set()

    async def seen(self, name: str, count: int = 1) -> Headers:
        """Wait until the action was received `count` times; return the last of them."""
        while sum(action.get("Action") == name for action in self.actions) < count:
            self._changed.clear()
            await soon(self._changed.wait())
        return [action for action in self.actions if action.get("Action") == name][count - 1]

    def names(self) -> list[str]:
        return [action.get("Action", "") for action in self.actions]

    def say(self, data: bytes) -> None:
        """Send bytes to the newest client."""
        self.sessions[-1].say(data)

    def event(self, name: str, **headers: str) -> None:
        self.say(message(Event=name, **headers))

    def cut(self) -> None:
        """Reset the newest connection."""
        transport = self.sessions[-1].transport
        assert transport is not None
        transport.abort()

    def stop_reading(self) -> None:
        """Be a peer that is there and reads nothing."""
        transport = self.sessions[-1].transport
        assert transport is not None
        transport.pause_reading()

    def boot(self) -> None:
        self.booted = True
        self.event("FullyBooted", Privilege="system,all", Uptime="1", LastReload="1", Status="Fully Booted")

    def hang_up(self, channel: str) -> None:
        """End a channel: it leaves its AGI first if it is in one."""
        if self.channels.pop(channel):
            self.event("AsyncAGIEnd", Privilege="agi,all", Channel=channel, Linkedid="1.0")
        self.event(
            "Hangup", Privilege="call,all", Channel=channel, Linkedid="1.0", Cause="16", Cause_txt="Normal Clearing"
        )

    def handle(self, session: _Session, action: Headers) -> None:
        """Answer one action as Asterisk does."""
        self.actions.append(action)
        self._changed.set()
        name = action.get("Action", "")
        if name in self.silent:
            return
        handler = {
            "Login": self._login,
            "Ping": lambda s, a: s.reply(a, "Success", Ping="Pong", Timestamp="1795289480.900008"),
            "CoreShowChannels": self._channels,
            "Setvar": self._setvar,
            "Getvar": lambda s, a: s.reply(
                a, "Success", Variable=a["Variable"], Value=self.variables.get(a["Variable"], "")
            ),
            "Originate": self._originate,
            "AGI": self._agi,
        }.get(name, self._unknown)
        handler(session, action)

    def _login(self, session: _Session, action: Headers) -> None:
        if (action["Username"], action["Secret"]) != (USER, SECRET):
            session.reply(action, "Error", Message="Authentication failed")
            assert session.transport is not None
            session.transport.close()
            return
        session.reply(action, "Success", Message="Authentication accepted")
        if self.booted:
            session.say(message(Event="FullyBooted", Privilege="system,all", Uptime="43", Status="Fully Booted"))

    def _channels(self, session: _Session, action: Headers) -> None:
        session.reply(action, "Success", EventList="start", Message="Channels will follow")
        for channel in self.channels:
            session.say(message(Event="CoreShowChannel", ActionID=action["ActionID"], Channel=channel, BridgeId=""))
        count = str(len(self.channels))
        ending = {"EventList": "Complete", "ListItems": count}
        session.say(message(Event="CoreShowChannelsComplete", ActionID=action["ActionID"], **ending))

    def _setvar(self, session: _Session, action: Headers) -> None:
        if action.get("Channel", "") not in {"", *self.channels}:
            session.reply(action, "Error", Message="No such channel")
            return
        self.variables[action["Variable"]] = action["Value"]
        session.reply(action, "Success", Message="Variable Set")

    def _originate(self, session: _Session, action: Headers) -> None:
        session.reply(action, "Success", Message="Originate successfully queued")
        if self.dials is not None:
            result = {"Response": self.dials, "Channel": action["Channel"], "Reason": "4", "Uniqueid": "1.1"}
            session.say(message(Event="OriginateResponse", Privilege="call,all", ActionID=action["ActionID"], **result))

    def _agi(self, session: _Session, action: Headers) -> None:
        channel = action["Channel"]
        if channel not in self.channels:
            session.reply(action, "Error", Message=f"Channel {channel} does not exist.")
        elif not self.channels[channel]:
            session.reply(action, "Error", Message=f"Failed to add AGI command to channel {channel} queue")
        else:
            session.reply(action, "Success", Message="Added AGI command to queue")
            result = self.agi(action["Command"])
            if result is not None:
                answer = {"Linkedid": "1.0", "Result": result, "CommandId": action["CommandID"]}
                session.say(message(Event="AsyncAGIExec", Privilege="agi,all", Channel=channel, **answer))

    def _unknown(self, session: _Session, action: Headers) -> None:
        if "Action" not in action:
            session.say(message(Response="Error", Message="Missing action in request"))
        else:
            session.reply(action, "Error", Message=f"Invalid/unknown command: {action['Action']}.")
