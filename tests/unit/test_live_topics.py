"""A supervisor's word on what a call was about: what is refused, and what Asterisk is asked to write."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End, encode
from ivr.asterisk.topics import write_topic
from ivr.errors import OperatorError, RequestRefused
from ivr.live.topics import CASE, TopicOrders
from ivr.routing.rules import Topic
from ivr.vocabulary import Language, LinkedId, ServiceId, TopicId
from tests.fakes.ruleset import small

TITLE = {Language("lv"): "Apkure", Language("en"): "Heating"}
TOWN = replace(small().services[ServiceId("town")], topics=(Topic("22", TopicId("heating"), TITLE),))
RULES = replace(small(), services={TOWN.id: TOWN})
AT = datetime(2026, 11, 21, tzinfo=UTC)
GOOD = {"call": "pbx-1.0", "topic": "heating", "result": "", "case": ""}
CALLS = {"pbx-1.0": "town", "old-1.0": "village"}


class Desk:
    """Orders over these rules; `written` is what Asterisk was asked for."""

    def __init__(self) -> None:
        self.written: list[tuple[str, ...]] = []
        self.orders = TopicOrders(lambda: RULES, self._service_of, self._write)

    async def _service_of(self, call: LinkedId) -> str | None:
        return CALLS.get(call)

    async def _write(self, *told: str) -> None:
        self.written.append(told)


@pytest.mark.parametrize("word", ["heating", "22"])
async def test_a_topic_is_written_by_its_id(word: str) -> None:
    desk = Desk()
    answer = await desk.orders.tell({**GOOD, "topic": word, "result": "registered", "case": "A-12"})
    assert desk.written == [("pbx-1.0", "heating", "registered", "A-12", "supervisor")]
    assert answer == {
        "call": "pbx-1.0", "topic": "heating", "title": "Apkure", "service": "town",
        "result": "registered", "case": "A-12", "by": "supervisor",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"call": "pbx-2.0"}, "there is no call pbx-2.0"),
        ({"call": "x,y"}, "'x,y' is no call"),
        ({"call": ""}, "'' is no call"),
        ({"call": "old-1.0"}, "which is no service of the rules in use"),
        ({"topic": "23"}, "town has no topic '23'; it has: 22 heating"),
        ({"result": "done"}, "'done' is no result"),
        ({"case": "a,IVR_BY=x"}, "no case reference"),
        ({"case": "a\r\nAction: Logoff"}, "no case reference"),
        ({"case": 'a"'}, "no case reference"),
        ({"case": "_a"}, "no case reference"),
        ({"case": "-a"}, "no case reference"),
        ({"case": "${X}"}, "no case reference"),
        ({"case": "a" * 41}, "no case reference"),
        ({"case": "\ud800"}, "no case reference"),
    ],
)
async def test_what_is_refused_reaches_nobody(changed: dict[str, str], said: str) -> None:
    desk = Desk()
    with pytest.raises(OperatorError) as error:
        await desk.orders.tell({**GOOD, **changed})
    assert said in str(error.value)
    assert desk.written == []


@given(st.text(max_size=45))
def test_no_case_reference_can_be_more_than_one_value(text: str) -> None:
    if CASE.fullmatch(text):
        assert not set(text) & set("\",;=\\\r\n\0${}()[] '")
        encode({"Action": "Originate", "Async": "true", "Variable": (f"IVR_CASE={text}",)}, "1")


class Link:
    """Answers each request alike and keeps what was asked."""

    def __init__(self, response: str) -> None:
        self.asked: list[Mapping[str, str | Sequence[str]]] = []
        self._response = response

    async def attached(self) -> None:
        """It is."""

    async def request(
        self, action: Mapping[str, str | Sequence[str]], *, end: End = End.RESPONSE
    ) -> tuple[Message, ...]:
        assert end is End.ORIGINATE
        self.asked.append(action)
        queued = Message(AT, {"Response": "Success", "Message": "Originate successfully queued"})
        return queued, Message(AT, {"Event": "OriginateResponse", "Response": self._response})


async def test_it_is_written_when_asterisk_has_answered() -> None:
    link = Link("Success")
    await write_topic(link, LinkedId("pbx-1.0"), TopicId("heating"), "consulted", "A-12", "supervisor")
    (asked,) = link.asked
    assert asked["Channel"] == "Local/topic@ivr-mark/n"
    assert asked["Variable"] == (
        "IVR_ABOUT=pbx-1.0", "IVR_TOPIC=heating", "IVR_TOLD=consulted", "IVR_CASE=A-12", "IVR_BY=supervisor"
    )  # fmt: skip


async def test_an_asterisk_without_the_extension_is_told() -> None:
    with pytest.raises(RequestRefused, match="dialplan is older"):
        await write_topic(Link("Failure"), LinkedId("pbx-1.0"), TopicId("heating"), "", "", "supervisor")
