"""Orders from the monitor: each is confirmed, is about the call that the confirmation named, and tells what happened."""

from datetime import timedelta

import pytest
from textual.widgets import Input

from ivr.monitor.asking import Asking
from ivr.monitor.words import HAS_ENDED, HAS_MOVED
from ivr.supervision.models import Call, Stage
from tests.fakes.monitor_terminal import FIRST, Terminal, terminal
from tests.fakes.supervised_town import AT, CALLS, LINES, noticed, one_call, over, the_lines, waiting

TALKS = CALLS[3]


async def down_to(at: Terminal, call: str) -> None:
    at.table.calls.choose(("", call))
    await at.painted()


def title(at: Terminal) -> str:
    return str(at.app.screen.query_one("#title").render())


@pytest.mark.parametrize(
    ("keys", "asked", "happened"),
    [
        (("h", *"prank", "enter"), ("hangup", FIRST.call, "prank"), "Asterisk has ended the call"),
        (
            ("t", *"jelgava-police", "enter"),
            ("send", FIRST.call, "jelgava-police"),
            "the call has come to jelgava-police",
        ),
        (("l", "enter"), ("listen", FIRST.call, "listen", ""), "the phone kekava-9 rings; take it to listen"),
        (("w", *"k-3", "enter"), ("listen", FIRST.call, "whisper", "k-3"), "the phone k-3 rings; take it to whisper"),
        (("b", "enter"), ("listen", FIRST.call, "barge", ""), "the phone kekava-9 rings; take it to barge"),
    ],
)
async def test_orders_about_a_call(keys: tuple[str, ...], asked: tuple[str, ...], happened: str) -> None:
    async with terminal(size=(180, 24)) as at:
        await at.press("down", keys[0])
        named = at.line("facts")
        for word in ("kekava (8488), lv", "+371 29…56", "ringing for 0:12 at kekava-utility", FIRST.call):
            assert word in named
        assert not at.supervision.asked
        await at.press(*keys[1:])
        await at.worked()
        assert at.supervision.asked == [asked]
        assert at.line("told") == f"{happened} (kekava, +371 29…56, {FIRST.call})"


async def test_who_talks_is_passed_on_as_by_a_colleague() -> None:
    async with terminal(size=(180, 24)) as at:
        await down_to(at, TALKS.call)
        await at.press("t")
        assert title(at) == "Pass this caller on? The caller comes back if nobody takes it."
        await at.press(*"kekava-p")
        assert at.line("problem") == "fits: kekava-police"
        await at.press("right", "enter")
        await at.worked()
        assert at.supervision.asked == [("transfer", TALKS.call, "kekava-police")]
        assert at.line("told").startswith("Asterisk has passed the caller on to kekava-police (kekava, ")


@pytest.mark.parametrize("keys", [("h", "prank", "escape"), ("h", "enter"), ("t", "enter"), ("l", "escape")])
async def test_nothing_is_done_without_a_confirmation(keys: tuple[str, ...]) -> None:
    async with terminal() as at:
        await at.press("down", *(one for key in keys for one in ([key] if key in {"enter", "escape"} else key)))
        assert not at.supervision.asked
        if keys[-1] == "enter":
            assert isinstance(at.app.screen, Asking)
            assert "is needed" in at.line("problem")
        else:
            assert at.is_table


async def test_the_order_is_about_the_call_that_was_named_however_rows_move() -> None:
    async with terminal() as at:
        await down_to(at, TALKS.call)
        await at.press("h")
        await at.told(*(one_call(waiting(f"longer-{number}", 400 + number)) for number in range(3)), over(FIRST))
        assert TALKS.call in at.line("facts")
        await at.press(*"prank", "enter")
        await at.worked()
        assert at.supervision.asked == [("hangup", TALKS.call, "prank")]


async def test_a_call_that_ends_in_the_dialog_cannot_be_acted_on() -> None:
    async with terminal() as at:
        await at.press("down", "h", *"prank")
        await at.told(over(FIRST))
        assert at.line("problem") == HAS_ENDED
        assert "Enter" not in at.line("what")
        await at.press("enter")
        assert isinstance(at.app.screen, Asking)
        await at.press("escape")
        assert not at.supervision.asked


@pytest.mark.parametrize("last", [("enter",), ("enter", "enter", "escape")])
async def test_a_dialog_whose_keys_come_in_one_piece_is_filled_in_right(last: tuple[str, ...]) -> None:
    async with terminal() as at:
        await at.press_at_once("tab", "down", "o", *"closed", "enter", *"2h", "enter", *"drill", *last)
        await at.worked()
        assert at.is_table
        assert at.supervision.asked == [("override", "kekava-utility", "closed", "2h", "drill")]
        assert len(at.rows()) == len(CALLS)


@pytest.mark.parametrize(("call", "now"), [(FIRST, Stage.TALKING), (TALKS, Stage.RINGING)])
async def test_who_is_passed_on_must_still_be_as_the_dialog_says(call: Call, now: Stage) -> None:
    async with terminal() as at:
        await down_to(at, call.call)
        await at.press("t", *"jelgava-police")
        await at.told(one_call(call.model_copy(update={"stage": now})))
        assert at.line("problem") == HAS_MOVED
        await at.press("enter")
        assert isinstance(at.app.screen, Asking)
        await at.told(one_call(call))
        assert at.line("problem") == ""
        await at.press("enter")
        await at.worked()
        assert [one[1] for one in at.supervision.asked] == [call.call]


async def test_the_confirmation_says_that_supervision_is_away() -> None:
    async with terminal() as at:
        await at.press("down", "h")
        await at.told(noticed("no answer", sequence=0))
        at.at += timedelta(seconds=30)
        await at.painted()
        assert "ringing for 0:12" in at.line("facts")
        assert "!! not connected for 0:30" in at.line("facts")
        await at.press("escape", "tab", "down", "o")
        assert "!! not connected for 0:30" in at.line("facts")


async def test_the_confirmation_follows_its_call() -> None:
    async with terminal() as at:
        await at.press("down", "h")
        at.at += timedelta(seconds=2)
        await at.told(one_call(FIRST.model_copy(update={"stage": Stage.TALKING, "since": AT})))
        assert "talking for 0:02" in at.line("facts")


async def test_what_was_refused_is_told() -> None:
    async with terminal(size=(180, 24)) as at:
        at.supervision.refuses = "the caller talks to nobody"
        await at.press("down", "w", "enter")
        await at.worked()
        assert at.line("told") == f"! the caller talks to nobody (kekava, +371 29…56, {FIRST.call})"


async def test_what_happened_is_not_hidden_by_the_end_that_it_brought() -> None:
    async with terminal(size=(180, 24)) as at:
        await at.press("down", "h", *"prank", "enter")
        await at.worked()
        await at.told(over(FIRST))
        assert at.line("told").startswith("Asterisk has ended the call")
        await at.press("h")
        assert at.is_table


async def test_until_asterisk_has_confirmed_it_says_so() -> None:
    async with terminal(size=(180, 24)) as at:
        at.supervision.answers.clear()
        await at.press("down", "h", *"prank", "enter")
        assert "Asterisk has not confirmed it yet" in at.line("told")
        at.supervision.answers.set()
        await at.worked()
        assert "Asterisk has ended the call" in at.line("told")


async def test_an_order_goes_on_when_its_screen_is_left() -> None:
    async with terminal(size=(180, 24)) as at:
        at.supervision.answers.clear()
        await at.press("down", "enter", "h", *"prank", "enter", "escape")
        assert at.is_table
        at.supervision.answers.set()
        await at.worked()
        assert ("hangup", FIRST.call, "prank") in at.supervision.asked
        assert "Asterisk has ended the call" in at.line("told")


async def test_nobody_listens_to_private_calls() -> None:
    async with terminal() as at:
        await down_to(at, "pbx-1795507150.110")
        for key in "lwb":
            await at.press(key)
            assert at.is_table
            assert "private" in at.line("told")


async def test_who_listens_is_told_when_it_begins_and_ends_first_of_all() -> None:
    async with terminal() as at:
        await at.told(one_call(TALKS.model_copy(update={"listened": ("kekava-9",)})))
        assert at.line("told").startswith("the phone kekava-9 is in the call now (kekava, +371 29…56, talking at ")
        await at.told(one_call(TALKS))
        assert at.line("told").startswith("the phone kekava-9 is not in the call any more (kekava, ")


async def test_an_override() -> None:
    async with terminal() as at:
        await at.press("tab", "down", "down", "o")
        assert "kryvyi-rih-consultation" in at.line("facts")
        assert "trouble    full" in at.line("facts")
        await at.press(*"closed", "enter", *"2h", "enter")
        assert not at.supervision.asked
        await at.press(*"drill", "enter")
        await at.worked()
        assert at.supervision.asked == [("override", "kryvyi-rih-consultation", "closed", "2h", "drill")]
        assert "kryvyi-rih-consultation is closed until 17:00" in at.line("told")


async def test_an_override_of_the_line_of_a_call() -> None:
    async with terminal() as at:
        await at.press("down", "o")
        assert "kekava-utility" in at.line("facts")
        assert "a safety line: nothing may close it" in at.line("facts")


async def test_a_wrong_order_is_refused_in_the_dialog() -> None:
    async with terminal(the_lines()) as at:
        await at.press_at_once("tab", "down", "o", *"shut", "enter", *"2h", "enter", *"drill", "enter")
        assert isinstance(at.app.screen, Asking)
        assert at.line("problem") == "order cannot be 'shut'; closed, open or redirect=LINE"
        assert at.app.focused is at.app.screen.query_one("#order")
        assert not at.supervision.asked


async def test_the_dialog_follows_its_line() -> None:
    async with terminal() as at:
        await at.press("tab", "down", "o")
        await at.told(the_lines(tuple(line.model_copy(update={"open": False, "why": "drill"}) for line in LINES)))
        assert "closed: drill" in at.line("facts")


async def test_orders_from_the_journey_are_about_its_call() -> None:
    async with terminal(size=(180, 24)) as at:
        await at.press("down", "enter", "h")
        assert FIRST.call in at.line("facts")
        await at.press(*"prank", "enter")
        await at.worked()
        assert ("hangup", FIRST.call, "prank") in at.supervision.asked
        assert "Asterisk has ended the call" in at.line("told")


async def test_every_dialog_fits_eighty_by_twenty_four() -> None:
    async with terminal() as at:
        for key in "lwbtho":
            await at.press("down", key)
            box = at.app.screen.query_one("#dialog").region
            assert box.width <= 80
            assert box.height <= 24
            for field in at.app.screen.query(Input):
                assert field.region.bottom <= box.bottom
            await at.press("escape")
