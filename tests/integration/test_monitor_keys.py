"""The monitor's keys, choice and tables, by Textual's pilot on a terminal of 80 x 24; supervision is told what to say."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ivr.errors import OperatorError
from ivr.monitor.app import Monitor
from ivr.monitor.grid import Grid, Pane
from ivr.supervision.models import Change, Stage
from tests.fakes.monitor_terminal import FIRST, terminal
from tests.fakes.patience import until
from tests.fakes.supervised_town import (
    AT,
    CALLS,
    a_line,
    all_calls,
    everything,
    noticed,
    one_call,
    over,
    some_health,
    the_health,
    the_lines,
    waiting,
)
from tests.fakes.told_supervision import ToldSupervision


async def test_calls_are_rows_and_lines_are_below() -> None:
    async with terminal() as at:
        assert at.table.calls.text()[0].split() == [
            "service",
            "caller",
            "lang",
            "stage",
            "there",
            "destination",
            "rule",
        ]
        assert at.rows()[0].split() == [
            "!!",
            "kekava",
            "+371",
            "29…56",
            "lv",
            "ringing",
            "0:12",
            "kekava-utility",
            "(line)",
        ]
        assert len(at.rows()) == len(CALLS)
        assert at.table.lines.text()[1].startswith("!!S kekava-utility")
        assert at.line("head").startswith("9 calls  3 wait")
        assert at.line("keys").startswith("? help Enter journey l listen")


async def test_nothing_is_chosen_until_somebody_chooses() -> None:
    async with terminal() as at:
        for key in "lwbthn":
            await at.press(key)
            assert at.is_table
        assert "choose a call first" in at.line("told") or "no call matches" in at.line("told")
        await at.press("o")
        assert "choose a line" in at.line("told")
        await at.told(the_lines((a_line("None"),)))  # a line may have this name
        await at.press("tab", "o")
        assert at.is_table
        await at.press("enter")
        assert at.is_table
        assert not at.supervision.asked


async def test_the_choice_stays_with_its_call_when_rows_move() -> None:
    async with terminal() as at:
        await at.press("down", "down")
        chosen = at.table.calls.chosen
        assert "kryvyi-rih" in at.chosen()
        await at.told(one_call(waiting("longer", 400)), one_call(waiting("longest", 500)))
        assert at.table.calls.chosen == chosen
        assert at.rows()[3].startswith("!   kryvyi-rih")
        assert "kryvyi-rih-consulta" in at.chosen()
        await at.press("s", "s", "r")
        assert at.table.calls.chosen == chosen
        assert "kryvyi-rih-consulta" in at.chosen()


async def test_the_choice_is_in_sight_however_rows_move() -> None:
    many = tuple(waiting(f"c-{number:03}", number) for number in range(100, 200))
    async with terminal(all_calls(many)) as at:
        await at.press("down")
        assert at.table.calls.chosen == ("", "c-199")
        for number in range(300, 340):
            await at.told(one_call(waiting(f"c-{number}", number)))
            assert at.chosen()
        await at.press("end")
        assert at.table.calls.chosen == ("", "c-100")
        assert at.chosen()
        await at.told(all_calls(many[:50]))
        assert at.chosen()


async def test_a_chosen_call_that_ends_leaves_nothing_chosen() -> None:
    async with terminal() as at:
        await at.press("down")
        await at.told(over(FIRST, "abandoned"))
        assert at.table.calls.chosen is None
        assert "has ended (abandoned)" in at.line("told")
        assert FIRST.call in at.line("told")
        await at.press("h")
        assert at.is_table


async def test_moving_goes_to_both_ends_and_no_further() -> None:
    async with terminal() as at:
        await at.press("down", "up", "up")
        assert at.table.calls.chosen == ("", FIRST.call)
        await at.press("pagedown", "pagedown", "down")
        assert at.table.calls.chosen == ("", "pbx-1795507265.161")
        await at.press("home")
        assert at.table.calls.chosen == ("", FIRST.call)


async def test_seconds_tick_and_only_they_are_drawn_again() -> None:
    async with terminal() as at:
        before = [list(pane.drawn) for pane in at.table.calls.query(Pane)]
        at.at += timedelta(seconds=1)
        await at.painted()
        after = [list(pane.drawn) for pane in at.table.calls.query(Pane)]
        changed = [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        assert changed == [5]
        assert at.rows()[0].split()[6] == "0:13"


async def test_the_same_again_draws_nothing() -> None:
    async with terminal() as at:
        drawn: list[object] = []
        for pane in at.table.query(Pane):
            pane.refresh = lambda *regions, **_: drawn.extend(regions)  # type: ignore[method-assign,assignment]
        await at.told(*everything())
        assert not drawn
        await at.told(one_call(FIRST.model_copy(update={"stage": Stage.TALKING, "waiting_since": FIRST.waiting_since})))
        assert len(drawn) == 1


async def test_the_terminals_clock_may_be_wrong() -> None:
    async with terminal(noticed("no answer", sequence=0)) as at:
        assert at.line("told") == "no answer"
        await at.told(all_calls(at=AT + timedelta(hours=3)))
        assert "13:00:00" in at.line("head")
        await at.told(all_calls(at=AT - timedelta(hours=3)))
        assert "07:00:00" in at.line("head")
        assert "no answer" not in at.line("told")  # it would be new for six hours


@pytest.mark.parametrize(
    ("zone", "shown"), [("Europe/Kyiv", "10:00:00"), ("Asia/Tokyo", "17:00:00"), ("", "here"), ("Nowhere/../x", "here")]
)
async def test_times_are_those_of_the_municipality(zone: str, shown: str) -> None:
    here = f"{AT.astimezone():%H:%M:%S}"
    async with terminal() as at:
        await at.told(the_health(some_health(zone=zone)))
        assert at.line("head").splitlines()[0].endswith(here if shown == "here" else shown)


async def test_a_filter_hides_while_it_is_typed_and_escape_ends_it() -> None:
    async with terminal() as at:
        await at.press("slash", *"jelg")
        assert len(at.rows()) == 2
        await at.press("enter")
        assert len(at.rows()) == 2
        assert "filter: jelg" in at.line("told")
        await at.press("escape")
        assert len(at.rows()) == len(CALLS)
        await at.press("slash", *"nobody")
        assert at.rows() == []
        await at.press("enter")
        assert "no call matches the filter" in at.line("told")
        await at.press("slash", "!", "escape")
        assert len(at.rows()) == len(CALLS)


async def test_keys_that_come_in_one_piece_are_handled_one_after_the_other() -> None:
    async with terminal() as at:
        await at.press_at_once("slash", *"jelg", "enter", "down", "down")
        assert len(at.rows()) == 2
        assert at.table.calls.chosen == ("", "pbx-1795507120.104")
        await at.press_at_once("slash", *"hoq", "escape")
        assert at.is_table
        assert len(at.rows()) == len(CALLS)
        await at.press_at_once("question_mark", "escape", "home", "f", *"talking", "enter", "n")
        assert at.is_table
        assert at.table.calls.chosen == ("", "pbx-1795507120.104")


async def test_find_chooses_and_hides_nothing() -> None:
    async with terminal() as at:
        await at.press("f", *"talking", "enter")
        assert at.table.calls.chosen == ("", "pbx-1795507100.101")
        await at.press("n")
        assert at.table.calls.chosen == ("", "pbx-1795507120.104")
        await at.press("n", "n")
        assert at.table.calls.chosen == ("", "pbx-1795507100.101")
        assert len(at.rows()) == len(CALLS)
        await at.press("f", *"nobody", "enter")
        assert at.line("told") == "no call matches"


async def test_sorting_is_told() -> None:
    async with terminal() as at:
        await at.press("s", "s")
        assert at.line("told") == "sorted by: newest first"
        await at.press("r")
        assert at.line("told") == "sorted by: newest first, backwards"


@pytest.mark.parametrize(
    ("key", "said"), [("question_mark", "whisper: only the operator hears you"), ("i", "engine main-1: leading")]
)
async def test_pages(key: str, said: str) -> None:
    async with terminal() as at:
        await at.press(key)
        assert said in at.line("text")
        await at.press("escape")
        assert at.is_table


async def test_the_lines_are_chosen_with_tab() -> None:
    async with terminal() as at:
        await at.press("down", "tab", "down", "down")
        assert at.table.lines.chosen == "kryvyi-rih-consultation"
        assert at.line("told") == "! kryvyi-rih-consultation (Kryvyi Rih Consultation): full"
        await at.press("h")  # the chosen call is not where the keys go now
        assert at.is_table
        await at.told(the_lines())
        assert at.table.lines.chosen == "kryvyi-rih-consultation"


async def test_supervision_goes_and_comes_back() -> None:
    async with terminal() as at:
        await at.told(noticed("supervision does not answer", sequence=0))
        at.at += timedelta(seconds=30)
        await at.painted()
        assert "!! not connected for 0:30" in at.line("head")
        assert at.rows()[0].split()[6] == "0:12"  # what is shown is from then
        await at.told(noticed("supervision answers again", trouble=False, sequence=0))
        assert "!! not connected for 0:30" in at.line("head")  # until it has told the calls, what is shown is old
        await at.told(all_calls(CALLS[3:4], at=at.at))
        assert "engine leads" in at.line("head")
        assert [row.split()[5] for row in at.rows()] == ["4:34"]


async def test_a_refusal_is_told_and_it_is_tried_again() -> None:
    supervision = ToldSupervision()
    tries: list[float] = []

    async def pause(seconds: float) -> None:
        tries.append(seconds)
        supervision.refuses = ""

    class Refusing(ToldSupervision):
        async def events(self) -> AsyncIterator[Change]:
            if supervision.refuses:
                raise OperatorError(supervision.refuses)
            async for change in supervision.events():
                yield change

    supervision.refuses = "this token is not known"
    app = Monitor(Refusing(), lambda: AT, beat=0, pause=pause)
    async with app.run_test(size=(80, 24)) as pilot:
        await supervision.feed(*everything())
        app.beat()
        await pilot.pause()
        assert len(tries) == 1
        assert app.desk.board.filled


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5), (132, 43), (250, 70)])
async def test_every_size_of_a_terminal(size: tuple[int, int]) -> None:
    async with terminal(size=size) as at:
        await at.press("down")
        grids = (at.table.calls, at.table.lines)
        assert all(len(row) <= size[0] for grid in grids for row in grid.text())
        assert isinstance(at.table.calls, Grid)
        await at.pilot.resize_terminal(80, 24)
        await until(lambda: at.rows()[0].startswith("!!"), look=at.painted)


async def test_without_colour_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with terminal() as at:
        await at.press("down")
        picture = at.app.export_screenshot()
        assert "#cc555a" not in picture  # the red of the theme of pictures
        assert "!!" in picture
