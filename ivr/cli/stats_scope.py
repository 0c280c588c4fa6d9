"""Over which calls `ivr stats` counts: the service, the time, the zone; what the rules tell of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from cdr.statistics.scope import Scope, midnight, month_of, next_month
from ivr.cli.records_options import chatter
from ivr.rulebook.read import read
from ivr.rulebook.service_ways import destinations_of

FIRST_YEAR = 1971
"""No journal is older, and what is counted back from here is still a time."""

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed."""

    service: str | None
    since: str | None
    until: str | None
    month: str | None


@dataclass(frozen=True, slots=True)
class House:
    """What the rules tell: whose clock counts, and which destinations nothing may close."""

    zone: ZoneInfo
    safety_lines: frozenset[str]


def house_of(rules: Path, service: str | None, zone: str, today: date) -> House:
    """Read the rules. Raises `RulesError`; a service that is not in them needs a zone, else `typer.BadParameter`.

    Without rules there must be a zone, and there are no safety lines.
    """
    named = _zone(zone) if zone else None
    if named is not None and not rules.exists():
        return House(named, frozenset())
    found = read(rules, years=range(today.year, today.year + 1))
    known = {name: one for name, one in found.services.items() if service in (None, name)}
    if named is None and not known:
        raise typer.BadParameter(f"--service {service!r} is not in {rules}; give its --zone as in Europe/Riga")
    lines = {name for one in known.values() for name in destinations_of(one, found) if found.destinations[name].safety}
    zones = list(dict.fromkeys(one.zone for one in known.values()))
    if named is None and len(zones) > 1:
        chatter().print(f"days and hours are those of {zones[0].key}; --zone or --service chooses others")
    return House(named or zones[0], frozenset(lines))


def scope_of(wanted: Wanted, zone: ZoneInfo, at: datetime) -> Scope:
    """Give the calls that are meant; without a time those of this month. Raises `typer.BadParameter`."""
    services = None if wanted.service is None else (wanted.service,)
    if wanted.month is not None:
        if wanted.since is not None or wanted.until is not None:
            raise typer.BadParameter("--month says it all; leave out --since and --until")
        first, last = _months(wanted.month, at)
        return Scope(services, midnight(first, zone), midnight(next_month(last), zone), zone)
    this_month = midnight(at.astimezone(zone).date().replace(day=1), zone)
    since = this_month if wanted.since is None else _moment("--since", wanted.since, zone, at)
    until = at if wanted.until is None else _moment("--until", wanted.until, zone, at)
    if until <= since:
        raise typer.BadParameter(
            f"--until ({until:%Y-%m-%d %H:%M %Z}) is not after --since ({since:%Y-%m-%d %H:%M %Z})"
        )
    return Scope(services, since, until, zone)


def _months(text: str, at: datetime) -> tuple[date, date]:
    begins, _, ends = text.partition("..")
    try:
        first, last = month_of(begins), month_of(ends or begins)
    except ValueError as error:
        raise typer.BadParameter(f"--month {text!r}: expected 2026-10, or 2026-01..2026-06 for several") from error
    if last < first:
        raise typer.BadParameter(f"--month {text!r}: the last month is before the first")
    for day in (first, last):
        _believe("--month", day.year, at)
    return first, last


def _moment(option: str, text: str, zone: ZoneInfo, at: datetime) -> datetime:
    """Read an ISO time, local unless it names an offset, or an age such as `7d`."""
    number, unit = text[:-1], _UNITS.get(text[-1:])
    try:
        if unit is not None and number.isascii() and number.isdigit():
            found = at - int(number) * unit
        else:
            named = datetime.fromisoformat(text)
            found = (named if named.tzinfo else named.replace(tzinfo=zone)).astimezone(zone)
    except (ValueError, OverflowError) as error:
        expected = "a local time as in 2026-11-21 or 2026-11-21T18:45, or an age as in 30m, 2h, 7d"
        raise typer.BadParameter(f"{option} {text!r}: expected {expected}") from error
    _believe(option, found.year, at)
    return found


def _believe(option: str, year: int, at: datetime) -> None:
    if not FIRST_YEAR <= year <= at.year + 1:
        raise typer.BadParameter(f"{option}: there are no calls in {year}; expected a year from {FIRST_YEAR} on")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise typer.BadParameter(f"--zone {name!r} is no time zone; write it as Europe/Riga") from error
