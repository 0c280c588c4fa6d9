"""Ķekava's first ten months of 8488: 25 July 2019 to 24 May 2020. PURE.

Published: 1656 calls = 1478 information + 100 municipal police + 78 utility faults; 46 in the first month; 282 in the
peak month, April 2020; close to 300 a month by the end. `docs/report.md` says how each was read.

Rule 1: every call is sent to one of the three lines, because the published parts leave none over.
Rule 2: 46 holds for both readings of "the first month": 25 July to 24 August, and August.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from cdr.reference.chance import Callers, Days, instants, lasting, spread
from cdr.reference.lines import Numbering
from cdr.reference.scribe import Scribe
from cdr.reference.town import Call, journal
from cdr.times import to_datetime

ZONE = ZoneInfo("Europe/Riga")
INFORMATION, POLICE, UTILITY = 1478, 100, 78
SPANS = (  # first day, last day, calls
    (date(2019, 7, 25), date(2019, 7, 31), 9),
    (date(2019, 8, 1), date(2019, 8, 24), 37),
    (date(2019, 8, 25), date(2019, 8, 31), 9),
    (date(2019, 9, 1), date(2019, 9, 30), 90),
    (date(2019, 10, 1), date(2019, 10, 31), 120),
    (date(2019, 11, 1), date(2019, 11, 30), 135),
    (date(2019, 12, 1), date(2019, 12, 31), 140),
    (date(2020, 1, 1), date(2020, 1, 31), 170),
    (date(2020, 2, 1), date(2020, 2, 29), 190),
    (date(2020, 3, 1), date(2020, 3, 31), 245),
    (date(2020, 4, 1), date(2020, 4, 30), 282),
    (date(2020, 5, 1), date(2020, 5, 24), 229),
)
HOLIDAYS = frozenset(
    date(*day)
    for day in (
        (2019, 11, 18),
        (2019, 12, 24),
        (2019, 12, 25),
        (2019, 12, 26),
        (2019, 12, 31),
        (2020, 1, 1),
        (2020, 4, 10),
        (2020, 4, 13),
        (2020, 5, 1),
        (2020, 5, 4),
    )
)
_DAY = (0.6, 8, 10, 10, 9, 6, 7, 8, 6, 5, 1, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05)  # weights of the hours from 7 on
_OFFICE = Days((10, 9, 9, 9, 7, 0.5, 0.3), (0.05,) * 7 + _DAY, ZONE)
_ALWAYS = Days((8, 8, 8, 8, 9, 9, 8), (2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 5, 5, 5, 5, 6, 7, 8, 8, 8, 7, 6, 5, 3), ZONE)
_CLOSES = (18, 17, 17, 17, 15, 0, 0)  # the hour in which the office closes, Monday first
_TOPICS = {
    "kekava-information": (
        ("residence", 14),
        ("property-tax", 22),
        ("social-assistance", 17),
        ("schools", 15),
        ("construction", 12),
        ("roads", 9),
        ("other", 11),
    ),
    "kekava-utility": (("water", 44), ("heating", 14), ("stairwell", 24), ("street-lighting", 18)),
    "kekava-police": (("public-order", 55), ("animals", 27), ("parking", 18)),
}
_KEYS = {"kekava-information": "1", "kekava-utility": "2", "kekava-police": "3"}
_PHONES = {"kekava-information": 3, "kekava-utility": 3, "kekava-police": 2, "kekava-duty": 1}
_TALKS = {"kekava-information": 115.0, "kekava-utility": 95.0, "kekava-police": 140.0, "kekava-duty": 60.0}
_MENU, _CLOSED = "kekava-main", "kekava-closed"


@dataclass(frozen=True, slots=True)
class _Plan:
    """One call before it is told."""

    destination: str
    caller: str
    language: str
    seed: int


def lines(seed: int = 8488) -> Iterator[bytes]:
    """Give the journal, line by line."""
    return journal(_calls(Random(seed)))  # noqa: S311 - not for secrets: the same seed gives the same journal


def _calls(chance: Random) -> list[Call]:
    callers = Callers("3712", 7, 0.28)
    drawn: list[tuple[int, str]] = []
    weights = [count for _, _, count in SPANS]
    police, utility = spread(POLICE, weights), spread(UTILITY, weights)
    for (first, last, count), of_police, of_utility in zip(SPANS, police, utility, strict=True):
        office = count - of_police - of_utility
        drawn += [(at, "kekava-information") for at in instants(chance, first, last, office, _OFFICE)]
        drawn += [(at, "kekava-police") for at in instants(chance, first, last, of_police, _ALWAYS)]
        drawn += [(at, "kekava-utility") for at in instants(chance, first, last, of_utility, _ALWAYS)]
    return [Call(at, partial(_told, at, _plan(chance, callers, line))) for at, line in sorted(drawn)]


def _plan(chance: Random, callers: Callers, destination: str) -> _Plan:
    language = chance.choices(("lv", "ru", "en"), (84, 14, 2))[0]
    return _Plan(destination, callers.draw(chance), language, chance.getrandbits(48))


def _told(at: int, plan: _Plan, numbering: Numbering) -> list[tuple[int, bytes]]:
    chance = Random(plan.seed)  # noqa: S311 - as above
    call = Scribe(numbering, "kekava", "8488", plan.caller, "lv", at)
    call.arrives()
    _through_menu(call, chance, plan)
    if plan.destination == "kekava-information" and not _is_office_time(at):
        _closed(call, chance)
    else:
        call.decides(plan.destination, f"destinations.{plan.destination}")
        _connected(call, chance, plan.destination)
    return call.lines


def _through_menu(call: Scribe, chance: Random, plan: _Plan) -> None:
    call.menu(_MENU, "kekava/menu", chance.uniform(3.6, 14.0), welcome="kekava/welcome")
    if plan.language != "lv":
        call.presses(_MENU, {"ru": "7", "en": "9"}[plan.language])
        call.speaks(plan.language)
        call.menu(_MENU, "kekava/menu", chance.uniform(2.0, 9.0))
    if chance.random() < 0.04:
        call.presses(_MENU, chance.choice(("4", "5", "6")), "invalid")
        call.menu(_MENU, "kekava/menu", chance.uniform(2.0, 9.0))
    call.presses(_MENU, _KEYS[plan.destination])


def _closed(call: Scribe, chance: Random) -> None:
    call.decides("kekava-information", "destinations.kekava-information.hours.kekava-office", "closed")
    call.menu(_CLOSED, "kekava/closed", chance.uniform(7.0, 12.0))
    if chance.random() < 0.12:
        line = chance.choice(("kekava-utility", "kekava-police"))
        call.presses(_CLOSED, _KEYS[line])
        call.decides(line, f"destinations.{line}")
        _connected(call, chance, line)
        return
    call.at += 600_000
    call.ends()


def _connected(call: Scribe, chance: Random, line: str) -> None:
    """Ring the phones of a line one after the other; somebody answers, the caller gives up, or nobody is there."""
    for phone in range(1, _PHONES[line] + 1):
        fate = chance.choices(("ANSWER", "BUSY", "NOANSWER", "CANCEL"), (84, 7, 5, 4))[0]
        seconds = {"BUSY": 0.3, "NOANSWER": 15.0, "CANCEL": chance.uniform(4, 14)}.get(fate, chance.uniform(2, 13))
        call.rings(line, f"{line}-{phone}", seconds, fate)
        if fate == "CANCEL":
            call.ends()
            return
        if fate == "ANSWER":
            _talked(call, chance, line)
            return
    call.says("no_answer", "kekava/all-busy", 4.0)
    call.at += 500_000
    call.ends("ivr")


def _talked(call: Scribe, chance: Random, line: str) -> None:
    call.talks(lasting(chance, _TALKS[line]))
    if chance.random() < 0.91:
        names, weights = zip(*_TOPICS[line], strict=True)
        call.topic(chance.choices(names, weights)[0], "registered" if chance.random() < 0.12 else "consulted")
        call.talks(1.5)
    if line == "kekava-information" and chance.random() < 0.07:
        call.passes_on("24", "kekava-duty")
        call.rings("kekava-duty", "kekava-duty-1", chance.uniform(2, 9), "ANSWER")
        call.talks(lasting(chance, _TALKS["kekava-duty"]))
    call.ends("caller" if chance.random() < 0.7 else "phone")


def _is_office_time(at: int) -> bool:
    local = to_datetime(at).astimezone(ZONE)
    if local.date() in HOLIDAYS:
        return False
    return 8 <= local.hour < _CLOSES[local.weekday()]


def first_month() -> tuple[datetime, datetime]:
    """Give the first month of the service, 25 July to 24 August 2019, as half-open instants in UTC."""
    start = datetime(2019, 7, 25, tzinfo=ZONE)
    return start.astimezone(UTC), (start + timedelta(days=31)).astimezone(UTC)
