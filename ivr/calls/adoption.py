"""A call that is found under way: after a start of the engine, or when its link was lost and came back.

Rule 1: nothing is repeated. A caller in a menu goes on in it: what Asterisk was told before runs on, and its answer is taken.
Rule 2: people who talk, phones that ring and last messages are left alone and only followed.
"""

from dataclasses import replace
from datetime import datetime

from ivr.calls.actions import Action, Note, Resume
from ivr.calls.events import CallFound, Stage
from ivr.calls.session import CallSession, CallState
from ivr.routing.rules import Ruleset

Result = tuple[CallSession, tuple[Action, ...]]
FOLLOWED = {
    Stage.LEAVING: CallState.LEAVING,
    Stage.RINGING: CallState.CONNECTING,
    Stage.TALKING: CallState.TALKING,
    Stage.FALLBACK: CallState.RELEASED,
}
"""What is left alone, and the state that it is followed in."""


def adopt(session: CallSession, event: CallFound, rules: Ruleset, at: datetime) -> Result:
    """Follow the call from here on, or go on in its menu. One that waits for an engine is not for here: it enters."""
    followed = FOLLOWED.get(event.stage)
    if followed is not None:
        return replace(session, state=followed, destination=event.entered.destination), ()
    if session.menu is None or session.menu not in rules.menus or session.service not in rules.services:
        return replace(session, state=CallState.RELEASED), ()  # its lease leads it to the fallback
    found = Note("IVR_ADOPTED", (("stage", event.stage.value),))
    resume = Resume(session.channel, session.step + 1, session.menu, (found,))
    since = session.menu_since or at
    return replace(session, state=CallState.ASKING, step=resume.step, began=True, menu_since=since), (resume,)
