"""`diff` against the engine: whatever two journeys show differently is named, and what is named is different."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.proof.diff import Change, Way, diff
from ivr.proof.journey import SILENCE, Decided, Dialled, InMenu, Journey, Meeting, Pressed, Rung, travel
from ivr.proof.sides import FAILURES, TOO_LONG, TOO_MANY, WRONG
from ivr.proof.sides import SILENCE as NO_KEY
from ivr.routing.destinations import ExitReason
from ivr.routing.rules import Ruleset
from ivr.vocabulary import Did
from tests.fakes.examples import some
from tests.fakes.ruleset_pairs import CALLERS, FIRST, KEYS, LAST, NUMBERS, RIGA, Pair, pairs

UNKNOWN_KEY = "7"
SAMPLE = 17  # hours between two instants that are looked at
START = datetime.combine(FIRST, datetime.min.time(), RIGA).astimezone(UTC)
MINUTES = int((datetime.combine(LAST, datetime.min.time(), RIGA).astimezone(UTC) - START) / timedelta(minutes=1)) + 1400
HOURS = [START + timedelta(hours=hour, minutes=30) for hour in range(MINUTES // 60)]

calls = st.builds(
    Dialled,
    number=st.sampled_from(NUMBERS),
    at=st.integers(0, MINUTES).map(lambda minute: (START + timedelta(minutes=minute)).astimezone(RIGA)),
    keys=st.text(st.sampled_from((*KEYS, UNKNOWN_KEY, SILENCE)), max_size=3),
    caller=st.sampled_from(CALLERS),
    answers=st.lists(st.sampled_from([*FAILURES.values(), None]), max_size=3).map(tuple),
)


def shown(journey: Journey) -> list[Meeting]:
    return [one for one in journey.met if not isinstance(one, Decided)]


@settings(
    max_examples=some(30), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(pairs(), st.lists(calls, min_size=8, max_size=8))
def test_what_two_journeys_show_differently_is_named(pair: Pair, asked: list[Dialled]) -> None:
    changes = diff(pair.old, pair.new, FIRST, LAST)
    for call in asked:
        old, new = travel(pair.old, call), travel(pair.new, call)
        if shown(old) != shown(new):
            assert any(names(one, old, new) for one in changes), (call, shown(old), shown(new), changes)


def names(change: Change, old: Journey, new: Journey) -> bool:
    """Tell whether a change names the first difference of two journeys at their instant."""
    if change.numbers and old.dialled.number not in change.numbers:
        return False
    local = old.dialled.at.astimezone(RIGA)
    minute = local.hour * 60 + local.minute
    if change.when and not any(low <= minute < high for low, high in change.when.on(local.date())):
        return False
    where, happened, arrived = first_difference(old, new)
    if change.kind in ("menu", "rings"):
        return change.place in (where, *arrived)
    if change.kind == "goes":
        ways = (Way(change.place, change.happens, change.path), *change.others)
        return any(one.place == where and one.happens in happened for one in ways)
    return where == "" and change.kind in ("number", "welcome", "language", "announcement")


def first_difference(old: Journey, new: Journey) -> tuple[str, set[str], set[str]]:
    """Return the last place that both came to alike, what may have happened there, and the places that come next."""
    left, right = shown(old), shown(new)
    same = next((n for n, both in enumerate(zip(left, right, strict=False)) if both[0] != both[1]), len(left))
    before = [n for n in range(same) if isinstance(left[n], InMenu | Rung)]
    last = before[-1] if before else -1
    where = "" if last < 0 else place_of(left[last])
    arrived = {
        place_of(one) for side in (left, right) for one in side[last + 1 :][:4] if isinstance(one, InMenu | Rung)
    }
    if last < 0:
        return "", {""}, arrived
    spot = left[last]
    if isinstance(spot, Rung):
        return where, set(FAILURES), arrived
    pressed = next(one for one in left[last + 1 :] if isinstance(one, Pressed))
    return where, {pressed.key or NO_KEY, {"no_input": NO_KEY}.get(pressed.result, WRONG)}, arrived


def place_of(meeting: Meeting) -> str:
    match meeting:
        case InMenu(menu):
            return menu
        case Rung(destination):
            return destination
        case _:
            return ""


@settings(
    max_examples=some(20), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(pairs())
def test_what_is_named_is_different(pair: Pair) -> None:
    for change in diff(pair.old, pair.new, FIRST, LAST):
        for way in (Way(change.place, change.happens, change.path), *change.others):
            unseen = {TOO_LONG, TOO_MANY, "waits for a key for", "may last"}
            if change.kind not in ("safety", "hours", "limit") and not unseen & {*way.path, way.happens}:
                if same_words(change):
                    continue
                assert any(differ(pair, one) for one in witnesses(pair, change, way, 1)), (change, way)
                if change.kind == "goes":
                    always_or_never(pair, change, way)


def same_words(change: Change) -> bool:
    """Tell whether only this is new, that an announcement can be skipped or not: a journey without a key does not show it."""
    before, now = (text.replace(" (to its end)", "") for text in (change.before, change.now))
    return change.kind == "announcement" and before == now


def always_or_never(pair: Pair, change: Change, way: Way) -> None:
    """With the same count of hops at the place, the way is different at every instant that is named, or is not meant."""
    found: dict[tuple[int, int], set[bool]] = {}
    for calls in witnesses(pair, change, way, SAMPLE):
        hops = there(pair, way, calls)
        if hops is not None:
            found.setdefault(hops, set()).add(differ(pair, calls))
    assert all(len(one) == 1 for one in found.values()), (change, way, found)


def differ(pair: Pair, calls: tuple[Dialled, Dialled]) -> bool:
    return shown(travel(pair.old, calls[0])) != shown(travel(pair.new, calls[1]))


def there(pair: Pair, way: Way, calls: tuple[Dialled, Dialled]) -> tuple[int, int] | None:
    """Return the hops of both calls at the place; None if the way leads elsewhere at this hour."""
    before = Way(way.place, "", way.path[:-1])
    both = zip((pair.old, pair.new), calls, strict=True)
    old, new = (travel(rules, call_along(rules, before, one.number, one.at, one.caller)) for rules, one in both)
    if way.path and not place_of(old.end) == place_of(new.end) == way.place:
        return None
    return hops_of(old), hops_of(new)


def hops_of(journey: Journey) -> int:
    decision = journey.decided.decision if journey.decided else None
    return decision.hops if decision else 0


def witnesses(pair: Pair, change: Change, way: Way, pace: int) -> Iterator[tuple[Dialled, Dialled]]:
    """Yield calls that take the way, each `pace` hours that the change names, one for each ruleset."""
    number = Did(change.numbers[0])
    for at in HOURS[::pace]:
        local = at.astimezone(RIGA)
        minute = local.hour * 60 + local.minute
        if change.when is None or any(low <= minute < high for low, high in change.when.on(local.date())):
            for caller in change.callers.replace("*", "x").split(", "):
                yield (
                    call_along(pair.old, way, number, local, caller),
                    call_along(pair.new, way, number, local, caller),
                )


def call_along(rules: Ruleset, way: Way, number: Did, at: datetime, caller: str) -> Dialled:
    call = Dialled(number, at, "", caller)
    for happens in way.path:
        call = one_further(rules, call, happens)
    mistake = NO_KEY if "no key" in way.happens else WRONG if "wrong key" in way.happens else ""
    return one_further(rules, call, mistake) if mistake and mistake != way.happens else call


def one_further(rules: Ruleset, call: Dialled, happens: str) -> Dialled:
    if happens in FAILURES:
        here = travel(rules, call).end
        lines = rules.destinations[here.destination].lines if isinstance(here, Rung) else ()
        reason = FAILURES[happens]
        return replace(call, answers=(*call.answers, *[reason] * (1 if reason is ExitReason.FULL else len(lines))))
    key = {NO_KEY: SILENCE, WRONG: UNKNOWN_KEY}.get(happens, happens)
    decided = decisions(rules, call)
    for _ in range(3 if happens in (NO_KEY, WRONG) else 1):
        if decisions(rules, call) == decided:
            call = replace(call, keys=call.keys + key)
    return call


def decisions(rules: Ruleset, call: Dialled) -> int:
    return sum(isinstance(one, Decided) for one in travel(rules, call).met)


@settings(max_examples=some(20), deadline=None)
@given(pairs())
def test_the_same_rules_change_nothing(pair: Pair) -> None:
    assert diff(pair.old, pair.old, FIRST, LAST) == ()
