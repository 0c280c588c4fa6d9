"""What colleagues dial to pass a caller on, and what it stands for."""

from dataclasses import replace

import pytest

from ivr.routing.destinations import ExitReason, External, Phones
from ivr.routing.extensions import dialled, is_place, place, single_phones
from ivr.routing.rules import Ruleset
from ivr.vocabulary import DestinationId
from tests.fakes.decide_town import RULES


def numbered(**extensions: str) -> Ruleset:
    changed = {DestinationId(name): extension for name, extension in extensions.items()}
    items = {name: replace(item, extension=changed.get(name, "")) for name, item in RULES.destinations.items()}
    return replace(RULES, destinations=items)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("21", "information"),
        ("22", "health"),
        ("information", "information"),
        ("moved", "moved"),
        ("information-2", "information-2"),
        ("a", "a"),
        ("a&b", None),
        ("+35932656000", None),
        ("23", None),
        ("line.together", None),
        ("", None),
    ],
)
def test_an_extension_a_destination_and_a_phone_can_be_dialled_and_nothing_else(what: str, expected: str) -> None:
    found = dialled(what, numbered(information="21", health="22"))
    assert (found.id if found else None) == expected


def test_an_extension_comes_before_a_name_and_a_destination_before_a_phone() -> None:
    rules = numbered(duty="information")
    found = dialled("information", rules)
    assert found is not None
    assert found.id == "duty"
    same = replace(RULES.destinations[DestinationId("moved")], id=DestinationId("duty-1"))
    both = replace(RULES, destinations={**RULES.destinations, same.id: same})
    assert place(same.id, both) is same
    assert "duty-1" not in [one.id for one in single_phones(both)]


def test_a_single_phone_rings_alone_at_every_hour_and_is_left_as_its_destination_is() -> None:
    whole, alone = place(DestinationId("information"), RULES), place(DestinationId("information-2"), RULES)
    assert [ring.phone for ring in alone.lines] == ["information-2"]
    assert (alone.hours, alone.most_calls, alone.safety) == (None, None, False)
    assert alone.exits[ExitReason.BUSY] == whole.exits[ExitReason.BUSY]
    assert set(alone.exits) == {ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE}


def test_each_phone_is_told_once_and_no_number_outside_is_one() -> None:
    names = [one.id for one in single_phones(RULES)]
    assert len(names) == len(set(names))
    outside = [item.kind.number for item in RULES.destinations.values() if isinstance(item.kind, External)]
    assert not set(outside) & set(names)
    assert names.count(DestinationId("a")) == 1


def test_a_place_is_a_destination_or_a_phone() -> None:
    known = ("information", "police-1", "nowhere", None)
    assert [is_place(DestinationId(name) if name else None, RULES) for name in known] == [True, True, False, False]
    with pytest.raises(KeyError, match="nowhere"):
        place(DestinationId("nowhere"), RULES)


def test_a_single_phone_is_private_if_one_of_its_destinations_is() -> None:
    assert not any(one.private for one in single_phones(RULES))
    for item in RULES.destinations.values():
        changed = replace(RULES, destinations={**RULES.destinations, item.id: replace(item, private=True)})
        own = {ring.phone for ring in item.kind.rings} if isinstance(item.kind, Phones) else set()
        assert {one.id for one in single_phones(changed) if one.private} == own - set(RULES.destinations)
