"""What a change of the rules file is told to be, in sentences, rows and values."""

from dataclasses import replace
from datetime import date

import pytest

from ivr.proof.diff import Change, diff
from ivr.proof.diff_text import as_dict, rows, sentences
from tests.fakes.rules_text import SMALL, changed, read_text

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 29)
RULES = read_text(SMALL)
ALL = "8488, 37163005522"


def changes(new: str, old: str = SMALL) -> tuple[Change, ...]:
    return diff(read_text(old), read_text(new), FIRST, LAST)


def told(new: str) -> list[str]:
    return [one.replace("8488, 37163005522", "TOWN") for one in sentences(changes(new))]


CALLERS = """    sorry: town/sorry
    callers:
      - {from: ["+380*"], language: en}
      - {from: ["+37120000009"], destination: police}
"""
ANNOUNCED = """announcements:
  water:
    services: [town]
    prompt: town/water
    from: "2026-11-20 08:00"
    until: "2026-11-20 10:00"
    skippable: SKIPPABLE
hours:
"""
DAYS = 'friday: "22:00-06:00"\n    days:\n      "2026-11-10": {closed: true, reason: repairs}\n'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("prompt: town/menu", "prompt: town/other", ["the menu main says town/other; before: town/menu (TOWN)"]),
        ("welcome: town/welcome", "welcome: town/hello", ["TOWN: the welcome is town/hello; before: town/welcome"]),
        ("max_hops: 4", "max_menus: 30\nmax_hops: 4",
         ["a call comes to at most 30 menus; before: 20 menus"]),
        (', "+371 63005522"]', "]", ["37163005522: reaches town no more"]),
        ('["8488",', '["8489", "8488",', ["8489: now reaches town; before: nothing"]),
        ("[lv, en]", "[en, lv]", ["8488: begins in en; before: in lv", "37163005522: begins in en; before: in lv"]),
        ("ring: 20}\n    exits:\n      busy: {announcement", "ring: 25}\n    exits:\n      busy: {announcement",
         ["police now rings police-1 25 s; before: police-1 20 s (TOWN)"]),
        ("retries: 2, exit: operator}", "retries: 0, exit: operator}",
         ["the menu main after a wrong key says nothing; before: town/invalid (TOWN)",
          "the menu main after a wrong key gives 0 further tries; before: 2 further tries (TOWN)"]),
        ('      "2": {destination: police}\n      "9"', '      "9"',
         ["SAFETY LINE LOST: TOWN, key 2: always now a key that the menu does not have; before: rings police"]),
        ('      "9": {language: en}', '      "9": {language: lv}',
         ["TOWN, key 9: always now the language lv; before: the language en"]),
        ('      "9": {language: en}', '      "9": {announcement: town/bye}',
         ["TOWN, key 9: always now the last message town/bye; before: the language en"]),
        ('      "*": repeat', '      "#": repeat',
         ["TOWN, key *: always now a key that the menu does not have; before: the menu again",
          "TOWN, key #: always now the menu again; before: a key that the menu does not have"]),
        ("no_answer: {announcement: town/failed}", "no_answer: {announcement: town/sorry}",
         ["TOWN, key 2, then no answer: always now the last message town/sorry; before: the last message town/failed"]),
        ("    sorry: town/sorry\n", CALLERS,
         ["8488 from 380*: begins in en; before: in lv", "37163005522 from 380*: begins in en; before: in lv",
          "TOWN from 37120000009, at the beginning: always now rings police; before: the menu main"]),
        ('friday: "22:00-06:00"\n', DAYS,
         ["hours office: on Tue 2026-11-10 08:00-12:00, 13:00-17:00 closed now; before: open (TOWN)",
          "TOWN, key 1: on Tue 2026-11-10 08:00-12:00, 13:00-17:00 now the menu after-hours; before: rings desk"]),
        ('monday: "08:00-18:00"', 'monday: "08:00-19:00"',
         ["hours office: Mondays 18:00-19:00 open now; before: closed (TOWN)",
          "TOWN, key 1: Mondays 18:00-19:00 now rings desk; before: the menu after-hours"]),
        ("hours:\n  office", ANNOUNCED.replace("SKIPPABLE", "true") + "  office",
         ["TOWN: on Fri 2026-11-20 08:00-10:00 announced before the menu: town/water; before: none"]),
        ("hours:\n  office", ANNOUNCED.replace("SKIPPABLE", "true").replace("11-20", "10-20") + "  office", []),
        ("title: {lv: Birojs, en: Desk}", "title: {lv: Galds, en: Table}", []),
        ("    sorry: town/sorry\n", "    sorry: town/regret\n", []),
        ("menu: main", "menu: after-hours", None),
    ],
)  # fmt: skip
def test_one_change(old: str, new: str, expected: list[str] | None) -> None:
    found = told(SMALL.replace(old, new, 1))
    assert old in SMALL
    if expected is None:
        assert found == ["TOWN, at the beginning: always now the menu after-hours; before: the menu main"]
    else:
        assert found == expected


def test_a_safety_line_that_is_none_any_more_comes_first() -> None:
    new = changed("    safety: true\n", "")
    new = new.replace("prompt: town/menu", "prompt: town/other")
    assert told(new) == [
        "SAFETY LINE LOST: police was a safety line, now it is an ordinary destination",
        "the menu main says town/other; before: town/menu (TOWN)",
    ]
    back = [one for one in sentences(changes(SMALL, new)) if "safety" in one]
    assert back == ["police is a safety line now"]


def test_a_safety_line_that_is_gone_or_cut_off() -> None:
    rules = read_text(SMALL)
    without = replace(rules, destinations={**rules.destinations, "police": rules.destinations["duty"]})  # type: ignore[dict-item]
    assert [one.now for one in diff(rules, without, FIRST, LAST) if one.kind == "safety"] == ["an ordinary destination"]
    cut = SMALL.replace("{destination: police}", "{announcement: town/failed}")
    assert "SAFETY LINE LOST: TOWN: police could be reached, now it cannot be reached by any key" in told(cut)


def test_the_same_change_on_many_ways_is_one_sentence() -> None:
    new = changed("    operator: duty\n", "    operator: police\n")
    found = [one for one in told(new) if one.startswith("TOWN")]
    assert found == [
        (
            "TOWN, key 0; wrong keys; key 1, then no key; key 1, then wrong keys; key 1, then too long in the menu; "
            "too many menus: always now rings police; before: rings duty"
        ),
        "TOWN, no key; too long in the menu: always now rings police after town/wait; before: rings duty after town/wait",
    ]


def test_rows_and_values() -> None:
    (hours, goes) = changes(changed('monday: "08:00-18:00"', 'monday: "08:00-19:00"'))
    assert list(rows([hours, goes])) == [
        (ALL, "hours office", "Mondays 18:00-19:00", "closed", "open"),
        (ALL, "key 1", "Mondays 18:00-19:00", "the menu after-hours", "rings desk"),
    ]
    told_ = as_dict(goes)
    assert told_["path"] == ["1"]
    assert told_["when"] == {"always": False, "weekly": {"monday": ["18:00-19:00"]}, "dates": {}}
    (gone,) = changes(changed(', "+371 63005522"]', "]"))
    assert (as_dict(gone)["when"], next(iter(rows([gone])))[4]) == (None, "-")
    lost = changes(changed("    safety: true\n", ""))
    assert next(iter(rows(lost)))[0] == "! all"


def test_nothing() -> None:
    assert changes(SMALL) == ()


def test_a_bound_on_calls_that_only_one_side_has_is_told_of_the_place() -> None:
    bound = changed(
        "      closed: {menu: after-hours}\n",
        "      closed: {menu: after-hours}\n      full: {announcement: town/full}\n",
    )
    assert told(
        changed("    hours: office\n    phones", "    hours: office\n    most_calls: 2\n    phones", bound)
    ) == [
        "desk now rings desk-1 15 s, then desk-2 15 s, at most 2 calls at once; before: desk-1 15 s, then desk-2 15 s (TOWN)"
    ]
