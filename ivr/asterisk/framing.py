"""Turn the bytes of an AMI connection into messages.

Rule 1: bytes are cut into whole messages first and decoded after that, so a letter split between two reads stays whole.
Rule 2: a message that nobody wants is recognised by its first line and never decoded (`event_name`).
Rule 3: nothing that a peer sends raises here. A stream that cannot go on says so in `Framer.broken`.

Pure: no clock, no socket. Source of the format: `main/manager.c` of Asterisk, and what a real Asterisk 22.10 sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

END_OF_MESSAGE = b"\r\n\r\n"
END_OF_LINE = b"\r\n"
BANNER = b"Asterisk Call Manager/"
MAX_MESSAGE = 256 * 1024  # bytes; the longest real messages are a few KiB
MAX_BANNER = 1024  # bytes
EVENT = b"Event: "
RESPONSE = b"Response: "

_NO_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """One AMI message, in order of arrival.

    `at` is when its last byte was framed (aware). `headers` has the names as Asterisk spells them; if one is repeated,
    the last value wins. Headers that Asterisk repeats on purpose (`Variable`, `Output`, `ChanVariable` and its prefixed
    forms such as `DestChanVariable`) stand in `lists` only, always as a tuple.
    """

    at: datetime
    headers: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_LISTS)

    @property
    def name(self) -> str:
        """Return the event's name, or "" for a response."""
        return self.headers.get("Event", "")

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the `Variable` headers, each as `NAME=value`."""
        return self.lists.get("Variable", ())

    @property
    def output(self) -> tuple[str, ...]:
        """Return the `Output` headers: the lines that a CLI command printed."""
        return self.lists.get("Output", ())

    def get(self, header: str, default: str = "") -> str:
        """Return a single header by its exact name, or `default`."""
        return self.headers.get(header, default)


def event_name(raw: bytes) -> bytes:
    """Return the event's name from the first line of a framed message, b"" if it is not an event."""
    if not raw.startswith(EVENT):
        return b""
    end = raw.find(END_OF_LINE)
    return raw[len(EVENT) : end] if end >= 0 else raw[len(EVENT) :]


def header_value(raw: bytes, header: bytes) -> bytes:
    """Return the first value of `header` (given as b"Name: ") in a framed message, b"" if it is absent."""
    start = raw.find(END_OF_LINE + header)
    if start < 0:
        return b""
    start += len(END_OF_LINE) + len(header)
    end = raw.find(END_OF_LINE, start)
    return raw[start:end] if end >= 0 else raw[start:]


def parse(raw: bytes, at: datetime) -> Message:
    """Decode one framed message. Bytes that are not UTF-8 become U+FFFD; lines without `: ` are left out."""
    text = raw.decode("utf-8", "replace")
    triples = [line.partition(": ") for line in text.split("\r\n")]
    if "Variable: " not in text and "Output: " not in text:
        return Message(at, {name: value for name, colon, value in triples if colon})
    headers: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, colon, value in triples:
        if not colon:
            continue
        if name in {"Variable", "Output"} or name.endswith("ChanVariable"):
            lists[name] = (*lists.get(name, ()), value)
        else:
            headers[name] = value
    return Message(at, headers, lists)


class Framer:
    """Cuts a stream of bytes, in whatever pieces it comes, into messages without their end mark.

    `version` is the protocol version of the banner, "" until it was seen. `broken` says why the stream cannot go on, ""
    as long as it can; after that nothing more is framed.
    """

    __slots__ = ("_buffer", "_most", "broken", "version")

    def __init__(self, most: int = MAX_MESSAGE) -> None:
        self._buffer = bytearray()
        self._most = most
        self.version = ""
        self.broken = ""

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes and return the messages that are complete now, in order."""
        if self.broken:
            return []
        if not self.version:
            data = self._take_banner(data)
            if not data:
                return []
        waiting = len(self._buffer)
        frames = self._split(data)
        if waiting + len(data) > self._most:
            frames = self._within_limit(frames)
        return [frame for frame in frames if frame]

    def _split(self, data: bytes) -> list[bytes]:
        """Cut at the end marks; what follows the last one waits in the buffer."""
        if self._buffer:
            # The mark may have begun in the last three bytes; bytes before them were searched already.
            searched = max(0, len(self._buffer) - len(END_OF_MESSAGE) + 1)
            self._buffer += data
            if self._buffer.find(END_OF_MESSAGE, searched) < 0:
                return []
            data = bytes(self._buffer)
            self._buffer.clear()
        frames = data.split(END_OF_MESSAGE)
        self._buffer += frames.pop()
        # An extra line end between two messages is no header.
        return [frame.lstrip(END_OF_LINE) if frame[:1] in b"\r\n" else frame for frame in frames]

    def _within_limit(self, frames: list[bytes]) -> list[bytes]:
        """Return the frames before the first that is too long, and mark the stream as broken at that one."""
        good = next((index for index, frame in enumerate(frames) if len(frame) > self._most), len(frames))
        # A part of the end mark may wait in the buffer; it is no part of the message.
        if good < len(frames) or len(self._buffer) > self._most + len(END_OF_MESSAGE) - 1:
            self.broken = f"a message of more than {self._most} bytes"
            self._buffer.clear()
        return frames[:good]

    def _take_banner(self, data: bytes) -> bytes:
        """Read the first line, which has no empty line after it, and return what follows."""
        self._buffer += data
        end = self._buffer.find(END_OF_LINE)
        if end < 0 and len(self._buffer) <= MAX_BANNER + 1:  # + 1: half of its line end may be here
            return b""
        line = bytes(self._buffer[: max(end, 0)])
        rest = bytes(self._buffer[end + len(END_OF_LINE) :])
        self._buffer.clear()
        if not line.startswith(BANNER) or len(line) > MAX_BANNER:
            self.broken = "the peer is not an Asterisk manager: its first line is no AMI banner"
            return b""
        self.version = line[len(BANNER) :].decode("ascii", "replace").strip() or "unknown"
        return rest
