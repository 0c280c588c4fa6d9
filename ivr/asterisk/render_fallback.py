"""All contexts of one version of the rules: what leads a call when no engine is there, and the lines that ring. Pure.

Rule 1: same prompts, same keys, same hours, same destinations and the same words in the journal as the engine's. What
`ivr.routing.decide` and `ivr.calls` do is done here in the same order; tests compare the two on a real Asterisk.
Rule 2: every path ends at a phone or at a message; each loop is counted.
"""

from datetime import date

from ivr.asterisk.render_destinations import destination_context, line_contexts
from ivr.asterisk.render_hours import hours_context
from ivr.asterisk.render_menus import menu_context
from ivr.asterisk.render_services import service_context
from ivr.asterisk.render_topics import topics_context
from ivr.asterisk.render_transfers import transfers_context
from ivr.asterisk.render_words import NO_TERMINATOR, SOUNDS, sound
from ivr.routing.extensions import single_phones
from ivr.routing.rules import Ruleset

__all__ = ["NO_TERMINATOR", "SOUNDS", "fallback", "sound"]


def fallback(rules: Ruleset, today: date) -> str:
    """Render all services, menus, destinations, hours and lines; dates from the day before `today` on."""
    blocks = [service_context(item, rules) for item in rules.services.values()]
    blocks += [menu_context(item, rules) for item in rules.menus.values()]
    places = (*rules.destinations.values(), *single_phones(rules))
    blocks += [destination_context(item, rules) for item in places]
    blocks.append(transfers_context(rules))
    blocks += [topics_context(item, rules.version) for item in rules.services.values()]
    blocks += [hours_context(rules.version, item, today) for item in rules.hours.values()]
    blocks.append(line_contexts(rules))
    return "\n".join("\n".join(lines) + "\n" for lines in blocks)
