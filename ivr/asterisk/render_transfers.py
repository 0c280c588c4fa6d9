"""Where colleagues lead callers whom they pass on, as a dialplan context: `ivr.calls.transfer.passed_on`. Pure.

to-NAME    the destination that NAME stands for: an extension, a destination's name or a single phone's
"""

from collections.abc import Mapping

from ivr.asterisk.render_safe import SPECIAL
from ivr.asterisk.render_words import DESTINATION, NOW, asked, context, extension, leads_somewhere
from ivr.calls.transfer import PASSED_ON
from ivr.routing.decide import TRANSFER
from ivr.routing.extensions import single_phones
from ivr.routing.rules import Ruleset
from ivr.vocabulary import DestinationId


def dialled_names(rules: Ruleset) -> Mapping[str, DestinationId]:
    """Give everything that a colleague can dial, and the destination that it stands for.

    A name that Asterisk itself goes to cannot be dialled.
    """
    numbered = {item.extension: item.id for item in rules.destinations.values() if item.extension}
    named = {str(item.id): item.id for item in (*rules.destinations.values(), *single_phones(rules))}
    return {name: found for name, found in {**named, **numbered}.items() if name not in SPECIAL}


def transfers_context(rules: Ruleset) -> list[str]:
    """Render what can be dialled in one version of the rules."""
    lines = [f"[ivr-{rules.version}-transfers]"]
    for name, destination in dialled_names(rules).items():
        steps = [f"MSet(IVR_NOW={NOW},IVR_SAY=)", asked(TRANSFER, PASSED_ON)]
        steps.append(f"Goto({context(rules.version, DESTINATION, destination)},start,1)")
        lines += extension(transfer_extension(name), steps)
    return [*lines, *leads_somewhere()]


def transfer_extension(name: str) -> str:
    """Give the extension of a name there; extensions.conf makes the same of IVR_TRANSFER."""
    return f"to-{name.replace('-', '_')}"
