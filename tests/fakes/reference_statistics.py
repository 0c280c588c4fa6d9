"""The same statistics as `cdr.statistics`, in plain Python over call records: slow, and simple enough to be believed."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from cdr.record.record import CallRecord
from cdr.record.words import Disposition
from cdr.statistics.figures import (
    Abandoned,
    DayCount,
    DestinationCount,
    Durations,
    NumberCount,
    OutcomeCount,
    Outcomes,
    PassCount,
    Redirections,
    Route,
    ServiceLevel,
    Stage,
    Volume,
)
from cdr.statistics.figures_month import MonthFigures
from cdr.statistics.scope import Scope
from tests.fakes.reference_content import (
    announcements,
    menus,
    quality,
    repeats,
    rules,
    safety,
    topics,
    unserved,
)
from tests.fakes.reference_counting import Records, by_service, days_of, grid, is_lost, is_of, local, most, spread


def reference(
    every: Records, scope: Scope, at: datetime, safety_lines: Collection[str] = (), seconds: int = 20
) -> MonthFigures:
    """Give every figure; `every` holds all records of the store."""
    some = [one for one in every if scope.since <= one.started < scope.until and is_of(one, scope)]
    over = [one for one in some if one.disposition is not Disposition.OPEN]
    return MonthFigures(
        scope=scope,
        at=at,
        volume=_volume(some, scope),
        outcomes=_outcomes(some),
        durations=tuple(_durations(name, of) for name, of in by_service(over)),
        service_levels=tuple(_level(name, of, seconds) for name, of in by_service(over, asked=True)),
        abandoned=_abandoned(over),
        redirections=_redirections(some),
        menus=menus(some),
        unserved=unserved(some, scope),
        repeats=repeats(every, some, scope),
        announcements=announcements(over),
        safety=safety(over, scope, safety_lines),
        topics=topics(some),
        rules=rules(some),
        quality=quality(some, scope, at),
    )


def _volume(some: Records, scope: Scope) -> Volume:
    days = Counter(local(one, scope).date() for one in some)
    lost = Counter(local(one, scope).date() for one in some if is_lost(one))
    months = Counter({day.replace(day=1): 0 for day in days_of(scope)})
    months.update(local(one, scope).date().replace(day=1) for one in some)
    numbers = Counter((one.service, one.number) for one in some)
    return Volume(
        calls=len(some),
        by_service=most(Counter(one.service for one in some).items(), lambda row: (row[1], row[0])),
        by_number=most(
            (NumberCount(*name, n) for name, n in numbers.items()), lambda r: (r.calls, r.service, r.number)
        ),
        by_destination=most(_destinations(some), lambda row: (row.calls, row.service, row.destination)),
        by_month=tuple(sorted(months.items())),
        by_day=tuple(DayCount(day, days[day], lost[day]) for day in days_of(scope)),
        by_hour=grid(some, scope),
    )


def _destinations(some: Records) -> Iterator[DestinationCount]:
    for name in sorted({one.service for one in some}):
        of = [one for one in some if one.service == name]
        named = {visit.destination for one in of for visit in one.visits if visit.destination}
        for destination in sorted(named):
            there = [[v for v in one.visits if v.destination == destination] for one in of]
            yield DestinationCount(
                name,
                destination,
                sum(bool(visits) for visits in there),
                sum(one.first_destination == destination for one in of),
                sum(one.last_destination == destination for one in of),
                sum(any(visit.connected for visit in visits) for visits in there),
            )
        nowhere = sum(not any(visit.destination for visit in one.visits) for one in of)
        if nowhere:
            yield DestinationCount(name, "", nowhere, nowhere, nowhere, 0)


def _outcomes(some: Records) -> Outcomes:
    total = Counter(one.disposition for one in some)
    each = Counter((one.service, one.disposition) for one in some)
    return Outcomes(
        calls=len(some),
        reached=sum(one.connected is not None for one in some),
        total=tuple((word, total[word]) for word in Disposition),
        by_service=most(
            (OutcomeCount(*name, number) for name, number in each.items()),
            lambda row: (row.calls, row.service, row.disposition.value),
        ),
    )


def _durations(name: str | None, over: Records) -> Durations:
    return Durations(
        name,
        menu=spread(one.menu for one in over),
        waiting=spread(one.waiting for one in over if one.asked),
        talking=spread(one.talking for one in over if one.connected),
        total=spread(one.total for one in over),
        answer=spread(answer for one in over if (answer := _answer(one)) is not None),
    )


def _answer(one: CallRecord) -> timedelta | None:
    if one.asked is None or one.connected is None or one.connected < one.asked:
        return None
    return one.connected - one.asked


def _level(name: str | None, over: Records, seconds: int) -> ServiceLevel:
    offered = [one for one in over if one.asked]
    answers = [answer for one in offered if (answer := _answer(one)) is not None]
    limit = timedelta(seconds=seconds)
    late = [
        one
        for one in offered
        if one.disposition is Disposition.ABANDONED_RINGING
        and one.ended
        and one.asked
        and one.ended - one.asked > limit
    ]
    return ServiceLevel(
        name, seconds, len(offered), len(answers), sum(answer <= limit for answer in answers), len(late)
    )


def _abandoned(over: Records) -> Abandoned:
    stages = []
    for stage in ("welcome", "announcement", "menu", "ringing", "message"):
        gone = [one for one in over if one.disposition.value == f"abandoned_{stage}"]
        stages.append(Stage(stage, len(gone), spread(one.total for one in gone)))
    return Abandoned(len(over), tuple(stages))


def _redirections(some: Records) -> Redirections:
    ways = Counter((one.service, one.first_key, one.first_destination, one.last_destination) for one in some)
    hops = Counter(len(one.redirections) for one in some)
    passes = Counter((each.kind, each.result.value, each.reason) for one in some for each in one.passes)
    return Redirections(
        calls=len(some),
        matrix=most(
            (Route(*way, n) for way, n in ways.items()), lambda r: (r.calls, r.service, r.key, r.first, r.final)
        ),
        hops=tuple((count, hops[count]) for count in range(max(hops, default=-1) + 1)),
        passes=most(
            (PassCount(*name, n) for name, n in passes.items()), lambda r: (r.passes, r.kind, r.result, r.reason)
        ),
    )
