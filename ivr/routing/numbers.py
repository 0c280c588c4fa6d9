"""Find the service that a dialled number belongs to.

Rule 1: a number is compared in its normal form: without separators, `+` or `00`. So `+371 63005522` in the rules
is found as `+37163005522`, `0037163005522` and `37163005522`. A national form such as `63005522` is another
alias, which the rules have to list.
"""

from ivr.routing.rules import Ruleset
from ivr.vocabulary import Did, ServiceId

_SEPARATORS = str.maketrans("", "", " -./()\u00a0")
_INTERNATIONAL = "00"


def normal(number: str) -> Did:
    """Return the form of `number` in which numbers are compared; any text is accepted."""
    return Did(number.translate(_SEPARATORS).removeprefix("+").removeprefix(_INTERNATIONAL))


def service_of(did: Did, rules: Ruleset) -> ServiceId | None:
    """Return the service that `did` belongs to, or None for a number that the rules do not know."""
    return rules.numbers.get(normal(did))
