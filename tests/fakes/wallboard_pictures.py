"""The wallboard's pictures in `docs/pictures`: `python -m tests.fakes.wallboard_pictures` makes them again."""

from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.fakes.wallboard_examples import WHOLE
from tests.fakes.wallboard_screen import chromium, screen, show
from tests.fakes.wallboard_server import served

PICTURES = {"wallboard-dark.png": "?theme=dark", "wallboard-light.png": "?theme=light&language=en"}
COLOURS = 64


def take(browser: Browser, name: str, to: Path) -> None:
    """Take one picture, with few colours so that it is small."""
    with served(WHOLE) as server, screen(browser, server, reduced_motion="reduce") as page:
        show(page, server, PICTURES[name])
        page.screenshot(path=to)
    with Image.open(to) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(to, optimize=True)


def main(directory: Path) -> None:
    """Make all pictures in a directory."""
    directory.mkdir(exist_ok=True)
    with chromium() as browser:
        for name in PICTURES:
            take(browser, name, directory / name)


if __name__ == "__main__":
    main(Path(__file__).parents[2] / "docs/pictures")
