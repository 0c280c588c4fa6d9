"""Which override holds for a destination, and how it is told.

Rule 1: the youngest that holds counts. A safety line stays open whatever anybody orders: `ivr override` refuses such an
order, and here it is not obeyed.
"""

from datetime import datetime

from ivr.routing.destinations import Destination
from ivr.routing.rules import Override, OverrideKind, Ruleset


def override_at(destination: Destination, rules: Ruleset, at: datetime) -> Override | None:
    """Return the override that holds for a destination at `at`: the youngest; None if none does."""
    for override in reversed(rules.overrides.get(destination.id, ())):
        if override.since <= at < override.until and _obeyed(override, destination, rules):
            return override
    return None


def _obeyed(override: Override, destination: Destination, rules: Ruleset) -> bool:
    """Tell whether an override may be followed: a safety line stays open, and a redirect leads to what exists."""
    if destination.safety:
        return False
    return override.kind is not OverrideKind.REDIRECT or override.redirect in rules.destinations


def ordered_text(override: Override) -> str:
    """Say in words what an override orders, by whom and until when."""
    what = f"redirected to {override.redirect}" if override.redirect else override.kind.value
    return (
        f"{what} by override {override.id} of {override.author} until {override.until.isoformat()} ({override.reason})"
    )
