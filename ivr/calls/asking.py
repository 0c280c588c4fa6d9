"""Playing a menu: which prompts, in which order, with which line in the journal."""

from dataclasses import replace
from datetime import datetime

from ivr.calls.actions import Action, Ask, Note
from ivr.calls.session import CallSession, CallState
from ivr.routing.rules import Ruleset
from ivr.vocabulary import MenuId, PromptId


def ask(
    session: CallSession,
    menu: MenuId,
    rules: Ruleset,
    at: datetime,
    *,
    before: tuple[PromptId, ...] = (),
    welcome: PromptId | None = None,
    notes: tuple[Note, ...] = (),
) -> tuple[CallSession, tuple[Action, ...]]:
    """Play `welcome`, `before` and the menu's prompt, then wait for a key. Another menu starts with fresh counts."""
    item = rules.menus[menu]
    shown = [("menu", str(menu)), ("language", str(session.language))]
    if welcome is not None:
        shown.append(("welcome", str(welcome)))
    first = () if welcome is None else (welcome,)
    action = Ask(
        channel=session.channel,
        step=session.step + 1,
        language=session.language,
        menu=menu,
        prompts=(*first, *before, item.prompt),
        timeout=item.timeout,
        notes=(*notes, Note("IVR_MENU", tuple(shown))),
    )
    same = menu == session.menu and not session.announcing
    after = replace(
        session,
        state=CallState.ASKING,
        step=action.step,
        began=False,
        lost=(),
        announcing=False,
        menu=menu,
        menu_since=(same and session.menu_since) or at,
        invalid=session.invalid if same else 0,
        no_input=session.no_input if same else 0,
        asked=session.asked + 1,
        destination=None,
        attempts=(),
    )
    return after, (action,)
