"""Playing a menu: which prompts, in which order, with which line in the journal."""

from dataclasses import replace

from ivr.calls.actions import Action, Ask, Note
from ivr.calls.session import CallSession, CallState
from ivr.routing.rules import Ruleset
from ivr.vocabulary import MenuId, PromptId


def enter(session: CallSession, rules: Ruleset) -> tuple[CallSession, tuple[Action, ...]]:
    """Greet a new caller: the welcome and the entry menu in one go, so that a key stops both."""
    service = rules.services[session.service]
    return ask(session, service.menu, rules, welcome=service.welcome)


def ask(
    session: CallSession,
    menu: MenuId,
    rules: Ruleset,
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
    same = menu == session.menu
    after = replace(
        session,
        state=CallState.ASKING,
        step=action.step,
        began=False,
        lost=(),
        menu=menu,
        invalid=session.invalid if same else 0,
        no_input=session.no_input if same else 0,
        asked=session.asked + 1,
        destination=None,
        attempts=(),
    )
    return after, (action,)
