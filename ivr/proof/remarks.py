"""What is not wrong, but worth a look: parts of the rules that nothing uses or that time has passed by."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from ivr.proof.gaps import Gap, GapKind, Seen, starved
from ivr.proof.instants import Classes, Timetable
from ivr.proof.met import Met
from ivr.proof.ways import By, Ringing
from ivr.routing.rules import Ruleset, Service
from ivr.vocabulary import ServiceId

LONG = timedelta(days=7)
"""How long a service may ring nobody before it is remarked on."""


class RemarkKind(StrEnum):
    """What can be worth a look."""

    GOES_ROUND = "used up by keys"
    NOBODY = "nobody for long"
    NEVER_OPEN = "never open"
    UNREACHED = "out of use"
    PAST = "past"
    NO_HOLIDAYS = "no holidays known"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth a look. `at` (local time), `keys` and `service` are set where there is an example of it."""

    kind: RemarkKind
    where: str
    sentence: str
    service: ServiceId | None = None
    at: datetime | None = None
    keys: str = ""


def goes_round(walks: Iterable[Seen]) -> Iterator[Remark]:
    """Yield the nearest way on which a caller's own keys use up all hops, so that what was asked for is not tried."""
    for seen in walks:
        for way in seen.walk.ways:
            if starved(way) and not way.fresh and way.by is By.KEY:
                gap: Gap = seen.gap(GapKind.MAX_HOPS, way, way.rule, "", "")
                sentence = (
                    f"After {seen.rules.max_hops} destinations {way.rule} ends with the last message of the service."
                )
                yield Remark(RemarkKind.GOES_ROUND, way.rule, sentence, gap.service, gap.at, gap.keys)
                return


def nobody_for_long(service: Service, walks: list[Seen], classes: Classes, end: datetime) -> Iterator[Remark]:
    """Yield the longest time in which nothing that a caller can do makes any line ring, if it is a week or more."""
    live = [any(isinstance(place, Ringing) for place in seen.walk.first) for seen in walks]
    if all(live):
        return
    silences: list[tuple[datetime, datetime]] = []
    edges = [*classes.pieces, (end.astimezone(UTC), -1)]
    for (first, number), (last, _) in pairwise(edges):
        if not live[number]:
            joined = silences.pop()[0] if silences and silences[-1][1] == first else first
            silences.append((joined, last))
    first, last = max(silences, key=lambda silence: silence[1] - silence[0])
    if last - first >= LONG:
        at = first.astimezone(service.zone)
        sentence = f"No key of {service.id} makes anything ring until {last.astimezone(service.zone):%Y-%m-%d %H:%M}."
        yield Remark(RemarkKind.NOBODY, f"services.{service.id}", sentence, service.id, at)


def out_of_use(rules: Ruleset, found: Iterable[Met]) -> Iterator[Remark]:
    """Yield what no call to any service can come to."""
    places = list(found)
    sections: tuple[tuple[str, Iterable[str], set[str]], ...] = (
        ("menus", rules.menus, {name for one in places for name in one.menus}),
        ("destinations", rules.destinations, {name for one in places for name in one.destinations}),
        ("hours", rules.hours, {name for one in places for name in one.hours}),
    )
    for section, names, used in sections:
        for name in names:
            if name not in used:
                yield Remark(RemarkKind.UNREACHED, f"{section}.{name}", f"No call can come to {name}.")


def about_hours(
    rules: Ruleset, names: Iterable[str], table: Timetable, start: datetime, end: datetime
) -> Iterator[Remark]:
    """Yield hours that never open, schedules that are over, and years for which no public holiday is known."""
    for hours in (rules.hours[name] for name in rules.hours if name in set(names)):
        where = f"hours.{hours.id}"
        if not any(table.opening(hours.id).values):
            yield Remark(RemarkKind.NEVER_OPEN, where, f"{hours.id} does not open once in the whole time looked at.")
        today = start.astimezone(hours.zone).date()
        for one in hours.dated:
            if one.last < today:
                yield Remark(
                    RemarkKind.PAST, f"{where}.dated.{one.name}", f"The schedule {one.name} ended on {one.last}."
                )
        known = {day.year for day in hours.holidays}
        years = range(today.year, end.astimezone(hours.zone).year + 1)
        missing = [str(year) for year in years if year not in known]
        if hours.country is not None and missing:
            sentence = f"No public holiday of {hours.country} is known for {', '.join(missing)}."
            yield Remark(RemarkKind.NO_HOLIDAYS, f"{where}.holidays", sentence)


def about_announcements(services: Iterable[Service], start: datetime) -> Iterator[Remark]:
    """Yield announcements that nobody will hear any more, or never."""
    for service in services:
        now = start.astimezone(service.zone).replace(tzinfo=None)
        for one in service.announcements:
            where = f"announcements.{one.id}"
            if one.until <= one.since:
                yield Remark(RemarkKind.UNREACHED, where, f"{one.id} ends before it begins.", service.id)
            elif one.until <= now:
                yield Remark(RemarkKind.PAST, where, f"{one.id} ended on {one.until:%Y-%m-%d %H:%M}.", service.id)
