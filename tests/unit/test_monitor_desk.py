"""What the monitor says in its one line of news: what came of an order is not hidden by what is seen in the same second."""

from datetime import timedelta
from typing import cast

from ivr.monitor.cells import Tone
from ivr.monitor.desk import ANSWER_SECONDS, TOLD_SECONDS, Desk
from ivr.monitor.orders import Supervision
from tests.fakes.supervised_town import AT


def made() -> Desk:
    return Desk(cast(Supervision, None), lambda: AT)


def said(desk: Desk, after: float) -> str | None:
    told = desk.last_told(AT + timedelta(seconds=after))
    return None if told is None else told.text


def test_what_came_of_an_order_stays_a_while() -> None:
    for tone in (Tone.TITLE, Tone.BAD):
        desk = made()
        desk.say("asked", Tone.QUIET)
        desk.say("it is done", tone)
        desk.say("a phone listens no longer")
        assert said(desk, 0) == "it is done"
        assert said(desk, ANSWER_SECONDS) == "it is done"
        assert said(desk, ANSWER_SECONDS + 1) == "a phone listens no longer"
        assert said(desk, TOLD_SECONDS + 1) is None


def test_of_two_answers_the_later_one_is_shown() -> None:
    desk = made()
    desk.say("one", Tone.TITLE)
    desk.say("! two", Tone.BAD)
    assert said(desk, 1) == "! two"
