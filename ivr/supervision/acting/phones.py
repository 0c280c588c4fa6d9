"""Which telephones may listen. PURE."""

from collections.abc import Iterable

from ivr.routing.rules import Ruleset


def allowed_phones(rules: Ruleset, more: str) -> Iterable[str]:
    """Give the phones that may listen: those of the rules, and those of the settings, separated by commas."""
    lines = (ring.phone for item in rules.destinations.values() for ring in item.lines)
    inside = {name for phone in lines for name in phone.split("&") if not name.lstrip("+").isdigit()}
    return inside | {name.strip() for name in more.split(",") if name.strip()}
