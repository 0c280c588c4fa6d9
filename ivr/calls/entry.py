"""A caller comes in: rules about the caller, the welcome, the announcements of the hour, then the entry menu.

Rule 1: announcements are a step of their own, so that it is known whether they were heard. A key ends them; if the menu
has that key, it is taken as its answer at once, so nobody who knows the way is held up.
Rule 2: an announcement that cannot be skipped is played with the welcome before those that can.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from ivr.calls.actions import Action, Announcements, Note
from ivr.calls.asking import ask
from ivr.calls.session import CallSession, CallState
from ivr.calls.transfer import route
from ivr.routing.numbers import normal
from ivr.routing.rules import Announcement, Ruleset, Service
from ivr.routing.targets import ToDestination, ToLanguage, ToMenu
from ivr.vocabulary import MenuId, RuleId

Result = tuple[CallSession, tuple[Action, ...]]


def enter(session: CallSession, rules: Ruleset, at: datetime) -> Result:
    """Greet a new caller."""
    service = rules.services[session.service]
    number = str(normal(session.caller))
    for position, rule in enumerate(service.callers):
        if number in rule.numbers or (number and number.startswith(rule.prefixes)):
            asked_by = RuleId(f"services.{service.id}.callers.{position}")
            return _led(session, rule.target, asked_by, rules, at)
    return _greet(session, service.menu, (), rules, at)


def announced(service: Service, at: datetime) -> tuple[Announcement, ...]:
    """Return the announcements that are valid at `at`, in the order of the rules."""
    if not service.announcements:
        return ()
    local = at.astimezone(service.zone).replace(tzinfo=None)
    return tuple(one for one in service.announcements if one.since <= local < one.until)


def _led(
    session: CallSession, target: ToLanguage | ToMenu | ToDestination, asked_by: RuleId, rules: Ruleset, at: datetime
) -> Result:
    """Follow a rule about this caller."""
    service = rules.services[session.service]
    match target:
        case ToLanguage(language):
            chosen = Note("IVR_LANGUAGE", (("language", str(language)),))
            return _greet(replace(session, language=language), service.menu, (chosen,), rules, at)
        case ToMenu(menu):
            fields = (("destination", ""), ("rule", str(asked_by)), ("reason", "caller"))
            return _greet(session, menu, (Note("IVR_DECISION", fields),), rules, at)
        case ToDestination(destination):
            greeted = ToDestination(destination, say=service.welcome)
            return route(session, greeted, "caller", asked_by, (), rules, at)
        case _:
            assert_never(target)


def _greet(session: CallSession, menu: MenuId, notes: tuple[Note, ...], rules: Ruleset, at: datetime) -> Result:
    """Play the welcome and what is announced, then the menu; without announcements in one go."""
    service = rules.services[session.service]
    messages = announced(service, at)
    if not messages:
        return ask(session, menu, rules, at, welcome=service.welcome, notes=notes)
    fixed = tuple(one.prompt for one in messages if not one.skippable)
    free = tuple(one.prompt for one in messages if one.skippable)
    played = [one for skippable in (False, True) for one in messages if one.skippable is skippable]
    told = Note(
        "IVR_ANNOUNCEMENT",
        (
            ("announcements", ",".join(one.id for one in played)),
            ("prompts", ",".join(one.prompt for one in played)),
            ("welcome", str(service.welcome)),
        ),
    )
    action = Announcements(
        channel=session.channel,
        step=session.step + 1,
        language=session.language,
        menu=menu,
        say=(service.welcome, *fixed) if fixed else (),
        prompts=free if fixed else (service.welcome, *free),
        notes=(*notes, told),
    )
    after = replace(session, state=CallState.ASKING, step=action.step, began=False, announcing=True, menu=menu)
    return after, (action,)
