"""Expectations of the rules: met, or told what came instead and why; and how they are read from a file."""

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.proof.expect import Expectation, unmet
from ivr.routing.destinations import Message, Reject, Submenu
from ivr.routing.rules import Ruleset
from ivr.rulebook.build import ruleset
from ivr.rulebook.expectations import broken, expectation
from ivr.rulebook.include import from_bytes, load
from ivr.rulebook.problems import Finding
from ivr.rulebook.read import book_of
from ivr.rulebook.schema import ExpectationRules
from ivr.vocabulary import DestinationId, Did, MenuId, PromptId
from tests.fakes.rules_text import SMALL, YEARS
from tests.fakes.ruleset import CLOSED, OPEN, small

RULES = small()
BASE = Expectation(Did("8488"), OPEN, "1")
DESK, HELP = DestinationId("desk"), DestinationId("help")


def kinded(kind: Message | Reject | Submenu) -> Ruleset:
    desk = replace(RULES.destinations[DESK], kind=kind)
    return replace(RULES, destinations={**RULES.destinations, DESK: desk})


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        (RULES, replace(BASE, destination=DESK)),
        (RULES, replace(BASE, destination=DESK, reason="open")),
        (RULES, replace(BASE, at=CLOSED, menu=MenuId("night"))),
        (RULES, replace(BASE, at=CLOSED, menu=MenuId("night"), reason="closed")),
        (RULES, replace(BASE, at=CLOSED, destination=DESK, reason="closed")),
        (RULES, replace(BASE, keys="", menu=MenuId("main"))),
        (RULES, replace(BASE, keys="6", announcement=PromptId("s/bye"), reason="key")),
        (kinded(Message(PromptId("s/bye"))), replace(BASE, destination=DESK)),
        (kinded(Reject(PromptId("s/bye"), 21)), replace(BASE, destination=DESK, reason="rejected")),
        (kinded(Reject(PromptId("s/bye"), 21)), replace(BASE, destination=DESK)),
        (kinded(Submenu(MenuId("night"))), replace(BASE, destination=DESK)),
    ],
)
def test_met(rules: Ruleset, wanted: Expectation) -> None:
    assert unmet(rules, [wanted]) == []


CALL = "the call to 8488 on 2026-11-24 10:00 with key 1"
AFTER_HOURS = "the call to 8488 on 2026-11-22 10:00 with key 1 comes to the menu night"
WHY = ": desk is closed: sunday has no open hours"


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (replace(BASE, destination=HELP), f"{CALL} rings desk (desk-1), not to help"),
        (replace(BASE, menu=MenuId("night")), f"{CALL} rings desk (desk-1), not to the menu night"),
        (replace(BASE, at=CLOSED, destination=DESK), f"{AFTER_HOURS}, not to desk{WHY}"),
        (replace(BASE, at=CLOSED, announcement=PromptId("s/x")), f"{AFTER_HOURS}, not with the message s/x{WHY}"),
        (
            replace(BASE, destination=DESK, reason="closed"),
            f"{CALL} rings desk (desk-1) as expected, but the reason is open, not closed",
        ),
        (
            replace(BASE, keys="", menu=MenuId("main"), reason="open"),
            (
                "the call to 8488 on 2026-11-24 10:00 comes to the menu main as expected, "
                "but the reason is that nothing had to be decided, not open"
            ),
        ),
        (
            replace(BASE, keys="12", destination=DESK, caller="+371"),
            (
                "the call to 8488 from +371 on 2026-11-24 10:00 with keys 1, 2 rings desk (desk-1) already before key 2; "
                "leave out what is not asked for"
            ),
        ),
        (
            replace(BASE, number=Did("112"), destination=DESK),
            "the call to 112 on 2026-11-24 10:00 with key 1 is not taken: no service has the number, not to desk",
        ),
        (
            replace(BASE, keys="6", menu=MenuId("main")),
            "the call to 8488 on 2026-11-24 10:00 with key 6 ends with the message s/bye, not to the menu main",
        ),
        (
            replace(BASE, keys="6", destination=DESK),
            "the call to 8488 on 2026-11-24 10:00 with key 6 ends with the message s/bye, not to desk",
        ),
    ],
)
def test_not_met(wanted: Expectation, sentence: str) -> None:
    assert unmet(RULES, [replace(BASE, destination=DESK), wanted]) == [(wanted, sentence)]


def findings(*lines: str) -> list[Finding]:
    text = "\n".join((SMALL.rstrip(), "expectations:", *(f"  - {line}" for line in lines), ""))
    book = book_of(from_bytes(text.encode(), "rules.yaml"))
    return broken(book, ruleset(book, from_bytes(b"", "x").version, YEARS))


def test_from_a_file() -> None:
    found = findings(
        '{number: "8488", at: "2026-11-23 10:00", keys: "1", from: "+371 2", destination: desk, reason: open}',
        '{number: "8488", at: "2026-11-23 18:00", keys: "1", destination: desk}',
        '{number: "8489", at: "2026-11-23 18:00", menu: main}',
        '{number: "8488", at: "2026-03-29 03:30", menu: main}',
        '{number: "+37163005522", at: "2026-10-25 03:30", keys: "9", menu: main}',
    )
    assert [one.path for one in found] == [
        ("expectations", 1),
        ("expectations", 2, "number"),
        ("expectations", 3, "at"),
    ]
    assert "comes to the menu after-hours, not to desk: desk is closed" in found[0].message
    assert found[1].message == 'no service has the number "8489"'
    assert found[1].hint == 'did you mean "8488"?'
    assert "clocks go forward" in found[2].message


def test_the_place_of_an_expectation() -> None:
    rules = ExpectationRules.model_validate({"number": "8488", "at": "2026-11-23 10:00", "announcement": "s/bye"})
    value = expectation(3, rules, RULES)
    assert isinstance(value, Expectation)
    assert (value.place, value.announcement, value.at.isoformat()) == (
        "expectations.3",
        "s/bye",
        "2026-11-23T10:00:00+02:00",
    )


def test_the_shipped_expectations_are_met() -> None:
    source = load(Path(__file__).parents[2] / "routing_rules.yaml")
    book = book_of(source)
    assert broken(book, ruleset(book, source.version, range(2019, 2031))) == []
