"""How the parts are, in words: from what was found at a look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ivr.rulebook.overrides import Cleared, Kept
from ivr.supervision.models import RulesNow
from ivr.supervision.now.health import (
    NO_ENGINE,
    NO_LEAD,
    Engine,
    JournalHow,
    Looked,
    health,
    records_trouble,
    unreachable,
)
from ivr.supervision.now.rules_told import order_now, rules_now
from tests.fakes.supervised import ORDER

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ALARM = {"alarm": "phone_unreachable", "subject": "desk-1", "text": "the phone desk-1 could not be reached"}
TRUNK = {"alarm": "trunk_unreachable", "subject": "+359", "text": "no answer"}
LEADS = {
    "engine": "h-1-a",
    "lead": "leading",
    "link": "attached",
    "version": "abc",
    "calls": {"asking": 2, "talking": 3},
}


def engine(**said: Any) -> Engine:
    return Engine("control-main-1-a", {**LEADS, **said})


FINE = Looked(AT, "up", (engine(),), JournalHow(0.04), "", "", "", "abc", 5, 2, "Europe/Riga")
SILENT = Engine("control-main-2-b", None)


def test_nothing_is_wrong() -> None:
    found = health(FINE)
    assert (found.ok, found.problems, found.alarms) == (True, (), ())
    assert (found.pbx, found.records, found.rules, found.journal_lag) == ("up", "ok", "abc", 0.0)
    assert [one.model_dump() for one in found.engines] == [
        {"engine": "h-1-a", "lead": "leading", "link": "attached", "rules": "abc", "calls": 5}
    ]
    assert (found.calls, found.subscribers, found.zone) == (5, 2, "Europe/Riga")


@pytest.mark.parametrize(
    ("looked", "problems"),
    [
        (replace(FINE, engines=()), (NO_ENGINE,)),
        (replace(FINE, engines=(engine(lead="standby"),)), (NO_LEAD,)),
        (replace(FINE, engines=(engine(), SILENT)), ("the engine at control-main-2-b does not answer",)),
        (replace(FINE, engines=(engine(link="lost"),)), ("the engine h-1-a: its link to Asterisk is lost",)),
        (replace(FINE, pbx="no connection to 127.0.0.1"), ("the PBX: no connection to 127.0.0.1",)),
        (replace(FINE, journal=JournalHow(None, "cel.csv is gone")), ("journal: cel.csv is gone",)),
        (replace(FINE, records="the disk is full"), ("records: the disk is full",)),
        (replace(FINE, rules="3 problems"), ("rules: 3 problems",)),
        (replace(FINE, figures="the store is locked"), ("today's figures: the store is locked",)),
    ],
)
def test_each_thing_that_is_wrong_is_named(looked: Looked, problems: tuple[str, ...]) -> None:
    found = health(looked)
    assert (found.ok, found.problems) == (False, problems)


def test_an_alarm_of_several_engines_is_told_once_and_is_no_health() -> None:
    found = health(replace(FINE, engines=(engine(alarms=[ALARM, TRUNK]), engine(engine="h-2-b", alarms=[ALARM]))))
    assert not found.ok
    assert found.problems == ()
    assert found.alarms == (
        "phone_unreachable (desk-1): the phone desk-1 could not be reached",
        "trunk_unreachable (+359): no answer",
    )


def test_which_phones_are_away() -> None:
    others = [ALARM, TRUNK, {"alarm": "prompt_missing", "subject": "s/menu", "text": "no sound"}]
    assert unreachable((SILENT, engine(alarms=others), engine())) == {"desk-1", "+359"}


def test_an_engine_of_an_older_release_may_say_little() -> None:
    found = health(replace(FINE, engines=(Engine("control-main-1-a", {"lead": "leading"}), SILENT)))
    assert [(one.engine, one.lead, one.link, one.calls) for one in found.engines] == [
        ("control-main-1-a", "leading", "unknown", 0),
        ("control-main-2-b", "does not answer", "unknown", 0),
    ]


@pytest.mark.parametrize(
    ("status", "after", "trouble"),
    [
        ({}, 10, ""),
        ({}, 31, "no recorder runs: start an engine; the journal keeps what is missing"),
        ({"written": AT.isoformat(), "troubles": []}, 29, ""),
        ({"written": AT.isoformat(), "troubles": []}, 31, f"the recorder has said nothing since {AT.isoformat()}"),
        # the file was there before we were: a recorder that begins with us has its time
        ({"written": "2026-11-01T00:00:00+00:00"}, 29, ""),
        ({"written": "2026-11-01T00:00:00+00:00"}, 31, "the recorder has said nothing since 2026-11-01T00:00:00+00:00"),
        ({"written": "2026-11-01T00:00:00"}, 31, "no recorder runs"),
        ({"written": "soon", "troubles": [{"message": "full"}, {"kind": "x"}]}, 1, "full; {'kind': 'x'}"),
    ],
)
def test_what_keeps_records_from_being_written(status: dict[str, Any], after: int, trouble: str) -> None:
    found = records_trouble(status, AT, AT + timedelta(seconds=after))
    assert found.startswith(trouble)
    assert bool(found) is bool(trouble)


HERE = RulesNow(file="rules.yaml", version="abc", since=None, last="")


@pytest.mark.parametrize(
    ("said", "here", "wanted"),
    [
        ({}, HERE, HERE),
        ({}, HERE.model_copy(update={"last": "3 problems"}), HERE.model_copy(update={"last": "3 problems"})),
        (
            {
                "file": "/etc/r.yaml",
                "version": "def",
                "since": AT.isoformat(),
                "kept": ["abc"],
                "last": {"at": "T", "changed": True, "problems": []},
            },
            HERE,
            RulesNow(file="/etc/r.yaml", version="def", since=AT, kept=("abc",), last="taken at T"),
        ),
        (
            {"version": "def", "since": "?", "last": {"at": "T", "changed": False, "problems": []}},
            HERE,
            RulesNow(file="rules.yaml", version="def", since=None, last="the same as before at T"),
        ),
        (
            {"version": "def", "last": {"at": "T", "problems": [{"text": "r.yaml:3:1: x"}]}},
            HERE.model_copy(update={"last": "1 problems"}),
            RulesNow(
                file="rules.yaml",
                version="def",
                since=None,
                last="refused at T: 1 problems, the first: r.yaml:3:1: x; 1 problems",
            ),
        ),
    ],
)
def test_the_rules_as_the_engine_tells_them(said: dict[str, Any], here: RulesNow, wanted: RulesNow) -> None:
    assert rules_now(said, here) == wanted


def test_an_order_and_what_became_of_it() -> None:
    told = order_now(Kept(ORDER), ORDER.since)
    assert (told.id, told.destination, told.order, told.author) == ("0000abcd", "desk", "closed", "anna")
    assert (told.state, order_now(Kept(ORDER), ORDER.until).state) == ("active", "expired")
    cleared = Kept(replace(ORDER, redirect=ORDER.destination), Cleared(AT, "bruno", "over"))
    assert (order_now(cleared, AT).state, order_now(cleared, AT).order) == ("cleared", "redirect=desk")
