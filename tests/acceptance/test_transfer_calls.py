"""Colleagues pass callers on, on the real PBX: what callers hear, who gets them, who does not, and who may not do it."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from cdr.journal.line import JournalEvent
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from ivr.vocabulary import Key
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import until

QUIET = 2.6
"""Seconds without a sound that a simulated phone keeps quiet by itself, after it has answered."""
ME, DUTY = "kekava-information-1", "kekava-duty-1"


class Told(NamedTuple):
    outcome: Outcome
    events: list[JournalEvent]

    def notes(self, *kinds: str) -> list[dict[str, str]]:
        return [dict(event.extra) for event in self.events if event.type in kinds]

    @property
    def answered(self) -> list[str]:
        return [phone for kind, phone in self.outcome.phones if kind == "answers"]


def passes(*phones: str, talk: float, key: str = "1") -> Plan:
    return Plan("8488", caller(), (Press(key, 0.5),), phones=phones, talk=talk)


PLANS: Mapping[str, Plan] = {
    "blind": passes("blind.24", "ok", talk=9),
    "busy": passes("blind.24", "busy", "ok", talk=9),
    "busy twice": passes("blind.24", "busy", "busy", "ok", talk=12),
    "nobody": passes("blind.99", "ok", talk=9),
    "refer": passes("refer.24", "ok", talk=8),
    "refer to a phone": passes("refer.kekavapolice2", "ok", talk=8),
    "refer to nobody": passes("refer.99", talk=8),
    "refer outside": passes("refer.29123456", talk=8),
    "attended": passes("attended.24", "ok", talk=14),
    "attended, busy": passes("back.24", "busy", talk=10),
    "attended, nobody": passes("back.99", talk=10),
    "hung up while it rings": passes("blonde.24", "ok", talk=11),
    "hung up and nobody comes": passes("blonde.24", "none", "ok", talk=29),
    "hung up when it was busy": passes("blonde.24", "busy", "ok", talk=11),
    "answered as he hangs up": passes("blonde.24.75", "ok", talk=9),
    "answered just before": passes("blonde.24.80", "ok", talk=9),
    "answered just after": passes("blonde.24.70", "ok", talk=9),
    "cancelled": passes("cancel.24", "none", talk=9),
    "a citizen's keys": passes("ok", talk=9),
    "a citizen's REFER": passes("ok", talk=9),
    "the caller hangs up": passes("blind.24", "none", talk=5),
    "the caller hangs up while they talk": passes("attended.24", "ok", talk=5),
}


@pytest.fixture(scope="module")
def told(house: House) -> Mapping[str, Told]:
    return asyncio.run(_calls(house))


async def _calls(house: House) -> Mapping[str, Told]:
    refers = PLANS["a citizen's REFER"].caller
    house.pair.network.cli(f"dialplan set global REFERS_{refers} 24")
    async with on_network(house) as trials:
        ear = JournalEar(house.pair.journal)
        listening = asyncio.ensure_future(ear.listen())
        async with house.engine(TUESDAY_10):
            pressing = asyncio.ensure_future(_press_in_talk(trials, ear, PLANS["a citizen's keys"].caller))
            outcomes = await trials.run_all(PLANS.values())
            await pressing
        await ear.look()
        listening.cancel()
    return {
        name: Told(outcome, ear.events[plan.caller])
        for (name, plan), outcome in zip(PLANS.items(), outcomes, strict=True)
    }


async def _press_in_talk(trials: Trials, ear: JournalEar, number: str) -> None:
    await until(lambda: any(event.type == "BRIDGE_ENTER" for event in ear.events[number]), look=ear.look)
    citizen = trials.network.citizen(number)
    for keys in ("##24", "*224"):
        await trials.network.press(citizen, [Key(key) for key in keys])


def test_nobody_is_cut_off_and_no_caller_hears_silence(told: Mapping[str, Told]) -> None:
    for name, call in told.items():
        assert call.outcome.trouble == "", name
        assert call.outcome.cause == 0, (name, "somebody else than the citizen hung up")
        assert call.outcome.silence[0] < QUIET, (name, call.outcome.silence)


@pytest.mark.parametrize(
    ("name", "answered"),
    [
        ("blind", [ME, DUTY]),
        ("busy", [ME, ME]),
        ("busy twice", [ME, ME]),
        ("nobody", [ME]),
        ("refer", [ME, DUTY]),
        ("refer to a phone", [ME, "kekava-police-2"]),
        ("refer to nobody", [ME]),
        ("refer outside", [ME]),
        ("attended", [ME, DUTY]),
        ("attended, busy", [ME]),
        ("attended, nobody", [ME]),
        ("hung up while it rings", [ME, DUTY]),
        ("hung up and nobody comes", [ME, ME]),
        ("hung up when it was busy", [ME, ME]),
        ("answered as he hangs up", [ME, DUTY]),
        ("answered just before", [ME, DUTY]),
        ("answered just after", [ME, DUTY]),
        ("cancelled", [ME]),
        ("a citizen's keys", [ME]),
        ("a citizen's REFER", [ME]),
        ("the caller hangs up", [ME]),
    ],
)
def test_who_gets_the_caller(told: Mapping[str, Told], name: str, answered: list[str]) -> None:
    """Each phone is found by the number that it shows: it is the citizen's throughout."""
    assert told[name].answered == answered
    assert "en/trial/phone" in told[name].outcome.prompts() or name == "the caller hangs up"


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("blind", [{"to": "24", "by": ME, "kind": "blind"}]),
        ("busy", [{"to": "24", "by": ME, "kind": "blind"}, {"phone": ME, "reason": "busy"}]),
        ("refer", [{"to": "24", "by": ME, "kind": "blind"}]),
        ("refer to a phone", [{"to": "kekava-police-2", "by": ME, "kind": "blind"}]),
        (
            "hung up and nobody comes",
            [{"to": "24", "by": ME, "kind": "attended"}, {"phone": ME, "reason": "no_answer"}],
        ),
        ("hung up when it was busy", [{"to": "24", "by": ME, "kind": "attended"}, {"phone": ME, "reason": "busy"}]),
        ("nobody", []),
        ("refer to nobody", []),
        ("attended", []),
        ("attended, busy", []),
        ("a citizen's keys", []),
        ("a citizen's REFER", []),
    ],
)
def test_what_the_journal_says(told: Mapping[str, Told], name: str, notes: list[dict[str, str]]) -> None:
    assert told[name].notes("IVR_TRANSFER", "IVR_RETURN") == notes


def test_only_colleagues_pass_callers_on(told: Mapping[str, Told]) -> None:
    for name in ("a citizen's keys", "a citizen's REFER"):
        kinds = {event.type for event in told[name].events}
        assert not kinds & {"BLINDTRANSFER", "ATTENDEDTRANSFER"}, name
        assert not any("ivr-transfer" in event.channel for event in told[name].events), name


def test_a_caller_who_waits_hears_music_or_ringing(told: Mapping[str, Told]) -> None:
    """The tone is our country's ringing: it is heard again while the next phone rings. Silence is looked for above."""
    assert told["busy twice"].outcome.ringing > told["nobody"].outcome.ringing + 1
    assert told["hung up and nobody comes"].outcome.ringing > 5


def test_a_caller_who_hangs_up_in_mid_transfer_leaves_nothing_behind(told: Mapping[str, Told], house: House) -> None:
    for name in ("the caller hangs up", "the caller hangs up while they talk"):
        events = told[name].events
        assert [event.type for event in events].count("LINKEDID_END") == 1, name
        assert events[-1].type == "LINKEDID_END", name
    left = (house.pair.pbx.cli("core show channels concise") or "").split()
    assert [line for line in left if told["the caller hangs up"].outcome.plan.caller in line] == []


def record(call: Told) -> dict[str, Any]:
    assert call.outcome.record is not None
    return dict(call.outcome.record)


def test_the_record_is_one_and_ends_with_the_citizen(told: Mapping[str, Told]) -> None:
    for name in ("blind", "attended", "hung up while it rings", "hung up and nobody comes"):
        assert record(told[name])["disposition"] == "answered", name
