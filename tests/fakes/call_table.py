"""Writes a call as a text table and reads it as journal lines, so that tests show what a telephony engineer sees.

    0.0   caller  CHAN_START
    1.0   caller  IVR_MENU      menu=main language=lv
    3.0   info-1  CHAN_START
    9.0   caller  HANGUP        hangupcause=16 hangupsource=caller

A row is: seconds since the call began, channel, event, values. `caller` is the channel that called; a word such as
`info-1` is a phone's channel, `104@transfers;1` half of a Local channel. `app`, `data`, `number` and `exten` are
columns; the values of IVR_* events go into our own JSON, others into Asterisk's. `chan:info-1` becomes that channel's
name, `id:info-1` its uniqueid; the value of `hangupsource` is a channel's name by itself.
"""

import json
import re

from cdr.journal.line import JournalEvent, parse_line

START = 1_795_000_000_000_000  # microseconds since 1970; 0.0 of every table
COLUMNS = ("app", "data", "number", "exten")


def lines_of(table: str, call: int = 1) -> list[bytes]:
    """Give the journal lines of a table, in its order, each with its newline."""
    rows = [row.split(maxsplit=3) for row in table.strip().splitlines() if row.strip()]
    meant = re.findall(r"(?:id|chan):(\S+)", table)
    names = list(dict.fromkeys(["caller", *(row[1] for row in rows), *meant]))
    return [_line(row, names, call) for row in rows]


def events_of(table: str, call: int = 1) -> list[JournalEvent]:
    """Give the events of a table."""
    found = [one for line in lines_of(table, call) for one in parse_line(line)]
    return [one for one in found if isinstance(one, JournalEvent)]


def linkedid_of(call: int = 1) -> str:
    """Give the linkedid of a table's call."""
    return f"pbx-1795000000.{call * 100}"


def micros(seconds: str) -> int:
    """Read seconds with up to six decimals."""
    whole, _, fraction = seconds.partition(".")
    return int(whole) * 1_000_000 + int(fraction.ljust(6, "0"))


def quoted(columns: list[str]) -> bytes:
    """Write one CSV line as Asterisk does."""
    return (",".join('"' + text.replace('"', '""') + '"' for text in columns) + "\n").encode()


def _line(row: list[str], names: list[str], call: int) -> bytes:
    after, name, kind, *rest = row
    values = dict(pair.partition("=")[::2] for pair in (rest[0].split() if rest else []))
    columns = {key: values.pop(key, "") for key in COLUMNS}
    named = {key: _named(key, text, names, call) for key, text in values.items()}
    extra = json.dumps(named) if named else ""
    ours = kind.startswith("IVR_")
    at = START + micros(after)
    return quoted(
        [
            kind,
            f"{at // 1_000_000}.{at % 1_000_000:06d}",
            columns["number"] or ("29123456" if name == "caller" else ""),
            columns["exten"] or "8488",
            "from-trunk",
            _channel(name, names, call),
            columns["app"] or ("CELGenUserEvent" if ours else ""),
            columns["data"],
            _uniqueid(name, names, call),
            linkedid_of(call),
            "",
            "",
            kind if ours else "",
            json.dumps({"extra": extra}) if ours else extra,
        ]
    )


def _named(key: str, text: str, names: list[str], call: int) -> str:
    kind, _, name = text.rpartition(":")
    if kind == "id":
        return _uniqueid(name, names, call)
    if kind == "chan" or (key == "hangupsource" and name in names):
        return _channel(name, names, call)
    return text


def _channel(name: str, names: list[str], call: int) -> str:
    number = f"{call * 100 + names.index(name):08x}"
    if ";" in name:
        target, _, half = name.partition(";")
        return f"Local/{target}-{call:08x};{half}"
    return f"PJSIP/{'trunk' if name == 'caller' else name}-{number}"


def _uniqueid(name: str, names: list[str], call: int) -> str:
    return f"pbx-1795000000.{call * 100 + names.index(name)}"
