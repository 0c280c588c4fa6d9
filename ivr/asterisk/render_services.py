"""A caller comes in: rules about the caller, welcome and announcements, as dialplan contexts; `ivr.calls.entry`. Pure.

start      the caller's number is compared; the first rule that fits decides
caller-N   what rule N asks for
greet      what is announced at this hour, in a step of its own; then the menu IVR_ENTRY
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import assert_never

from ivr.asterisk.render_words import (
    DESTINATION,
    MENU,
    NO_TERMINATOR,
    NOW,
    SERVICE,
    asked,
    context,
    decision,
    event,
    extension,
    leads_somewhere,
    sound,
)
from ivr.routing.rules import Announcement, CallerRule, Ruleset, Service
from ivr.routing.targets import ToDestination, ToLanguage, ToMenu

TOGETHER = 25
"""Patterns compared in one step: a step's length is bounded."""


def service_context(service: Service, rules: Ruleset) -> list[str]:
    """Render one service."""
    lines = [f"[{context(rules.version, SERVICE, service.id)}]"]
    lines += extension("start", _start(service))
    for position, rule in enumerate(service.callers):
        lines += extension(f"caller-{position}", _led(service, position, rule, rules))
    lines += extension("greet", _greet(service, rules))
    return [*lines, *leads_somewhere()]


def _start(service: Service) -> Iterator[str]:
    yield f"MSet(IVR_NOW={NOW},IVR_OPERATOR={service.operator},IVR_SORRY={service.sorry},IVR_ENTRY={service.menu})"
    yield "MSet(IVR_HOPS=0,IVR_ASKED=0,IVR_CROWDED=,IVR_MENU=,IVR_SAY=,IVR_DESTINATION=)"
    if service.callers:
        # Digits alone: whatever a caller ID holds, it cannot become a part of an expression. Letters make it no number.
        yield "Set(IVR_CALLER=${FILTER(0-9,${CALLERID(num)})})"
        yield 'ExecIf($["${FILTER(A-Za-z,${CALLERID(num)})}" != ""]?Set(IVR_CALLER=))'
        yield 'ExecIf($["${IVR_CALLER:0:2}" = "00"]?Set(IVR_CALLER=${IVR_CALLER:2}))'
    for position, rule in enumerate(service.callers):
        for condition in _conditions(rule):
            yield f"GotoIf($[{condition}]?caller-{position},1)"
    yield "Goto(greet,1)"


def _conditions(rule: CallerRule) -> Iterator[str]:
    if "" in rule.prefixes:
        yield '"${IVR_CALLER}" != ""'
        return
    patterns = iter([f"^{one}" for one in rule.prefixes] + [f"^{one}$" for one in sorted(rule.numbers)])
    while some := list(islice(patterns, TOGETHER)):
        yield f'"${{IVR_CALLER}}" =~ "{"|".join(some)}"'


def _led(service: Service, position: int, rule: CallerRule, rules: Ruleset) -> Iterator[str]:
    """Follow a rule about this caller."""
    place = f"services.{service.id}.callers.{position}"
    match rule.target:
        case ToLanguage(language):
            yield f"Set(CHANNEL(language)={language})"
            yield event("IVR_LANGUAGE", language=language)
            yield "Goto(greet,1)"
        case ToMenu(menu):
            yield asked("caller", place)
            yield decision()
            yield f"Set(IVR_ENTRY={menu})"
            yield "Goto(greet,1)"
        case ToDestination(destination):
            yield asked("caller", place)
            yield f"Set(IVR_SAY={sound(service.welcome)})"
            yield f"Goto({context(rules.version, DESTINATION, destination)},start,1)"
        case _:
            assert_never(rule.target)


def _greet(service: Service, rules: Ruleset) -> Iterator[str]:
    menu = context(rules.version, MENU, "${IVR_ENTRY}")
    if service.announcements:
        yield from _announce(service.announcements, service, menu)
    yield f"MSet(IVR_FIRST={sound(service.welcome)}&,IVR_WELCOME={service.welcome})"
    yield f"Goto({menu},ask,1)"


def _announce(messages: Sequence[Announcement], service: Service, menu: str) -> Iterator[str]:
    welcome = sound(service.welcome)
    yield f"Set(IVR_LOCAL=${{STRFTIME(${{IVR_NOW}},{service.zone.key},%Y%m%d%H%M)}})"
    yield "MSet(IVR_TOLD=,IVR_PROMPTS=,IVR_FIXED=,IVR_FREE=)"
    for skippable in (False, True):
        for number, one in enumerate(messages):
            if one.skippable is skippable:
                yield from _valid(number, one)
    yield 'GotoIf($["${IVR_TOLD}" = ""]?quiet)'
    names = {"announcements": "${IVR_TOLD:1}", "prompts": "${IVR_PROMPTS:1}"}
    yield event("IVR_ANNOUNCEMENT", **names, welcome=service.welcome)
    yield f'ExecIf($["${{IVR_FIXED}}" != ""]?Playback({welcome}${{IVR_FIXED}}))'
    yield f'Set(IVR_FIRST=${{IF($["${{IVR_FIXED}}" = ""]?{welcome}${{IVR_FREE}}:${{IVR_FREE:1}})}})'
    yield f"Read(IVR_KEY,${{IVR_FIRST}},1,{NO_TERMINATOR},1,0.1)"
    yield f"Goto({menu},heard,1)"
    yield "(quiet)NoOp()"


def _valid(number: int, one: Announcement) -> Iterator[str]:
    """Note an announcement, if its time has come and is not over."""
    outside = f"${{IVR_LOCAL}} < {_local(one.since)} | ${{IVR_LOCAL}} >= {_local(one.until)}"
    kind = "IVR_FREE" if one.skippable else "IVR_FIXED"
    yield f"GotoIf($[{outside}]?past{number})"
    yield f"Set(IVR_TOLD=${{IVR_TOLD}},{one.id})"
    yield f"Set(IVR_PROMPTS=${{IVR_PROMPTS}},{one.prompt})"
    yield f"Set({kind}=${{{kind}}}&{sound(one.prompt)})"
    yield f"(past{number})NoOp()"


def _local(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M}"
