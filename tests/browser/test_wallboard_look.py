"""How the wallboard looks in Chromium: on a wall, upright, on a telephone; its contrast; its pictures in the documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, Page

from ivr.supervision.models import Change
from ivr.supervision.wallboard.page import LANGUAGES, THEMES
from tests.fakes.examples import seldom
from tests.fakes.wallboard_examples import (
    CALLS,
    TOWN,
    WHOLE,
    health,
    of_calls,
    of_destinations,
    of_health,
    of_today,
    service,
    waiting,
)
from tests.fakes.wallboard_pictures import PICTURES, take
from tests.fakes.wallboard_screen import WALL, screen, show, wait_for
from tests.fakes.wallboard_server import WallboardServer, served

OVER = "(one => one.scrollHeight - one.clientHeight)(document.getElementById('rows'))"
ROOT = Path(__file__).parents[2]
CHECKS = Path(__file__).with_name("page_checks.js").read_text(encoding="utf-8")
FLAT = {"wall": WALL, "laptop": (1280, 720)}
UPRIGHT = {"upright": (1080, 1920), "telephone": (360, 800), "tablet": (768, 1024)}
ALIKE = 6.0  # mean difference of a picture's points, of 255, that fonts of another machine may make
TROUBLED: tuple[Change, ...] = (
    of_calls([*CALLS, waiting("x", "gardens", 95), waiting("y", "survey", 25)]),
    of_destinations(*TOWN),
    of_today(service(service_level=0.4, calls=1840, lost=139)),
    of_health(health("no engine answers: see the log", "the PBX: does not answer", pbx="does not answer")),
)


@pytest.fixture(scope="module")
def server() -> Iterator[WallboardServer]:
    with served(WHOLE) as started:
        yield started


@pytest.fixture(scope="module")
def troubled() -> Iterator[WallboardServer]:
    with served(TROUBLED) as started:
        yield started


def outside(page: Page) -> list[str]:
    page.evaluate(CHECKS)
    found: list[str] = page.evaluate("checks.outside()")
    return found


def cut(page: Page, what: str) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        what, "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    )
    return found


@pytest.mark.long
@pytest.mark.parametrize("size", FLAT.values(), ids=FLAT)
@pytest.mark.parametrize("language", LANGUAGES)
def test_twelve_destinations_fit_on_a_wall(
    browser: Browser, server: WallboardServer, size: tuple[int, int], language: str
) -> None:
    with screen(browser, server, size) as page:
        show(page, server, f"?language={language}")
        assert page.locator("#rows tbody tr").count() == 12
        assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == list(
            size
        )
        assert (
            page.evaluate(
                "(({scrollHeight, clientHeight}) => scrollHeight - clientHeight)(document.getElementById('rows'))"
            )
            == 0
        )
        assert cut(page, ".figure *, #rows .name .text, #rows th, #rows .until, #rows .number, header *") == []
        assert outside(page) == []


@pytest.mark.parametrize("size", [FLAT["wall"], *seldom(*(size for name, size in FLAT.items() if name != "wall"))])
def test_it_fits_with_troubles_too(browser: Browser, troubled: WallboardServer, size: tuple[int, int]) -> None:
    with screen(browser, troubled, size) as page:
        page.goto(f"{troubled.url}/wallboard?language=uk")
        page.wait_for_selector("#troubles li")
        page.wait_for_selector("#rows tbody tr")
        assert page.evaluate("document.documentElement.scrollHeight") == size[1]
        assert (
            page.evaluate(
                "(({scrollHeight, clientHeight}) => scrollHeight - clientHeight)(document.getElementById('rows'))"
            )
            == 0
        )
        assert cut(page, ".figure *, #rows .name .text, header *, #troubles li") == []


def test_the_figures_can_be_read_from_across_a_room(browser: Browser, server: WallboardServer) -> None:
    with screen(browser, server) as page:
        show(page, server)
        sizes = "all => Math.min(...all.map(one => parseFloat(getComputedStyle(one).fontSize)))"
        assert page.eval_on_selector_all(".figure .value", sizes) >= 120  # CSS pixels, of 1080
        assert page.eval_on_selector_all("#rows tbody :is(th, td)", sizes) >= 26
        assert page.eval_on_selector_all("dt, #state", sizes) >= 26


@pytest.mark.long
@pytest.mark.parametrize("size", UPRIGHT.values(), ids=UPRIGHT)
@pytest.mark.parametrize("language", ["bg", "ru", "en"])
def test_nothing_is_wider_than_an_upright_screen(
    browser: Browser, troubled: WallboardServer, size: tuple[int, int], language: str
) -> None:
    with screen(browser, troubled, size) as page:
        page.goto(f"{troubled.url}/wallboard?language={language}")
        page.wait_for_selector("#rows tbody tr")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert outside(page) == []
        assert cut(page, ".figure *, #rows .name .text, #rows .number, #state") == []
        if size == UPRIGHT["upright"]:
            assert page.evaluate("document.documentElement.scrollHeight") <= size[1]


def test_twenty_five_destinations_still_fit_and_more_can_be_scrolled_to(browser: Browser) -> None:
    many = [TOWN[n % 12].model_copy(update={"destination": f"d{n}"}) for n in range(50)]
    with (
        served((of_calls([]), of_destinations(*many[:25]), of_today(service()))) as other,
        screen(browser, other) as page,
    ):
        show(page, other)
        assert page.evaluate(OVER) == 0
        other.news.tell(of_destinations(*many))
        wait_for(page, "document.querySelectorAll('#rows tbody tr').length === 50")
        assert page.evaluate(OVER) > 0
        assert page.evaluate("document.documentElement.scrollHeight") == WALL[1]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("state", ["live", "lost", *seldom("old", "enter")])
def test_every_text_of_the_wallboard_has_the_contrast_of_aa(
    browser: Browser, server: WallboardServer, troubled: WallboardServer, theme: str, state: str
) -> None:
    used = server if state == "live" else troubled
    with screen(browser, used, signed_in=state != "enter", color_scheme="light" if theme == "dark" else "dark") as page:
        if state == "lost":
            page.route("**/api/events", lambda route: route.abort())
        page.goto(f"{used.url}/wallboard?theme={theme}")
        page.wait_for_selector("form" if state == "enter" else f"body[data-state={state}]")
        if state in ("live", "old"):
            page.wait_for_selector("#rows tbody tr")
        page.evaluate(CHECKS)
        looked = page.evaluate("checks.contrasts()")
    assert len(looked) > {"live": 60, "old": 60, "lost": 8, "enter": 3}[state]
    assert [one for one in looked if one["ratio"] < one["least"]] == []


@pytest.mark.parametrize(
    ("scheme", "query", "dark"),
    [("dark", "", True), ("light", "", False), ("light", "?theme=dark", True), ("dark", "?theme=light", False)],
)
def test_it_is_light_or_dark(browser: Browser, server: WallboardServer, scheme: str, query: str, dark: bool) -> None:
    with screen(browser, server, color_scheme=scheme) as page:
        show(page, server, query)
        back = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (max(back) < 60) is dark
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == ("dark" if dark else "light")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_does_not_want_it(browser: Browser, troubled: WallboardServer, motion: str) -> None:
    with screen(browser, troubled, reduced_motion=motion) as page:
        page.goto(f"{troubled.url}/wallboard")
        page.wait_for_selector(".figure[data-mood=bad]")
        names = page.eval_on_selector_all("*", "all => all.map(one => getComputedStyle(one).animationName)")
        assert (set(names) == {"none"}) is (motion == "reduce")


def test_it_asks_its_own_server_only_and_for_nothing_that_is_not_there(
    browser: Browser, server: WallboardServer
) -> None:
    asked: list[str] = []
    failed: list[str] = []
    said: list[str] = []
    with screen(browser, server) as page:
        page.on("request", lambda one: asked.append(one.url))
        page.on("response", lambda one: failed.append(one.url) if one.status >= 400 else None)
        page.on("console", lambda one: said.append(one.text))
        page.on("pageerror", lambda one: said.append(str(one)))
        show(page, server)
        page.clock.fast_forward(61000)
        with page.expect_response("**/version.json"):
            page.clock.run_for(2000)
        page.wait_for_selector("body[data-state=live]")
    assert len(asked) > 8
    assert [one for one in asked if not one.startswith(f"{server.url}/")] == []
    assert (failed, said) == ([], [])


def test_the_policy_stops_what_is_not_its_own(browser: Browser, server: WallboardServer) -> None:
    said: list[str] = []
    with screen(browser, server) as page:
        page.on("console", lambda one: said.append(one.text))
        show(page, server)
        assert page.evaluate("fetch('http://127.0.0.2:9/').then(() => 'sent', () => 'stopped')") == "stopped"
        markup = "() => { try { document.body.innerHTML = '<b>x</b>'; return 'written'; } catch { return 'stopped'; } }"
        assert page.evaluate(markup) == "stopped"
    assert any("Content Security Policy" in one for one in said)


def test_who_hears_the_page_gets_a_table_with_a_name_and_headings(browser: Browser, server: WallboardServer) -> None:
    with screen(browser, server) as page:
        show(page, server, "?language=en")
        tree = page.locator("main").aria_snapshot()
        assert 'table "Where calls go"' in tree
        assert 'columnheader "Lost today"' in tree
        assert 'rowheader "Būvvalde"' in tree
        assert page.get_attribute("#troubles", "role") == "status"
        assert page.get_attribute("#lost .big", "role") == "alert"


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_of_the_documents_show_what_is(browser: Browser, tmp_path: Path, name: str) -> None:
    kept = ROOT / "docs/pictures" / name
    take(browser, name, tmp_path / name)
    with Image.open(kept) as before, Image.open(tmp_path / name) as now:
        assert before.size == now.size == WALL
        different = ImageStat.Stat(ImageChops.difference(before.convert("RGB"), now.convert("RGB"))).mean
    assert max(different) < ALIKE, f"make them again: python -m tests.fakes.wallboard_pictures ({different})"
    assert f"pictures/{name}" in (ROOT / "docs/wallboard.md").read_text(encoding="utf-8")
