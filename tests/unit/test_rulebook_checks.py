"""What rules mean beyond their shape: safety lines, circles, hops, numbers, languages, prompts, overlapping hours."""

import pytest

from ivr.vocabulary import Language, PromptId
from tests.fakes.rules_text import SMALL, changed, problems_of

VILLAGE = """\
  village:
    title: {lv: Ciems, en: Village}
    numbers: ["0037163005522", "99", "9 9"]
    zone: Europe/Riga
    languages: [lv, en, en]
    welcome: town/welcome
    menu: main
    operator: duty
    sorry: town/sorry
menus:
"""
QUIET = """\
  quiet:
    prompt: town/quiet
    keys: {"1": {destination: desk}, "*": repeat}
    invalid: {prompt: town/invalid, retries: 1, exit: {announcement: town/failed}}
    no_input: {prompt: town/invalid, retries: 1, exit: {announcement: town/failed}}
destinations:
"""
ALWAYS_OPEN = "expected what is open at every hour; lead to a destination that is open around the clock, or to an "
POLICE_BUSY = "busy: {announcement: town/failed}"
OVERLAP = "expected spans that do not overlap; an end before its start is on the next day; correct one of them"
CIRCLE = "expected exits that come to an end; let one exit of the circle end with {announcement: ...}"


def broken(*changes: tuple[str, str]) -> list[str]:
    text = SMALL
    for old, new in changes:
        text = changed(old, new, text)
    return [problem.removeprefix("rules.yaml:") for problem in problems_of(text)]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([("    safety: true\n", "    safety: true\n    hours: office\n"),
          (POLICE_BUSY, f"closed: {{menu: after-hours}}\n      {POLICE_BUSY}"),
          ("retries: 1, exit: operator", "retries: 1, exit: {announcement: town/failed}")],
            ("44:12: destinations.police.hours: a safety line has no hours; expected no hours; "
            "remove the hours, or write safety: false")),
        ([(POLICE_BUSY, "busy: {destination: desk}"),
          ("closed: {menu: after-hours}", "closed: {announcement: town/closed}")],
            ("47:7: destinations.police.exits.busy: the safety line police would be led to desk, which closes; "
            f"{ALWAYS_OPEN}announcement")),
        # through the operator of the service, and over another destination that is always open
        ([(POLICE_BUSY, "busy: operator"), ("operator: duty", "operator: desk"),
          ("closed: {menu: after-hours}", "closed: {announcement: town/closed}")],
            ("47:13: destinations.police.exits.busy: the safety line police would be led to desk, which closes; "
            f"{ALWAYS_OPEN}announcement")),
        ([(POLICE_BUSY, "busy: {destination: duty}"),
          ("{destination: police}\n      unreachable: {destination: police}\nhours", ("{announcement: town/x}\n"
           "      unreachable: {destination: desk}\nhours")),
          ("busy: {destination: police}", "busy: {announcement: town/x}"),
          ("closed: {menu: after-hours}", "closed: {announcement: town/closed}")],
            ("57:7: destinations.duty.exits.unreachable: the safety line police would be led to desk, which closes; "
            f"{ALWAYS_OPEN}announcement")),
        ([(POLICE_BUSY, "busy: {menu: quiet}"), ("destinations:\n", QUIET)],
            ("52:7: destinations.police.exits.busy: the safety line police would be led to the menu quiet, which has "
            f"no key to a safety line; {ALWAYS_OPEN}announcement")),
    ],
)  # fmt: skip
def test_nothing_leads_away_from_a_safety_line(changes: list[tuple[str, str]], problem: str) -> None:
    assert broken(*changes) == [problem]


def test_a_safety_line_may_lead_to_a_menu_that_offers_one() -> None:
    offering = QUIET.replace("destination: desk", "destination: police")
    assert broken((POLICE_BUSY, "busy: {menu: quiet}"), ("destinations:\n", offering)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([(POLICE_BUSY, "busy: operator")],
            f"47:13: destinations.police.exits.busy: leads in a circle: duty -> police -> duty; {CIRCLE}"),
        ([("operator: duty", "operator: desk")],
            f"27:55: menus.after-hours.invalid.exit: leads in a circle: desk -> after-hours -> desk; {CIRCLE}"),
        ([(POLICE_BUSY, "busy: {destination: police}")],
            f"47:7: destinations.police.exits.busy: leads in a circle: police -> police; {CIRCLE}"),
        ([("max_hops: 4", "max_hops: 2")],
            ("36:5: destinations.desk.exits: a call to town can come to 3 destinations by exits alone: "
            "desk -> after-hours -> duty -> ...; expected at most 2; "
            "raise max_hops (now 2), or let an exit end with {announcement: ...}")),
    ],
)  # fmt: skip
def test_exits_alone_come_to_an_end_in_time(changes: list[tuple[str, str]], problem: str) -> None:
    assert broken(*changes) == [problem]


def test_as_many_destinations_as_max_hops_are_allowed() -> None:
    assert broken(("max_hops: 4", "max_hops: 3")) == []


def test_every_circle_is_told() -> None:
    found = broken(("announcement: town/busy", "destination: desk"), ("announcement: town/failed", "menu: main"))
    assert [problem.split(": ")[1] for problem in found] == ["menus.main.invalid.exit", "destinations.desk.exits.busy"]


def test_numbers_and_languages_are_named_once() -> None:
    assert broken(("menus:\n", VILLAGE)) == [
        '14:15: services.village.numbers.0: the number "0037163005522" belongs to town already; remove one of them',
        '14:38: services.village.numbers.2: the number "9 9" belongs to village already; remove one of them',
        '16:25: services.village.languages.2: the language "en" is named twice; remove one of them',
    ]


def test_a_closed_exit_belongs_to_hours() -> None:
    assert broken(("      closed: {menu: after-hours}\n", "")) == [
        (
            "36:5: destinations.desk.exits.closed: is missing; expected an exit for the time outside the hours; "
            "add it, such as closed: {announcement: ...}"
        )
    ]
    assert broken((POLICE_BUSY, f"{POLICE_BUSY}\n      closed: {{announcement: town/closed}}")) == [
        (
            "48:7: destinations.police.exits.closed: is never taken: without hours it is open around the clock; "
            "remove it, or give the destination its hours"
        )
    ]


def test_titles_and_language_keys_fit_the_languages_of_the_service() -> None:
    assert broken(('"9": {language: en}', '"9": {language: ru}')) == [
        (
            '18:23: menus.main.keys.9.language: town does not speak "ru"; expected one of lv, en; '
            "add it to services.town.languages, or remove the key"
        )
    ]
    assert broken(("{lv: Policija, en: Police}", "{lv: Policija}"), ("{lv: Pilsēta, en: Town}", "{en: Town}")) == [
        '4:5: services.town.title: has no "lv", which town speaks; expected a title in each language; add lv: ...',
        (
            '42:5: destinations.police.title: has no "en", which town speaks; expected a title in each language; '
            "add en: ..."
        ),
    ]


@pytest.mark.parametrize(
    ("monday", "problem"),
    [
        ('monday: ["08:00-18:00", "17:00-19:00"]', ("63:7: hours.office.weekly.monday: the hours of monday reach into "
            f"those of monday; {OVERLAP}")),
        ('monday: "18:00-17:00"', ("63:15: hours.office.weekly.monday: the hours of monday reach into those of "
            f"tuesday; {OVERLAP}")),
        ('monday: "05:00-07:00"\n      sunday: "22:00-06:00"', ("64:15: hours.office.weekly.sunday: the hours of "
            f"sunday reach into those of monday; {OVERLAP}")),
    ],
)  # fmt: skip
def test_spans_do_not_overlap(monday: str, problem: str) -> None:
    assert broken(('monday: "08:00-18:00"', monday)) == [problem]


@pytest.mark.parametrize("monday", ['["08:00-12:00", "12:00-18:00"]', '"18:00-08:00"', '"00:00-24:00"'])
def test_spans_may_touch(monday: str) -> None:
    assert broken(("08:00-18:00", "08:00-18:00"), ('monday: "08:00-18:00"', f"monday: {monday}")) == []


def test_every_prompt_exists_in_every_language_of_the_service() -> None:
    absent = {("town/welcome", "lv"), ("town/menu", "en"), ("town/wait", "lv"), ("town/closed", "en")}

    def prompt_exists(prompt: PromptId, language: Language) -> bool:
        return (prompt, language) not in absent

    advice = "expected a prompt in every language of the service; write its text to recordings/prompts"
    assert problems_of(SMALL, prompt_exists) == [
        f'rules.yaml:{place}: the prompt "{prompt}" does not exist in "{language}"; {advice}/{language}/{prompt}.txt '
        "and run ivr prompts build"
        for place, prompt, language in (
            ("8:14: services.town.welcome", "town/welcome", "lv"),
            ("14:13: menus.main.prompt", "town/menu", "en"),
            ("22:63: menus.main.no_input.exit.say", "town/wait", "lv"),
            ("24:13: menus.after-hours.prompt", "town/closed", "en"),
        )
    ]


def test_prompts_that_no_call_can_hear_are_not_asked_for() -> None:
    asked: set[str] = set()

    def prompt_exists(prompt: PromptId, _language: Language) -> bool:
        asked.add(prompt)
        return True

    assert problems_of(changed("destinations:\n", QUIET), prompt_exists) == []
    heard = "welcome sorry menu invalid no-input wait closed busy failed"
    assert asked == {f"town/{name}" for name in heard.split()}
