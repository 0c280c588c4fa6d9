"""How a caller comes in: announcements, rules about callers, languages by number; and what bounds a stay in menus."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ivr.calls.actions import Action, Announcements, Ask, Connect, Goodbye
from ivr.calls.events import CallEntered, MenuAnswered, StepBegan
from ivr.calls.session import CallSession, CallState
from ivr.calls.step import begin, step
from ivr.routing.destinations import ExitReason, Reject
from ivr.routing.rules import Announcement, CallerRule, Limit, Override, OverrideKind, Ruleset
from ivr.routing.targets import Announce, Target, ToDestination, ToLanguage, ToMenu
from ivr.vocabulary import (
    AnnouncementId,
    ChannelName,
    DestinationId,
    Did,
    Key,
    Language,
    LinkedId,
    MenuId,
    OverrideId,
    PromptId,
    ServiceId,
)
from tests.fakes.ruleset import EN, LV, OPEN, small

CHANNEL = ChannelName("PJSIP/trunk-1")
TOWN = ServiceId("town")
DAY = timedelta(days=1)
LOCAL = datetime(2026, 11, 24, 12, 0)  # noqa: DTZ001 - OPEN on the wall of Riga: announcements are local


def entered(caller: str = "29123456", number: str = "8488") -> CallEntered:
    return CallEntered(CHANNEL, OPEN, TOWN, Did(number), caller)


def with_service(rules: Ruleset, **changes: object) -> Ruleset:
    return replace(rules, services={TOWN: replace(rules.services[TOWN], **changes)})  # type: ignore[arg-type]


def message(name: str, since: datetime, until: datetime, *, skippable: bool = True) -> Announcement:
    return Announcement(AnnouncementId(name), PromptId(f"s/{name}"), since, until, skippable)


class Call:
    """A call at an instant that can be moved on."""

    def __init__(self, rules: Ruleset, event: CallEntered | None = None, at: datetime = OPEN) -> None:
        self.rules, self.at = rules, at
        event = event or entered()
        self.session: CallSession = begin(LinkedId("1"), event, rules, at)
        self.session, self.out = step(self.session, event, rules, at)

    def key(self, key: str | None) -> "Call":
        number = self.session.step
        self.session, _ = step(self.session, StepBegan(CHANNEL, self.at, number), self.rules, self.at)
        answer = MenuAnswered(CHANNEL, self.at, number, Key(key) if key else None)
        self.session, self.out = step(self.session, answer, self.rules, self.at)
        return self

    def failed(self, result: ExitReason, position: int = 0) -> "Call":
        event = replace(entered(), destination=self.session.destination, position=position, result=result)
        self.session, self.out = step(self.session, event, self.rules, self.at)
        return self

    @property
    def action(self) -> Action:
        assert len(self.out) == 1
        return self.out[0]


def noted(action: Action) -> dict[str, dict[str, str]]:
    assert isinstance(action, Announcements | Ask | Connect | Goodbye)
    return {note.name: dict(note.fields) for note in action.notes}


ONE = message("water", LOCAL - DAY, LOCAL + DAY)
TWO = message("roads", LOCAL, LOCAL + DAY)
GONE = message("gone", LOCAL - DAY, LOCAL)
FIXED = message("fixed", LOCAL - DAY, LOCAL + DAY, skippable=False)


def test_what_is_announced_now_is_a_step_of_its_own_before_the_menu() -> None:
    call = Call(with_service(small(), announcements=(ONE, GONE, TWO)))
    first = call.action
    assert isinstance(first, Announcements)
    assert (first.say, first.prompts, first.menu) == ((), ("s/welcome", "s/water", "s/roads"), "main")
    told = {"announcements": "water,roads", "prompts": "s/water,s/roads", "welcome": "s/welcome"}
    assert noted(first) == {"IVR_ANNOUNCEMENT": told}
    assert call.session.announcing
    then = call.key(None).action
    assert isinstance(then, Ask)
    assert (then.prompts, noted(then)) == (("s/menu",), {"IVR_MENU": {"menu": "main", "language": "lv"}})
    assert (call.session.announcing, call.session.menu_since) == (False, OPEN)


def test_a_key_of_the_menu_is_its_answer_and_another_one_skips() -> None:
    rules = with_service(small(), announcements=(ONE,))
    chosen = Call(rules).key("2")
    assert isinstance(chosen.action, Connect)
    assert noted(chosen.action)["IVR_KEY"] == {"menu": "main", "key": "2", "result": "valid"}
    assert not chosen.session.announcing
    skipped = Call(rules).key("#").action
    assert isinstance(skipped, Ask)
    assert (skipped.prompts, list(noted(skipped))) == (("s/menu",), ["IVR_MENU"])
    again = Call(rules).key("*")
    assert isinstance(again.action, Ask)
    assert (again.session.menu_since, again.session.invalid) == (OPEN, 0)


def test_what_cannot_be_skipped_is_said_to_its_end_first() -> None:
    first = Call(with_service(small(), announcements=(ONE, FIXED))).action
    assert isinstance(first, Announcements)
    assert (first.say, first.prompts) == (("s/welcome", "s/fixed"), ("s/water",))
    assert noted(first)["IVR_ANNOUNCEMENT"]["announcements"] == "fixed,water"


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ("+380671234567", "lv: s/welcome s/menu"),  # the first rule is for one number, the second for a prefix
        ("00380671234567", "lv: s/welcome s/menu"),
        ("+44 20 7946 0000", "en: s/welcome s/menu"),
        ("20000001", "menu night: s/welcome s/night"),
        ("20000002", "rings help: s/welcome"),
        ("", "lv: s/welcome s/menu"),
    ],
)
def test_rules_about_callers(caller: str, expected: str) -> None:
    def rule(numbers: set[str], prefixes: tuple[str, ...], target: ToLanguage | ToMenu | ToDestination) -> CallerRule:
        return CallerRule(frozenset(numbers), prefixes, target)

    rules = with_service(
        small(),
        callers=(
            rule({"380671234567"}, (), ToLanguage(LV)),
            rule(set(), ("44", "380"), ToLanguage(EN)),
            rule({"20000001"}, (), ToMenu(MenuId("night"))),
            rule({"20000002"}, (), ToDestination(DestinationId("help"))),
        ),
    )
    action = Call(rules, entered(caller)).action
    if isinstance(action, Connect):
        told = f"rings {action.destination}: {' '.join(action.say)}"
        assert noted(action)["IVR_DECISION"]["reason"] == "caller"
    else:
        assert isinstance(action, Ask)
        shown = f"menu {action.menu}" if action.menu != "main" else action.language
        told = f"{shown}: {' '.join(action.prompts)}"
    assert told == expected


def test_the_place_of_the_rule_about_a_caller_is_recorded() -> None:
    menu = CallerRule(frozenset({"20000001"}), (), ToMenu(MenuId("night")))
    rules = with_service(small(), callers=(menu,), announcements=(ONE,))
    first = Call(rules, entered("20000001")).action
    assert isinstance(first, Announcements)
    assert first.menu == "night"
    decided = {"destination": "", "rule": "services.town.callers.0", "reason": "caller"}
    assert noted(first)["IVR_DECISION"] == decided


@pytest.mark.parametrize(("number", "language"), [("8488", "lv"), ("+371 6300 5522", "en"), ("37163005522", "en")])
def test_a_number_can_speak_its_own_language(number: str, language: str) -> None:
    rules = with_service(small(), spoken={Did("37163005522"): EN})
    action = Call(rules, entered(number=number)).action
    assert isinstance(action, Ask)
    assert action.language == Language(language)


@pytest.mark.parametrize("key", ["*", "9", "7", None])
def test_a_stay_in_one_menu_has_a_limit(key: str | None) -> None:
    rules = small()
    main = replace(rules.menus[MenuId("main")], limit=Limit(60, Announce(PromptId("s/bye"))))
    rules = replace(rules, menus={**rules.menus, main.id: main})
    call = Call(rules)
    call.at += timedelta(seconds=59)
    assert isinstance(call.key(key).action, Ask)
    call.at += timedelta(seconds=1)
    end = call.key(key).action
    assert isinstance(end, Goodbye) or key in ("7", None)  # the second mistake takes its own exit before that
    if isinstance(end, Goodbye):
        assert noted(end)["IVR_DECISION"] == {"destination": "", "rule": "menus.main.limit", "reason": "too_long"}
        assert noted(end)["IVR_EXIT"] == {"reason": "too_long", "prompt": "s/bye"}


def test_the_limit_counts_from_the_first_time_a_menu_is_really_played() -> None:
    rules = with_service(small(), announcements=(ONE,))
    desk = rules.destinations[DestinationId("desk")]
    back = replace(desk, exits=dict.fromkeys(desk.exits, ToMenu(MenuId("main"))))
    call = Call(replace(rules, destinations={**rules.destinations, desk.id: back})).key("1")
    call.at += timedelta(seconds=30)
    call.failed(ExitReason.BUSY).failed(ExitReason.BUSY, 1)
    assert (call.session.menu, call.session.menu_since) == ("main", call.at)


def test_another_menu_starts_its_own_limit() -> None:
    call = Call(small())
    call.at += timedelta(seconds=170)
    call.key("5")
    assert (call.session.menu, call.session.menu_since) == ("night", call.at)
    call.at += timedelta(seconds=20)
    assert isinstance(call.key("*").action, Ask)


def test_too_many_menus_lead_to_the_operator_and_then_to_the_end() -> None:
    rules = small()
    operator = rules.destinations[DestinationId("operator")]
    back = dict.fromkeys(operator.exits, ToMenu(MenuId("main")))
    rules = replace(rules, max_menus=5, destinations={**rules.destinations, operator.id: replace(operator, exits=back)})
    call = Call(rules)
    for _ in range(4):
        assert isinstance(call.key("*").action, Ask)
    call.key("*")
    assert isinstance(call.action, Connect)
    assert noted(call.action)["IVR_DECISION"] == {
        "destination": "operator",
        "rule": "destinations.operator",
        "reason": "too_many_menus",
    }
    end = call.failed(ExitReason.BUSY).action
    assert isinstance(end, Goodbye)
    assert (end.prompts, noted(end)["IVR_EXIT"]["reason"]) == (("s/sorry",), "too_many_menus")
    assert call.session.state is CallState.LEAVING


def test_an_override_holds_for_a_caller_who_is_in_the_menu_already() -> None:
    order = Override(
        OverrideId("0badcafe"), DestinationId("desk"), OverrideKind.CLOSED, OPEN, OPEN + DAY, "flood", "anna"
    )
    call = Call(small())
    call.rules = call.rules.overridden({order.destination: (order,)})
    night = call.key("1").action
    assert isinstance(night, Ask)
    assert night.menu == "night"
    assert noted(night)["IVR_DECISION"] == {"destination": "desk", "rule": "overrides.0badcafe", "reason": "closed"}


def test_a_refusal_says_so_and_hangs_up_with_its_cause() -> None:
    rules = small()
    desk = replace(rules.destinations[DestinationId("desk")], kind=Reject(PromptId("s/refused"), 21))
    end = Call(replace(rules, destinations={**rules.destinations, desk.id: desk})).key("1").action
    assert isinstance(end, Goodbye)
    assert (end.prompts, end.cause) == (("s/refused",), 21)
    assert noted(end)["IVR_EXIT"] == {"reason": "rejected", "prompt": "s/refused"}


def test_a_full_destination_is_left_at_once() -> None:
    rules = small()
    desk = rules.destinations[DestinationId("desk")]
    exits: dict[ExitReason, Target] = {**desk.exits, ExitReason.FULL: Announce(PromptId("s/full"))}
    bounded = replace(desk, most_calls=2, exits=exits)  # type: ignore[arg-type]
    call = Call(replace(rules, destinations={**rules.destinations, desk.id: bounded})).key("1")
    assert isinstance(call.action, Connect)
    assert (call.action.most_calls, call.action.line) == (2, "desk-1")
    end = call.failed(ExitReason.FULL).action
    assert isinstance(end, Goodbye)
    assert (end.prompts, end.cause, noted(end)["IVR_EXIT"]["reason"]) == (("s/full",), 16, "full")
