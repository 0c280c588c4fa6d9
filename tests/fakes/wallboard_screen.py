"""A screen on a wall: Chromium, signed in at a server of the tests."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from ivr.supervision.access.sessions import COOKIE
from tests.fakes.report_examples import OPTIONS
from tests.fakes.wallboard_examples import NOW
from tests.fakes.wallboard_server import WallboardServer

CHROMIUM = os.environ.get("IVR_CHROMIUM", "/usr/bin/chromium")
WALL = (1920, 1080)
PATIENCE = 15.0  # seconds until something must have happened
LOOK = 50  # milliseconds between looks


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield opened
        opened.close()


@contextmanager
def screen(
    browser: Browser,
    server: WallboardServer,
    size: tuple[int, int] = WALL,
    *,
    signed_in: bool = True,
    at: datetime | None = NOW,
    **wanted: Any,
) -> Iterator[Page]:
    """Open a window; its clock stands at `at` and goes on by itself, None leaves it the machine's."""
    options = {"timezone_id": "Europe/Riga", "viewport": {"width": size[0], "height": size[1]}, **wanted}
    context = browser.new_context(**options)
    if signed_in:
        context.add_cookies([{"name": COOKIE, "value": server.cookie(), "url": server.url, "httpOnly": True}])
    page = context.new_page()
    if at is not None:
        page.clock.install(time=at)
    try:
        yield page
    finally:
        context.close()


def show(page: Page, server: WallboardServer, query: str = "") -> None:
    """Open the wallboard, and wait until it shows what it heard."""
    page.goto(f"{server.url}/wallboard{query}")
    page.wait_for_selector("body[data-state=live] #rows tbody tr", timeout=PATIENCE * 1000)


def wait_for(page: Page, what: str) -> None:
    """Wait until an expression is true. The page's policy forbids the evaluation that Playwright's own way needs."""
    deadline = time.monotonic() + PATIENCE
    while not page.evaluate(what):
        assert time.monotonic() < deadline, what
        page.wait_for_timeout(LOOK)


def seconds(text: str) -> int:
    """Read how long something lasts, as the page writes it; a screen's clock goes on while a test looks."""
    found = re.search(r"(\d+):(\d\d)", text)
    assert found, text
    return int(found[1]) * 60 + int(found[2])


def stopped(page: Page) -> None:
    """Stop the screen's clock: from here on it goes only as a test says (`clock.run_for`)."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


def value(page: Page, name: str) -> str:
    """Give one of the big figures."""
    return page.inner_text(f"#{name} .value")
