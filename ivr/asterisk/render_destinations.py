"""Destinations as dialplan contexts: the steps of `ivr.routing.decide`, one extension for each. Pure.

    start             counted, overrides, hours: from here on as `decide._visit`
    private           is there if no supervisor may listen to its calls; nothing comes to it
    take              it is open and takes the call: rings, plays, leads to a menu or refuses
    ring-N, after-N   ring the line at place N; it failed
    after-99          the destination failed as a whole by IVR_RESULT, and the colleague did not take the caller back
    exit-REASON       leave by the exit for the reason; a caller who was passed on goes back first (IVR_BACK)

IVR_REASON, IVR_RULE, IVR_LAST, IVR_EXITED, IVR_HOPS and IVR_SAY are what `decide` keeps of its path.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from ivr.asterisk.render_hours import CLOSED
from ivr.asterisk.render_words import (
    DESTINATION,
    HOURS,
    MENU,
    NOW,
    RINGS,
    answered,
    context,
    decision,
    end_with,
    extension,
    go,
    leads_somewhere,
    line_extension,
    lines_context,
)
from ivr.calls.transfer import RETURNED
from ivr.routing.decide import AFRESH, OVERRIDDEN, REFUSED, REJECTED
from ivr.routing.destinations import Destination, ExitReason, External, Kind, Message, Phones, Reject, Ring, Submenu
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.routing.targets import Announce
from ivr.vocabulary import PhoneId, PromptId

PRIVATE = "private"
"""An extension that dialplans/pbx/listen.conf looks for before anybody listens."""
DIAL_OPTIONS = "rtg"
"""r: ringing at once, whatever the phone signals; t: the phone that is rung may pass the caller on with the feature
codes, and never T: a citizen must not; g: the dialplan has the last word when the phone hangs up."""
TALKED = 'GotoIf($["${DIALSTATUS}" = "ANSWER"]?ivr-connect,talked,1)'
EXTERNAL_OPTIONS = "r"
"""Somebody outside may not transfer calls through this PBX."""
HELD = '${IF($["${IVR_BACK}" = "*"]?b(ivr-asked^held^1):)}'
"""Whom a colleague asks holds the place meanwhile: dialplans/pbx/transfers.conf."""
FAILURES = (ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE)


def destination_context(item: Destination, rules: Ruleset) -> list[str]:
    """Render one destination."""
    lines = [f"[{context(rules.version, DESTINATION, item.id)}]"]
    orders = _obeyed(item, rules)
    lines += extension("start", _start(item, rules, orders))
    for order in orders:
        lines += extension(f"override-{order.id}", _override(item, order, rules))
    lines += extension("take", _take(item, rules))
    if item.private:
        lines += extension(PRIVATE, ["Return()"])
    for position, ring in enumerate(item.lines):
        lines += extension(f"ring-{position}", _ring(item, position, ring))
        lines += extension(f"after-{position}", _after(item, position))
    lines += extension(f"after-{RETURNED}", [f"MSet(IVR_NOW={NOW},IVR_ORDER=)", "Goto(exit-${IVR_RESULT},1)"])
    for reason in _reasons(item):
        lines += extension(f"exit-{reason.value}", _exit(item, reason, rules))
    return [*lines, *leads_somewhere()]


def line_contexts(rules: Ruleset) -> list[str]:
    """Render the context that rings: one extension for each line. `Dial` comes back only if nobody answered."""
    lines = [f"[{lines_context(rules.version)}]"]
    dials = {ring.line: (ring.phone, item.kind) for item in rules.destinations.values() for ring in item.lines}
    for line, (phone, kind) in dials.items():
        lines += extension(line_extension(line), _dial(phone, kind))
    return [*lines, *leads_somewhere()]


def _dial(phone: PhoneId, kind: Kind) -> Iterator[str]:
    told = f'{{"destination":"${{IVR_DESTINATION}}","phone":"{phone}","seconds":${{IVR_RING_SECONDS}}}}'
    yield f"CELGenUserEvent(IVR_RING,{told})"
    # What the phone needs if its owner asks a colleague: the caller to be shown, and the rules of the caller's call.
    shown = '${IF($["${IVR_BACK}" = "*"]?${IVR_CITIZEN}:${FILTER(+0-9,${CALLERID(num)})})}'
    yield f"MSet(__IVR_CITIZEN={shown},__IVR_CITIZEN_RULES=${{IVR_RULES}},{RINGS})"
    if isinstance(kind, External):
        outside = answered("${IVR_DESTINATION}", "${IVR_MOST}", phone)
        yield f"Dial(PJSIP/{phone}@trunk,${{IVR_RING_SECONDS}},{EXTERNAL_OPTIONS}{outside}{HELD})"
    else:
        here = answered("${IVR_DESTINATION}", "${IVR_MOST}")
        called = "&".join(f"PJSIP/{name}" for name in phone.split("&"))
        yield f"Dial({called},${{IVR_RING_SECONDS}},{DIAL_OPTIONS}{here}${{IVR_DIAL_MORE}})"
        yield TALKED
    yield "Goto(ivr-connect,failed,1)"


def _obeyed(item: Destination, rules: Ruleset) -> list[Override]:
    """Give the overrides that may be followed, the youngest first, as `ivr.routing.overrides`."""
    if item.safety:
        return []
    orders = reversed(rules.overrides.get(item.id, ()))
    return [one for one in orders if one.kind is not OverrideKind.REDIRECT or one.redirect in rules.destinations]


def _start(item: Destination, rules: Ruleset, orders: list[Override]) -> Iterator[str]:
    if item.safety:  # nothing before in the call may use up the hops of a line that the caller asks for
        chosen = " | ".join(f'"${{IVR_REASON}}" = "{reason}"' for reason in sorted(AFRESH))
        yield f"ExecIf($[{chosen}]?Set(IVR_HOPS=0))"
    yield f"GotoIf($[0${{IVR_HOPS}} >= {rules.max_hops}]?ivr-fallback,bound,1)"
    yield "MSet(IVR_HOPS=$[0${IVR_HOPS} + 1],IVR_ORDER=)"
    for order in orders:
        during = f"${{IVR_NOW}} >= {_epoch(order.since)} & ${{IVR_NOW}} < {_epoch(order.until)}"
        yield f"GotoIf($[{during}]?override-{order.id},1)"
    own = f"destinations.{item.id}"
    if item.hours is None or item.safety:
        yield f"Set(IVR_OWN={own})"
    else:
        yield f"Gosub({context(rules.version, HOURS, item.hours)},start,1(${{IVR_NOW}}))"
        yield f'GotoIf($["${{GOSUB_RETVAL}}" = "{CLOSED}"]?exit-closed,1)'
        yield f"Set(IVR_OWN={own}.hours.{item.hours}.${{GOSUB_RETVAL}})"
    yield "Goto(take,1)"


def _epoch(at: datetime) -> int:
    """Give the first whole second at or after an instant: the dialplan's clock counts in seconds."""
    return math.ceil(at.timestamp())


def _override(item: Destination, order: Override, rules: Ruleset) -> Iterator[str]:
    rule = f"overrides.{order.id}"
    match order.kind:
        case OverrideKind.OPEN:
            yield f"Set(IVR_OWN={rule})"
            yield "Goto(take,1)"
        case OverrideKind.CLOSED:
            yield f"Set(IVR_ORDER={rule})"
            yield "Goto(exit-closed,1)"
        case OverrideKind.REDIRECT:
            yield _path(OVERRIDDEN, rule, item)
            yield f"Goto({context(rules.version, DESTINATION, order.redirect or '')},start,1)"
        case _:
            assert_never(order.kind)


def _path(reason: str, rule: str, item: Destination) -> str:
    return f"MSet(IVR_REASON={reason},IVR_RULE={rule},IVR_LAST={item.id},IVR_EXITED=1)"


def _take(item: Destination, rules: Ruleset) -> Iterator[str]:
    yield f"MSet(IVR_LAST={item.id},IVR_BECAUSE=${{IVR_REASON}})"
    yield from _refuse(item.kind)
    if isinstance(item.kind, Reject):
        yield f"MSet(IVR_REASON={REJECTED},IVR_RULE=${{IVR_OWN}})"
        yield decision()
        yield from end_with(item.kind.prompt, REJECTED, item.kind.cause)
        return
    yield "GotoIf(${IVR_EXITED}?taken)"
    yield 'ExecIf($["${IVR_REASON}" = "key"]?Set(IVR_REASON=open))'
    yield "Set(IVR_RULE=${IVR_OWN})"
    yield f"(taken){decision()}"
    match item.kind:
        case Phones() | External():
            yield 'ExecIf($["${IVR_SAY}" != ""]?Playback(${IVR_SAY}))'
            yield "Goto(ring-0,1)"
        case Message(prompt):
            yield from end_with(prompt, "${IVR_BECAUSE}")
        case Submenu(menu):
            yield f"Goto({context(rules.version, MENU, menu)},ask,1)"
        case _:
            assert_never(item.kind)


def _refuse(kind: Kind) -> Iterator[str]:
    """Give a caller back who was passed on to nobody. A menu takes a caller, but not a colleague who asks first."""
    match kind:
        case Message() | Reject():
            yield 'GotoIf($["${IVR_BACK}" = ""]?alone)'
        case Submenu():
            yield 'GotoIf($["${IVR_BACK}" != "*"]?alone)'
        case Phones() | External():
            return
        case _:
            assert_never(kind)
    yield f"MSet(IVR_RETURN={REFUSED},IVR_RESULT=)"
    yield "Goto(ivr-back,told,1)"
    yield "(alone)NoOp()"


def _ring(item: Destination, position: int, ring: Ring) -> Iterator[str]:
    most = "" if item.most_calls is None else item.most_calls
    where = f"IVR_DESTINATION={item.id},IVR_POSITION={position},IVR_LINE={ring.line}"
    yield f"MSet({where},IVR_RING_SECONDS={ring.seconds},IVR_MOST={most})"
    yield "Goto(ivr-connect,start,1)"


def _after(item: Destination, position: int) -> Iterator[str]:
    yield f"Set(IVR_NOW={NOW})"
    if item.most_calls is not None:
        yield 'GotoIf($["${IVR_RESULT}" = "full"]?exit-full,1)'
    if position + 1 == len(item.lines):
        yield "Goto(exit-${IVR_FAILED},1)"
        return
    rule = f"destinations.{item.id}.phones.{position + 1}"
    yield f"MSet(IVR_LAST={item.id},IVR_RULE={rule},IVR_REASON=${{IVR_RESULT}})"
    yield decision()
    yield f"Goto(ring-{position + 1},1)"


def _reasons(item: Destination) -> Iterator[ExitReason]:
    """Give the reasons for which this destination can be left, also those without an exit of their own."""
    yield ExitReason.CLOSED
    if item.lines:
        yield from (*FAILURES, ExitReason.FULL)


def _exit(item: Destination, reason: ExitReason, rules: Ruleset) -> Iterator[str]:
    taken = reason if reason in item.exits else ExitReason.UNREACHABLE
    own = f"destinations.{item.id}.exits.{taken.value}"
    rule = f'${{IF($["${{IVR_ORDER}}" = ""]?{own}:${{IVR_ORDER}})}}' if reason is ExitReason.CLOSED else own
    yield 'GotoIf($["${IVR_BACK}" = ""]?leave)'
    yield f"MSet(IVR_DESTINATION={item.id},IVR_RESULT={reason.value},IVR_RETURN={reason.value})"
    yield "Goto(ivr-back,told,1)"
    yield f"(leave){_path(reason.value, rule, item)}"
    yield "Set(GROUP(ivr)=)"
    target = item.exits.get(taken)
    if target is None:
        target = Announce(PromptId("${IVR_SORRY}"))
    yield from go(rules.version, target)
