"""Everything that a supervisor can have done, in one: calls, rules, and what both need of this machine. EDGE."""

from collections.abc import Callable
from datetime import datetime

from cdr.errors import CdrError
from cdr.store.store import recorded_service
from ivr.prompts.texts import Place
from ivr.routing.rules import Ruleset
from ivr.settings import Settings
from ivr.supervision.acting.call_actions import CallOrders, View
from ivr.supervision.acting.pbx import Pbx
from ivr.supervision.acting.rule_actions import RuleOrders
from ivr.supervision.refusals import ActionRefused
from ivr.vocabulary import Language, LinkedId, PromptId


class Actions(CallOrders, RuleOrders):
    """The orders. `rules` gives those in use with the overrides that hold now; `clock` is the aware time."""

    def __init__(
        self, settings: Settings, pbx: Pbx, view: View, rules: Callable[[], Ruleset], clock: Callable[[], datetime]
    ) -> None:
        def is_recorded(prompt: PromptId, language: str) -> bool:
            return Place(settings.prompts, Language(language), prompt).recording.is_file()

        async def recorded(call: LinkedId) -> str | None:
            return await _recorded(settings.store, call)

        CallOrders.__init__(self, pbx, view, rules, recorded=recorded, is_recorded=is_recorded)
        RuleOrders.__init__(self, settings, rules, clock)


async def _recorded(place: str, call: LinkedId) -> str | None:
    """Look into the records for a call that is over; None if it is not there. Raises ActionRefused."""
    try:
        return await recorded_service(place, call)
    except CdrError as error:
        raise ActionRefused(503, f"whether there is a call {call} cannot be looked up: {error}") from None
