"""Prove that every call ends at somebody who is rung or at an explicit message, whatever the hour and whoever fails.

What is proved, for each class of instants of a service (`ivr.proof.instants` says why a class is sound) and each way
of a call (`ivr.proof.ways` says what is followed): something follows everywhere; nothing goes in a circle by itself;
exits alone do not use up the hops; a safety line that is asked for rings; and from every menu in which a caller can be,
keys lead to every safety line that the service has. Each gap comes with an instant and keys that show it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ivr.proof.gaps import Gap, Seen, gaps_of, lines_of, out_of_reach, waits
from ivr.proof.instants import Timetable
from ivr.proof.met import Met, met
from ivr.proof.remarks import Remark, about_announcements, about_hours, goes_round, nobody_for_long, out_of_use
from ivr.proof.ways import walk
from ivr.routing.rules import Ruleset, Service
from ivr.vocabulary import ServiceId


@dataclass(frozen=True, slots=True)
class Counts:
    """How much was looked at: services, pieces of time between two changes, classes of them, ways asked of `decide`."""

    services: int = 0
    pieces: int = 0
    classes: int = 0
    ways: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """The proof for [start, end): it holds if there are no gaps."""

    start: datetime
    end: datetime
    gaps: tuple[Gap, ...]
    remarks: tuple[Remark, ...]
    counts: Counts


@dataclass(frozen=True, slots=True)
class _Proved:
    """The proof for one service."""

    met: Met
    gaps: tuple[Gap, ...]
    remarks: tuple[Remark, ...]
    counts: Counts


def coverage(rules: Ruleset, start: datetime, end: datetime, services: Iterable[ServiceId] | None = None) -> Coverage:
    """Prove the rules, with their overrides, for [start, end); only for some `services` if they are given.

    Raises `ValueError` if an instant has no time zone or the end is not after the start, `KeyError` for a service that
    the rules do not have.
    """
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        message = (
            f"The time from {start.isoformat()} to {end.isoformat()} is not one; pass two aware datetimes in order."
        )
        raise ValueError(message)
    chosen = [rules.services[name] for name in (rules.services if services is None else services)]
    table = Timetable(rules, start, end)
    proved = [_proved(service, rules, table, end) for service in chosen]
    remarks = [remark for one in proved for remark in one.remarks]
    named = rules.hours if services is None else {name for one in proved for name in one.met.hours}
    remarks += about_hours(rules, named, table, start, end)
    remarks += about_announcements(chosen, start)
    if services is None:
        remarks += out_of_use(rules, (one.met for one in proved))
    gaps = tuple(gap for one in proved for gap in one.gaps)
    return Coverage(start, end, gaps, tuple(dict.fromkeys(remarks)), _sum(one.counts for one in proved))


def _proved(service: Service, rules: Ruleset, table: Timetable, end: datetime) -> _Proved:
    places = met(service, rules)
    classes = table.classes(service, places)
    walks = [Seen(service, rules, walk(service, rules, at)) for at in classes.firsts]
    remarks = (*goes_round(walks), *nobody_for_long(service, walks, classes, end))
    ways = sum(len(seen.walk.ways) for seen in walks)
    counts = Counts(1, len(classes.pieces), len(classes.firsts), ways)
    return _Proved(places, _each_once(_found(walks)), remarks, counts)


def _found(walks: list[Seen]) -> Iterator[Gap]:
    lines = lines_of(walks)
    for seen in walks:
        yield from gaps_of(seen)
        yield from out_of_reach(seen, lines)
        yield from waits(seen, lines)


def _each_once(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Keep the first example of each gap."""
    found: dict[tuple[str, ...], Gap] = {}
    for gap in gaps:
        found.setdefault((gap.kind, gap.where, gap.subject), gap)
    return tuple(found.values())


def _sum(counts: Iterable[Counts]) -> Counts:
    every = list(counts)
    return Counts(
        sum(one.services for one in every),
        sum(one.pieces for one in every),
        sum(one.classes for one in every),
        sum(one.ways for one in every),
    )
