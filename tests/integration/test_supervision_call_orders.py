"""Orders about calls against a made-up Asterisk: what it is told, what counts as its word, and what is said without it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.errors import LinkLost, RequestRefused
from ivr.routing.rules import Ruleset, Topic
from ivr.supervision.access.auth import Who
from ivr.supervision.acting import pbx as pbx_module
from ivr.supervision.acting.call_actions import SAID_AT_ONCE, CallOrders
from ivr.supervision.acting.pbx import Pbx
from ivr.supervision.acting.phones import allowed_phones
from ivr.supervision.models import Call, CallDetail, Calls, Done, Role, Stage
from ivr.supervision.orders import AnnounceOrder, HangUpOrder, TopicOrder, TransferOrder
from ivr.supervision.refusals import ActionRefused
from ivr.vocabulary import LinkedId, TopicId
from tests.fakes.everything import everything
from tests.fakes.patience import until

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BO = Who("bo", Role.SUPERVISOR, "socket")
TALKS, RINGS, MENU = "pbx-1.0", "pbx-2.0", "pbx-3.0"
HEATING = TopicId("heating")


def rules() -> Ruleset:
    found = everything()
    about = Topic("2", HEATING, dict.fromkeys(("lv", "en", "ru", "uk", "bg"), "Heating"))  # type: ignore[arg-type]
    return replace(found, services={name: replace(one, topics=(about,)) for name, one in found.services.items()})


RULES = rules()


class Asterisk(Pbx):
    """Answers each verb by `answers`, or an error of `refuses`; says that an order was carried out if it `confirms`."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.refuses: dict[str, Exception] = {}
        self.confirms = True
        self._waiting = {}
        self._listeners: list[Callable[[Message], None]] = []
        self._clock = lambda: AT
        self._order = ""

    async def ask(self, action: Mapping[str, str | Sequence[str]], end: End = End.RESPONSE) -> tuple[Message, ...]:
        self.asked.append(action)
        verb = str(action["Action"])
        if verb in self.refuses:
            raise self.refuses[verb]
        given = [str(one) for one in action.get("Variable", ()) if isinstance(action["Variable"], tuple)]
        if action.get("Variable") == "IVR_SUPERVISED":
            self._order = str(action["Value"])
        if self.confirms:
            asyncio.get_running_loop().call_soon(self._confirm, verb, action, given)
        value = {"BRIDGEPEER": "PJSIP/desk-1-00000001", "EPOCH": "1795311670"}.get(str(action.get("Variable")), "")
        return (Message(AT, {"Response": "Success", "Value": value}),)

    def _confirm(self, verb: str, action: Mapping[str, Any], given: list[str]) -> None:
        told = dict(one.partition("=")[::2] for one in given)
        if verb == "Redirect" and action["Context"] == "ivr-ended":
            self.says("Hangup", Uniqueid=action["Channel"], Cause="16")
        elif verb == "Redirect":
            self.says("UserEvent", UserEvent="IvrOrdered", Order=self._order, Kind="supervisor")
        elif verb == "Originate" and "IVR_PROMPT" in told:
            self.says("UserEvent", UserEvent="IvrSays", Order=told["IVR_SUPERVISED"])

    def says(self, name: str, **headers: str) -> None:
        self._heard(Message(AT, {"Event": name, **headers}))


class World:
    def __init__(self) -> None:
        self.pbx = Asterisk()
        self.orders = CallOrders(
            self.pbx, self, lambda: RULES, recorded=self.recorded, is_recorded=lambda prompt, _: prompt != "kekava/none"
        )
        self.shown = {
            TALKS: call(TALKS, Stage.TALKING, "all-desk"),
            RINGS: call(RINGS, Stage.RINGING, "all-few"),
            MENU: call(MENU, Stage.MENU, ""),
        }

    async def recorded(self, name: LinkedId) -> str | None:
        return next(iter(RULES.services)) if name == "pbx-9.9" else None

    def calls(self) -> Calls:
        return Calls(at=AT, sequence=1, calls=tuple(self.shown.values()))

    def call(self, name: str) -> CallDetail | None:
        found = self.shown.get(name)
        return None if found is None else CallDetail(call=found, journey=(), legs=())

    def told(self, verb: str) -> list[Mapping[str, Any]]:
        return [action for action in self.pbx.asked if action["Action"] == verb]

    def variables(self) -> dict[str, str]:
        return {str(action["Variable"]): str(action["Value"]) for action in self.told("Setvar")}


def call(name: str, stage: Stage, destination: str) -> Call:
    return Call(
        call=name,
        service=next(iter(RULES.services)),
        number="8488",
        caller="",
        language="lv",
        started=AT,
        stage=stage,
        since=AT,
        destination=destination,
        led_by="engine",
    )


@pytest.fixture
async def world() -> World:
    return World()


async def test_a_transfer_is_a_colleagues_by_the_supervisor(world: World) -> None:
    done = await world.orders.transfer(TALKS, TransferOrder(to="all-few"), BO)
    assert done.text == f"Asterisk leads {TALKS} to all-few"
    (redirect,) = world.told("Redirect")
    assert (redirect["Channel"], redirect["Context"], redirect["Exten"]) == (TALKS, "ivr-transfer", "all-few")
    told = world.variables()
    assert told["DIALEDPEERNAME"] == "PJSIP/desk-1-00000001"
    assert told["IVR_ORDERED"] == "1795311670:all-few"
    assert told["IVR_SUPERVISED"].startswith("ivr-supervision-")


@pytest.mark.parametrize("name", [RINGS, MENU])
async def test_who_talks_to_nobody_is_sent_and_not_transferred(world: World, name: str) -> None:
    with pytest.raises(ActionRefused, match="send it instead") as refused:
        await world.orders.transfer(name, TransferOrder(to="all-few"), BO)
    assert refused.value.status == 409
    assert (await world.orders.send(name, TransferOrder(to="all-few"), BO)).values["destination"] == "all-few"


Order = Callable[[World], Awaitable[Done]]
ORDERS: dict[str, Order] = {
    "transfer": lambda world: world.orders.transfer(TALKS, TransferOrder(to="all-few"), BO),
    "send": lambda world: world.orders.send(RINGS, TransferOrder(to="all-few"), BO),
    "hang up": lambda world: world.orders.hang_up(TALKS, HangUpOrder(reason="abusive"), BO),
}


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize(
    ("verb", "error", "status", "said"),
    [
        ("Redirect", RequestRefused("Channel does not exist"), 409, "has just ended"),
        ("Setvar", RequestRefused("No such channel"), 409, "has just ended"),
        ("Redirect", LinkLost("gone"), 504, "before you try again"),
        ("Redirect", ActionRefused(503, "no PBX"), 503, "no PBX"),
    ],
)
async def test_what_asterisk_refuses(
    world: World, name: str, verb: str, error: Exception, status: int, said: str
) -> None:
    world.pbx.refuses[verb] = error
    with pytest.raises(ActionRefused, match=said) as refused:
        await ORDERS[name](world)
    assert refused.value.status == status
    assert world.pbx._waiting == {}


@pytest.mark.parametrize("name", ORDERS)
async def test_without_asterisks_word_nothing_is_said_to_be_done(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pbx_module, "CONFIRMED", 0.01)
    world.pbx.confirms = False
    with pytest.raises(ActionRefused, match="did not say") as refused:
        await ORDERS[name](world)
    assert refused.value.status == 504


async def test_another_orders_word_does_not_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pbx_module, "CONFIRMED", 0.05)
    world.pbx.confirms = False
    going = asyncio.ensure_future(world.orders.hang_up(TALKS, HangUpOrder(reason="x"), BO))
    await until(lambda: world.told("Redirect"))
    world.pbx.says("Hangup", Uniqueid=RINGS)
    world.pbx.says("UserEvent", UserEvent="IvrOrdered", Order=RINGS)
    world.pbx.says("OriginateResponse", Uniqueid=TALKS)
    with pytest.raises(ActionRefused, match="did not say"):
        await going


async def test_two_who_end_a_call_both_hear_of_it(world: World) -> None:
    both = await asyncio.gather(*(world.orders.hang_up(TALKS, HangUpOrder(reason="x"), BO) for _ in range(2)))
    assert [done.values["cause"] for done in both] == ["16", "16"]


@pytest.mark.parametrize("to", ["nonsense", "s", "i", "99999"])
async def test_nothing_that_is_no_destination_reaches_asterisk(world: World, to: str) -> None:
    with pytest.raises(ActionRefused, match="no destination") as refused:
        await world.orders.send(TALKS, TransferOrder(to=to), BO)
    assert (refused.value.status, world.pbx.asked) == (400, [])


async def test_calls_that_are_not_there(world: World) -> None:
    for order in (
        world.orders.hang_up("pbx-7.7", HangUpOrder(reason="x"), BO),
        world.orders.send("pbx-7.7", TransferOrder(to="all-few"), BO),
    ):
        with pytest.raises(ActionRefused) as refused:
            await order
        assert refused.value.status == 404


async def test_an_announcement_is_for_those_who_wait(world: World) -> None:
    done = await world.orders.announce(AnnounceOrder(prompt="kekava/closed"), BO)
    assert (done.text, done.values) == ("kekava/closed is played to 1 of 1 callers who wait", {"calls": RINGS})
    (action,) = world.told("Originate")
    assert {f"IVR_LISTENS={RINGS}", "IVR_PROMPT=kekava/closed", "IVR_LANGUAGE=lv"} < set(action["Variable"])


async def test_many_who_wait_hear_it_some_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.shown = {f"pbx-5.{number}": call(f"pbx-5.{number}", Stage.RINGING, "all-few") for number in range(130)}
    at_once: list[int] = []
    asked = world.pbx.ask

    async def ask(action: Mapping[str, Any], end: End = End.RESPONSE) -> tuple[Message, ...]:
        at_once.append(len(world.pbx._waiting))
        return await asked(action, end)

    monkeypatch.setattr(world.pbx, "ask", ask)
    done = await world.orders.announce(AnnounceOrder(prompt="kekava/closed"), BO)
    assert len(done.values["calls"].split()) == 130
    assert 1 < max(at_once) <= SAID_AT_ONCE


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"prompt": "kekava/none"}, 400),
        ({"prompt": "kekava/../x"}, 400),
        ({"prompt": "kekava/closed", "service": "nowhere"}, 409),
        ({"prompt": "kekava/closed", "destination": "all-desk"}, 409),
    ],
)
async def test_announcements_that_are_refused(world: World, order: dict[str, str], status: int) -> None:
    with pytest.raises(ActionRefused) as refused:
        await world.orders.announce(AnnounceOrder(**order), BO)
    assert (refused.value.status, world.told("Originate")) == (status, [])


@pytest.mark.parametrize("error", [LinkLost("gone"), None])
async def test_an_announcement_that_nobody_is_known_to_have_heard(
    world: World, error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pbx_module, "CONFIRMED", 0.01)
    world.pbx.confirms = False
    if error is not None:
        world.pbx.refuses["Originate"] = error
    with pytest.raises(ActionRefused, match="is known to have heard") as refused:
        await world.orders.announce(AnnounceOrder(prompt="kekava/closed"), BO)
    assert refused.value.status == 504


async def test_topics_of_calls_under_way_and_over(world: World) -> None:
    for name, status in (("pbx-9.9", 0), (TALKS, 0), ("pbx-8.8", 404)):
        order = TopicOrder(topic=HEATING)
        if status:
            with pytest.raises(ActionRefused) as refused:
                await world.orders.topic(name, order, BO)
            assert refused.value.status == status
        else:
            assert (await world.orders.topic(name, order, BO)).values["topic"] == HEATING
    with pytest.raises(ActionRefused) as refused:
        await world.orders.topic(TALKS, TopicOrder(topic="nonsense"), BO)
    assert refused.value.status == 400


@pytest.mark.parametrize(("error", "status"), [(RequestRefused("old dialplan"), 503), (LinkLost("gone"), 504)])
async def test_a_topic_that_asterisk_does_not_write(world: World, error: Exception, status: int) -> None:
    world.pbx.refuses["Originate"] = error
    with pytest.raises(ActionRefused) as refused:
        await world.orders.topic(TALKS, TopicOrder(topic=HEATING), BO)
    assert refused.value.status == status


def test_only_telephones_may_listen() -> None:
    found = set(allowed_phones(RULES, " chief-1, chief-2 ,"))
    assert {"chief-1", "chief-2", "kekava-utility-1"} <= found
    assert not [name for name in found if "&" in name or name.lstrip("+").isdigit() or not name]
