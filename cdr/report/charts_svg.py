"""Turns matplotlib's drawings into SVG that can stand inside a page. PURE apart from drawing.

Rule 1: text stays text, so that it is sharp, can be searched, and is read aloud.
Rule 2: every id of a drawing gets the chart's own prefix, because ids must be unique on the page.
Rule 3: a drawing tells its title and what it shows (`title`, `desc`); its parts are hidden from screen readers.
"""

import re
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

DPI = 72
FONTS = "'Segoe UI', 'Noto Sans', 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif"
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "font.family": "DejaVu Sans",
    "axes.unicode_minus": True,
    "hatch.linewidth": 0.8,
}
_ID = re.compile(r'\b(id="|href="#|url\(#)')
_FONT = re.compile(r"font: ([^;\"]*?)(?:'DejaVu Sans'|DejaVu Sans)[^;\"]*")
_NUMBER = re.compile(r"(\d+\.\d{2})\d+")


def blank(width: float, height: float) -> Figure:
    """Give an empty drawing of so many points."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    FigureCanvasSVG(figure)
    return figure


def to_svg(figure: Figure, name: str, title: str, alt: str) -> str:
    """Write a drawing as an `svg` element."""
    out = StringIO()
    with mpl.rc_context(_SETTINGS):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = out.getvalue()
    body = drawn[drawn.index(">", drawn.index("<svg")) + 1 : drawn.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = _ID.sub(rf"\g<1>{name}-", body)
    body = _FONT.sub(rf"font: \g<1>{FONTS}", body)
    body = _NUMBER.sub(r"\1", body)
    body = re.sub(r"\n\s*", "\n", body)
    width, height = (round(inches * DPI, 2) for inches in figure.get_size_inches())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width:g} {height:g}">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(alt)}</desc>'
        f"{body}</svg>"
    )
