"""What every test of the wallboard in Chromium begins with: the browser, a server that knows a town, a screen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.fakes.wallboard_examples import WHOLE
from tests.fakes.wallboard_screen import chromium, screen
from tests.fakes.wallboard_server import WallboardServer, served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[WallboardServer]:
    with served(WHOLE) as started:
        yield started


@pytest.fixture
def wall(browser: Browser, server: WallboardServer) -> Iterator[Page]:
    """Open a screen that is signed in."""
    with screen(browser, server) as page:
        yield page
