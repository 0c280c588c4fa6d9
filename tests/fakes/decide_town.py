"""One town for the tables of `decide`: every kind of destination, some of them poor in exits, and facts in few words."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ivr.routing.decision import Attempt, Decision, EndWith, EnterMenu, Facts, GiveBack, Outcome, RingPhone
from ivr.routing.destinations import Destination, ExitReason, External, Kind, Message, Phones, Reject, Ring, Submenu
from ivr.routing.office_hours import OfficeHours, Span
from ivr.routing.rules import Ruleset, Service
from ivr.routing.targets import Announce, Onward, ToDestination, ToMenu
from ivr.vocabulary import (
    DestinationId,
    Did,
    HoursId,
    Language,
    MenuId,
    PhoneId,
    PromptId,
    RulesVersion,
    ServiceId,
)

RIGA = ZoneInfo("Europe/Riga")
BUSY, NO_ANSWER, UNREACHABLE, CLOSED, FULL = (
    ExitReason.BUSY,
    ExitReason.NO_ANSWER,
    ExitReason.UNREACHABLE,
    ExitReason.CLOSED,
    ExitReason.FULL,
)
TUESDAY, SUNDAY, EVE = (datetime(2026, 3, 3, 10, tzinfo=RIGA), datetime(2026, 3, 8, 12, tzinfo=RIGA),
                        datetime(2026, 12, 24, 10, tzinfo=RIGA))  # fmt: skip


def to(name: str, say: str | None = None) -> ToDestination:
    return ToDestination(DestinationId(name), None if say is None else PromptId(say))


def announce(prompt: str) -> Announce:
    return Announce(PromptId(prompt))


def destination(
    name: str,
    what: int | Kind,
    exits: dict[ExitReason, Onward] | None = None,
    *,
    hours: bool = False,
    safety: bool = False,
    most_calls: int | None = None,
) -> Destination:
    """Build a destination of a kind, or of so many phones."""
    rings = (Ring(PhoneId(f"{name}-{number}"), 15) for number in range(1, what + 1 if isinstance(what, int) else 1))
    kind = Phones(tuple(rings)) if isinstance(what, int) else what
    office = HoursId("office") if hours else None
    return Destination(DestinationId(name), {Language("lv"): name}, kind, exits or {}, office, safety, most_calls)


def failing(target: Onward) -> dict[ExitReason, Onward]:
    return dict.fromkeys((BUSY, NO_ANSWER, UNREACHABLE), target)


OFFICE = OfficeHours(
    HoursId("office"),
    RIGA,
    {day: (Span(time(8), time(17)),) for day in range(5)},
    "LV",
    {date(2026, 12, 24): "Ziemassvētku vakars"},
)
DESTINATIONS = (
    destination(
        "information",
        3,
        {
            BUSY: announce("all-busy"),
            NO_ANSWER: announce("nobody"),
            UNREACHABLE: announce("broken"),
            CLOSED: ToMenu(MenuId("closed"), PromptId("sorry-closed")),
        },
        hours=True,
    ),
    destination("utility", 2, failing(to("police", "emergency-failed")), safety=True),
    destination("police", 1, failing(announce("police-failed")), safety=True),
    destination("duty", 1, failing(to("information", "connecting"))),
    destination("round", 1, failing(to("trip"))),
    destination("trip", 1, {**failing(to("round")), CLOSED: to("trip")}, hours=True),
    destination("health", External(Did("+35932656000"), 40), failing(to("duty")), most_calls=4),
    destination(
        "together",
        Phones((Ring(PhoneId("a"), 20), Ring(PhoneId("b"), 20)), together=True),
        {**failing(announce("all-busy")), FULL: ToMenu(MenuId("full"))},
        most_calls=2,
    ),
    destination("alone", Phones((Ring(PhoneId("a"), 20),), together=True), failing(announce("all-busy"))),
    destination("moved", Message(PromptId("moved"))),
    destination("citizens", Submenu(MenuId("citizens")), {CLOSED: announce("closed")}, hours=True),
    destination("refused", Reject(PromptId("no-such-service"), 1), {CLOSED: to("moved")}, hours=True),
    destination("poor", 1, {UNREACHABLE: announce("broken")}, hours=True),
    destination("mute", 1, hours=True),
)
SERVICE = Service(
    id=ServiceId("kekava"),
    title={},
    numbers=(),
    zone=RIGA,
    languages=(Language("lv"),),
    welcome=PromptId("welcome"),
    menu=MenuId("main"),
    operator=DestinationId("duty"),
    sorry=PromptId("sorry"),
)
RULES = Ruleset(
    RulesVersion("v"), {SERVICE.id: SERVICE}, {}, {item.id: item for item in DESTINATIONS}, {OFFICE.id: OFFICE}, {}, 3
)


def facts(target: Onward, tried: str = "", **changes: object) -> Facts:
    """Build facts; `tried` is such as `information-1 busy, information-2 no_answer`."""
    pairs = (pair.split() for pair in tried.split(",")) if tried else ()
    attempts = tuple(Attempt(PhoneId(phone), ExitReason(outcome)) for phone, outcome in pairs)
    return replace(Facts(SERVICE.id, target, attempts), **changes)  # type: ignore[arg-type]


def told(outcome: Outcome) -> str:
    match outcome:
        case RingPhone(_, phone, seconds, position):
            return f"ring {phone} {seconds} s at {position}"
        case EnterMenu(menu):
            return f"menu {menu}"
        case EndWith(prompt, reason, 16):
            return f"end {prompt} {reason}"
        case EndWith(prompt, reason, cause):
            return f"end {prompt} {reason} with {cause}"
        case GiveBack(phone, reason):
            return f"back to {phone} {reason}"


def line(decision: Decision) -> tuple[str, str | None, str, str, int, str]:
    told_first = " ".join(decision.say)
    return (
        told(decision.outcome),
        decision.destination,
        decision.rule,
        decision.reason,
        decision.hops,
        told_first,
    )


INFO, UTILITY = to("information"), to("utility")
INFO_RULE, INFO_EXITS = "destinations.information", "destinations.information.exits"
