"""Menus as dialplan contexts: the steps of `ivr.calls.menu` and `ivr.calls.asking`. Pure.

ask                  play the menu and read a key; another menu than before starts with fresh counts and time
heard                an announcement was heard; a key of this menu is taken as its answer
key, key-N           the answer
silence, i           no key; a key that the menu does not have
no_input-exit, invalid-exit, limit, many     the ways out
"""

from collections.abc import Iterator

from ivr.asterisk.render_words import (
    MENU,
    NO_TERMINATOR,
    NOW,
    asked,
    context,
    end_with,
    event,
    extension,
    go,
    leads_somewhere,
    sound,
)
from ivr.calls.transfer import MENUS_BOUND, TOO_MANY_MENUS
from ivr.routing.rules import Menu, Retry, Ruleset
from ivr.routing.targets import Repeat, Target, ToLanguage, ToOperator


def menu_context(menu: Menu, rules: Ruleset) -> list[str]:
    """Render one menu."""
    name = context(rules.version, MENU, menu.id)
    lines = [f"[{name}]", *extension("ask", _ask(menu, rules)), *extension("heard", _heard(menu, name))]
    lines += extension("again", _again(menu))
    lines += extension("key", _key())
    for key, target in menu.keys.items():
        lines += extension(f"key-{key}", _answer(menu, key, target, rules))
    lines += extension("silence", _mistake(menu, "no_input", menu.no_input))
    lines += extension("i", _mistake(menu, "invalid", menu.invalid))
    for result, retry in (("no_input", menu.no_input), ("invalid", menu.invalid)):
        rule = f"menus.{menu.id}.{result}.exit"
        lines += extension(f"{result}-exit", [asked(result, rule), *go(rules.version, retry.exit)])
    over = asked("too_long", f"menus.{menu.id}.limit")
    lines += extension("limit", [over, *go(rules.version, menu.limit.exit)])
    lines += extension("many", _many(rules))
    return [*lines, *leads_somewhere(but="i")]


def _ask(menu: Menu, rules: Ruleset) -> Iterator[str]:
    shown = {"menu": menu.id, "language": "${CHANNEL(language)}"}
    yield "MSet(IVR_DESTINATION=,IVR_POSITION=,IVR_BACK=,GROUP(ivr)=)"
    yield f"GotoIf($[0${{IVR_ASKED}} >= {rules.max_menus}]?many,1)"
    yield "Set(IVR_ASKED=$[0${IVR_ASKED} + 1])"
    yield f'ExecIf($["${{IVR_MENU}}" != "{menu.id}"]?{_fresh(menu)})'
    yield 'GotoIf($["${IVR_WELCOME}" = ""]?plain)'
    yield event("IVR_MENU", **shown, welcome="${IVR_WELCOME}")
    yield "Goto(read)"
    yield f"(plain){event('IVR_MENU', **shown)}"
    first = '${IVR_FIRST}${IF($["${IVR_SAY}" = ""]?:${IVR_SAY}&)}'
    yield f"(read)Read(IVR_KEY,{first}{sound(menu.prompt)},1,{NO_TERMINATOR},1,{menu.timeout:g})"
    yield "Goto(key,1)"


def _again(menu: Menu) -> Iterator[str]:
    """Play the same menu again, unless the caller was in it for as long as its limit allows."""
    yield f"GotoIf($[${{EPOCH}} - 0${{IVR_SINCE}} >= {menu.limit.seconds}]?limit,1)"
    yield "Goto(ask,1)"


def _many(rules: Ruleset) -> Iterator[str]:
    """Lead to the operator instead of one menu more; if that leads to a menu again, say sorry."""
    yield 'GotoIf($["${IVR_CROWDED}" = "1"]?sorry)'
    yield "Set(IVR_CROWDED=1)"
    yield asked(TOO_MANY_MENUS, MENUS_BOUND)
    yield from go(rules.version, ToOperator())
    first, *rest = end_with("${IVR_SORRY}", TOO_MANY_MENUS)
    yield from (f"(sorry){first}", *rest)


def _fresh(menu: Menu) -> str:
    return f"MSet(IVR_MENU={menu.id},IVR_INVALID=0,IVR_NO_INPUT=0,IVR_SINCE=${{EPOCH}})"


def _heard(menu: Menu, name: str) -> Iterator[str]:
    yield _fresh(menu)
    yield "Set(IVR_FIRST=)"
    yield f'GotoIf($["${{IVR_KEY}}" = "" | ${{DIALPLAN_EXISTS({name},key-${{IVR_KEY:0:1}},1)}} = 0]?ask,1)'
    yield "Goto(key,1)"


def _key() -> Iterator[str]:
    yield f"MSet(IVR_NOW={NOW},IVR_FIRST=,IVR_WELCOME=,IVR_SAY=)"
    yield 'GotoIf($["${IVR_KEY}" = ""]?silence,1)'
    # One character that the caller typed, matched against literal extensions; anything else is `i`.
    yield "Goto(key-${IVR_KEY:0:1},1)"


def _answer(menu: Menu, key: str, target: Target, rules: Ruleset) -> Iterator[str]:
    yield event("IVR_KEY", menu=menu.id, key=key, result="valid")
    match target:
        case ToLanguage(language):
            yield f"Set(CHANNEL(language)={language})"
            yield event("IVR_LANGUAGE", language=language)
            yield "Goto(again,1)"
        case Repeat():
            yield "Goto(again,1)"
        case _:
            yield asked("key", f"menus.{menu.id}.keys.{key}")
            yield from go(rules.version, target)


def _mistake(menu: Menu, result: str, retry: Retry) -> Iterator[str]:
    counter = f"IVR_{result.upper()}"
    key = "" if result == "no_input" else "${IVR_KEY}"
    yield event("IVR_KEY", menu=menu.id, key=key, result=result)
    yield f"Set({counter}=$[0${{{counter}}} + 1])"
    yield f"GotoIf($[${{{counter}}} > {retry.retries}]?{result}-exit,1)"
    yield f"Set(IVR_SAY={sound(retry.prompt)})"
    yield "Goto(again,1)"
