"""Changes for callers in sentences, as rows of a table, and as values for JSON."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from ivr.proof.calendar import clock
from ivr.proof.diff import Change
from ivr.proof.when import Minutes, text
from ivr.routing.days import WEEKDAYS

NOTHING = "nothing changes for callers"
MOST_WAYS = 6  # ways that a sentence names
_KEYS = frozenset("0123456789*#")


def sentences(changes: Iterable[Change]) -> Iterator[str]:
    """Yield one sentence for each change."""
    yield from (sentence(one) for one in changes)


def sentence(change: Change) -> str:
    """Say in words what changes."""
    who = _who(change)
    match change.kind:
        case "number":
            return f"{who}: now {change.now}; before: nothing" if change.now else f"{who}: {change.before} no more"
        case "safety":
            return _safety(change)
        case "limit":
            return f"a call comes to at most {change.now}; before: {change.before}"
        case "language":
            return f"{who}: begins in {change.now}; before: in {change.before}"
        case "welcome":
            return f"{who}: the welcome is {change.now}; before: {change.before}"
        case "announcement":
            now, before = change.now or "none", change.before or "none"
            return f"{who}: {_when(change)} announced before the menu: {now}; before: {before}"
        case "menu":
            return f"the menu {change.place} {change.happens} {change.now}; before: {change.before} ({who})"
        case "rings":
            return f"{change.place} now rings {change.now}; before: {change.before} ({who})"
        case "hours":
            return f"hours {change.place}: {_when(change)} {change.now} now; before: {change.before} ({who})"
        case _:
            mark = "SAFETY LINE LOST: " if change.loud else ""
            return f"{mark}{who}, {_way(change)}: {_when(change)} now {change.now}; before: {change.before}"


def _safety(change: Change) -> str:
    if change.loud:
        numbers = f"{_who(change)}: " if change.numbers else ""
        return f"SAFETY LINE LOST: {numbers}{change.place} {_was(change.before)}, now it {_is(change.now)}"
    return f"{change.place} is a safety line now{'' if change.before else ', and new'}"


def _was(words: str) -> str:
    return words.replace("can be", "could be") if words.startswith("can") else f"was {words}"


def _is(words: str) -> str:
    return words if words.startswith("can") else f"is {words}"


def _who(change: Change) -> str:
    callers = f" from {change.callers}" if change.callers else ""
    return f"{', '.join(change.numbers)}{callers}"


def _way(change: Change) -> str:
    ways = [_path(change.path), *(_path(other.path) for other in change.others)]
    more = len(ways) - MOST_WAYS
    return "; ".join(ways[:MOST_WAYS]) + (f"; and {more} more ways" if more > 0 else "")


def _path(path: tuple[str, ...]) -> str:
    """Say what a caller does or suffers, such as `keys 1, #, then busy`."""
    parts: list[str] = []
    for are_keys, group in groupby(path, _KEYS.__contains__):
        found = list(group)
        word = "" if not are_keys else "key " if len(found) == 1 else "keys "
        parts.append(word + ", ".join(found))
    return ", then ".join(parts) or "at the beginning"


def _when(change: Change) -> str:
    return text(change.when) if change.when else "always"


def rows(changes: Iterable[Change]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield each change as a row: who, what the caller does or what changes, when, before, now."""
    for one in changes:
        what = (
            _way(one) if one.kind == "goes" else " ".join(part for part in (one.kind, one.place, one.happens) if part)
        )
        mark = "! " if one.loud else ""
        yield mark + (_who(one) or "all"), what, _when(one), one.before or "-", one.now or "-"


def as_dict(change: Change) -> dict[str, Any]:
    """Return a change as values for JSON; `when` has every date."""
    told = change.when
    return {
        "kind": change.kind,
        "numbers": list(change.numbers),
        "callers": change.callers or None,
        "place": change.place or None,
        "happens": change.happens or None,
        "path": list(change.path),
        "others": [{"place": one.place, "happens": one.happens, "path": list(one.path)} for one in change.others],
        "before": change.before or None,
        "now": change.now or None,
        "loud": change.loud,
        "sentence": sentence(change),
        "when": None
        if told is None
        else {
            "always": told.always,
            "weekly": {WEEKDAYS[day]: _spans(minutes) for day, minutes in told.weekly.items()},
            "dates": {day.isoformat(): _spans(minutes) for day, minutes in told.dates.items()},
        },
    }


def _spans(minutes: Minutes) -> list[str]:
    return [f"{clock(low)}-{clock(high)}" for low, high in minutes]
