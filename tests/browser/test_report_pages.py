"""The report in Chromium: on a telephone, on a desk, on paper; without network; readable by everybody."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner

from cdr.report.compose import Wanted, compose
from cdr.report.page import to_html
from cdr.report.words import LANGUAGES
from ivr.cli.report import report_command
from tests.fakes.examples import seldom
from tests.fakes.reference_store import APRIL, RULES, alone, gathered, report, store_of
from tests.fakes.report_examples import EXAMPLES

ROOT = Path(__file__).parents[2]
READ = Path(__file__).with_name("page_checks.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_of("kekava", tmp_path_factory.mktemp("kekava"))


@pytest.fixture(scope="module")
def pages(town: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The examples as they are in the repository, the report for the house, and the public one in every language."""
    place = tmp_path_factory.mktemp("pages")
    found = {name: ROOT / f"docs/examples/{name}.html" for name in EXAMPLES}
    made = {"house": report(town, "kekava", APRIL, "lv")}
    made |= {f"public-{one}": report(town, "kekava", APRIL, one, threshold=5) for one in LANGUAGES}
    for name, one in made.items():
        found[name] = place / f"{name}.html"
        found[name].write_text(to_html(one), encoding="utf-8")
    return found


SOME = [*EXAMPLES, "house"]
PUBLIC = ["public-bg", *seldom(*(f"public-{one}" for one in LANGUAGES if one != "bg"))]
app = typer.Typer()
app.command("report")(report_command)
app.command("other")(lambda: None)


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def show(page: Page, path: Path, width: int = 1280) -> list[str]:
    """Open a page in a window as high as the page; give what it asked the network for."""
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(path.as_uri())
    page.set_viewport_size({"width": width, "height": 900})
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(READ)
    return asked


def fits(opened: Page, pages: dict[str, Path], name: str, width: int) -> None:
    show(opened, pages[name], width)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate("checks.outside()") == []
    assert opened.evaluate("checks.cutTexts()") == []
    assert opened.evaluate("checks.overlapping()") == []


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", SOME)
def test_nothing_overflows_and_nothing_overlaps(opened: Page, pages: dict[str, Path], name: str, width: int) -> None:
    fits(opened, pages, name, width)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_page_fits_a_telephone(opened: Page, pages: dict[str, Path], name: str) -> None:
    fits(opened, pages, name, 360)


@pytest.mark.parametrize("name", SOME)
def test_every_text_has_the_contrast_of_aa(opened: Page, pages: dict[str, Path], name: str) -> None:
    show(opened, pages[name])
    looked = opened.evaluate("checks.contrasts()")
    assert len(looked) > 150
    assert [one for one in looked if one["ratio"] < one["least"]] == []
    assert any(one["drawn"] for one in looked)


@pytest.mark.parametrize("name", [*SOME, *PUBLIC])
def test_the_page_is_built_for_everybody(opened: Page, pages: dict[str, Path], name: str) -> None:
    asked = show(opened, pages[name])
    assert asked == [pages[name].as_uri()]
    assert opened.evaluate("checks.structure()") == []
    language = name.removeprefix("public-") if name.startswith("public-") else {"house": "lv"}.get(name)
    assert opened.evaluate("document.documentElement.lang") == (language or EXAMPLES[name][2])


BAD = """<!doctype html><html lang="en"><title>x</title><style>p { color: #999 }</style><body><h1>a</h1><h3>b</h3>
<p>pale words</p><div style="width: 5000px">wide</div><a href="#nowhere">x</a><table><tr><th>a</th></tr></table><figure>
<svg viewBox="0 0 90 20"><rect width="90" height="20" fill="#14558f"/><text x="5" y="15" fill="#1b2733">on dark</text>
<text x="9" y="15">over it</text><text x="80" y="15">cut off</text></svg></figure></body></html>"""


def test_the_checks_can_fail(opened: Page, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(BAD, encoding="utf-8")
    show(opened, path)
    assert opened.evaluate("document.documentElement.scrollWidth") > 1280
    assert "DIV" in " ".join(opened.evaluate("checks.outside()"))
    assert "cut off" in " ".join(opened.evaluate("checks.cutTexts()"))
    assert "on dark / over it" in " ".join(opened.evaluate("checks.overlapping()"))
    pale = {one["text"] for one in opened.evaluate("checks.contrasts()") if one["ratio"] < one["least"]}
    assert {"pale words", "on dark"} <= pale
    wrong = " ".join(opened.evaluate("checks.structure()"))
    for one in ("not one main", "skips a level", "link to #nowhere", "table without caption", "drawing without role"):
        assert one in wrong


def test_text_is_large_enough_on_a_telephone(opened: Page, pages: dict[str, Path]) -> None:
    show(opened, pages["house"], 360)
    assert opened.evaluate("checks.smallestText()") >= 7.5  # CSS pixels as drawn, in pictures too


def test_the_page_works_without_its_styles_being_seen_and_by_keyboard(opened: Page, pages: dict[str, Path]) -> None:
    show(opened, pages["house"])
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert opened.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_table_wider_than_a_telephone_scrolls_by_itself(opened: Page, pages: dict[str, Path]) -> None:
    show(opened, pages["house"], 360)
    wide = opened.evaluate(
        "[...document.querySelectorAll('.table')].filter(one => one.scrollWidth > one.clientWidth).length"
    )
    assert wide > 0


def test_a_name_with_markup_stays_a_name(opened: Page, town: Path, tmp_path: Path) -> None:
    found = gathered(town, "kekava", APRIL, "en")
    evil = '<img src=x onerror="document.title=1"></svg><script>document.title=2</script>'
    names = replace(found.names, service=evil, destinations={"kekava-information": evil}, numbers=evil)
    path = tmp_path / "evil.html"
    path.write_text(to_html(compose(replace(found, names=names), Wanted("en"))), encoding="utf-8")
    asked = show(opened, path)
    assert asked == [path.as_uri()]
    assert opened.evaluate("document.querySelectorAll('img, script').length") == 0
    assert evil in opened.title()


def test_printed_it_is_a_tagged_document_of_a_few_pages(town: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"
    arguments = ["report", "--service", "kekava", "--month", "2020-04", "--public", "--format", "pdf", "-o", str(out)]
    done = alone(lambda: CliRunner().invoke(app, [*arguments, "--store", str(town), "--rules", str(RULES)]))
    assert done.exit_code == 0, done.output
    data = out.read_bytes()
    assert data.startswith(b"%PDF-")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 8
    assert b"/Lang (lv)" in data
    assert b"/StructTreeRoot" in data
    assert {"Ī", "ī", "ā", "ž"} <= letters(data)


def letters(data: bytes) -> set[str]:
    """Give the letters that can be searched and copied in a PDF: those of its fonts' maps to Unicode."""
    found: set[str] = set()
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            text = zlib.decompress(packed.rstrip(b"\r\n"))
        except zlib.error:
            continue
        for codes in re.findall(rb"<[0-9A-F]{4}> (?:<[0-9A-F]{4}> )?<([0-9A-F]{4})>", text):
            found.add(chr(int(codes, 16)))
        for first, last, to in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]{4})> <([0-9A-F]{4})>", text):
            found |= {chr(int(to, 16) + n) for n in range(int(last, 16) - int(first, 16) + 1)}
    return found


def test_without_a_browser_a_pdf_is_refused_with_what_to_do(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_CHROMIUM", "/nowhere/chromium")
    arguments = ["report", "--service", "kekava", "--month", "2020-04", "--format", "pdf", "--store", str(town)]
    done = alone(lambda: CliRunner().invoke(app, [*arguments, "--rules", str(RULES)]))
    assert done.exit_code == 2 or "install the package `chromium`" in str(done.exception)
