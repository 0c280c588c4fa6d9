"""A citizen's journey without a telephone: what is met, in order, and where it ends."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ivr.proof.journey import Decided, Dialled, Ended, Heard, InMenu, Journey, Meeting, NotKnown, Pressed, Rung, travel
from ivr.routing.destinations import ExitReason
from ivr.routing.rules import Announcement, CallerRule, Limit, Ruleset
from ivr.routing.targets import Announce, ToDestination, ToLanguage, ToMenu
from ivr.vocabulary import AnnouncementId, DestinationId, Did, Language, MenuId, PromptId, ServiceId
from tests.fakes.ruleset import CLOSED, EN, LV, OPEN, RIGA, small

RULES = small()
TOWN = ServiceId("town")
BUSY, NO_ANSWER = ExitReason.BUSY, ExitReason.NO_ANSWER


def go(
    keys: str = "", at: datetime = OPEN, rules: Ruleset = RULES, caller: str = "", *answers: ExitReason | None
) -> Journey:
    return travel(rules, Dialled(Did("8488"), at, keys, caller, answers))


def told(journey: Journey) -> list[str]:
    """Write a journey down in short."""
    return [_short(one) for one in journey.met]


def _short(one: Meeting) -> str:
    match one:
        case Heard(prompts, language):
            return f"{language}: {' '.join(prompts)}"
        case InMenu(menu):
            return f"in {menu}"
        case Pressed(menu, key, result):
            return f"{menu} {key or '-'} {result}"
        case Decided():
            return f"{one.rule} {one.reason}"
        case Rung(_, phone, seconds, _, answer):
            return f"{phone} {seconds} s {answer.value if answer else 'ok'}"
        case Ended(prompt, cause):
            return f"end {prompt} {cause}"
        case NotKnown():
            return "not known"


START = ["lv: s/welcome s/menu", "in main"]


@pytest.mark.parametrize(
    ("keys", "at", "expected"),
    [
        ("", OPEN, START),
        ("1", OPEN, [*START, "main 1 valid", "destinations.desk.hours.office.weekly.tuesday open", "desk-1 10 s ok"]),
        (
            "1",
            CLOSED,
            [*START, "main 1 valid", "destinations.desk.exits.closed closed", "lv: s/sorry s/night", "in night"],
        ),
        ("9", OPEN, [*START, "main 9 valid", "en: s/menu", "in main"]),
        ("6", OPEN, [*START, "main 6 valid", "menus.main.keys.6 key", "lv: s/bye", "end s/bye 16"]),
        ("7", OPEN, [*START, "main 7 invalid", "lv: s/invalid s/menu", "in main"]),
        ("-", OPEN, [*START, "main - no_input", "lv: s/no-input s/menu", "in main"]),
    ],
)
def test_each_way_to_press(keys: str, at: datetime, expected: list[str]) -> None:
    assert told(go(keys, at)) == expected


def test_lines_fail_in_turn_and_the_exit_follows() -> None:
    journey = go("1", OPEN, RULES, "", BUSY, NO_ANSWER)
    assert told(journey)[4:] == [
        "desk-1 10 s busy",
        "destinations.desk.phones.1 busy",
        "desk-2 20 s no_answer",
        "destinations.desk.exits.no_answer no_answer",
        "lv: s/busy",
        "end s/busy 16",
    ]
    assert journey.end == Ended(PromptId("s/busy"), 16)


def test_an_answer_that_takes_the_call_ends_the_journey() -> None:
    journey = go("1", OPEN, RULES, "", BUSY, None, BUSY)
    assert told(journey)[-1] == "desk-2 20 s ok"
    assert journey.decided is not None
    assert journey.decided.destination == "desk"


def test_keys_that_nothing_asks_for_are_left() -> None:
    assert go("123").unpressed == "23"


def test_a_number_that_no_service_has() -> None:
    journey = travel(RULES, Dialled(Did("112"), OPEN, "1"))
    assert (journey.service, journey.end, journey.unpressed) == (None, NotKnown(), "1")
    assert journey.decided is None


def test_another_form_of_the_number_reaches_the_same_service() -> None:
    assert travel(RULES, Dialled(Did("00371 63005522"), OPEN)).service == "town"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        go("1", OPEN.replace(tzinfo=None))


def changed_service(**changes: object) -> Ruleset:
    return replace(RULES, services={TOWN: replace(RULES.services[TOWN], **changes)})  # type: ignore[arg-type]


def test_announcements_are_heard_out_before_the_first_key() -> None:
    local = OPEN.astimezone(RIGA).replace(tzinfo=None)
    water = Announcement(AnnouncementId("water"), PromptId("s/water"), local, local + timedelta(hours=1))
    rules = changed_service(announcements=(water,))
    journey = go("2", rules=rules)
    assert journey.met[0] == Heard((PromptId("s/welcome"), PromptId("s/water")), LV, announcement=True)
    assert told(journey)[1:4] == ["lv: s/menu", "in main", "main 2 valid"]
    assert told(go("", OPEN + timedelta(hours=1), rules)) == START


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (ToLanguage(EN), ["en: s/welcome s/menu", "in main"]),
        (ToMenu(MenuId("night")), ["services.town.callers.0 caller", "lv: s/welcome s/night", "in night"]),
        (ToDestination(DestinationId("help")), ["destinations.help caller", "lv: s/welcome", "help-1 10 s ok"]),
    ],
)
def test_rules_about_the_caller(target: ToLanguage | ToMenu | ToDestination, expected: list[str]) -> None:
    rules = changed_service(callers=(CallerRule(frozenset(), ("380",), target),))
    assert told(go("", caller="+380501", rules=rules)) == expected
    assert told(go("", caller="+371501", rules=rules)) == START


def test_a_menu_has_its_limit_if_the_citizen_takes_time() -> None:
    menu = replace(RULES.menus[MenuId("main")], limit=Limit(60, Announce(PromptId("s/bye"))))
    rules = replace(RULES, menus={**RULES.menus, menu.id: menu})
    call = Dialled(Did("8488"), OPEN, "**")
    assert travel(rules, call).end == InMenu(MenuId("main"))
    slow = travel(rules, call, timedelta(seconds=30))
    assert slow.end == Ended(PromptId("s/bye"), 16)
    assert slow.decided is not None
    assert (slow.decided.rule, slow.decided.reason) == ("menus.main.limit", "too_long")


def test_too_many_menus_lead_to_the_operator() -> None:
    journey = go("*" * 20, rules=replace(RULES, max_menus=5))
    assert told(journey)[-2:] == ["destinations.operator too_many_menus", "operator-1 10 s ok"]
    assert journey.unpressed == "*" * 15
    assert journey.language == Language("lv")
