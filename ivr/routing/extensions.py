"""Find what a colleague means who passes a caller on: an extension, the name of a destination, or of a single phone.

Rule 1: a destination's extension comes first, then its name, then a phone's name. `ivr.rulebook` refuses files in which
these could be mixed up.
Rule 2: a phone's name stands for that phone alone, at every hour; nobody else is rung. It is left by the exits of the
first destination that rings it.
"""

from collections.abc import Iterator
from dataclasses import replace

from ivr.routing.destinations import Destination, ExitReason, Phones, Ring
from ivr.routing.rules import Ruleset
from ivr.vocabulary import DestinationId, PhoneId

_OWN = (ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE)


def dialled(what: str, rules: Ruleset) -> Destination | None:
    """Return where a colleague leads a caller who dials `what`; None if the rules know nothing of that kind."""
    if not what:
        return None
    for item in rules.destinations.values():
        if item.extension == what:
            return item
    return _known(DestinationId(what), rules)


def place(name: DestinationId, rules: Ruleset) -> Destination:
    """Return the destination of that name, or the single phone of that name as a destination. Raises KeyError."""
    found = _known(name, rules)
    if found is None:
        raise KeyError(name)
    return found


def is_place(name: DestinationId | None, rules: Ruleset) -> bool:
    """Tell whether a call can be at `name` by these rules."""
    return name is not None and _known(name, rules) is not None


def single_phones(rules: Ruleset) -> Iterator[Destination]:
    """Yield each phone that has no destination of the same name, once, as a destination of its own."""
    met: set[str] = set(rules.destinations)
    for item in rules.destinations.values():
        for ring in _rings(item):
            if ring.phone not in met:
                met.add(ring.phone)
                yield _alone(item, ring, private=_is_private(ring.phone, rules))


def _known(name: DestinationId, rules: Ruleset) -> Destination | None:
    return rules.destinations.get(name) or next((one for one in single_phones(rules) if one.id == name), None)


def _is_private(phone: PhoneId, rules: Ruleset) -> bool:
    """Tell whether one of the destinations that ring a phone is private: nobody knows for which of them it is called."""
    homes = (one for one in rules.destinations.values() if any(ring.phone == phone for ring in _rings(one)))
    return any(one.private for one in homes)


def _rings(item: Destination) -> tuple[Ring, ...]:
    return item.kind.rings if isinstance(item.kind, Phones) else ()


def _alone(item: Destination, ring: Ring, *, private: bool) -> Destination:
    exits = {reason: target for reason, target in item.exits.items() if reason in _OWN}
    return replace(
        item,
        id=DestinationId(ring.phone),
        kind=Phones((ring,)),
        exits=exits,
        hours=None,
        safety=False,
        most_calls=None,
        extension="",
        private=private,
    )
