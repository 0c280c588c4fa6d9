"""Kryvyi Rih's contact centre 1520 in March 2024. PURE.

Published: almost 13 000 callers; 3732 requests registered, the others consulted on the spot; the requests came by phone
(87 %), the web account (12.8 %, 478) and online receptions (0.4 %, 14); topics in per cent; 80 % done, 20 % in progress.
`docs/report.md` says where these figures are rounded, and what was chosen where they leave a choice.

Rule 1: every call that a person answered has a topic; the topics of calls and of requests have the published shares.
Rule 2: requests by phone are calls marked `registered`; the other channels stand in the file of cases.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from cdr.reference.chance import Callers, Days, instants, lasting, spread
from cdr.reference.lines import Numbering
from cdr.reference.scribe import Scribe
from cdr.reference.town import Call, journal
from cdr.times import to_datetime

ZONE = ZoneInfo("Europe/Kyiv")
CALLS, ANSWERED = 12_964, 12_020
REQUESTS, WEB, RECEPTION = 3732, 478, 14
BY_PHONE = REQUESTS - WEB - RECEPTION
DONE = 2986  # 80 % of the requests
FIRST, LAST = date(2024, 3, 1), date(2024, 3, 31)
TOPICS = {  # topic of the rules: published per cent; `other` is what the article does not name
    "heating": 35.0,
    "water": 18.0,
    "street-lighting": 6.5,
    "cleaning": 6.5,
    "roads": 2.2,
    "transport": 2.0,
    "martial-law": 1.3,
    "business": 0.83,
    "social-support": 0.7,
    "health": 0.6,
    "manholes": 0.6,
    "defenders": 0.2,
    "other": 25.57,
}
_HOURS = (0.1,) * 6 + (0.3, 5, 8, 10, 10, 9, 8, 8, 8, 8, 7, 6, 5, 4, 3, 0.3, 0.2, 0.1)
_DAYS = Days((11, 10.5, 10, 10, 9.5, 5.5, 5), _HOURS, ZONE)
_DEPARTMENTS = {  # topic: the key of the second menu and the department
    "heating": ("1", "utilities"),
    "water": ("1", "utilities"),
    "street-lighting": ("2", "streets"),
    "roads": ("2", "streets"),
    "cleaning": ("3", "cleaning"),
    "transport": ("4", "transport"),
    "social-support": ("5", "social"),
    "health": ("5", "social"),
}
_DEFENCE = "martial-law"
_LOST = (("ringing", 46), ("menu", 16), ("welcome", 11), ("informed", 15), ("no_answer", 3), ("closed", 9))
_MENU, _CITY = "kryvyi-rih-main", "kryvyi-rih-city"
_REPAIR = ("kryvyi-rih-heating-march", "kryvyi-rih/repair-heating")
_TOGETHER = "&".join(f"kryvyi-rih-consultation-{n}" for n in range(1, 5))


@dataclass(frozen=True, slots=True)
class _Plan:
    """One call before it is told. `fate` is `answered` or a word of `_LOST`; `case` is that of a registered request."""

    number: str
    caller: str
    language: str
    fate: str
    topic: str
    case: str
    seed: int


@dataclass(frozen=True, slots=True)
class Case:
    """One request of the municipality's own system; columns as `ivr cases import` reads them."""

    reference: str
    at: datetime
    channel: str
    topic: str
    status: str


def lines(seed: int = 1520) -> Iterator[bytes]:
    """Give the journal, line by line."""
    return journal(Call(at, partial(_told, at, plan)) for at, plan in _plans(seed))


def cases(seed: int = 1520) -> Iterator[Case]:
    """Give all requests of the month in the order of their references, those by phone too."""
    by_phone = [(at, plan.topic) for at, plan in _plans(seed) if plan.case]
    chance = Random(seed + 1)  # noqa: S311 - not for secrets: the same seed gives the same cases
    _, other = _request_topics()
    written = instants(chance, FIRST, LAST, len(other), _DAYS)
    channels = ["web"] * WEB + ["reception"] * RECEPTION
    chance.shuffle(channels)
    status = ["done"] * DONE + ["in_progress"] * (REQUESTS - DONE)
    chance.shuffle(status)
    rows = [(_reference(n), at, "phone", topic) for n, (at, topic) in enumerate(by_phone)]
    rows += [
        (f"W-{n + 1:05d}", at, channel, topic)
        for n, (at, channel, topic) in enumerate(zip(written, channels, other, strict=True))
    ]
    for (reference, at, channel, topic), state in zip(rows, status, strict=True):
        yield Case(reference, to_datetime(at).replace(microsecond=0), channel, topic, state)


def _reference(number: int) -> str:
    return f"KR-2403-{number + 1:05d}"


def _request_topics() -> tuple[list[str], list[str]]:
    """Give the topics of the requests by phone and of those by other channels; together they have the published shares."""
    whole = spread(REQUESTS, list(TOPICS.values()))
    other = spread(WEB + RECEPTION, whole)
    phone = [name for name, count, less in zip(TOPICS, whole, other, strict=True) for _ in range(count - less)]
    return phone, [name for name, count in zip(TOPICS, other, strict=True) for _ in range(count)]


def _plans(seed: int) -> Iterator[tuple[int, _Plan]]:
    """Give all calls in the order of time."""
    chance = Random(seed)  # noqa: S311 - as above
    callers = Callers("38067", 7, 0.24)
    times = sorted(instants(chance, FIRST, LAST, CALLS, _DAYS))
    fates = _fates(chance)
    nights = [at for at in times if not _is_daytime(at)]
    shut = frozenset(chance.sample(nights, CALLS - len(fates)))
    case = 0
    for at in times:
        fate, topic, registered = ("closed", "", False) if at in shut else fates.pop()
        number = "1520" if chance.random() < 0.93 else "499-1520"
        language = chance.choices(("uk", "ru"), (94, 6))[0]
        reference = _reference(case) if registered else ""
        case += registered
        yield at, _Plan(number, callers.draw(chance), language, fate, topic, reference, chance.getrandbits(48))


def _fates(chance: Random) -> list[tuple[str, str, bool]]:
    """Give (how it ends, topic, whether a request is registered), shuffled, for all calls but those that met closed doors."""
    registered, _ = _request_topics()
    counts = spread(ANSWERED, list(TOPICS.values()))
    rest = [name for name, count in zip(TOPICS, counts, strict=True) for _ in range(count - registered.count(name))]
    found = [("answered", topic, True) for topic in registered] + [("answered", topic, False) for topic in rest]
    for (fate, _), count in zip(_LOST, spread(CALLS - ANSWERED, [one[1] for one in _LOST]), strict=True):
        found += [(fate, "", False)] * (count if fate != "closed" else 0)
    chance.shuffle(found)
    return found


def _told(at: int, plan: _Plan, numbering: Numbering) -> list[tuple[int, bytes]]:
    chance = Random(plan.seed)  # noqa: S311 - as above
    call = Scribe(numbering, "kryvyi-rih", plan.number, plan.caller, "uk", at)
    call.arrives()
    match plan.fate:
        case "welcome":
            call.menu(_MENU, "kryvyi-rih/menu", 2.5, welcome="kryvyi-rih/welcome")
            call.ends()
        case "informed":
            call.announces(*_REPAIR, 9.0, "kryvyi-rih/welcome")
            call.at += 900_000
            call.ends()
        case "menu":
            call.menu(_MENU, "kryvyi-rih/menu", chance.uniform(5, 16), welcome="kryvyi-rih/welcome")
            call.at += 700_000
            call.ends()
        case fate:
            _led(call, chance, plan, fate)
    return call.lines


def _led(call: Scribe, chance: Random, plan: _Plan, fate: str) -> None:
    """Lead the caller through the menus to people."""
    welcome = "kryvyi-rih/welcome"
    if _is_repair(call.at):
        call.announces(*_REPAIR, 9.0, welcome)
        welcome = ""
    call.menu(_MENU, "kryvyi-rih/menu", chance.uniform(4.0, 13.0), welcome=welcome)
    if plan.language == "ru":
        call.presses(_MENU, "7")
        call.speaks("ru")
        call.menu(_MENU, "kryvyi-rih/menu", chance.uniform(2.0, 8.0))
    if fate == "closed":
        _closed(call, chance)
    elif not _is_daytime(call.at) and plan.topic != _DEFENCE:
        call.presses(_MENU, "0")
        _connected(call, chance, plan, "kryvyi-rih-duty", "kryvyi-rih-duty-1")
    else:
        _by_topic(call, chance, plan, fate)


def _by_topic(call: Scribe, chance: Random, plan: _Plan, fate: str) -> None:
    """Go to the line of the topic: the department, the duty officer for martial law, or the consultants."""
    way = _DEPARTMENTS.get(plan.topic)
    if plan.topic == _DEFENCE:
        call.presses(_MENU, "3")
        _connected(call, chance, plan, "kryvyi-rih-defence", "kryvyi-rih-defence-1")
    elif fate == "answered" and way is not None and _is_department_time(call.at) and chance.random() < 0.3:
        key, name = way
        call.presses(_MENU, "4")
        call.menu(_CITY, "kryvyi-rih/city", chance.uniform(2.5, 9.0))
        call.presses(_CITY, key)
        _connected(call, chance, plan, f"kryvyi-rih-{name}", f"kryvyi-rih-{name}-1")
    else:
        call.presses(_MENU, "1")
        _connected(call, chance, plan, "kryvyi-rih-consultation", _TOGETHER)


def _connected(call: Scribe, chance: Random, plan: _Plan, line: str, phone: str) -> None:
    call.decides(line, f"destinations.{line}")
    if plan.fate == "ringing":
        call.rings(line, phone, chance.uniform(3, 19), "CANCEL")
        call.ends()
        return
    if plan.fate == "no_answer":
        call.rings(line, phone, 20.0, "NOANSWER")
        call.says("no_answer", "kryvyi-rih/all-busy", 4.0)
        call.at += 500_000
        call.ends("ivr")
        return
    call.rings(line, phone, lasting(chance, 6.5, 19.5), "ANSWER", chance.choice(phone.split("&")))
    call.talks(lasting(chance, 150.0))
    call.topic(plan.topic, "registered" if plan.case else "consulted", plan.case)
    call.talks(1.5)
    call.ends("caller" if chance.random() < 0.72 else "phone")


def _closed(call: Scribe, chance: Random) -> None:
    """Nobody consults at night: the message of the menu that offers other lines, then the caller leaves."""
    call.presses(_MENU, "1")
    call.decides("kryvyi-rih-consultation", "destinations.kryvyi-rih-consultation.hours.kryvyi-rih-daily", "closed")
    call.menu("kryvyi-rih-closed", "kryvyi-rih/closed", chance.uniform(6.0, 11.0))
    call.at += 600_000
    call.ends()


def _is_daytime(at: int) -> bool:
    local = to_datetime(at).astimezone(ZONE)
    return 8 <= local.hour < 20 if local.weekday() >= 5 else 7 <= local.hour < 21


def _is_department_time(at: int) -> bool:
    local = to_datetime(at).astimezone(ZONE)
    until = 16 if local.weekday() == 4 else 17
    return local.weekday() < 5 and 9 <= local.hour < until and local.hour != 12


def _is_repair(at: int) -> bool:
    """Tell whether the repair of the heating pipes is announced: 11 to 15 March."""
    local = to_datetime(at).astimezone(ZONE)
    return date(2024, 3, 11) <= local.date() <= date(2024, 3, 15)


def month() -> tuple[datetime, datetime]:
    """Give March 2024 as half-open instants in UTC."""
    start = datetime(2024, 3, 1, tzinfo=ZONE)
    return start.astimezone(UTC), datetime(2024, 4, 1, tzinfo=ZONE).astimezone(UTC)
