"""Office hours as a dialplan subroutine: is an office open at an instant, and by which rule? Pure.

    Gosub(ivr-<version>-h-<hours>,start,1(EPOCH)) returns the rule's place below the hours, such as `weekly.tuesday`,
    or `closed`.

Rule 1: the wall clock decides, as in `ivr.routing.hours`: minutes are compared half-open as the number HHMM. GotoIfTime
is not used: its last minute is inclusive and it knows no year.
Rule 2: each weekday is an extension `w1` to `w7`. A day that differs from its week - holiday, special or short day, dated
schedule, the tail of a night before it - is an extension of its own, `d20261224`. Days alike share one body, `p1`.
Rule 3: days from the one before `today` to `DAYS_AHEAD` ahead are rendered, so a dialplan has to be rendered daily.
"""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta

from ivr.asterisk.render_words import HOURS, context, extension, leads_somewhere
from ivr.routing.days import WEEKDAYS, Day, crosses, day_of
from ivr.routing.office_hours import OfficeHours, Span
from ivr.vocabulary import RulesVersion

DAYS_AHEAD = 400
"""How many days ahead dates are rendered: more than 13 months."""
CLOSED = "closed"
MIDNIGHT = 2400

Body = tuple[tuple[int, int, str], ...]
"""The open stretches of a day: first and last HHMM, half-open, and the rule that opens; the first that fits counts."""


def hours_context(version: RulesVersion, hours: OfficeHours, today: date) -> list[str]:
    """Render one set of office hours."""
    name = context(version, HOURS, hours.id)
    days = special_days(hours, today)
    lines = [f"[{name}]", *extension("start", _start(name, hours.zone.key, bool(days)))]
    for weekday in range(7):
        lines += extension(f"w{weekday + 1}", _steps(_usual_body(hours, weekday)))
    shared: dict[Body, int] = {}
    dates: list[str] = []
    for day, body in days.items():
        number = shared.setdefault(body, len(shared) + 1)
        dates.append(f"exten => d{day:%Y%m%d},1,Goto(p{number},1)")
    for body, number in shared.items():
        lines += extension(f"p{number}", _steps(body))
    return [*lines, *dates, *leads_somewhere()]


def special_days(hours: OfficeHours, today: date) -> Mapping[date, Body]:
    """Give the days, in order, that differ from their week, from the one before `today` on."""
    found: dict[date, Body] = {}
    for ahead in range(-1, DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        body = _body(day_of(hours, day), day_of(hours, day - timedelta(days=1)))
        if body != _usual_body(hours, day.weekday()):
            found[day] = body
    return found


def _start(name: str, zone: str, has_days: bool) -> Iterator[str]:
    yield f"Set(LOCAL(TIME)=${{STRFTIME(${{ARG1}},{zone},%Y%m%d%u%H%M)}})"
    if has_days:
        yield f"GotoIf(${{DIALPLAN_EXISTS({name},d${{TIME:0:8}},1)}}?d${{TIME:0:8}},1)"
    yield "Goto(w${TIME:8:1},1)"


def _steps(body: Body) -> Iterator[str]:
    for first, last, rule in body:
        yield f"ExecIf($[${{TIME:9}} >= {first} & ${{TIME:9}} < {last}]?Return({rule}))"
    yield f"Return({CLOSED})"


def _usual_body(hours: OfficeHours, weekday: int) -> Body:
    return _body(_weekday(hours, weekday), _weekday(hours, (weekday - 1) % 7))


def _weekday(hours: OfficeHours, weekday: int) -> Day:
    return Day(hours.weekly.get(weekday, ()), f"weekly.{WEEKDAYS[weekday]}")


def _body(today: Day, yesterday: Day) -> Body:
    """Give the open stretches in the order in which `ivr.routing.hours` looks at them: today's spans, then tails."""
    own = [(_clock(span.start), _end(span), today.rule) for span in today.spans]
    tails = [] if today.shut else [(0, _clock(span.end), yesterday.rule) for span in yesterday.spans if crosses(span)]
    return tuple(stretch for stretch in (*own, *tails) if stretch[0] < stretch[1])


def _end(span: Span) -> int:
    return MIDNIGHT if crosses(span) else _clock(span.end)


def _clock(clock: time) -> int:
    return clock.hour * 100 + clock.minute
