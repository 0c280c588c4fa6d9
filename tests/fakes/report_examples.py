"""The examples of `docs/examples`: `python -m tests.fakes.report_examples DIRECTORY` makes them again.

Pages of both reference towns, and a picture of each as Chromium shows it.
"""

import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from cdr.report.compose import Wanted, compose
from cdr.report.gathered import Span
from cdr.report.page import to_html
from tests.fakes.reference_store import MARCH, TEN_MONTHS, gathered, store_of

EXAMPLES: dict[str, tuple[str, Span, str]] = {
    "kekava-2019-2020": ("kekava", TEN_MONTHS, "lv"),
    "kryvyi-rih-2024-03": ("kryvyi-rih", MARCH, "uk"),
}
THRESHOLD = 5
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
COLOURS = 64


def example(place: Path, name: str) -> str:
    """Give the page of an example."""
    town, span, language = EXAMPLES[name]
    found = gathered(place, town, span, language)
    found = replace(found, names=replace(found.names, rules_version=""))  # it changes with every edit of the rules
    return to_html(compose(found, Wanted(language, THRESHOLD)))


def words_of(page: str) -> str:
    """Give a page without its drawings, whose numbers may differ by machine."""
    return re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)


def picture(browser: Browser, page: Path, to: Path) -> None:
    """Take a picture of a whole page, with few colours so that it is small."""
    view = browser.new_page(viewport={"width": 1080, "height": 900})
    view.goto(page.as_uri())
    view.screenshot(path=to, full_page=True)
    view.close()
    with Image.open(to) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(to, optimize=True)


def main(directory: Path) -> None:
    """Make all examples in a directory."""
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as play:
        program = os.environ.get("IVR_CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=program, args=OPTIONS)
        for name, (town, _, _) in EXAMPLES.items():
            page = directory / f"{name}.html"
            page.write_text(example(store_of(town, Path(scratch)), name), encoding="utf-8")
            picture(browser, page, directory / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
