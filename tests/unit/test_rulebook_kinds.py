"""Kinds of destinations, special days, schedules, announcements, topics, callers: what is refused, what is understood."""

from datetime import date, datetime, time

import pytest

from ivr.routing.destinations import ExitReason, External, Message, Phones, Reject, Ring, Submenu
from ivr.routing.office_hours import Span, SpecialDay
from ivr.routing.rules import Limit
from ivr.routing.targets import Announce, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.vocabulary import AnnouncementId, DestinationId, HoursId, Language, MenuId, PromptId, ServiceId
from tests.fakes.rules_text import SMALL, changed, problems_of, read_text

LV_EN = "{lv: Viens, en: One}"
NUMBERS = 'numbers: ["8488", "+371 63005522"]'
HOURS = "hours:\n  office:\n"
DUTY = "  duty:\n    title: {lv: Dežurants, en: Duty}\n"
OFFICE = "    holidays: LV\n"
SERVICES = "services:\n"
EXITS = "    exits:\n      busy: operator\n      no_answer: operator\n      unreachable: operator\n"


def broken(*changes: tuple[str, str]) -> list[str]:
    """Return what is wrong after the changes, without line and column."""
    text = SMALL
    for old, new in changes:
        text = changed(old, new, text)
    return [problem.split(": ", 1)[1] for problem in problems_of(text)]


def destination(body: str) -> tuple[str, str]:
    return HOURS, f"  extra:\n    title: {LV_EN}\n{body}{HOURS}"


def key_to_extra() -> tuple[str, str]:
    return (
        '"2": {destination: police}\n      "9"',
        '"2": {destination: police}\n      "3": {destination: extra}\n      "9"',
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([destination("")],
            "destinations.extra: this has no kind; it needs exactly one of phones, external, announcement, menu, reject"),
        ([destination("    announcement: town/x\n    menu: main\n")],
            "destinations.extra: this is 2 kinds (announcement, menu); it needs exactly one of"),
        ([destination("    external: {number: '112', ring: 20}\n    exits: {busy: operator, no_answer: operator}\n")],
            "destinations.extra.exits.unreachable: is missing; expected an exit for each way of failing"),
        ([destination("    announcement: town/x\n    exits: {busy: operator}\n")],
            "destinations.extra.exits.busy: is never taken: nobody is rung here; remove it"),
        ([destination("    announcement: town/x\n    most_calls: 2\n")],
            "destinations.extra.most_calls: has no effect: nobody is rung here; remove it"),
        ([destination("    external: {number: '112', ring: 20}\n    most_calls: 2\n" + EXITS)],
            "destinations.extra.exits.full: is missing; expected an exit for the time when most_calls is reached"),
        ([destination("    external: {number: '112', ring: 20}\n" + EXITS + "      full: operator\n")],
            "destinations.extra.exits.full: is never taken: without most_calls it is never full"),
        ([destination("    announcement: town/x\n    strategy: all\n")],
            "destinations.extra.strategy: has no effect: there are no phones; remove it"),
        ([destination("    phones: [{phone: a, ring: 15}, {phone: b, ring: 20}]\n    strategy: all\n" + EXITS)],
            "destinations.extra.phones: have different ring times; expected one ring time for all"),
        ([destination("    announcement: town/x\n    safety: true\n")],
            "destinations.extra.safety: a safety line has to ring somebody; expected phones or external"),
        ([destination("    external: {number: '112', ring: 20}\n    safety: true\n    most_calls: 5\n"
            + EXITS.replace("operator", "{announcement: town/x}") + "      full: {announcement: town/x}\n")],
            "destinations.extra.most_calls: a safety line is never full; expected no most_calls; remove the bound"),
        ([destination("    phones: [{phone: desk1, ring: 15}]\n" + EXITS)],
            'destinations.extra.phones.0.phone: "desk1" and "desk-1" differ by hyphens alone, which Asterisk does not count'),
        ([(HOURS, f"  d-esk:\n    title: {LV_EN}\n    announcement: town/x\n{HOURS}")],
            'destinations.d-esk: "d-esk" and "desk" differ by hyphens alone, which Asterisk does not count'),
        ([(OFFICE, "    before_holidays: 60\n")],
            "hours.office.before_holidays: has no effect: no holidays are named; add holidays: with the code of a country"),
        ([(OFFICE, OFFICE + '    days: {"2026-02-30": {closed: true}}\n')],
            'hours.office.days.2026-02-30: "2026-02-30" cannot be used as a key'),
        ([(OFFICE, OFFICE + '    days: {"2026-12-23": {closed: true, like: friday}}\n')],
            "hours.office.days.2026-12-23: this is given 2 ways; it needs exactly one of open, like, closed"),
        ([(OFFICE, OFFICE + '    days: {"2026-12-23": {like: sunday}}\n')],
            "hours.office.days.2026-12-23.like: sunday has no open hours; expected a weekday of these hours"),
        ([(OFFICE, OFFICE + '    days: {"2026-12-23": {open: ["08:00-12:00", "11:00-13:00"]}}\n')],
            "hours.office.days.2026-12-23.open: the spans overlap; expected spans that do not overlap"),
        ([(OFFICE, OFFICE + '    days: {"2026-12-23": {open: []}}\n')],
            "hours.office.days.2026-12-23.open: is empty; expected at least one span; write closed: true for a day off"),
        ([(OFFICE, OFFICE + '    dated: {a: {first: "2027-02-01", last: "2027-01-01", weekly: {monday: "08:00-09:00"}}}\n')],
            "hours.office.dated.a.last: 2027-01-01 is before 2027-02-01, the first day; expected a later day"),
        ([(OFFICE, OFFICE + '    dated: {a: {first: "2027-01-01", last: "2027-02-01", weekly: {}}, '
            'b: {first: "2027-02-01", last: "2027-02-02", weekly: {}}}\n')],
            "hours.office.dated.b.first: b begins on 2027-02-01, before a ends on 2027-02-01"),
        ([(OFFICE, OFFICE + '    dated: {a: {first: "2027-01-01", last: "2027-02-01", '
            'weekly: {monday: "20:00-10:00", tuesday: "09:00-12:00"}}}\n')],
            "hours.office.dated.a.weekly.monday: the hours of monday reach into those of tuesday"),
        ([(NUMBERS, 'numbers: ["8488", {number: "8489", language: ru}]')],
            'services.town.numbers.1.language: town does not speak "ru"; expected one of lv, en'),
        ([(NUMBERS, 'numbers: ["8488", {number: "84-88", language: en}]')],
            'services.town.numbers.1: the number "84-88" belongs to town already; remove one of them'),
        ([(NUMBERS, NUMBERS + '\n    callers: [{from: ["+380*"], language: ru}]')],
            'services.town.callers.0.language: town does not speak "ru"; expected one of lv, en'),
        ([(NUMBERS, NUMBERS + '\n    callers: [{from: ["+380*"], menu: main, destination: duty}]')],
            "services.town.callers.0: this leads 2 ways instead of one"),
        ([(NUMBERS, NUMBERS + '\n    callers: [{from: ["*"], menu: main}]')],
            'services.town.callers.0.from.0: "*" does not have the right form'),
        ([(NUMBERS, NUMBERS + f'\n    topics: {{"1": {{id: a, title: {LV_EN}, topics: {{"1": {{id: b, title: {LV_EN}}}}}}}}}')],
            'services.town.topics.1.topics.1: the code "1" is used twice; expected codes that differ'),
        ([(NUMBERS, NUMBERS + f'\n    topics: {{"1": {{id: a, title: {LV_EN}, topics: {{"2": {{id: a, title: {LV_EN}}}}}}}}}')],
            'services.town.topics.1.topics.2.id: the id "a" is used twice; expected ids that differ'),
        ([(NUMBERS, NUMBERS + f'\n    topics: {{"1": {{title: {LV_EN}}}}}')],
            'services.town.topics.1.id: is missing; expected its name in records and reports, such as heating; add the key'),
        ([(NUMBERS, NUMBERS + f'\n    topics: {{"1": {{id: A b, title: {LV_EN}}}}}')],
            'services.town.topics.1.id: "A b" does not have the right form'),
        ([(NUMBERS, NUMBERS + '\n    topics: {"1": {id: a, title: {lv: Viens}}}')],
            'services.town.topics.1.title: has no "en"; expected a title in each language; add en: ...'),
        ([(NUMBERS, NUMBERS + f'\n    topics: {{"1": {{id: a, title: {LV_EN}, topics: {{"2": {{id: b, title: {LV_EN}, topics: '
            f'{{"3": {{id: c, title: {LV_EN}, topics: {{"4": {{id: d, title: {LV_EN}}}}}}}}}}}}}}}}}')],
            "services.town.topics.1.topics.2.topics.3.topics.4: lies too deep; expected at most 3 levels"),
    ],
)  # fmt: skip
def test_what_is_refused(changes: list[tuple[str, str]], problem: str) -> None:
    found = broken(*changes)
    assert len(found) == 1
    assert found[0].startswith(problem)


WATER = """\
announcements:
  water:
    services: [town]
    text: {lv: Ūdens nav., en: There is no water.}
    from: "2026-11-20 08:00"
    until: "2026-11-22 18:00"
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("until: \"2026-11-22", "until: \"2026-11-19",
            "until: 2026-11-19 18:00 is not after 2026-11-20 08:00; expected a later time"),
        (", en: There is no water.", "", 'text: has no "en", which town speaks; expected the words in each language'),
        ("    text", "    prompt: town/x\n    text", "needs either a prompt or a text"),
        ("    from", "    skippable: false\n    from",
            "skippable: town has a safety line, and nobody who needs it may be held up"),
        ("[town]", "[towm]", 'services.0: services has no "towm"; expected names of services; did you mean "town"?'),
        ('"2026-11-20 08:00"', '"2026-11-31 08:00"', 'from: "2026-11-31 08:00" is no instant of the calendar'),
        ('"2026-11-20 08:00"', '"20.11.2026"', 'from: "20.11.2026" does not have the right form'),
    ],
)  # fmt: skip
def test_announcements_that_are_refused(old: str, new: str, problem: str) -> None:
    found = problems_of(SMALL + changed(old, new, WATER))
    assert len(found) == 1
    assert found[0].split(": ", 1)[1].startswith("announcements.water")
    assert problem in found[0]


def test_what_operators_hear_exists_in_the_first_language() -> None:
    text = changed(NUMBERS, NUMBERS + f'\n    topics: {{"1": {{id: a, title: {LV_EN}}}}}')
    found = problems_of(text, lambda prompt, language: (prompt, language) != ("topics/unknown", "lv"))
    assert len(found) == 1
    assert (
        'services.town.topics: the prompt "topics/unknown" does not exist in "lv"; expected what operators hear'
        in found[0]
    )
    assert problems_of(text, lambda prompt, language: (prompt, language) != ("topics/unknown", "en")) == []
    assert problems_of(SMALL, lambda prompt, _: not prompt.startswith("topics/")) == []


def test_the_prompt_of_an_announcement_exists_in_every_language() -> None:
    text = SMALL + changed("text: {lv: Ūdens nav., en: There is no water.}", "prompt: town/water", WATER)
    found = problems_of(text, lambda prompt, language: (prompt, language) != ("town/water", "en"))
    assert len(found) == 1
    assert 'announcements.water.prompt: the prompt "town/water" does not exist in "en"' in found[0]


MANY_NUMBERS = f"""\
numbers: ["8488", {{number: "84 89", language: en}}]
    callers:
      - {{from: ["+380*", "29 000 000"], language: en}}
      - {{from: ["1*"], menu: main}}
      - {{from: ["2*"], destination: duty}}
    topics: {{"1": {{id: water, title: {LV_EN}, topics: {{"11": {{id: leak, title: {LV_EN}}}}}}}}}"""
MANY_KEYS = """\
"0": operator
      "3": {destination: outside}
      "4": {destination: told}
      "5": {destination: behind}
      "6": {destination: refused}
      "7": {destination: crowd}"""
WHOLE = [
    (NUMBERS, MANY_NUMBERS),
    ('"0": operator', MANY_KEYS),
    ("max_hops: 4", "max_hops: 4\nmax_menus: 30"),
    (HOURS, f"""\
  outside:
    title: {LV_EN}
    external: {{number: "+371 630-05522", ring: 40}}
    most_calls: 3
    hours: office
    exits: {{busy: operator, no_answer: operator, unreachable: operator, closed: operator, full: {{announcement: town/full}}}}
  told: {{title: {LV_EN}, announcement: town/told}}
  behind: {{title: {LV_EN}, menu: after-hours, hours: office, exits: {{closed: {{announcement: town/told}}}}}}
  refused: {{title: {LV_EN}, reject: {{announcement: town/no, cause: unallocated}}}}
  crowd:
    title: {LV_EN}
    phones: [{{phone: crowd-1, ring: 20}}, {{phone: crowd-2, ring: 20}}]
    strategy: all
{EXITS}{HOURS}"""),
    (OFFICE, OFFICE + """\
    before_holidays: 60
    days:
      "2026-01-02": {closed: true, reason: moved}
      "2026-01-10": {like: friday}
      "2026-12-23": {open: "08:00-14:00"}
    dated:
      summer: {first: "2027-07-01", last: "2027-08-31", weekly: {monday: "10:00-14:00"}, keep_holidays: true, reason: heat}
"""),
]  # fmt: skip


def test_everything_is_understood() -> None:
    text = SMALL + WATER
    for old, new in WHOLE:
        text = changed(old, new, text)
    text = changed(
        "retries: 2, exit: operator}", "retries: 2, exit: operator}\n    limit: {seconds: 90, exit: operator}", text
    )
    rules = read_text(text)
    town = rules.services[ServiceId("town")]
    assert (rules.max_hops, rules.max_menus) == (4, 30)
    assert (town.numbers, town.spoken) == (("8488", "84 89"), {"8489": "en"})
    assert [rule.target for rule in town.callers] == [
        ToLanguage(Language("en")), ToMenu(MenuId("main")), ToDestination(DestinationId("duty"))
    ]  # fmt: skip
    assert (town.callers[0].numbers, town.callers[0].prefixes) == (frozenset({"29000000"}), ("380",))
    assert [(one.code, one.id, [sub.id for sub in one.topics]) for one in town.topics] == [("1", "water", ["leak"])]
    (water,) = town.announcements
    assert (water.id, water.since, water.skippable) == (AnnouncementId("water"), datetime(2026, 11, 20, 8), True)  # noqa: DTZ001
    assert water.prompt.startswith("spoken/water-")
    assert water.texts == {"lv": "Ūdens nav.", "en": "There is no water."}
    kinds = {name: item.kind for name, item in rules.destinations.items()}
    assert kinds["outside"] == External("+37163005522", 40)
    assert kinds["told"] == Message(PromptId("town/told"))
    assert kinds["behind"] == Submenu(MenuId("after-hours"))
    assert kinds["refused"] == Reject(PromptId("town/no"), 1)
    assert kinds["crowd"] == Phones((Ring("crowd-1", 20), Ring("crowd-2", 20)), together=True)
    assert rules.destinations[DestinationId("crowd")].lines == (Ring("crowd-1&crowd-2", 20, "line.crowd"),)
    assert rules.destinations[DestinationId("outside")].lines == (Ring("+37163005522", 40, "line.outside"),)
    outside = rules.destinations[DestinationId("outside")]
    assert (outside.most_calls, outside.exits[ExitReason.FULL]) == (3, Announce(PromptId("town/full")))
    office = rules.hours[HoursId("office")]
    assert (office.before_holidays, office.country) == (60, "LV")
    assert office.days == {
        date(2026, 1, 2): SpecialDay(reason="moved"),
        date(2026, 1, 10): SpecialDay(like=4),
        date(2026, 12, 23): SpecialDay((Span(time(8), time(14)),)),
    }
    (summer,) = office.dated
    assert (summer.name, summer.first, summer.last, summer.keep_holidays) == (
        "summer", date(2027, 7, 1), date(2027, 8, 31), True
    )  # fmt: skip
    assert rules.menus[MenuId("main")].limit == Limit(90, ToOperator())
    assert rules.menus[MenuId("after-hours")].limit == Limit(180, ToOperator())


def test_the_name_of_a_spoken_prompt_follows_its_words() -> None:
    one, two = (
        read_text(SMALL + changed("Ūdens nav.", words, WATER)).services[ServiceId("town")].announcements[0].prompt
        for words in ("Ūdens nav.", "Ūdens ir.")
    )
    assert one != two
