"""A manager's client on a plain socket: says what it is told to say and keeps every event. No code of ours in between."""

import socket
from types import TracebackType
from typing import Self

LONGEST_WAIT = 30.0  # seconds

Headers = dict[str, str]


class ManagerClient:
    """One connection. `events` are all events heard so far, in order."""

    def __init__(self, address: tuple[str, int], source: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection(address, LONGEST_WAIT, (source, 0))
        self._socket.settimeout(LONGEST_WAIT)
        self._rest = b""
        self._number = 0
        self.events: list[Headers] = []
        self._until(b"\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def login(self, user: str, secret: str) -> str:
        """Log in; give the answer's message."""
        return self.ask("Login", Username=user, Secret=secret, Events="on")["Message"]

    def ask(self, action: str, **headers: str) -> Headers:
        """Send an action and wait for its response; events that come before it are kept."""
        self._number += 1
        mark = f"client-{self._number}"
        lines = [f"Action: {action}", f"ActionID: {mark}", *(f"{name}: {value}" for name, value in headers.items())]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            message = self._message()
            if "Response" in message and message.get("ActionID", mark) == mark:
                return message
            self.events.append(message)

    @property
    def port(self) -> int:
        """The port from which we speak."""
        return int(self._socket.getsockname()[1])

    def wait(self, name: str) -> Headers:
        """Wait for an event that has not been heard yet."""
        while True:
            message = self._message()
            self.events.append(message)
            if message.get("Event") == name:
                return message

    def heard(self, name: str) -> bool:
        """Tell whether an event came, up to now: Asterisk answers the second Ping after what came before the first."""
        self.ask("Ping")
        self.ask("Ping")
        return any(event.get("Event") == name for event in self.events)

    def _message(self) -> Headers:
        text = self._until(b"\r\n\r\n").decode("utf-8", "replace")
        pairs = (line.partition(":") for line in text.split("\r\n"))
        return {name: value.strip() for name, _, value in pairs}

    def _until(self, end: bytes) -> bytes:
        while end not in self._rest:
            more = self._socket.recv(65536)
            assert more, "the manager closed the connection"
            self._rest += more
        part, _, self._rest = self._rest.partition(end)
        return part
