"""The calls as all that look see them: masked, published when something changes, with who listens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from cdr.live.calls import Gone, LiveCalls, Shown
from cdr.record.record import CallRecord
from ivr.supervision.hub import Hub
from ivr.supervision.live.view import View
from ivr.supervision.models import Change, NoticeKind, Stage
from tests.fakes.call_pieces import ARRIVES, IN, RINGS, TALKS, ends
from tests.fakes.call_table import events_of, linkedid_of
from tests.fakes.live_lines import placed
from tests.fakes.live_models import AT
from tests.fakes.transfer_pieces import ASKED, ATTENDED, BACK, BLIND, DUTY, JOINS

TRACES = Path(__file__).parents[1] / "traces"
CALL = linkedid_of()
NUMBER = "29123456"


@dataclass
class Source:
    live: LiveCalls = field(default_factory=LiveCalls)
    shown: Mapping[str, str] = field(default_factory=dict)
    ready: bool = False

    def record(self, name: str) -> CallRecord | None:
        return self.live.record(name)

    def number_of(self, name: str) -> str | None:
        return self.live.number_of(name)


@dataclass
class House:
    """Rules in which one destination is private, and who listens."""

    secret: str = ""
    phones: tuple[str, ...] = ()

    def private(self, destination: str) -> bool:
        return destination == self.secret != ""

    def listened(self, call: str) -> tuple[str, ...]:
        return self.phones if call == CALL else ()


@dataclass
class Measured:
    over: list[tuple[str, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def ended(self, service: str, disposition: str) -> None:
        self.over.append((service, disposition))

    def latency(self, seconds: float) -> None:
        self.seconds.append(seconds)


class Scene:
    """A view over the calls of a table, and what it publishes."""

    def __init__(self, table: str = "", *, house: House | None = None) -> None:
        self.source, self.house, self.measured = Source(), house or House(), Measured()
        self.hub = Hub(lambda: AT)
        self.view = View(self.source, self.hub, lambda: AT, self.house, self.measured)
        self.take(table)

    def take(self, table: str) -> None:
        self.source.live.take(events_of(table) if table else [])
        self.view.apply(self.source.live.changes())

    def published(self) -> list[Change]:
        return [message.change for message in self.hub._log]


def test_a_call_is_given_with_its_number_masked_and_all_it_met() -> None:
    stage = Scene(IN + TALKS)
    (call,) = stage.view.calls().calls
    assert (call.call, call.caller, call.stage, call.phone) == (CALL, "29…56", Stage.TALKING, "info-1")
    detail = stage.view.call(CALL)
    assert detail is not None
    assert detail.call == call
    texts = [step.text for step in detail.journey]
    assert texts[0] == "call from 29…56 to 8488 (kekava)"
    assert texts[-1] == "talks with info-1 of info"
    assert [leg.role for leg in detail.legs] == ["caller", "phone"]
    assert NUMBER not in detail.model_dump_json()
    assert stage.view.number_of(CALL) == NUMBER


def told_line_by_line(path: Path) -> tuple[set[str], str]:
    """Give the callers' whole numbers of a journal, and all that is told while it grows, to whoever looks."""
    stage, numbers, told = Scene(), set[str](), list[str]()
    for event in placed(path.read_bytes()):
        stage.source.live.take([event])
        stage.view.apply(stage.source.live.changes())
        names = [call.call for call in stage.view.calls().calls]
        numbers |= {stage.view.number_of(name) or "" for name in names}
        told += [detail.model_dump_json() for name in names if (detail := stage.view.call(name))]
    told += [message.text for message in stage.hub._log]
    return {one for one in numbers if len(one) > 4}, "\n".join(told)


def test_no_callers_number_is_told_of_any_real_call_at_any_time() -> None:
    found = {path: told_line_by_line(path) for path in TRACES.rglob("*.csv")}
    assert sum(bool(numbers) for numbers, _ in found.values()) > 20
    assert [path for path, (numbers, told) in found.items() if any(one in told for one in numbers)] == []


def test_what_is_not_there_is_none() -> None:
    stage = Scene("0.0 info-1 CHAN_START")  # a colleague's call is none for those who look
    assert (stage.view.call(CALL), stage.view.number_of(CALL), stage.view.calls().calls) == (None, None, ())


@pytest.mark.parametrize(
    ("number", "masked"), [("", ""), ("~0123456789abcdef", "+371 29…56"), ("^0123456789abcdef", "…")]
)
def test_withheld_numbers_and_tokens(number: str, masked: str) -> None:
    stage = Scene()
    stage.source.shown = {"~0123456789abcdef": "+371 29…56"}
    stage.source.live.restore(CALL, "pbx", events_of(IN))
    (change,) = stage.source.live.changes()
    assert isinstance(change, Shown)
    stage.view.apply([Shown(replace(change.call, caller=number))])
    assert stage.view.calls().calls[0].caller == masked


def test_only_what_can_be_seen_is_published() -> None:
    stage = Scene(ARRIVES)
    before = stage.hub.sequence
    stage.view.refresh(CALL)
    stage.view.refresh("pbx-1.2")
    stage.view.refresh_all()
    assert stage.hub.sequence == before
    stage.house.phones = ("chief",)
    stage.view.refresh(CALL)
    assert [one.call.listened for one in stage.published() if one.call] == [(), ("chief",)]


def test_a_private_place_is_told_when_the_rules_say_so() -> None:
    stage = Scene(IN + RINGS)
    assert not stage.view.calls().calls[0].private
    stage.house.secret = "info"
    stage.view.refresh_all()
    assert stage.view.calls().calls[0].private


ATTENDED_TO_DUTY = IN + TALKS + ASKED + ATTENDED + JOINS
BLIND_TO_DUTY = IN + TALKS + BLIND + DUTY


@pytest.mark.parametrize(
    ("table", "secret", "private"),
    [
        (IN + TALKS, "info", True),
        (IN + TALKS, "duty", False),
        (ATTENDED_TO_DUTY, "info", True),  # what was said there may be spoken of
        (ATTENDED_TO_DUTY, "duty", True),
        (ATTENDED_TO_DUTY + BLIND.replace("9.0", "14.0"), "info", False),
        (BLIND_TO_DUTY, "info", False),
        (BLIND_TO_DUTY, "duty", True),
        (BLIND_TO_DUTY + BACK, "info", True),
        (BLIND_TO_DUTY + BACK, "duty", False),
    ],
)
def test_a_call_is_private_as_long_as_the_dialplan_lets_nobody_listen(table: str, secret: str, private: bool) -> None:
    stage = Scene(table, house=House(secret))
    assert stage.view.calls().calls[0].private is private


def test_the_end_is_told_with_its_disposition_and_counted() -> None:
    stage = Scene(IN + TALKS)
    stage.take(IN + TALKS + ends(9))
    (end,) = [one.ended for one in stage.published() if one.ended]
    assert (end.call, end.destination, end.disposition) == (CALL, "info", "answered")
    assert stage.measured.over == [("kekava", "answered")]
    assert stage.view.calls().calls == ()


def test_a_name_that_the_contract_does_not_allow_hides_one_call_alone(caplog: pytest.LogCaptureFixture) -> None:
    stage = Scene(IN)
    strange = replace(stage.source.live.calls()[0], call="no name")
    stage.view.apply([Shown(strange)])
    assert [one.call for one in stage.view.calls().calls] == [CALL]
    assert "no name is not shown" in caplog.text


def test_trouble_is_told_and_that_it_is_over() -> None:
    stage = Scene()
    stage.view.trouble("gone", over=False)
    stage.view.trouble("back", over=True)
    notices = [one.notice for one in stage.published() if one.notice]
    assert [(one.kind, one.text, one.trouble) for one in notices] == [
        (NoticeKind.JOURNAL, "gone", True),
        (NoticeKind.JOURNAL, "back", False),
    ]


def test_it_is_filled_once_the_journal_was_read_and_measures_how_late_it_tells() -> None:
    stage = Scene()
    assert not stage.view.filled
    stage.source.ready = True
    assert stage.view.filled
    stage.view.seen(AT - timedelta(milliseconds=50))
    assert stage.measured.seconds == [0.05]
    View(stage.source, stage.hub, lambda: AT).seen(AT)  # nobody measures


async def test_a_subscriber_gets_the_calls_of_the_view() -> None:
    stage = Scene(IN)
    with stage.hub.subscribe() as one:
        first = json.loads((await one.message()).text)
        assert [found["caller"] for found in first["calls"]["calls"]] == ["29…56"]


def test_the_end_of_a_call_that_was_not_shown_is_not_told() -> None:
    scene = Scene(IN)
    before = scene.hub.sequence
    call = scene.source.live.calls()[0]
    scene.view.apply([Gone(replace(call, call="pbx-1.2"), "answered", AT)])
    assert scene.hub.sequence == before
    assert View(scene.source, scene.hub, lambda: AT).calls().calls == ()
