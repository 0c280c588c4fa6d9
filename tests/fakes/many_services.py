"""Many services made by code: copies of a town with menus, closing departments, a safety line and hours of their own."""

from datetime import date, time
from zoneinfo import ZoneInfo

from ivr.routing.destinations import Destination, ExitReason, External, Phones, Ring, Submenu
from ivr.routing.office_hours import OfficeHours, Span, SpecialDay
from ivr.routing.rules import Menu, Retry, Ruleset, Service
from ivr.routing.targets import Announce, Onward, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import (
    DestinationId,
    Did,
    HoursId,
    Key,
    Language,
    MenuId,
    PhoneId,
    PromptId,
    RulesVersion,
    ServiceId,
)

RIGA = ZoneInfo("Europe/Riga")
HOLIDAYS = {date(year, month, day): "holiday" for year in (2026, 2027) for month, day in ((1, 1), (11, 18), (12, 25))}
FAILED = (ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE)


def many(count: int) -> Ruleset:
    """Make rules without gaps for `count` services; each has three menus, six destinations and two hours."""
    towns = [_Town(number) for number in range(count)]
    services = [town.service() for town in towns]
    return Ruleset(
        version=RulesVersion("many"),
        services={one.id: one for one in services},
        menus={menu.id: menu for town in towns for menu in town.menus()},
        destinations={one.id: one for town in towns for one in town.destinations()},
        hours={hours.id: hours for town in towns for hours in town.hours()},
        numbers={Did(str(10000 + number)): one.id for number, one in enumerate(services)},
    )


class _Town:
    def __init__(self, number: int) -> None:
        self.number = number

    def name(self, what: str) -> str:
        return f"t{self.number}-{what}"

    def to(self, what: str) -> ToDestination:
        return ToDestination(DestinationId(self.name(what)))

    def to_menu(self, what: str) -> ToMenu:
        return ToMenu(MenuId(self.name(what)))

    def service(self) -> Service:
        return Service(
            id=ServiceId(self.name("service")),
            title={Language("lv"): "town"},
            numbers=(Did(str(10000 + self.number)),),
            zone=RIGA,
            languages=(Language("lv"), Language("en")),
            welcome=PromptId("welcome"),
            menu=MenuId(self.name("main")),
            operator=DestinationId(self.name("duty")),
        )

    def menus(self) -> list[Menu]:
        usual: dict[str, Target] = {"0": ToOperator(), "*": Repeat(), "9": ToLanguage(Language("en"))}
        main = {"1": self.to("desk"), "2": self.to("water"), "3": self.to("police"), "4": self.to("city"), **usual}
        city = {"1": self.to("desk"), "2": self.to("roads"), "#": self.to_menu("main"), **usual}
        closed = {"2": self.to("water"), "3": self.to("police"), **usual}
        return [self._menu("main", main), self._menu("city", city), self._menu("closed", closed)]

    def _menu(self, what: str, keys: dict[str, Target]) -> Menu:
        retry = Retry(PromptId("again"), 2, ToOperator())
        return Menu(MenuId(self.name(what)), PromptId("menu"), {Key(k): v for k, v in keys.items()}, retry, retry)

    def destinations(self) -> list[Destination]:
        sorry, closed = Announce(PromptId("busy")), self.to_menu("closed")
        city = Submenu(MenuId(self.name("city")))
        return [
            self._phones("desk", sorry, "office", closed),
            self._phones("roads", self.to("desk"), "roads", self.to("desk")),
            self._phones("water", self.to("police"), safety=True),
            self._phones("police", sorry, safety=True),
            self._phones("duty", self.to("police")),
            Destination(
                DestinationId(self.name("city")), {}, city, {ExitReason.CLOSED: closed}, self._hours_id("office")
            ),
        ]

    def _phones(
        self, what: str, failed: Onward, hours: str = "", closed: Onward | None = None, *, safety: bool = False
    ) -> Destination:
        exits = dict.fromkeys(FAILED, failed)
        if closed is not None:
            exits[ExitReason.CLOSED] = closed
        rings = tuple(Ring(PhoneId(f"{self.name(what)}-{line}"), 15) for line in range(2))
        kind = External(Did(f"+371{self.number}"), 30) if what == "roads" else Phones(rings)
        return Destination(
            DestinationId(self.name(what)), {}, kind, exits, self._hours_id(hours) if hours else None, safety
        )

    def _hours_id(self, what: str) -> HoursId:
        return HoursId(self.name(what))

    def hours(self) -> list[OfficeHours]:
        opens = time(7 + self.number % 3, 15 * (self.number % 4))
        office = {day: (Span(opens, time(12)), Span(time(13), time(17))) for day in range(5)}
        roads = {day: (Span(time(8), time(16, self.number % 60)),) for day in range(5)}
        days = {date(2026, 12, 31): SpecialDay((Span(time(8), time(12)),))}
        return [
            OfficeHours(self._hours_id("office"), RIGA, office, "LV", HOLIDAYS, 60, days),
            OfficeHours(self._hours_id("roads"), RIGA, roads, "LV", HOLIDAYS),
        ]
