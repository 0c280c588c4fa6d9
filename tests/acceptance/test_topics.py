"""Topics on the real PBX: told by telephones in a call and after it and by a supervisor; what came of it is heard by the
colleague alone."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest

from cdr.store.store import Store
from ivr.hearing.recognise import longest_silence, read_wav
from ivr.hearing.wav import RATE
from ivr.live.client import ask
from ivr.trial.plan import Outcome, Plan, Press
from ivr.trial.run import Trials
from ivr.vocabulary import Key
from tests.acceptance.acting import noted
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.telling import dial, over, topics
from tests.acceptance.test_bad_input import ivr
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import until, until_asked

QUIET = 2.6
"""Seconds without a sound that a simulated phone keeps quiet by itself, after it has answered."""
LONGER = QUIET + 2
"""... and that waits between the keys that it presses."""
SET, UNKNOWN = "lv/topics/set", "lv/topics/unknown"
POLICE, DUTY, UTILITY, INFORMATION = "kekava-police-1", "kekava-duty-1", "kekava-utility-1", "kekava-information-1"


def talks(*phones: str, talk: float, key: str = "3") -> Plan:
    return Plan("8488", caller(), (Press(key, 0.5),), phones=phones, talk=talk)


PLANS: Mapping[str, Plan] = {
    "set": talks("presses.*731#", talk=11),
    "without an end": talks("presses.*732", talk=9),
    "unknown": talks("presses.*799#", talk=11),
    "said again": talks("presses.*731*1#wwwwwww*732#", talk=11),
    "hung up meanwhile": talks("presses.*733", talk=3.0),
    "passed on": talks("blind.24", "presses.*721*1#", talk=11, key="1"),
    "asked": talks("blonde.24", "presses.*722#", talk=11),
    "after": talks("ok", talk=1, key="2"),
    "a supervisor's": talks("ok", talk=11),
}
AFTERWARDS = {
    UTILITY: "*721*24712%23",
    INFORMATION: "*711",
    POLICE: "*731*3",  # there is no such result
    "kekava-utility-2": "*721",  # it has had no call
    "citizen": "*721",
}
WITHOUT_ENGINE = talks("presses.*721*2#", talk=7, key="2")


class Told(NamedTuple):
    """What came of the calls, and every topic in the journal."""

    outcomes: Mapping[str, Outcome]
    topics: Sequence[Mapping[str, str]]
    answers: Mapping[str, Any]

    def of(self, name: str) -> list[tuple[str, str, str, str]]:
        """Give what was said of a call: topic, result, case and who said it."""
        call = self.outcomes[name].linkedid
        keys = ("topic", "result", "case", "by")
        return [tuple(one[key] for key in keys) for one in self.topics if one["linkedid"] == call]  # type: ignore[misc]


async def _afterwards(house: House, ear: JournalEar, calls: Mapping[str, str]) -> dict[str, str]:
    """Let telephones dial when their calls are over, in this order; give what each heard first, or why it heard nothing."""
    house.pair.pbx.cli("dialplan reload")
    answers = {}
    for user, number in calls.items():
        answers[user] = await asyncio.to_thread(dial, house, user, number)
        if answers[user] == "200 OK":
            await until(lambda user=user: played(ear, user), look=ear.look)  # type: ignore[misc]
            answers[user] = played(ear, user)[0]
    return answers


def played(ear: JournalEar, telephone: str) -> list[str]:
    """Give what the PBX played to a telephone that dialled."""
    return [event.get("sound") for event in ear.events[telephone] if event.type == "STREAM_BEGIN"]


async def _supervised(house: House, trials: Trials, ear: JournalEar) -> dict[str, Any]:
    """Say topics of a call that goes on, good ones and bad ones."""
    events = ear.events[PLANS["a supervisor's"].caller]
    await until(lambda: any(event.type == "BRIDGE_ENTER" for event in events), look=ear.look)
    call = events[0].linkedid

    async def said(topic: str, result: str = "", case: str = "", named: str = call) -> dict[str, Any]:
        request = {"do": "topic", "call": named, "topic": topic, "result": result, "case": case}
        return await asyncio.to_thread(ask, house.settings.control, request)

    citizen = trials.network.citizen(PLANS["a supervisor's"].caller)
    await trials.network.press(citizen, [Key(key) for key in "*731#"])
    return {
        "by id": await said("animals", "registered", "Ш-77/Ā_1.x"),
        "no topic": await said("nonsense"),
        "no call": await said("31", named="pbx-1.1"),
        "a second variable": await said("31", case="a,IVR_BY=chief"),
        "a second action": await said("31", case="a\r\nAction: Logoff"),
        "a function": await said("31", case="${SHELL(true)}"),
        "by code": await said("33", "consulted"),
    }


async def _listened(house: House, at: Any, work: Callable[[Trials, JournalEar], Any]) -> Any:
    """Do `work` while the journal is followed, with an engine if there is a time."""
    ear = JournalEar(house.pair.journal)
    listening = asyncio.ensure_future(ear.listen())
    try:
        async with on_network(house) as trials, nullcontext() if at is None else house.engine(at):
            return await work(trials, ear)
    finally:
        listening.cancel()


async def _with_engine(house: House, trials: Trials, ear: JournalEar) -> Told:
    supervised = asyncio.ensure_future(_supervised(house, trials, ear))
    found = await trials.run_all(PLANS.values())
    outcomes = dict(zip(PLANS, found, strict=True))
    answers = {**await supervised, **await _afterwards(house, ear, AFTERWARDS)}
    call = str(outcomes["set"].linkedid)
    async with await Store(house.settings.store).open() as store:
        await until_asked(lambda: store.record(call))  # the recorder is another process
    done = await asyncio.to_thread(ivr, house, "calls", "topic", call, "heating", "--case", "K-1")
    answers["after the call"] = done.stdout + done.stderr
    told = ("heating", "", "K-1", "supervisor")
    await until(lambda: told in Told(outcomes, _plain(ear), {}).of("set"), look=ear.look)
    return Told(outcomes, _plain(ear), answers)


def _plain(ear: JournalEar) -> list[Mapping[str, str]]:
    return [dict(event.extra) for event in topics(ear)]


@pytest.fixture(scope="module")
def told(house: House) -> Told:
    result: Told = asyncio.run(_listened(house, TUESDAY_10, lambda trials, ear: _with_engine(house, trials, ear)))
    return result


async def _without_engine(house: House, trials: Trials, ear: JournalEar) -> Told:
    outcome = await trials.run(WITHOUT_ENGINE)
    answers = await _afterwards(house, ear, {UTILITY: "*722"})
    return Told({"no engine": outcome}, _plain(ear), answers)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("set", [("public-order", "", "", POLICE), ("heating", "", "K-1", "supervisor")]),
        ("without an end", [("animals", "", "", POLICE)]),
        ("unknown", []),
        ("said again", [("public-order", "consulted", "", POLICE), ("animals", "", "", POLICE)]),
        ("hung up meanwhile", [("parking", "", "", POLICE)]),
        ("passed on", [("water", "consulted", "", DUTY), ("residence", "", "", INFORMATION)]),
        ("asked", [("heating", "", "", DUTY)]),
        ("after", [("water", "registered", "4712", UTILITY)]),
        (
            "a supervisor's",
            [("animals", "registered", "Ш-77/Ā_1.x", "supervisor"), ("parking", "consulted", "", "supervisor")],
        ),
    ],
)
def test_what_the_journal_says(told: Told, name: str, said: list[tuple[str, str, str, str]]) -> None:
    assert told.of(name) == said


def test_nothing_else_is_in_the_journal(told: Told) -> None:
    assert {one["linkedid"] for one in told.topics} <= {outcome.linkedid for outcome in told.outcomes.values()}


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("set", [SET]),
        ("without an end", [SET]),
        ("said again", [SET, SET]),
        ("passed on", [SET]),
        ("asked", [SET]),
        ("unknown", [UNKNOWN]),
        ("a supervisor's", []),
    ],
)
def test_the_colleague_alone_hears_what_came_of_it(told: Told, name: str, heard: list[str]) -> None:
    outcome = told.outcomes[name]
    assert [one.name for one in outcome.heard_by_phone if "topics/" in one.name] == heard
    assert not [one for one in outcome.prompts() if "topics/" in one]


def test_the_citizen_is_never_in_silence(told: Told) -> None:
    for name, outcome in told.outcomes.items():
        assert (outcome.trouble, outcome.cause) == ("", 0), name
        assert outcome.silence[0] < (LONGER if name == "said again" else QUIET), (name, outcome.silence)


@pytest.mark.parametrize("name", ["set", "unknown"])
def test_the_conversation_goes_on(told: Told, house: House, name: str) -> None:
    """The simulated citizen speaks all the time: the colleague hears him again."""
    outcome = told.outcomes[name]
    sound = read_wav(house.pair.network.directory / f"calls/phone-{outcome.plan.caller}.wav")
    (last,) = (one for one in outcome.heard_by_phone if "topics/" in one.name)
    rest = sound[round(last.end * RATE) :]
    assert rest.size > 2 * RATE
    assert longest_silence(rest)[0] < 1


def test_who_has_no_call_and_who_is_no_telephone(told: Told) -> None:
    assert told.answers[UTILITY] == "ivr/topics/set"
    assert told.answers[POLICE] == "ivr/topics/unknown"
    assert told.answers["kekava-utility-2"] == "ivr-tones/wrong"
    assert told.answers["citizen"] == "404 Not Found"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no topic", "kekava has no topic 'nonsense'; it has: 1 information, 11 residence"),
        ("no call", "there is no call pbx-1.1"),
        ("a second variable", "no case reference"),
        ("a second action", "no case reference"),
        ("a function", "no case reference"),
    ],
)
def test_what_a_supervisor_may_not_say(told: Told, name: str, said: str) -> None:
    assert not told.answers[name]["ok"]
    assert said in told.answers[name]["error"]


def test_a_supervisor_hears_what_asterisk_has_written(told: Told) -> None:
    assert told.answers["by id"]["title"] == "Dzīvnieki"
    assert told.answers["by code"]["topic"] == "parking"
    call = told.outcomes["set"].linkedid
    assert told.answers["after the call"] == (
        f"Asterisk has written into the journal that {call} is about Apkure (heating), case K-1\n"
    )


def test_the_record_has_the_last_word(told: Told) -> None:
    record = told.outcomes["said again"].record
    assert record is not None
    assert (record["topic"], record["result"], record["case_reference"]) == ("animals", "", "")
    record = told.outcomes["unknown"].record
    assert record is not None
    assert (record["topic"], record["disposition"]) == ("", "answered")


@pytest.mark.usefixtures("told")  # a later call of the same telephone counts
def test_it_needs_no_engine(house: House) -> None:
    again: Told = asyncio.run(_listened(house, None, lambda trials, ear: _without_engine(house, trials, ear)))
    assert again.of("no engine") == [("water", "registered", "", UTILITY), ("heating", "", "", UTILITY)]
    assert [one.name for one in again.outcomes["no engine"].heard_by_phone].count(SET) == 1


@pytest.mark.usefixtures("told")
def test_a_call_can_be_too_long_ago(house: House) -> None:
    ear = JournalEar(house.pair.journal)
    house.pair.pbx.cli("dialplan set global IVR_TOPIC_SECONDS 0")
    try:
        assert dial(house, POLICE, "*731") == "200 OK"
        over(house)
    finally:
        house.pair.pbx.cli("dialplan set global IVR_TOPIC_SECONDS 1800")
    asyncio.run(noted(ear, lambda: bool(_sounds(ear))))
    assert topics(ear) == []
    assert _sounds(ear) == ["ivr-tones/wrong"]


def _sounds(ear: JournalEar) -> list[str]:
    return [event.get("sound") for events in ear.events.values() for event in events if event.type == "STREAM_BEGIN"]
