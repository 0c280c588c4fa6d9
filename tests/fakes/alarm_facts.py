"""Short ways to write facts for the alarms, and to run them through the rules."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ivr.alarms.alarm import Alarm
from ivr.alarms.facts import (
    Fact,
    JournalSeen,
    Lead,
    LeadChanged,
    LineTried,
    LinkChanged,
    Moment,
    RulesAccepted,
    SafetyVisited,
    Ticked,
)
from ivr.alarms.rules import watch
from ivr.alarms.watched import Watched
from ivr.routing.destinations import ExitReason
from ivr.vocabulary import DestinationId, Language, PhoneId, PromptId

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
POLICE, DESK = DestinationId("police"), DestinationId("desk")
TICK = Ticked()
NOTHING = Watched()
GONE, BUSY, SILENT, FULL = ExitReason.UNREACHABLE, ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.FULL


LV = Language("lv")
GREETING = PromptId("town/welcome")
ACCEPTED = RulesAccepted(frozenset({POLICE}), frozenset({PhoneId("desk-1"), PhoneId("+371")}))


def tried(failed: ExitReason | None, phone: str = "desk-1", *, outside: bool = False) -> LineTried:
    return LineTried(DESK, PhoneId(phone), outside, failed)


def visited(missed: str) -> SafetyVisited:
    return SafetyVisited(POLICE, missed)


def lead(word: Lead) -> LeadChanged:
    return LeadChanged(word, f"now {word.value}")


def link(attached: bool) -> LinkChanged:
    return LinkChanged(attached, "reset by peer")


def seen(size: int | None, moves: int) -> JournalSeen:
    return JournalSeen(None if size is None else (7, size), moves)


def run(facts: Iterable[tuple[float, Fact]], state: Watched = NOTHING) -> tuple[Watched, list[Alarm]]:
    told: list[Alarm] = []
    for seconds, fact in facts:
        state, alarms = watch(state, fact, Moment(START + timedelta(seconds=seconds), seconds))
        told += alarms
    return state, told


def words(facts: Iterable[tuple[float, Fact]], state: Watched = NOTHING) -> list[str]:
    """What is told, as `raised safety_unanswered police`."""
    return [f"{one.change.value} {one.id.value} {one.subject}" for one in run(facts, state)[1]]
