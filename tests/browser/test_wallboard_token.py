"""The token of a wallboard in Chromium: typed once, sent in one body, and nowhere else afterwards."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ivr.supervision.access.sessions import COOKIE
from ivr.supervision.wallboard.page import LANGUAGES
from tests.fakes.wallboard_screen import screen, wait_for
from tests.fakes.wallboard_server import LIMITED, RIGHT, WallboardServer


@pytest.fixture
def wall(browser: Browser, server: WallboardServer) -> Iterator[Page]:
    """Open a screen that is not signed in."""
    with screen(browser, server, signed_in=False) as page:
        yield page


def give(page: Page, server: WallboardServer, token: str, query: str = "") -> None:
    page.goto(f"{server.url}/wallboard{query}")
    wait_for(page, "document.activeElement.id === 'token'")
    page.keyboard.type(token)
    page.keyboard.press("Enter")


def test_a_token_shows_the_wallboard_and_is_nowhere_afterwards(wall: Page, server: WallboardServer) -> None:
    asked: list[tuple[str, str, str, str]] = []
    wall.on("request", lambda one: asked.append((one.method, one.url, one.post_data or "", str(one.headers))))
    give(wall, server, RIGHT, "?service=jelgava&theme=dark")
    wall.wait_for_selector("body[data-state=live]")
    (sent,) = [one for one in asked if RIGHT in "".join(one)]
    assert sent[:3] == ("POST", f"{server.url}/wallboard/session", f'{{"token":"{RIGHT}"}}')
    assert RIGHT not in sent[3]
    assert wall.url == f"{server.url}/wallboard?service=jelgava&theme=dark"
    assert RIGHT not in wall.content()
    kept = wall.evaluate(
        "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, history.state, window.name,"
        " performance.getEntries().map(one => one.name)])"
    )
    assert RIGHT not in kept
    wall.go_back()
    wall.go_forward()
    wall.wait_for_selector("body[data-state=live]")
    assert RIGHT not in wall.content() + wall.evaluate("document.getElementById('token')?.value ?? ''")


def test_the_cookie_is_not_for_scripts_and_not_for_other_sites(wall: Page, server: WallboardServer) -> None:
    give(wall, server, RIGHT)
    wall.wait_for_selector("body[data-state=live]")
    (cookie,) = wall.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (COOKIE, True, "Strict", "/")
    assert wall.evaluate("document.cookie") == ""
    assert RIGHT not in cookie["value"]


def test_a_wrong_token_is_told_and_the_field_is_empty(wall: Page, server: WallboardServer) -> None:
    give(wall, server, "wrong", "?language=en")
    expect(wall.locator("#answer")).to_contain_text("not known")
    assert wall.input_value("#token") == ""
    assert wall.evaluate("document.activeElement.id") == "token"
    assert wall.context.cookies() == []
    assert "wrong" not in wall.content().replace("wrong tokens", "")


def test_who_guesses_is_told_to_wait_and_a_dead_server_is_told(wall: Page, server: WallboardServer) -> None:
    give(wall, server, LIMITED, "?language=en")
    expect(wall.locator("#answer")).to_contain_text("in 17 seconds")
    server.stop()
    wall.fill("#token", RIGHT)
    wall.click("button")
    expect(wall.locator("#answer")).to_contain_text("does not answer")


def test_a_screen_is_signed_out(wall: Page, server: WallboardServer) -> None:
    give(wall, server, RIGHT)
    wall.wait_for_selector("body[data-state=live]")
    wall.click("#leave")
    wall.wait_for_selector("#token")
    assert wall.context.cookies() == []


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [1280, 360])
def test_the_form_fits_in_every_language(wall: Page, server: WallboardServer, language: str, width: int) -> None:
    wall.set_viewport_size({"width": width, "height": 700})
    wall.goto(f"{server.url}/wallboard?language={language}")
    wait_for(wall, "document.activeElement.id === 'token'")
    assert wall.evaluate("document.documentElement.scrollWidth") <= width
    assert wall.title() == wall.inner_text("h1") != ""
