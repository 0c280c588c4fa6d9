"""Broken rules files: each mistake is one line with file, line, column, key path, expectation and advice."""

import pytest

from ivr.errors import RulesError
from ivr.rulebook.problems import MOST_PROBLEMS
from tests.fakes.rules_text import FULL, SMALL, changed, problems_of, read_text

KEY_ONE = '"1": {destination: desk}'
EXPECTED_KEY = 'expected keys "0" to "9", "*" and "#", each with its target, such as "1": {destination: ...}'
EXPECTED_EXIT = "expected where the call goes: {destination: ...}, {menu: ...}, {announcement: ...} or operator"
EXPECTED_RING = "expected how long it rings, in seconds, 5 to 120"
EXPECTED_SECTION = (
    "expected one of include, max_hops, max_menus, services, menus, destinations, hours, announcements, expectations"
)
POLICE_TITLE = "{lv: Policija, en: Police}"
EXPECTED_TITLE = "expected its name in each language, such as {lv: Policija, en: Police}"


def test_the_small_file_is_good() -> None:
    assert problems_of(SMALL) == []


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        # names of keys
        ("sorry:", "sory:", [
            ("3:3: services.town.sorry: is missing; expected the last prompt if no destination takes the call, "
            "such as kekava/all-busy; add the key"),
            ("11:5: services.town.sory: unknown key; expected one of title, numbers, zone, languages, welcome, menu, "
            'operator, sorry, callers, topics; did you mean "sorry"?')]),
        ("max_hops: 4", "colour: red", [
            f"1:1: colour: unknown key; {EXPECTED_SECTION}; remove the key"]),
        ('monday: "08', 'mondey: "08', [
            ("63:7: hours.office.weekly.mondey: unknown key; expected one of monday, tuesday, wednesday, thursday, "
            'friday, saturday, sunday; did you mean "monday"?')]),
        ('"2": {destination: police}\n      "9"', '"1": {destination: police}\n      "9"', [
            '17:7: the key "1" is written twice; keep one of them; the first is in line 16']),
        ('"2": {destination: police}\n      "9"', '1: {destination: police}\n      "9"', [
            '17:7: the key "1" is written twice; keep one of them; the first is in line 16']),
        (KEY_ONE, '"11": {destination: desk}', [
            f'16:7: menus.main.keys.11: "11" cannot be used as a key; {EXPECTED_KEY}; correct the key']),
        ("  after-hours:\n", "  After Hours:\n", [
            ('23:3: menus.After Hours: "After Hours" cannot be used as a key; expected a name of small letters a-z, '
            "digits and hyphens, at most 60; correct the key"),
            ('40:22: destinations.desk.exits.closed.menu: menus has no "after-hours"; expected the name of a menu; '
            'did you mean "After Hours"?')]),
        # values of the wrong kind
        ('numbers: ["8488", ', "numbers: [8488, ", [
            ("5:15: services.town.numbers.0: 8488 is not text; expected numbers and aliases in quotes, "
            'such as ["8488"]; put it in quotes')]),
        ("max_hops: 4", "max_hops: many", [
            ('1:11: max_hops: "many" is not a whole number; expected a number of destinations, 1 to 20; '
            "write digits without quotes")]),
        ("max_hops: 4", "max_hops: [4]", [
            ("1:1: max_hops: this is not a whole number; expected a number of destinations, 1 to 20; "
            "write digits without quotes")]),
        ("safety: true", "safety: yes", [
            ('43:13: destinations.police.safety: "yes" is neither true nor false; expected true for a line that '
            "nothing may close, else false; write true or false without quotes")]),
        ("ring: 15}\n      - {phone: desk-2", "ring: 300}\n      - {phone: desk-2", [
            f"34:31: destinations.desk.phones.0.ring: 300 is too large; {EXPECTED_RING}; write a smaller number"]),
        ("police-1, ring: 20", "police-1, ring: 4", [
            f"45:33: destinations.police.phones.0.ring: 4 is too small; {EXPECTED_RING}; write a larger number"]),
        ("police-1, ring: 20", "police-1, ring: 20.5", [
            (f"45:33: destinations.police.phones.0.ring: 20.5 is not a whole number; {EXPECTED_RING}; "
            "write digits without quotes")]),
        (POLICE_TITLE, "Police", [
            (f'42:12: destinations.police.title: "Police" is not a group of keys; {EXPECTED_TITLE}; '
            "write the keys below it, indented, or in {braces}")]),
        (POLICE_TITLE, '{lv: "", en: Police}', [
            (f"42:17: destinations.police.title.lv: the text is empty; {EXPECTED_TITLE}; "
            "write it between the quotes")]),
        (POLICE_TITLE, "{lv: Policija, english: Police}", [
            (f'42:27: destinations.police.title.english: "english" cannot be used as a key; {EXPECTED_TITLE}; '
            "correct the key")]),
        # nothing where something has to be
        (KEY_ONE, '"1":', [
            f"16:7: menus.main.keys.1: has no value; {EXPECTED_KEY}; write a value or remove the key"]),
        ("    hours: office", "    hours:", [
            ("32:5: destinations.desk.hours: has no value; expected the name of office hours; "
            "write a value or remove the key")]),
        ('"8488", ', "~, ", [
            ('5:15: services.town.numbers.0: has no value; expected numbers and aliases in quotes, such as ["8488"]; '
            "write a value or remove the key")]),
        ("    phones:\n      - {phone: police-1, ring: 20}\n", "    phones: []\n", [
            ("44:5: destinations.police.phones: is empty; expected phones with their ring times; "
            "add at least one entry")]),
        ('    keys:\n      "2": {destination: police}\n', "    keys: {}\n", [
            f"25:5: menus.after-hours.keys: is empty; {EXPECTED_KEY}; add at least one entry"]),
        # targets
        (KEY_ONE, '"1": desk', [
            (f'16:12: menus.main.keys.1: "desk" cannot stand here alone; {EXPECTED_KEY}; '
            "give a name its kind, such as {destination: name}")]),
        ('"0": operator', '"0": opertor', [
            f'19:12: menus.main.keys.0: "opertor" cannot stand here alone; {EXPECTED_KEY}; did you mean "operator"?']),
        (KEY_ONE, '"1": {}', [
            f"16:7: menus.main.keys.1: this leads 0 ways instead of one; {EXPECTED_KEY}; correct the value"]),
        (KEY_ONE, '"1": {destination: desk, menu: main}', [
            f"16:7: menus.main.keys.1: this leads 2 ways instead of one; {EXPECTED_KEY}; correct the value"]),
        (KEY_ONE, '"1": {announcement: town/x, say: town/y}', [
            ("16:7: menus.main.keys.1: this says something, but does not go on to a destination, a menu or the "
            f"operator; {EXPECTED_KEY}; correct the value")]),
        ("retries: 2, exit: operator", "retries: 2, exit: repeat", [
            (f'21:55: menus.main.invalid.exit: "repeat" cannot stand here alone; {EXPECTED_EXIT}; '
            "give a name its kind, such as {destination: name}")]),
        ('"9": {language: en}', '"9": {language: english}', [
            ('18:23: menus.main.keys.9.language: "english" does not have the right form; '
            "expected a language of the service, such as en; correct the value")]),
        # names that do not exist
        ("    menu: main\n", "    menu: maine\n", [
            ('9:11: services.town.menu: menus has no "maine"; expected the name of the first menu; '
            'did you mean "main"?')]),
        ("hours: office", "hours: xyz", [
            ('32:12: destinations.desk.hours: hours has no "xyz"; expected the name of office hours; '
            "add it to `hours:`, or correct the name")]),
        ("welcome: town/welcome", "welcome: ../../etc/passwd", [
            ('8:14: services.town.welcome: "../../etc/passwd" does not have the right form; expected the prompt that '
            "greets the caller, such as kekava/welcome; correct the value")]),
        # hours
        ("zone: Europe/Riga\n    hol", "zone: Europe\n    hol", [
            ('60:11: hours.office.zone: "Europe" is not a time zone; expected a time zone such as Europe/Riga; '
            "correct the value")]),
        ("holidays: LV", "holidays: Latvia", [
            ('61:15: hours.office.holidays: "Latvia" is not a country whose public holidays are known; '
            "expected the code of a country, such as LV; correct the value")]),
        ('"08:00-18:00"', '"8-18"', [
            ('63:15: hours.office.weekly.monday: "8-18" does not have the right form; expected open spans such as '
            '"08:00-17:00" or ["08:00-12:00", "13:00-17:00"]; correct the value')]),
        ('"08:00-12:00"', '"12:00-12:00"', [
            ('64:17: hours.office.weekly.tuesday.0: "12:00-12:00" begins and ends at the same time; '
            'expected open spans such as "08:00-17:00"; correct the value')]),
        # the text of a key or value cannot break the line of a message, nor make it endless
        ("max_hops: 4", '"col\\Lour": red', [
            f"1:1: col\\x2028our: unknown key; {EXPECTED_SECTION}; remove the key"]),
        ("zone: Europe/Riga\n    hol", 'zone: "Eu\\nrope\\e[31m"\n    hol', [
            ('60:11: hours.office.zone: "Eu\\x0arope\\x1b[31m" is not a time zone; '
            "expected a time zone such as Europe/Riga; correct the value")]),
        ("zone: Europe/Riga\n    hol", f"zone: {'x' * 5000}\n    hol", [
            (f'60:11: hours.office.zone: "{"x" * 57}..." is not a time zone; '
            "expected a time zone such as Europe/Riga; correct the value")]),
    ],
)  # fmt: skip
def test_a_mistake_is_told(old: str, new: str, problems: list[str]) -> None:
    assert problems_of(changed(old, new)) == [f"rules.yaml:{problem}" for problem in problems]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"*": repeat', "*: repeat",
            ("20:7: this is not YAML: did not find expected alphabetic or numeric character; put the sign in quotes: "
            '"*"')),
        ('"1": {destination: desk}', '"1": *desk',
            '16:12: aliases (*name) are not allowed; write the value out, or put "*" in quotes'),
        ('"*": repeat', "* : repeat", ("20:7: this is not YAML: did not find expected alphabetic or numeric character; "
            'put the sign in quotes: "*"')),
        ("max_hops: 4", "max_hops: &hops 4",
            '1:11: anchors (&name) are not allowed; write the value out, or put "&" in quotes'),
        ("max_hops: 4", "max_hops: !!int 4",
            '1:11: tags (!name) are not allowed; remove the tag, or put "!" in quotes'),
        ("max_hops: 4", "max_hops: 4\n---", "2:1: a second document begins here; remove the line with ---"),
        ("max_hops: 4", "? [a]\n: 4", ('1:3: a key has to be a single word; write `key: value`; '
            'put special signs in "quotes"')),
        ("    safety", "\tsafety", ("43:1: this is not YAML: found character that cannot start any token; "
            "indent with spaces instead of tabs")),
        ("safety: true", "safety: true: 1", ("43:17: this is not YAML: mapping values are not allowed in this context; look at "
            "quotes, colons, brackets and indentation in this line and the one above")),
        ("safety: true", "safety: \u0007", ("43:13: a control character that YAML does not allow; "
            "delete it; it may be invisible")),
        ("max_hops: 4", f"max_hops: {'[' * 60}", ("1:60: more than 50 levels of nesting; "
            "close the brackets or indent less")),
    ],
)  # fmt: skip
def test_what_is_not_plain_yaml_is_told_first(old: str, new: str, problem: str) -> None:
    assert problems_of(changed(old, new)) == [f"rules.yaml:{problem}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "rules.yaml:1:1: the file is empty; restore it, or write `services:` and the other sections"),
        ("# nothing\n", "rules.yaml:1:1: the file is empty; restore it, or write `services:` and the other sections"),
        ("just words", ('rules.yaml:1:1: "just words" is not a group of keys; '
            "write the keys below it, indented, or in {braces}")),
        ("- services", ("rules.yaml:1:1: this is not a group of keys; "
            "write the keys below it, indented, or in {braces}")),
    ],
)  # fmt: skip
def test_a_file_of_something_else(text: str, message: str) -> None:
    assert problems_of(text) == [message]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = SMALL
    for old, new in (
        ("max_hops: 4", "max_hops: 0"),
        ("operator: duty", "operator: dutty"),
        ('"1": {destination: desk}', '"1":'),
        ("safety: true", "safety: true\n    safety: false"),
        ("busy: {announcement: town/failed}", "busy: {destination: desk}"),
        ("monday:", "mnday:"),
    ):
        text = changed(old, new, text)
    assert [line.split(": ")[0] + " " + line.split(": ")[1] for line in problems_of(text)] == [
        "rules.yaml:1:11 max_hops",
        "rules.yaml:10:15 services.town.operator",
        "rules.yaml:16:7 menus.main.keys.1",
        'rules.yaml:44:5 the key "safety" is written twice; keep one of them; the first is in line 43',
        "rules.yaml:48:7 destinations.police.exits.busy",
        "rules.yaml:64:7 hours.office.weekly.mnday",
    ]


ALIAS = '{number: "63005537", language: en}'
EXPECTED_NUMBERS = 'expected numbers and aliases in quotes, such as ["8488"]'
EXPECTED_NUMBER = 'expected a number in quotes, such as "1520"'


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        # a place that takes a text or a group of keys: one message, of the form that was meant
        (ALIAS, "3", [
            f"6:23: services.town.numbers.1: 3 is not text; {EXPECTED_NUMBERS}; put it in quotes"]),
        (ALIAS, '"tel"', [
            f'6:23: services.town.numbers.1: "tel" does not have the right form; {EXPECTED_NUMBERS}; correct the value']),
        (ALIAS, "[]", [
            f"6:23: services.town.numbers.1: this is not text; {EXPECTED_NUMBERS}; put it in quotes"]),
        (ALIAS, '{number: "63005537", langage: en}', [
            ("6:23: services.town.numbers.1.language: is missing; expected a language of the service, such as ru; "
            "add the key"),
            ("6:44: services.town.numbers.1.langage: unknown key; expected one of number, language; "
            'did you mean "language"?')]),
        (ALIAS, "{number: 63005537, language: en}", [
            f"6:32: services.town.numbers.1.number: 63005537 is not text; {EXPECTED_NUMBER}; put it in quotes"]),
        # keys with another name in the program
        ('{from: ["+380*"], language: en}', '{form: ["+380*"], language: en}', [
            ('14:9: services.town.callers.0.from: is missing; expected numbers such as ["+380*"]; add the key'),
            ("14:10: services.town.callers.0.form: unknown key; expected one of from, language, menu, destination; "
            'did you mean "from"?')]),
        ('from: ["+380*"]', "from: [380]", [
            ('14:17: services.town.callers.0.from.0: 380 is not text; expected numbers such as ["+380*"]; '
            "put it in quotes")]),
        # names in lists, and below a list
        ("services: [town], prompt", "services: [town, twon], prompt", [
            ('67:27: announcements.heat.services.1: services has no "twon"; expected names of services; '
            'did you mean "town"?')]),
        ("destination: desk, reason", "destination: dsk, reason", [
            ('69:92: expectations.0.destination: destinations has no "dsk"; expected the name of a destination; '
            'did you mean "desk"?')]),
        # entries below themselves
        ('"11": {id', '"11111": {id', [
            ('17:71: services.town.topics.1.topics.11111: "11111" cannot be used as a key; '
            "expected finer topics by code; correct the key")]),
        # words
        ("strategy: all", "strategy: al", [
            ('32:15: destinations.desk.strategy: "al" is none of the words that can stand here; '
            'expected ordered or all: how the phones are rung; did you mean "all"?')]),
        ("{closed: true, reason: moved}", "{closed: false}", [
            ("60:30: hours.office.days.2026-01-02.closed: false is none of the words that can stand here; "
            "expected true; correct the word")]),
        ('"2026-01-02":', '"2026-02-30":', [
            ('60:7: hours.office.days.2026-02-30: "2026-02-30" cannot be used as a key; '
            "expected special days by date; correct the key")]),
    ],
)  # fmt: skip
def test_a_mistake_in_the_larger_language_is_told(old: str, new: str, problems: list[str]) -> None:
    assert problems_of(changed(old, new, FULL)) == [f"rules.yaml:{problem}" for problem in problems]


def test_a_file_of_nothing_but_mistakes_tells_the_first_thousand() -> None:
    with pytest.raises(RulesError) as caught:
        read_text(SMALL + "".join(f"k{number}: 1\n" for number in range(5_000)))
    problems = caught.value.problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert str(problems[-1]) == (
        "rules.yaml:1066:1: at least 4,000 more mistakes from here on; mend the others first"
    )  # fmt: skip


def test_another_file_is_told_as_such() -> None:
    text = SMALL + "".join(f"k{number}: 1\n" for number in range(20_000))
    assert problems_of(text) == ["rules.yaml:1:1: more than 10,000 keys and values do not fit; is this the right file?"]
