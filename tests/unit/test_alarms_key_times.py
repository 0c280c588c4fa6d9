"""How long from a caller's key until Asterisk dials, told from the steps of a call; and durations in buckets."""

from datetime import UTC, datetime

import pytest

from ivr.alarms.histogram import BOUNDS, Histogram
from ivr.alarms.key_times import KeyTimes
from ivr.calls.actions import Action, Ask, Connect
from ivr.calls.events import CallEvent, HungUp, KeyPressed, LeftControl, MenuAnswered, StepBegan
from ivr.vocabulary import ChannelName, DestinationId, Key, Language, LinkedId, MenuId, PhoneId, PromptId

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CALL, CHANNEL = LinkedId("1.1"), ChannelName("PJSIP/trunk-1")
PRESSED = KeyPressed(CHANNEL, AT, Key("1"))
ANSWERED = MenuAnswered(CHANNEL, AT, 1, Key("1"))
SILENT = MenuAnswered(CHANNEL, AT, 1, None)
LEFT = LeftControl(CHANNEL, AT)
GONE = HungUp(CHANNEL, AT, 16)
BEGAN = StepBegan(CHANNEL, AT, 1)


def rings(*say: str) -> Connect:
    desk, phone = DestinationId("desk"), PhoneId("desk-1")
    prompts = tuple(map(PromptId, say))
    return Connect(CHANNEL, 2, Language("lv"), desk, phone, 0, "desk-1", 15, None, prompts, ())


MENU = Ask(CHANNEL, 2, Language("lv"), MenuId("night"), (PromptId("night"),), 5.0, ())

Step = tuple[float, CallEvent, tuple[Action, ...]]


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ([(1.0, PRESSED, ()), (1.1, ANSWERED, (rings(),)), (1.25, LEFT, ())], 0.25),
        ([(1.0, BEGAN, ()), (2.0, PRESSED, ()), (2.1, ANSWERED, (rings(),)), (2.5, LEFT, ())], 0.5),
        # the last key counts: the first was for the menu before
        ([(1.0, PRESSED, ()), (1.1, ANSWERED, (MENU,)), (5.0, PRESSED, ()), (5.1, ANSWERED, (rings(),)), (5.5, LEFT, ())], 0.5),
        ([(1.0, PRESSED, ()), (1.1, ANSWERED, (rings("wait"),)), (9.0, LEFT, ())], None),  # something is said first
        ([(1.0, PRESSED, ()), (1.1, ANSWERED, (MENU,)), (1.2, LEFT, ())], None),  # a menu, then passed on by a person
        ([(1.0, PRESSED, ()), (6.0, SILENT, (rings(),)), (6.1, LEFT, ())], None),  # nobody's key decided
        ([(6.0, ANSWERED, (rings(),)), (6.1, LEFT, ())], None),  # the key itself was not seen
        ([(1.0, PRESSED, ()), (1.1, ANSWERED, (rings(),)), (1.2, GONE, ()), (1.3, LEFT, ())], None),
    ],
)  # fmt: skip
def test_from_the_key_to_the_dialplan(steps: list[Step], wanted: float | None) -> None:
    times = KeyTimes()
    found = [times.stepped(CALL, event, actions, seconds) for seconds, event, actions in steps]
    assert found[:-1] == [None] * (len(steps) - 1)
    assert found[-1] == (None if wanted is None else pytest.approx(wanted))


def test_calls_are_kept_apart_and_nothing_stays() -> None:
    times, other = KeyTimes(), LinkedId("1.2")
    for call, at in ((CALL, 1.0), (other, 1.5)):
        times.stepped(call, PRESSED, (), at)
        times.stepped(call, ANSWERED, (rings(),), at + 0.1)
    assert times.stepped(other, LEFT, (), 1.75) == pytest.approx(0.25)
    times.clear()
    assert times.stepped(CALL, LEFT, (), 2.0) is None


def test_durations_are_counted_in_their_buckets() -> None:
    histogram = Histogram()
    for seconds in (-1.0, 0.0, BOUNDS[0], 0.3, 0.31, 99.0):
        histogram.note(seconds)
    family = histogram.family("ivr_x_seconds", "x")
    found = {sample.labels["le"]: sample.value for sample in family.samples if sample.name == "ivr_x_seconds_bucket"}
    assert [found[name] for name in ("0.001", "0.2", "0.3", "0.5", "5.0", "+Inf")] == [3, 3, 4, 5, 5, 6]
    ends = {sample.name: sample.value for sample in family.samples if not sample.labels}
    assert ends == {"ivr_x_seconds_count": 6, "ivr_x_seconds_sum": pytest.approx(99.611)}
