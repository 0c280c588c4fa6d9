"""The pictures in docs/monitor.md are what the monitor shows: IVR_PICTURES=write makes them anew."""

import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.fakes.monitor_terminal import Terminal, terminal

FOLDER = Path("docs/pictures")
PICTURES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "monitor": ((80, 24), ("down", "down")),
    "monitor-wide": ((160, 34), ("down",)),
    "monitor-journey": ((80, 24), ("down", "enter")),
    "monitor-confirm": ((80, 24), ("down", "h", *"nobody speaks")),
    "monitor-override": ((80, 24), ("tab", "down", "down", "o", *"redirect=j")),
    "monitor-help": ((80, 24), ("question_mark",)),
}


def drawn(at: Terminal) -> str:
    """Draw what is shown; a picture asks no other host for a font."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", at.app.export_screenshot(), flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", "monospace").replace("Fira Code", "monospace")
    return re.sub(r"terminal-\d+", "terminal", svg)


@pytest.mark.parametrize("name", PICTURES)
async def test_the_pictures_of_the_documents_are_true(name: str) -> None:
    size, keys = PICTURES[name]
    async with terminal(size=size) as at:
        for key in keys:
            await at.press("space" if key == " " else key)
        await at.worked()
        svg = drawn(at)
    ET.fromstring(svg)  # noqa: S314 - our own picture
    judge(name, svg)


def judge(name: str, svg: str) -> None:
    """Compare a picture with the one in the documents; or make that one anew."""
    place = FOLDER / f"{name}.svg"
    if os.environ.get("IVR_PICTURES") == "write":
        place.write_text(svg, encoding="utf-8")
    assert place.read_text(encoding="utf-8") == svg, "the monitor looks otherwise now; IVR_PICTURES=write draws it anew"
    assert f"pictures/{name}.svg" in Path("docs/monitor.md").read_text(encoding="utf-8")
