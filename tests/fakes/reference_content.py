"""The figures of `cdr.statistics.figures_content` in plain Python over call records."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from cdr.record.masking import masked
from cdr.record.parts import KeyPress, Visit
from cdr.record.record import CallRecord
from cdr.record.words import Disposition, LedBy, TopicResult
from cdr.statistics.figures import Spread
from cdr.statistics.figures_content import (
    AnnouncementCount,
    DestinationCalls,
    KeyCount,
    MenuFunnel,
    Quality,
    Repeat,
    Repeats,
    RuleCount,
    Safety,
    SafetyLine,
    TopicCount,
    Topics,
    Unanswered,
    Unserved,
)
from cdr.statistics.scope import Scope
from tests.fakes.reference_counting import Records, days_of, grid, is_lost, local, most, spread


def menus(some: Records) -> tuple[MenuFunnel, ...]:
    found: dict[tuple[str, str], list[tuple[int, KeyPress]]] = defaultdict(list)
    for number, one in enumerate(some):
        for press in one.keys:
            found[one.service, press.menu].append((number, press))
    return most((_menu(*name, rows) for name, rows in found.items()), lambda row: (row.calls, row.service, row.menu))


def _menu(service: str, menu: str, rows: Sequence[tuple[int, KeyPress]]) -> MenuFunnel:
    every = [press for _, press in rows]
    results = Counter(press.result for press in every)
    pressed = [press for press in every if press.result in ("valid", "invalid")]
    return MenuFunnel(
        service,
        menu,
        calls=len({number for number, _ in rows}),
        shown=sum(press.waited is not None for press in every),
        valid=results["valid"],
        invalid=results["invalid"],
        no_input=results["no_input"],
        left=results["left"],
        waited=_waited(pressed),
        keys=tuple(
            KeyCount(key, result == "valid", len(those), _waited(those))
            for key, result in sorted({(press.key, press.result) for press in pressed})
            for those in [[press for press in pressed if (press.key, press.result) == (key, result)]]
        ),
    )


def _waited(some: Iterable[KeyPress]) -> Spread:
    return spread(press.waited for press in some if press.waited is not None)


def unserved(some: Records, scope: Scope) -> Unserved:
    in_vain = [
        one for one in some if one.met_closed and one.connected is None and one.disposition is not Disposition.OPEN
    ]
    lines = Counter((one.service, one.last_destination) for one in in_vain)
    return Unserved(
        len(in_vain),
        len(some),
        grid(in_vain, scope),
        most(
            (DestinationCalls(*line, number) for line, number in lines.items()),
            lambda row: (row.calls, row.service, row.destination),
        ),
    )


def repeats(every: Records, some: Records, scope: Scope) -> Repeats:
    known = [one for one in some if one.caller]
    back = {one: _before(one, every) for one in known}
    week = timedelta(days=7)
    windows = []
    for within in (timedelta(hours=1), timedelta(hours=24), week):
        close = [
            one
            for one in known
            if (before := back[one]) is not None and before >= scope.since - week and one.started - before <= within
        ]
        windows.append(Repeat(within, len(close)))
    return Repeats(len(some), len(known), tuple(windows))


def _before(one: CallRecord, every: Records) -> datetime | None:
    place = (one.started, one.node, one.linkedid)
    same = [other for other in every if (other.caller, other.service) == (one.caller, one.service)]
    return max((o.started for o in same if (o.started, o.node, o.linkedid) < place), default=None)


def announcements(over: Records) -> tuple[AnnouncementCount, ...]:
    rows = []
    for name in sorted({step.name for one in over for step in one.announcements}):
        best = []
        left: Counter[str] = Counter()
        for one in over:
            heard = {step.reason for step in one.announcements if step.name == name}
            best.append("whole" if "whole" in heard else "part" if "part" in heard else "")
            last = one.left_announcement
            if last is not None and last.name == name:
                left["during" if last.reason == "part" else "after"] += 1
        counts = Counter(best)
        begun = counts["whole"] + counts["part"]
        rows.append(AnnouncementCount(name, begun, counts["whole"], counts["part"], left["during"], left["after"]))
    return most(rows, lambda row: (row.begun, row.announcement))


def safety(over: Records, scope: Scope, destinations: Collection[str]) -> Safety:
    sent = [(one, visit) for one in over for visit in one.visits if visit.destination in destinations]
    missed = [(one, visit) for one, visit in sent if visit.connected is None]
    missed.sort(key=lambda pair: (pair[0].started, pair[0].node, pair[0].linkedid))
    return Safety(
        tuple(_line(name, [visit for _, visit in sent if visit.destination == name]) for name in sorted(destinations)),
        tuple(
            Unanswered(
                one.started.astimezone(scope.zone),
                one.node,
                one.linkedid,
                one.service,
                visit.destination,
                masked(one.caller),
                visit.result.value,
                visit.waiting,
            )
            for one, visit in missed
        ),
    )


def _line(name: str, visits: Sequence[Visit]) -> SafetyLine:
    waits = [visit.connected - visit.at for visit in visits if visit.connected is not None]
    within = [sum(wait <= timedelta(seconds=seconds) for wait in waits) for seconds in (10, 20)]
    return SafetyLine(name, len(visits), len(waits), *within)


def topics(some: Records) -> Topics:
    rows = []
    for service, topic in {(one.service, one.topic) for one in some} | {(one.service, "") for one in some}:
        of = [one for one in some if (one.service, one.topic) == (service, topic)]
        results = Counter(one.result for one in of)
        rows.append(
            TopicCount(
                service,
                topic,
                len(of),
                sum(one.connected is not None for one in of),
                results[TopicResult.CONSULTED],
                results[TopicResult.REGISTERED],
                results[TopicResult.NOT_TOLD],
                sum(one.case_reference != "" for one in of),
            )
        )
    counts = most(rows, lambda row: (row.calls, row.service, row.topic))
    return Topics(len(some), sum(one.connected is not None for one in some), counts)


def rules(some: Records) -> tuple[RuleCount, ...]:
    sent: Counter[tuple[str, str, str, str]] = Counter()
    calls: Counter[tuple[str, str, str, str]] = Counter()
    for one in some:
        names = [(one.service, visit.rule, visit.destination, visit.reason) for visit in one.visits]
        sent.update(names)
        calls.update(set(names))
    return most(
        (RuleCount(*name, calls[name], sent[name]) for name in sent),
        lambda row: (row.calls, row.service, row.rule, row.destination, row.reason),
    )


def quality(some: Records, scope: Scope, at: datetime) -> Quality:
    led = Counter(one.led_by for one in some)
    busy = {local(one, scope).date() for one in some}
    words = Counter(one.disposition for one in some)
    still = [one for one in some if one.disposition is Disposition.OPEN]
    return Quality(
        calls=len(some),
        pbx_lost=words[Disposition.PBX_LOST],
        journal_gap=words[Disposition.JOURNAL_GAP],
        lost_days=tuple(sorted({local(one, scope).date() for one in some if is_lost(one)})),
        open=len(still),
        open_long=sum(at - one.started > timedelta(days=1) for one in still),
        stepped=sum(one.stepped != timedelta() for one in some),
        led_by=tuple((one, led[one]) for one in LedBy),
        without_service=sum(one.service == "" for one in some),
        silent_days=tuple(day for day in days_of(scope) if day not in busy and _is_whole(day, scope, at)),
        quarantined=0,
        stale=0,
    )


def _is_whole(day: date, scope: Scope, at: datetime) -> bool:
    begins, ends = (datetime.combine(one, time(0), scope.zone) for one in (day, day + timedelta(days=1)))
    return scope.since <= begins and ends.astimezone(UTC) <= min(scope.until, at)
