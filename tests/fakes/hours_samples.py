"""Office hours of every kind and the instants at which they are interesting: for comparing two judges of hours."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ivr.routing.hours import changes
from ivr.routing.office_hours import DatedSchedule, OfficeHours, Span, SpecialDay
from ivr.vocabulary import HoursId

ZONES = ("Europe/Riga", "Europe/Kyiv", "Europe/Sofia")
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def span(text: str) -> Span:
    start, end = text.split("-")
    return Span(time.fromisoformat(start), time(0) if end == "24:00" else time.fromisoformat(end))


def week(*spans: str, days: range = range(7)) -> dict[int, tuple[Span, ...]]:
    return {day: tuple(map(span, spans)) for day in days}


def made(name: str, zone: str, weekly: dict[int, tuple[Span, ...]], **more: object) -> OfficeHours:
    return OfficeHours(HoursId(name), ZoneInfo(zone), weekly, **more)  # type: ignore[arg-type]


def tables() -> list[OfficeHours]:
    """Give one set for each thing that hours can say."""
    holidays = {
        date(2026, 12, 24): "eve",
        date(2026, 12, 25): "day",
        date(2027, 1, 1): "year",
        date(2028, 2, 29): "leap",
    }
    special = {
        date(2026, 12, 26): SpecialDay(like=0),
        date(2026, 12, 31): SpecialDay(spans=(span("08:30-12:30"), span("22:00-02:00"))),
        date(2027, 1, 4): SpecialDay(),
        date(2026, 12, 25): SpecialDay(like=4),
    }
    shut = DatedSchedule("repairs", date(2026, 12, 20), date(2027, 1, 3), week("12:00-17:00", days=range(4)))
    keeps = DatedSchedule("night", date(2027, 3, 20), date(2027, 4, 2), week("22:00-04:00"), keep_holidays=True)
    empty = DatedSchedule("none", date(2026, 11, 30), date(2026, 12, 6), {})
    office = week("08:00-17:00", days=range(5))
    return [
        made("office", ZONES[0], office, country="LV", holidays=holidays, before_holidays=60),
        made("lunch", ZONES[1], week("08:30-12:30", "13:00-17:00"), days=special, country="UA", holidays=holidays),
        made("night", ZONES[2], week("22:00-06:00"), holidays=holidays, country="BG", days=special),
        made("always", ZONES[0], week("00:00-24:00"), holidays=holidays, country="LV", before_holidays=240),
        made("dated", ZONES[0], office, dated=(shut, keeps, empty), holidays=holidays, country="LV", days=special),
        made("edge", ZONES[1], {6: (span("23:59-00:01"),), 0: (span("00:01-00:02"), span("02:30-03:30"))}),
        made("clocks", ZONES[2], {6: (span("03:15-03:45"), span("20:00-04:30"))}),
        made("never", ZONES[0], {}),
    ]


def drawn(number: int, seed: int) -> list[OfficeHours]:
    """Give sets made by chance, always the same for one seed."""
    chance = random.Random(seed)
    return [_drawn(f"drawn{place}", chance) for place in range(number)]


def _drawn(name: str, chance: random.Random) -> OfficeHours:
    start = date(2026, 11, 1)
    days = [start + DAY * chance.randrange(800) for _ in range(12)]
    dated = []
    first = start
    for place in range(chance.randrange(3)):
        first += DAY * chance.randrange(5, 200)
        last = first + DAY * chance.randrange(30)
        dated.append(DatedSchedule(f"s{place}", first, last, _week(chance), keep_holidays=chance.random() < 0.5))
        first = last + DAY
    return OfficeHours(
        HoursId(name),
        ZoneInfo(chance.choice(ZONES)),
        _week(chance),
        country="LV",
        holidays=dict.fromkeys(days[:6], "holiday"),
        before_holidays=chance.choice((0, 30, 60, 240)),
        days={day: _special(chance) for day in days[4:]},
        dated=tuple(dated),
    )


def _special(chance: random.Random) -> SpecialDay:
    match chance.randrange(3):
        case 0:
            return SpecialDay()
        case 1:
            return SpecialDay(like=chance.randrange(7))
        case _:
            return SpecialDay(spans=_spans(chance))


def _week(chance: random.Random) -> dict[int, tuple[Span, ...]]:
    return {day: _spans(chance) for day in range(7) if chance.random() < 0.8}


def _spans(chance: random.Random) -> tuple[Span, ...]:
    """Give one to three spans that do not overlap; the last may go on over midnight."""
    clocks = sorted(chance.sample(range(24 * 60), 2 * chance.randrange(1, 4)))
    pairs = list(zip(clocks[::2], clocks[1::2], strict=True))
    if chance.random() < 0.3:
        pairs[-1] = (pairs[-1][0], chance.choice((0, pairs[0][0] // 2)))
    return tuple(Span(_clock(first), _clock(last)) for first, last in pairs if first != last)


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def instants(hours: OfficeHours, today: date, days: int, most: int, chance: random.Random) -> Iterator[datetime]:
    """Yield instants in the days from `today` on: seconds around changes of the state, and some by chance."""
    start = datetime.combine(today, time(0), hours.zone)
    end = start + DAY * days
    edges = list(changes(hours, start, end))
    edges = chance.sample(edges, min(len(edges), most // 3))
    for edge in edges:
        yield from (edge - SECOND, edge)
    for _ in range(most - 2 * len(edges)):
        yield (start.astimezone(UTC) + SECOND * chance.randrange(days * 86400)).replace(microsecond=0)


CLOCK_CHANGES = tuple(
    datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    for year, month, day in (
        (2026, 3, 29),
        (2026, 10, 25),
        (2027, 3, 28),
        (2027, 10, 31),
        (2028, 3, 26),
        (2028, 10, 29),
    )
    for hour in (0, 1)
    for minute, second in ((0, 0), (14, 59), (15, 0), (29, 59), (30, 0), (44, 59), (45, 0), (59, 59))
)
"""The night in which clocks change, both hours around it, for the years 2026 to 2028."""
