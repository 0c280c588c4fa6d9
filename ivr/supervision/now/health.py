"""How the parts are, in words: the PBX, the engines, the journal, the records, the rules. PURE.

Rule 1: words stay the same while nothing changes: they name instants, not how long ago something was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ivr.supervision.models import EngineHealth, Health

UP = "up"
FINE = "ok"
NO_ENGINE = "no engine answers: the fallback leads the calls; see `ivr status` and the engine's log"
NO_LEAD = "no engine leads new calls: the fallback does; see `ivr status`"
NO_ANSWER = "does not answer"
SILENT = timedelta(seconds=30)
"""A recorder that has said nothing for so long is gone."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine says of itself; `said` is None for one that is there and does not answer in time."""

    socket: str
    said: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """Give its name; if it does not answer, that of its socket."""
        return str((self.said or {}).get("engine") or self.socket)

    @property
    def leads(self) -> bool:
        """Tell whether it leads new calls."""
        return self.said is not None and self.said.get("lead") == "leading"


@dataclass(frozen=True, slots=True)
class JournalHow:
    """How the journal is followed: seconds that the view is behind (None: unknown), and what is wrong ("": nothing)."""

    lag: float | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found at a look. `rules` and `figures` say what is wrong with the rules and today's figures ("": nothing).

    `zone` is the time zone of the first service.
    """

    at: datetime
    pbx: str
    engines: tuple[Engine, ...]
    journal: JournalHow
    records: str
    rules: str
    figures: str
    version: str
    calls: int
    subscribers: int
    zone: str


def health(looked: Looked) -> Health:
    """Give what a supervisor is told."""
    problems, alarms = tuple(_problems(looked)), tuple(alarms_of(looked.engines))
    lag = looked.journal.lag
    return Health(
        at=looked.at,
        ok=not problems and not alarms,
        problems=problems,
        pbx=looked.pbx,
        engines=tuple(map(_engine, looked.engines)),
        journal_lag=None if lag is None else float(max(0, int(lag))),
        records=looked.records or FINE,
        rules=looked.rules or looked.version,
        alarms=alarms,
        calls=looked.calls,
        subscribers=looked.subscribers,
        zone=looked.zone,
    )


def engines_trouble(engines: Sequence[Engine]) -> str:
    """Say what is wrong with the engines together; "" if one leads."""
    if any(one.leads for one in engines):
        return ""
    return NO_LEAD if engines else NO_ENGINE


def alarms_of(engines: Iterable[Engine]) -> Iterator[str]:
    """Give each alarm that any engine raises, once, as the log writes it."""
    found = {(one["alarm"], one["subject"]): one["text"] for one in _raised(engines)}
    for (alarm, subject), text in found.items():
        yield f"{alarm} ({subject}): {text}"


def unreachable(engines: Iterable[Engine]) -> frozenset[str]:
    """Give the phones and outside numbers that an engine could not reach several times in a row."""
    kinds = {"phone_unreachable", "trunk_unreachable"}
    return frozenset(one["subject"] for one in _raised(engines) if one["alarm"] in kinds)


def records_trouble(status: Mapping[str, Any], began: datetime, now: datetime) -> str:
    """Say what keeps call records from being written, by the recorder's status; "" if nothing does.

    `began` is when we began to look: a recorder has `SILENT` from then on to say something.
    """
    troubles = status.get("troubles")
    messages = [str(one.get("message", one)) for one in troubles] if isinstance(troubles, list) else []
    if messages:
        return "; ".join(messages)
    try:
        told = datetime.fromisoformat(str(status.get("written")))
        silent = now - max(told, began)
    except (ValueError, TypeError):  # no status, or an instant without a zone
        return "" if now - began <= SILENT else "no recorder runs: start an engine; the journal keeps what is missing"
    since = f"{told.isoformat(timespec='seconds')}"
    return f"the recorder has said nothing since {since}; its own log says why" if silent > SILENT else ""


def _problems(looked: Looked) -> Iterator[str]:
    if looked.pbx != UP:
        yield f"the PBX: {looked.pbx}"
    if trouble := engines_trouble(looked.engines):
        yield trouble
    for one in looked.engines:
        if one.said is None:
            yield f"the engine at {one.socket} {NO_ANSWER}"
        elif one.said.get("link") not in ("attached", None):
            yield f"the engine {one.name}: its link to Asterisk is {one.said['link']}"
    for name, text in (("journal", looked.journal.trouble), ("records", looked.records), ("rules", looked.rules)):
        if text:
            yield f"{name}: {text}"
    if looked.figures:
        yield f"today's figures: {looked.figures}"


def _engine(one: Engine) -> EngineHealth:
    said = one.said or {}
    states = said.get("calls")
    return EngineHealth(
        engine=one.name,
        lead=str(said.get("lead") or NO_ANSWER),
        link=str(said.get("link") or "unknown"),
        rules=str(said.get("version") or ""),
        calls=sum(int(count) for count in states.values()) if isinstance(states, Mapping) else 0,
    )


def _raised(engines: Iterable[Engine]) -> Iterator[Mapping[str, str]]:
    for one in engines:
        for alarm in (one.said or {}).get("alarms") or ():
            yield {name: str(alarm.get(name, "")) for name in ("alarm", "subject", "text")}
