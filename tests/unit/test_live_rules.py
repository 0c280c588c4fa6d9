"""The rules that are live: versions that calls may be on, overrides, safety lines that stay."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.errors import RulesError
from ivr.routing.destinations import Phones, Ring
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.routing.targets import ToDestination
from ivr.rulebook.live import LONGEST_KEPT, MOST_KEPT, LiveRules
from ivr.rulebook.safety_kept import safety_lost
from ivr.rulebook.service_ways import destinations_of
from ivr.vocabulary import DestinationId, Did, Key, MenuId, OverrideId, PhoneId, RulesVersion, ServiceId
from tests.fakes.rules_text import SMALL, YEARS
from tests.fakes.ruleset import small

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def live(tmp_path: Path) -> LiveRules:
    path = tmp_path / "rules.yaml"
    path.write_text(SMALL)
    return LiveRules(path, lambda: YEARS)


def named(rules: Ruleset, version: str) -> Ruleset:
    return replace(rules, version=RulesVersion(version))


def test_without_any_rules_there_is_nothing_to_hold(tmp_path: Path) -> None:
    with pytest.raises(RulesError):
        LiveRules(tmp_path / "rules.yaml", lambda: YEARS)


def test_a_version_is_known_before_it_is_current_and_after(tmp_path: Path) -> None:
    rules = live(tmp_path)
    first = rules.current
    second = named(first, "second")
    rules.announce(second)
    assert (rules.version(second.version), rules.current) == (second, first)
    rules.exchange(second, AT)
    assert rules.current is second
    assert rules.version(first.version) is first
    assert rules.version(RulesVersion("unheard of")) is second
    assert rules.version(None) is second
    assert rules.kept == (first,)


def test_a_version_that_did_not_come_is_forgotten(tmp_path: Path) -> None:
    rules = live(tmp_path)
    first = rules.current
    rules.announce(named(first, "second"))
    rules.announce(None)
    assert rules.version(RulesVersion("second")) is first


def test_the_last_few_versions_are_kept_for_a_while(tmp_path: Path) -> None:
    rules = live(tmp_path)
    for number in range(MOST_KEPT + 3):
        rules.exchange(named(rules.current, f"v{number}"), AT)
    assert [item.version for item in rules.kept] == [f"v{number}" for number in range(MOST_KEPT + 1, 1, -1)]
    rules.exchange(named(rules.current, "late"), AT + LONGEST_KEPT)
    assert [item.version for item in rules.kept] == [f"v{MOST_KEPT + 2}"]


def test_the_same_version_again_is_kept_once(tmp_path: Path) -> None:
    rules = live(tmp_path)
    first = rules.current
    rules.exchange(named(first, "second"), AT)
    rules.exchange(named(first, first.version), AT)
    assert [item.version for item in rules.kept] == ["second"]
    rules.exchange(replace(first, max_hops=9), AT)
    assert [item.version for item in rules.kept] == ["second"]
    assert rules.version(first.version).max_hops == 9


def test_overrides_hold_in_every_version(tmp_path: Path) -> None:
    rules = live(tmp_path)
    first = rules.current
    rules.exchange(named(first, "second"), AT)
    desk = DestinationId("desk")
    order = Override(OverrideId("a"), desk, OverrideKind.CLOSED, AT, AT + timedelta(hours=1), "x", "y")
    rules.order({desk: (order,)})
    assert rules.overrides == {desk: (order,)}
    for version in (first.version, RulesVersion("second"), None):
        assert rules.version(version).overrides == {desk: (order,)}


def safe() -> Ruleset:
    """The small rules with `help` as the only safety line."""
    base = small()
    items = {name: replace(item, safety=name == "help") for name, item in base.destinations.items()}
    return replace(base, destinations=items)


HELP = DestinationId("help")


def without(name: DestinationId) -> Ruleset:
    rules = no_key_to(name)
    return replace(rules, destinations={key: item for key, item in rules.destinations.items() if key != name})


def changed(**changes: object) -> Ruleset:
    rules = safe()
    line = replace(rules.destinations[HELP], **changes)  # type: ignore[arg-type]
    return replace(rules, destinations={**rules.destinations, HELP: line})


def no_key_to(destination: DestinationId) -> Ruleset:
    rules = safe()
    menus = {
        name: replace(menu, keys={k: t for k, t in menu.keys.items() if t != ToDestination(destination)})
        for name, menu in rules.menus.items()
    }
    return replace(rules, menus=menus)


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (without(HELP), "is live and would be gone"),
        (changed(safety=False), "would lose `safety: true`"),
        (changed(kind=Phones((Ring(PhoneId("other-1"), 10),))), "would lose all its phones (help-1)"),
        (no_key_to(HELP), "callers of 37163005522, 8488 could reach it no more"),
        (replace(safe(), services={}, numbers={}), "callers of 37163005522, 8488 could reach it no more"),
        (replace(safe(), numbers={Did("8488"): ServiceId("town")}), "callers of 37163005522 could reach it no more"),
    ],
)
def test_a_safety_line_stays_unless_it_is_released(after: Ruleset, message: str) -> None:
    (problem,) = safety_lost(safe(), after, frozenset(), "rules.yaml")
    assert problem.path == "destinations.help"
    assert message in str(problem)
    assert "ivr rules reload --release help" in problem.hint
    assert safety_lost(safe(), after, {HELP}, "rules.yaml") == ()


def test_what_leaves_a_safety_line_as_it_is() -> None:
    more = changed(kind=Phones((Ring(PhoneId("help-2"), 10), Ring(PhoneId("help-1"), 10))))
    for after in (safe(), more, without(DestinationId("desk"))):
        assert safety_lost(safe(), after, frozenset(), "rules.yaml") == ()


def test_every_destination_that_a_service_leads_to() -> None:
    rules = safe()
    service = rules.services[ServiceId("town")]
    assert destinations_of(service, rules) == {"desk", "help", "operator"}
    main = replace(rules.menus[MenuId("main")], keys={Key("2"): ToDestination(HELP)})
    fewer = replace(rules, menus={**rules.menus, main.id: main})
    assert destinations_of(service, fewer) == {"help", "operator"}
