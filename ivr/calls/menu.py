"""The answer to a menu: a key with a target, a key without one, or silence. Each mistake has its own count and exit."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from ivr.calls.actions import Action, Note
from ivr.calls.asking import ask
from ivr.calls.session import CallSession
from ivr.calls.transfer import enter_menu, route
from ivr.routing.rules import Menu, Retry, Ruleset
from ivr.routing.targets import Announce, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import Key, MenuId, PromptId, RuleId

Result = tuple[CallSession, tuple[Action, ...]]


def answer(session: CallSession, key: Key | None, rules: Ruleset, at: datetime) -> Result:
    """Take the key that ended the menu or the announcements before it, or None for silence."""
    menu = rules.menus[session.menu or MenuId("")]
    if session.announcing and key not in menu.keys:
        return ask(session, menu.id, rules, at)
    if key is None:
        note = _note(menu, "", "no_input")
        return _forgive(replace(session, no_input=session.no_input + 1), menu.no_input, note, rules, at)
    target = menu.keys.get(key)
    if target is None:
        note = _note(menu, key, "invalid")
        return _forgive(replace(session, invalid=session.invalid + 1), menu.invalid, note, rules, at)
    asked_by = RuleId(f"menus.{menu.id}.keys.{key}")
    return follow(session, target, "key", asked_by, (_note(menu, key, "valid"),), rules, at)


def follow(
    session: CallSession,
    target: Target,
    reason: str,
    asked_by: RuleId,
    notes: tuple[Note, ...],
    rules: Ruleset,
    at: datetime,
) -> Result:
    """Go where a target says."""
    match target:
        case ToLanguage(language=language):
            spoken = replace(session, language=language)
            chosen = Note("IVR_LANGUAGE", (("language", str(language)),))
            return _again(spoken, (), (*notes, chosen), rules, at)
        case Repeat():
            return _again(session, (), notes, rules, at)
        case ToDestination() | ToMenu() | ToOperator() | Announce():
            return route(session, target, reason, asked_by, notes, rules, at)
        case _:
            assert_never(target)


def _forgive(session: CallSession, retry: Retry, note: Note, rules: Ruleset, at: datetime) -> Result:
    """Ask once more with the fitting prompt, or take the exit when the tries are used up."""
    silent = retry is rules.menus[session.menu or MenuId("")].no_input
    count, reason = (session.no_input, "no_input") if silent else (session.invalid, "invalid")
    if count > retry.retries:
        asked_by = RuleId(f"menus.{session.menu}.{reason}.exit")
        return follow(session, retry.exit, reason, asked_by, (note,), rules, at)
    return _again(session, (retry.prompt,), (note,), rules, at)


def _again(
    session: CallSession, before: tuple[PromptId, ...], notes: tuple[Note, ...], rules: Ruleset, at: datetime
) -> Result:
    """Play the same menu again, unless the caller was in it for as long as its limit allows."""
    menu = rules.menus[session.menu or MenuId("")]
    if at - (session.menu_since or at) >= timedelta(seconds=menu.limit.seconds):
        asked_by = RuleId(f"menus.{menu.id}.limit")
        return route(session, menu.limit.exit, "too_long", asked_by, notes, rules, at)
    return enter_menu(session, menu.id, rules, at, before=before, notes=notes)


def _note(menu: Menu, key: str, result: str) -> Note:
    return Note("IVR_KEY", (("menu", str(menu.id)), ("key", key), ("result", result)))
