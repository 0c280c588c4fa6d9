"""The fallback menus, rendered from the routing rules: what leads a call when no engine is there. Pure.

Rule 1: same prompts, same keys, same destinations and phones as the engine's.
Rule 2: every path ends at a phone or at a message; each loop is counted.

A journal event is written for each step, as the engine does (docs/journal.md).
"""

import json
from collections.abc import Iterable
from datetime import time
from itertools import groupby

from ivr.routing.rules import (
    Announce,
    Destination,
    Menu,
    OfficeHours,
    Repeat,
    Retry,
    Ruleset,
    Service,
    Span,
    Target,
    ToDestination,
    ToLanguage,
    ToMenu,
    ToOperator,
)
from ivr.vocabulary import PromptId

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SOUNDS = "ivr/"
"""Prompts lie under this folder of Asterisk's sounds directory of each language."""
NO_TERMINATOR = "t()"
"""`Read` takes every key as input, `#` too, which would else look like silence."""


def fallback(rules: Ruleset) -> str:
    """Render all services, menus and destinations as dialplan contexts."""
    blocks = [_service(item) for item in rules.services.values()]
    blocks += [_menu(menu, rules) for menu in rules.menus.values()]
    blocks += [_destination(item, rules) for item in rules.destinations.values()]
    return "\n".join("\n".join(lines) + "\n" for lines in blocks)


def sound(prompt: PromptId) -> str:
    """Give the name under which Asterisk finds a prompt in the channel's language."""
    return f"{SOUNDS}{prompt}"


def _service(service: Service) -> list[str]:
    return [
        f"[ivr-service-{service.id}]",
        f"exten => start,1,Set(IVR_FIRST={sound(service.welcome)}&)",
        f" same => n,Set(IVR_WELCOME={service.welcome})",
        f" same => n,Goto(ivr-menu-{service.menu},ask,1)",
        *_leads_somewhere(),
    ]


def _menu(menu: Menu, rules: Ruleset) -> list[str]:
    shown = {"menu": menu.id, "language": "${CHANNEL(language)}"}
    lines = [
        f"[ivr-menu-{menu.id}]",
        f"exten => ask,1,Set(IVR_MENU={menu.id})",
        " same => n,Set(IVR_DESTINATION=)",
        ' same => n,GotoIf($["${IVR_WELCOME}" = ""]?plain)',
        f" same => n,{_event('IVR_MENU', **shown, welcome='${IVR_WELCOME}')}",
        " same => n,Goto(read)",
        f" same => n(plain),{_event('IVR_MENU', **shown)}",
        f" same => n(read),Read(IVR_KEY,${{IVR_FIRST}}{sound(menu.prompt)},1,{NO_TERMINATOR},1,{menu.timeout:g})",
        " same => n,Set(IVR_FIRST=)",
        " same => n,Set(IVR_WELCOME=)",
        " same => n,Goto(key,1)",
        'exten => key,1,GotoIf($["${IVR_KEY}" = ""]?silence,1)',
        # One character that the caller typed, matched against literal extensions; anything else is `i`.
        " same => n,Goto(key-${IVR_KEY:0:1},1)",
    ]
    for key, target in menu.keys.items():
        lines.append(f"exten => key-{key},1,{_event('IVR_KEY', menu=menu.id, key=key, result='valid')}")
        if _is_safety(target, rules):
            lines.append(" same => n,Set(IVR_HOPS=0)")
        lines += [f" same => n,{step}" for step in _go(target, "key", menu)]
    lines += _retry("silence", "no_input", menu.no_input, menu)
    lines += _retry("i", "invalid", menu.invalid, menu)
    return [*lines, *_leads_somewhere(but="i")]


def _is_safety(target: Target, rules: Ruleset) -> bool:
    """Tell a safety line that a caller asks for: nothing before in the call may use up its hops."""
    return isinstance(target, ToDestination) and rules.destinations[target.destination].safety


def _retry(extension: str, result: str, retry: Retry, menu: Menu) -> Iterable[str]:
    counter = f"IVR_{result.upper()}"
    key = "" if result == "no_input" else "${IVR_KEY}"
    yield f"exten => {extension},1,{_event('IVR_KEY', menu=menu.id, key=key, result=result)}"
    yield f" same => n,Set({counter}=$[0${{{counter}}} + 1])"
    yield f" same => n,GotoIf($[${{{counter}}} > {retry.retries}]?{result}-exit,1)"
    yield f" same => n,Set(IVR_FIRST={sound(retry.prompt)}&)"
    yield " same => n,Goto(ask,1)"
    steps = _go(retry.exit, result, menu)
    yield from _extension(f"{result}-exit", steps)


def _destination(item: Destination, rules: Ruleset) -> list[str]:
    lines = [f"[ivr-destination-{item.id}]"]
    start = [
        "Set(IVR_HOPS=$[0${IVR_HOPS} + 1])",
        f"GotoIf($[${{IVR_HOPS}} > {rules.max_hops}]?ivr-fallback,sorry,1)",
        f"Set(IVR_DESTINATION={item.id})",
    ]
    if item.hours is None:
        start.append("Goto(open,1)")
    else:
        start += _hours(rules.hours[item.hours])
        start.append("Goto(exit-closed,1)")
    lines += _extension("start", start)
    opened = _event("IVR_DECISION", destination=item.id, rule=f"destinations.{item.id}", reason="open")
    lines += _extension("open", [opened, "Goto(ring-0,1)"])
    for position, ring in enumerate(item.phones):
        last = position + 1 == len(item.phones)
        lines += _extension(
            f"ring-{position}",
            [
                f"Set(IVR_POSITION={position})",
                f"Set(IVR_PHONE={ring.phone})",
                f"Set(IVR_RING_SECONDS={ring.seconds})",
                "Goto(ivr-connect,start,1)",
            ],
        )
        onward = "Goto(exit-${IVR_FAILED},1)" if last else f"Goto(ring-{position + 1},1)"
        lines += _extension(f"after-{position}", [onward])
    for reason, target in item.exits.items():
        rule = f"destinations.{item.id}.exits.{reason.value}"
        decision = _event("IVR_DECISION", destination=item.id, rule=rule, reason=reason.value)
        lines += _extension(f"exit-{reason.value}", [decision, *_go(target, reason.value, None)])
    return [*lines, *_leads_somewhere()]


def _hours(hours: OfficeHours) -> Iterable[str]:
    """Jump to the closed exit on public holidays, then to `open` in each weekly span.

    GotoIfTime knows no year, so holidays are compared as dates; its last minute is inclusive, so a span ends one
    minute earlier there.
    """
    for _, days in groupby(sorted(hours.holidays), key=lambda day: day.year):
        dates = "|".join(day.isoformat() for day in days)
        today = f"${{STRFTIME(${{EPOCH}},{hours.zone.key},%F)}}"
        yield f'GotoIf($["{today}" =~ "{dates}"]?exit-closed,1)'
    for weekday, spans in sorted(hours.weekly.items()):
        for span in spans:
            for day, first, last in _whole_days(weekday, span):
                yield f"GotoIfTime({first:%H:%M}-{last:%H:%M},{WEEKDAYS[day]},*,*,{hours.zone.key}?open,1)"


def _whole_days(weekday: int, span: Span) -> Iterable[tuple[int, time, time]]:
    """Cut a span that crosses midnight in two: (weekday, first minute, last minute inclusive)."""
    midnight = time(0)
    if span.end > span.start or span.end == midnight:
        yield weekday, span.start, _minute_before(span.end)
        return
    yield weekday, span.start, _minute_before(midnight)
    yield (weekday + 1) % 7, midnight, _minute_before(span.end)


def _minute_before(end: time) -> time:
    minutes = (end.hour * 60 + end.minute - 1) % (24 * 60)
    return time(minutes // 60, minutes % 60)


def _go(target: Target, reason: str, menu: Menu | None) -> list[str]:
    """Turn a target into dialplan steps; the last one always leaves the extension."""
    match target:
        case ToDestination(destination=name):
            steps = [f"Goto(ivr-destination-{name},start,1)"]
        case ToOperator():
            steps = ["Goto(ivr-destination-${IVR_OPERATOR},start,1)"]
        case ToMenu(menu=name):
            steps = [f"Goto(ivr-menu-{name},ask,1)"]
        case ToLanguage(language=language):
            again = menu.id if menu else "${IVR_MENU}"
            steps = [f"Set(CHANNEL(language)={language})", _event("IVR_LANGUAGE", language=language)]
            steps.append(f"Goto(ivr-menu-{again},ask,1)")
        case Repeat():
            steps = [f"Goto(ivr-menu-{menu.id if menu else '${IVR_MENU}'},ask,1)"]
        case Announce(prompt=prompt):
            steps = [_event("IVR_EXIT", reason=reason, prompt=prompt), f"Playback({sound(prompt)})", "Hangup(16)"]
    said = target.say if isinstance(target, ToDestination | ToMenu | ToOperator) else None
    return [f"Playback({sound(said)})", *steps] if said else steps


def _extension(name: str, steps: Iterable[str]) -> Iterable[str]:
    for number, step in enumerate(steps):
        yield f"exten => {name},1,{step}" if number == 0 else f" same => n,{step}"


def _leads_somewhere(but: str = "") -> list[str]:
    """Give the contract's special extensions; each goes to the last resort."""
    lines = [f"exten => {name},1,Goto(ivr-fallback,sorry,1)" for name in "itTe" if name != but]
    return [*lines, "exten => h,1,NoOp(${HANGUPCAUSE})"]


def _event(name: str, **fields: object) -> str:
    return f"CELGenUserEvent({name},{_json(**fields)})"


def _json(**fields: object) -> str:
    return json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":"))
