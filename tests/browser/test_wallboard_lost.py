"""A wallboard whose line is dead never looks live, and comes back by itself; a flood of news does not freeze it."""

import re
import threading
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from ivr.supervision.models import Change
from tests.fakes.wallboard_examples import (
    NOW,
    WHOLE,
    destination,
    of_call,
    of_calls,
    of_destinations,
    of_end,
    talking,
    waiting,
)
from tests.fakes.wallboard_screen import screen, seconds, show, stopped, value
from tests.fakes.wallboard_server import RIGHT, WallboardServer, as_text

SECOND = 1000  # milliseconds
BACK = 30 * SECOND  # until a connection that can be made is made, on a slow machine
ARRIVES = 200  # milliseconds that a piece of news may take
NUMBERS = "#figures .value, #rows td.number"


def state(page: Page, wanted: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", wanted, timeout=BACK)


def looks_dead(page: Page) -> None:
    """See that no figure is shown any more, and that it is said in big letters."""
    state(page, "lost")
    assert set(page.locator(NUMBERS).all_text_contents()) == {"–"}
    assert page.is_hidden("#figures")
    assert page.is_visible("#lost")
    assert page.inner_text("#lost .big").upper() == "NO CONNECTION"
    size = page.eval_on_selector("#lost .big", "one => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 100
    assert page.inner_text("#state .text") == "No connection"
    assert page.title().startswith("No connection")
    assert page.locator("#rows tbody tr").count() == 12
    assert set(page.locator("#rows .now .text").all_text_contents()) == {"not known now"}
    assert set(page.locator("#rows .until").all_text_contents()[1:]) == {""}


def last_news(page: Page) -> tuple[str, int]:
    """Give when the page heard last, and how many seconds ago that is."""
    found = re.fullmatch(r"Last news at (10:1\d:\d\d), (\d+:\d\d) ago", page.inner_text("#lost .when"))
    assert found, page.inner_text("#lost .when")
    return found[1], seconds(found[2])


def test_the_server_goes_and_comes_back(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    server.stop()
    looks_dead(wall)
    first, _ = last_news(wall)
    wall.clock.run_for(90 * SECOND)
    again, ago = last_news(wall)
    assert first == again
    assert 90 <= ago < 180
    server.news.whole = (of_calls([waiting("z", "survey", 5)]), *WHOLE[1:])
    server.start()
    wall.clock.run_for(30 * SECOND)
    state(wall, "live")
    expect(wall.locator("#waiting .value")).to_have_text("1")
    assert wall.is_hidden("#lost")
    expect(wall.locator("#missed .value")).to_have_text("9")


def test_a_line_that_is_silent_is_dead_though_it_is_open(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    stopped(wall)
    before = server.news.connected
    for _ in range(8):  # more than is needed: a piece may be late on a busy machine
        wall.clock.run_for(6 * SECOND)
        server.news.send(": alive\n\n")
        wall.wait_for_timeout(ARRIVES)
        assert (wall.get_attribute("body", "data-state"), server.news.connected) == ("live", before)
    wall.route("**/api/events", lambda route: route.abort())
    wall.clock.run_for(21 * SECOND)
    looks_dead(wall)
    assert 20 <= last_news(wall)[1] < 40


def test_a_screen_that_slept_does_not_wake_with_old_figures(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    wall.route("**/api/events", lambda route: route.abort())
    wall.clock.fast_forward(3600 * SECOND)
    looks_dead(wall)


def test_a_network_that_is_pulled(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    wall.context.set_offline(True)
    looks_dead(wall)
    wall.context.set_offline(False)
    state(wall, "live")


def test_an_answer_that_is_no_news_is_told(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    server.news.status = 503
    server.news.send(None)
    looks_dead(wall)
    expect(wall.locator("#lost .next")).to_contain_text("HTTP 503", timeout=BACK)
    server.news.status = 200
    wall.clock.run_for(30 * SECOND)
    state(wall, "live")


@pytest.mark.parametrize("text", ["data: {\n\n", "data: {}\n\n", 'data: {"kind": "calls"}\n\n', "data: null\n\n"])
def test_news_that_cannot_be_read_end_the_connection_and_another_is_made(
    wall: Page, server: WallboardServer, text: str
) -> None:
    show(wall, server)
    before = server.news.connected
    server.news.send(text)
    if text == "data: {}\n\n":  # a kind that is not known yet is no matter
        server.news.tell(of_end("c1"))
        expect(wall.locator("#waiting .value")).to_have_text("2")
        assert server.news.connected == before
        return
    wall.clock.run_for(5 * SECOND)
    expect(wall.locator("#waiting .value")).to_have_text("3")
    state(wall, "live")
    assert server.news.connected > before


def test_news_in_pieces_and_with_every_line_end(wall: Page, server: WallboardServer) -> None:
    show(wall, server)
    text = as_text(of_destinations(destination("survey", title="Mērniecība"))).replace("\n", "\r\n").encode()
    cut = text.index("ē".encode()) + 1  # in the middle of a letter
    for one in (text[:3], text[3:cut], text[cut:-3], text[-3:-1], text[-1:]):
        server.news.send(one)
    server.news.send(as_text(of_end("c1")).replace("\n", "\r").encode())
    server.news.tell(of_end("c2"))
    expect(wall.locator("#waiting .value")).to_have_text("1")
    assert wall.locator("#rows tbody .name").all_text_contents() == ["Mērniecība"]


def test_a_session_that_is_over_is_told_and_asks_for_a_token(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    server.tokens.gone.add(RIGHT)
    server.news.send(None)
    wall.clock.run_for(5 * SECOND)
    state(wall, "over")
    assert wall.inner_text("#lost .big").upper() == "SIGNED OUT"
    assert set(wall.locator(NUMBERS).all_text_contents()) == {"–"}
    wall.click("#again")
    wall.wait_for_selector("#token")


def test_a_new_page_is_taken_when_the_connection_comes_back(wall: Page, server: WallboardServer) -> None:
    show(wall, server)
    wall.evaluate("document.documentElement.dataset.version = 'old'")
    with wall.expect_navigation(timeout=BACK):
        wall.clock.fast_forward(61 * SECOND)
    state(wall, "live")


def test_the_servers_time_is_the_latest_that_it_told(wall: Page, server: WallboardServer) -> None:
    """All calls may have been written down before they were sent; the answer's own date says when it began."""
    show(wall, server)
    told = """async ([at, sent]) => {
      const { Heard } = await import("/wallboard/static/figures.js");
      const heard = new Heard();
      heard.take({ kind: "calls", calls: { at, calls: [] } }, sent, 1000);
      return heard.now(3000) / 1000;
    }"""
    at = "1970-01-01T00:01:40Z"
    assert wall.evaluate(told, [at, 90000]) == 102
    assert wall.evaluate(told, [at, 160000]) == 162
    assert wall.evaluate(told.replace("sent]", "none]").replace("sent,", "NaN,"), [at, 0]) == 102


def test_waiting_is_counted_by_the_servers_clock(browser: Browser, server: WallboardServer) -> None:
    with screen(browser, server, at=NOW + timedelta(hours=3)) as page:
        show(page, server)
        assert 34 <= seconds(value(page, "longest")) < 60
        assert page.inner_text("#clock") == "10:15"


WATCHED = """() => {
  window.seen = { drawn: 0, longest: 0, last: performance.now() };
  new MutationObserver(() => { seen.drawn += 1; }).observe(document.querySelector("#talking .value"), { childList: true });
  setInterval(() => {
    const now = performance.now();
    seen.longest = Math.max(seen.longest, now - seen.last);
    seen.last = now;
  }, 10);
}"""
BURST, SECONDS = 1000, 4


def burst(server: WallboardServer, over: threading.Event) -> None:
    """Tell a thousand changes a second."""
    for n in range(BURST * SECONDS // 50):
        changes: list[Change] = []
        for m in range(50):
            name = f"b{(n * 50 + m) % 600}"
            changes.append(of_call(waiting(name, "survey", 5) if m % 2 else talking(name, "survey")))
        server.news.tell(*changes)
        over.wait(0.05)


def test_a_thousand_changes_a_second_do_not_freeze_it(browser: Browser, server: WallboardServer) -> None:
    with screen(browser, server, at=None) as page:
        show(page, server)
        page.evaluate(WATCHED)
        over = threading.Event()
        teller = threading.Thread(target=burst, args=(server, over))
        teller.start()
        page.wait_for_timeout(SECONDS * SECOND)
        over.set()
        teller.join()
        server.news.tell(*(of_end(f"b{n}") for n in range(600)))
        expect(page.locator("#waiting .value")).to_have_text("3", timeout=BACK)
        seen = page.evaluate("window.seen")
    assert 4 <= seen["drawn"] <= 4 * (SECONDS + 6)
    assert seen["longest"] < 500  # milliseconds in which nothing else could be done
