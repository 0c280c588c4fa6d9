"""How fast callers and Asterisk are served, counted where it happens: in the steps of calls and on the link."""

from pathlib import Path

import pytest

from ivr.alarms.alarms import Alarms, Places
from ivr.alarms.histogram import Histogram
from ivr.alarms.metrics import Metrics
from ivr.asterisk.link import End
from ivr.calls.events import CallEntered, CallEvent, HungUp, KeyPressed, LeftControl, MenuAnswered
from ivr.calls.step import begin, step
from ivr.errors import RequestRefused
from ivr.settings import Settings
from ivr.vocabulary import ChannelName, Did, Key, Language, LinkedId, ServiceId
from tests.fakes.ami_listener import Listener, running_link
from tests.fakes.ami_server import FakeAmi, soon
from tests.fakes.ruleset import OPEN, small

CHANNEL, RULES = ChannelName("PJSIP/trunk-1"), small()
NEW = CallEntered(CHANNEL, OPEN, ServiceId("town"), Did("8488"), "29123456", Language("lv"), entries=1)


def counted(histogram: Histogram) -> int:
    return sum(histogram.counts)


class Steps:
    """Plays the steps of a call; `seconds` is the clock."""

    def __init__(self, folder: Path) -> None:
        self.seconds = 100.0
        self.metrics = Metrics()
        self.alarms = Alarms(
            Settings(),
            self.metrics,
            Places(folder / "journal", folder),
            engine="pbx-1",
            clock=lambda: OPEN,
            monotonic=lambda: self.seconds,
        )
        self.session = begin(LinkedId("1"), NEW, RULES, OPEN)
        self.take(0.0, NEW)

    def take(self, after: float, event: CallEvent) -> None:
        """Let something happen so many seconds after what happened before."""
        self.seconds += after
        session, actions = step(self.session, event, RULES, OPEN)
        self.alarms.stepped(self.session, event, session, actions, RULES)
        self.session = session


@pytest.mark.parametrize(("key", "number"), [("2", 1), ("5", 0)])  # a line that rings; another menu
def test_a_key_counts_once_its_call_goes_to_ring(tmp_path: Path, key: str, number: int) -> None:
    steps = Steps(tmp_path)
    steps.take(3.0, KeyPressed(CHANNEL, OPEN, Key(key)))
    steps.take(0.03, MenuAnswered(CHANNEL, OPEN, steps.session.step, Key(key)))
    assert counted(steps.metrics.key_to_invite) == 0
    steps.take(0.05, LeftControl(CHANNEL, OPEN))
    assert counted(steps.metrics.key_to_invite) == number
    assert steps.metrics.key_to_invite.total == pytest.approx(0.08 * number)


def test_a_lost_link_forgets_what_was_under_way(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    steps.take(3.0, KeyPressed(CHANNEL, OPEN, Key("2")))
    steps.take(0.03, MenuAnswered(CHANNEL, OPEN, steps.session.step, Key("2")))
    steps.alarms.link_changed(attached=False, reason="gone")
    steps.take(9.0, LeftControl(CHANNEL, OPEN))
    steps.take(0.0, HungUp(CHANNEL, OPEN, 16))
    assert counted(steps.metrics.key_to_invite) == 0


async def test_the_link_tells_how_long_an_answer_took() -> None:
    took: list[float] = []
    async with FakeAmi() as ami, running_link(ami, Listener(), on_answered=took.append) as link:
        await soon(link.attached())
        took.clear()  # the login
        await link.request({"Action": "Getvar", "Variable": "X"})
        assert len(took) == 1
        assert 0 <= took[0] < 5
        with pytest.raises(RequestRefused):
            await link.request({"Action": "NoSuchAction"})
        await soon(link.request({"Action": "CoreShowChannels"}, end=End.LIST))
        assert len(took) == 1  # what is refused, and what has more than an answer, says nothing of the manager's speed
