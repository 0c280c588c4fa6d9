"""What the monitor shows of one call on Enter: its journey, while it lasts, while supervision is away, when it is over."""

from datetime import timedelta

from ivr.monitor.page import Journey
from tests.fakes.monitor_terminal import FIRST, terminal
from tests.fakes.patience import until
from tests.fakes.supervised_town import all_calls, noticed, over


async def test_the_journey_of_a_call() -> None:
    async with terminal() as at:
        await at.press("down", "enter")
        await at.worked()
        text = at.line("text")
        assert "kekava-utility-1 does not answer" in text
        assert "PJSIP/kekava-utility-2-00000085" in text
        assert FIRST.call in at.line("facts")
        await at.told(over(FIRST, "abandoned"))
        assert "has ended (abandoned)" in at.line("facts")
        await at.press("escape")
        assert at.is_table


async def test_the_journey_of_a_call_that_is_over_takes_no_order() -> None:
    async with terminal() as at:
        await at.press("down", "enter")
        await at.told(over(FIRST))
        at.at += timedelta(minutes=5)
        for key, said in (("h", "has ended"), ("l", "has ended"), ("o", "at no line")):
            await at.press(key)
            assert said in at.line("told")
            assert isinstance(at.app.screen, Journey)
        assert "ringing for 0:12" in at.line("facts")


async def test_a_journey_is_asked_for_again_when_supervision_is_back() -> None:
    async with terminal() as at:
        at.supervision.refuses = "no answer\x1b[2J"
        await at.press("down", "enter")
        await at.worked()
        assert at.line("text") == r"! no answer\x1b[2J"
        await at.told(noticed("supervision does not answer", sequence=0))
        at.at += timedelta(seconds=30)
        await at.painted()
        assert "!! not connected for 0:30" in at.line("facts")
        assert "ringing for 0:12" in at.line("facts")
        at.supervision.refuses = ""
        await at.told(noticed("", trouble=False, sequence=0), all_calls(at=at.at))
        await at.worked()
        assert "kekava-utility-1 does not answer" in at.line("text")
        assert "not connected" not in at.line("facts")


async def test_a_journey_fits_when_the_terminal_grows() -> None:
    async with terminal(size=(40, 24)) as at:
        await at.press("down", "enter")
        await at.worked()
        assert "kekava-utility-1 does not answer" not in at.line("text")
        await at.pilot.resize_terminal(120, 24)
        await until(lambda: "kekava-utility-1 does not answer" in at.line("text"), look=at.painted)


async def test_a_journey_that_cannot_be_had_says_why() -> None:
    async with terminal() as at:
        at.supervision.refuses = "the view is not filled yet"
        await at.press("down", "enter")
        await at.worked()
        assert at.line("text") == "! the view is not filled yet"
