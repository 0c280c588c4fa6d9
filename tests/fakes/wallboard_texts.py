"""Finds the texts of the wallboard in its pages and scripts, as a catalogue has to hold them."""

import html
import json
import re

from ivr.supervision.wallboard.page import FILES

_IN_PAGE = re.compile(r'data-words="([^"]*)"')
_IN_SCRIPT = re.compile(r'say\(\s*("(?:[^"\\]|\\.)*")')


def texts() -> list[str]:
    """Give every text once, in the order of the files."""
    found: dict[str, None] = {}
    for path in sorted(FILES.glob("*.html")):
        found.update(dict.fromkeys(map(html.unescape, _IN_PAGE.findall(path.read_text(encoding="utf-8")))))
    for path in sorted(FILES.glob("*.js")):
        found.update(dict.fromkeys(map(json.loads, _IN_SCRIPT.findall(path.read_text(encoding="utf-8")))))
    return list(found)
