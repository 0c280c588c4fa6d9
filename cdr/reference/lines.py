"""Journal lines of one made-up call, in the shape that our PBX writes. PURE.

Rule 1: times are microseconds since 1970; every line carries its own, so lines of many calls can be merged by them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

SECOND = 1_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its name, uniqueid and the number it shows."""

    name: str
    uniqueid: str
    number: str


@dataclass(slots=True)
class Numbering:
    """Numbers channels as one life of Asterisk does. `system` is the PBX's name in the uniqueids."""

    system: str
    _next: int = 0

    def channel(self, at: int, resource: str, number: str = "") -> Channel:
        """Give the next channel of a resource such as `PJSIP/trunk`."""
        count, self._next = self._next, self._next + 1
        return Channel(f"{resource}-{count:08x}", f"{self.system}-{at // SECOND}.{count}", number)


@dataclass(slots=True)
class Pen:
    """Writes the lines of one call. `lines` holds (microseconds, line) in the order of writing."""

    linkedid: str
    lines: list[tuple[int, bytes]] = field(default_factory=list)

    def write(
        self,
        at: int,
        kind: str,
        channel: Channel,
        exten: str,
        context: str,
        *,
        app: str = "",
        data: str = "",
        peer: str = "",
        user_type: str = "",
        extra: str = "",
    ) -> None:
        """Write one line of a channel."""
        when = f"{at // SECOND}.{at % SECOND:06d}"
        who = (channel.number, exten, context, channel.name, app, data, channel.uniqueid, self.linkedid, peer)
        self.lines.append((at, csv_line((kind, when, *who, "", user_type, extra))))

    def tell(
        self, at: int, name: str, values: Mapping[str, object], channel: Channel, exten: str, context: str
    ) -> None:
        """Write one event of our own."""
        text = compact(values)
        told = compact({"extra": text})
        self.write(
            at, name, channel, exten, context, app="CELGenUserEvent", data=f"{name},{text}", user_type=name, extra=told
        )


def csv_line(columns: tuple[str, ...]) -> bytes:
    """Write columns as Asterisk does: every one quoted, quotes doubled."""
    return ('"' + '","'.join(text.replace('"', '""') for text in columns) + '"\n').encode()


def compact(values: Mapping[str, object]) -> str:
    """Give JSON without blanks."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
