"""An explanation as plain lines for a person at night, and as values for JSON."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeAlias, assert_never
from zoneinfo import ZoneInfo

from ivr.proof.expect import came_to
from ivr.proof.explain import Explained, Explanation, Told, Visit
from ivr.proof.journey import Decided, Ended, Heard, InMenu, Journey, Meeting, NotKnown, Pressed, Rung
from ivr.routing.decide import BOUND_RULE
from ivr.routing.rules import Ruleset
from ivr.vocabulary import Language, PromptId

Words: TypeAlias = Callable[[PromptId, Language], str]
"""Gives the text of a prompt in a language, "" if there is none."""

WITHHELD = "a withheld number"
_RESULTS = {"valid": "presses {}", "invalid": "presses {}, which the menu does not have", "no_input": "presses nothing"}


def lines(told: Explanation, rules: Ruleset, words: Words) -> Iterator[str]:
    """Yield the explanation line by line."""
    journey = told.journey
    yield from _head(journey, rules)
    if journey.service is None:
        yield f"  No service of these rules has the number {journey.dialled.number}."
        return
    for rule in told.callers:
        yield f"  {_rule(rule)}"
    zone = rules.services[journey.service].zone
    decisions = iter(told.decisions)
    for met in journey.met:
        yield from _decided(next(decisions), rules, zone) if isinstance(met, Decided) else _met(met, words)
    yield from _tail(journey)


def _head(journey: Journey, rules: Ruleset) -> Iterator[str]:
    call = journey.dialled
    local = call.at if journey.service is None else call.at.astimezone(rules.services[journey.service].zone)
    service = "" if journey.service is None else f" ({journey.service})"
    yield f"{call.number}{service} on {local:%A} {day_and_time(local)}, from {call.caller or WITHHELD}; rules {rules.version}"


def _tail(journey: Journey) -> Iterator[str]:
    yield f"The call {came_to(journey)}."
    if journey.decided is not None:
        yield f"Decided by {journey.decided.rule}, reason {journey.decided.reason}."
    if journey.unpressed:
        yield f"No menu asked for the keys {', '.join(journey.unpressed)} any more."


def _met(met: Meeting, words: Words) -> Iterator[str]:
    match met:
        case Heard(prompts, language):
            yield f"  The citizen hears{', as announced before the menu,' if met.announcement else ''} in {language}:"
            for prompt in prompts:
                text = words(prompt, language)
                yield f"      {prompt}: {text}" if text else f"      {prompt}"
        case Pressed(menu, key, result):
            yield f"  In the menu {menu} the citizen {_RESULTS[result].format(key)}."
        case Rung(destination, phone, seconds, most, answer):
            bound = f", if fewer than {most} calls are there" if most else ""
            end = " and takes the call" if answer is None else f": {answer.value.replace('_', ' ')}"
            yield f"  {destination}: {phone} rings for up to {seconds} s{bound}{end}."
        case InMenu() | Ended() | NotKnown() | Decided():
            return
        case _:
            assert_never(met)


def _decided(told: Explained, rules: Ruleset, zone: ZoneInfo) -> Iterator[str]:
    for visit in told.visits:
        title = next(iter(rules.destinations[visit.destination].title.values()), "")
        yield f"  The call comes to {visit.destination}{f' ({title})' if title else ''}:"
        yield from (f"      {_rule(rule)}" for rule in visit.rules)
        yield f"      so it is {state(visit, zone)}"
    if told.decided.rule == BOUND_RULE and told.why:
        yield f"  {told.why[-1]}"
    reason = told.decided.reason.replace("_", " ")
    yield f"  It goes on by {told.decided.rule} ({reason})."


def _rule(told: Told) -> str:
    return f"{'decides    ' if told.applies else 'passed over'}  {told.rule}: {told.sentence}"


def state(visit: Visit, zone: ZoneInfo) -> str:
    """Say whether a destination is open, and until when, in local time."""
    if visit.until is None:
        return "open day and night" if visit.open else "closed, and does not open within 400 days"
    local = visit.until.astimezone(zone)
    if visit.open:
        return f"open until {local:%A} {day_and_time(local)}"
    return f"closed until {local:%A} {day_and_time(local)}"


def day_and_time(local: datetime) -> str:
    """Write a local instant as `24 December 2026, 16:30`."""
    return f"{local.day} {local:%B %Y, %H:%M}"


def as_dict(told: Explanation, rules: Ruleset, words: Words) -> dict[str, Any]:
    """Return the explanation as values for JSON."""
    journey = told.journey
    decided = journey.decided
    decisions = iter(told.decisions)
    return {
        "number": journey.dialled.number,
        "at": journey.dialled.at.isoformat(),
        "keys": journey.dialled.keys,
        "from": journey.dialled.caller,
        "rules": rules.version,
        "service": journey.service,
        "language": journey.language,
        "end": came_to(journey),
        "destination": decided.destination if decided else None,
        "rule": decided.rule if decided else None,
        "reason": decided.reason if decided else None,
        "unpressed": journey.unpressed,
        "callers": [_told(one) for one in told.callers],
        "path": [
            _decision(next(decisions)) if isinstance(met, Decided) else _meeting(met, words) for met in journey.met
        ],
    }


def _told(told: Told) -> dict[str, Any]:
    return {"rule": told.rule, "applies": told.applies, "sentence": told.sentence}


def _decision(told: Explained) -> dict[str, Any]:
    visits = [
        {
            "destination": visit.destination,
            "open": visit.open,
            "until": visit.until.isoformat() if visit.until else None,
            "rules": [_told(one) for one in visit.rules],
        }
        for visit in told.visits
    ]
    decided = told.decided
    where = {"rule": decided.rule, "reason": decided.reason, "destination": decided.destination}
    return {"kind": "decision", **where, "visits": visits, "why": list(told.why)}


def _meeting(met: Meeting, words: Words) -> dict[str, Any]:
    match met:
        case Heard(prompts, language, announcement):
            heard = [{"prompt": prompt, "text": words(prompt, language)} for prompt in prompts]
            return {"kind": "heard", "language": language, "announcement": announcement, "prompts": heard}
        case InMenu(menu):
            return {"kind": "menu", "menu": menu}
        case Pressed(menu, key, result):
            return {"kind": "key", "menu": menu, "key": key, "result": result}
        case Rung(destination, phone, seconds, most, answer):
            rung = {"destination": destination, "phone": phone, "seconds": seconds, "most_calls": most}
            return {"kind": "ring", **rung, "answer": answer.value if answer else "ok"}
        case Ended(prompt, cause):
            return {"kind": "end", "prompt": prompt, "cause": cause}
        case NotKnown() | Decided():
            return {"kind": "unknown number"}
        case _:
            assert_never(met)
