"""The pictures of a report, drawn from its tables. PURE apart from drawing.

Rule 1: every value stands beside its bar, so no colour and no axis has to be read.
Rule 2: drawings are as wide as a telephone, so that their text is readable there and on paper.
Rule 3: what is hidden in a table is not drawn: a dot stands in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cdr.report.charts_svg import blank, to_svg
from cdr.report.model import Cell, Chart

WIDTH = 360  # points
INK, SOFT, LINE, MAIN = "#1b2733", "#4a5763", "#c9d1d9", "#14558f"
SHADES = ("#f2f5f8", "#d3e1ef", "#a5c3e0", "#6b9ac8", "#35719f", "#123f6b")
SIZE, SMALL = 11.0, 9.5  # points of the text
THIN = 21  # points; narrower columns have no room for their values
LONGEST = 48  # characters of a bar's name that are shown


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its cell, and what stands beside it if not the cell's text. `is_other` hatches it."""

    name: str
    cell: Cell
    text: str = ""
    is_other: bool = False


def bars(name: str, title: str, alt: str, given: Sequence[Bar]) -> Chart:
    """Draw one bar per row with its name above it and its value at its end."""
    row = 34
    figure = blank(WIDTH, row * len(given) + 8)
    axes = figure.add_axes((0, 0, 1, 1))
    _bare(axes, WIDTH, row * len(given) + 8)
    longest = max([_value(one.cell) for one in given] + [1.0])
    for number, one in enumerate(given):
        top = row * (len(given) - number)
        length = _value(one.cell) / longest * (WIDTH - 100)
        axes.text(2, top - 3, shortened(one.name), va="top", fontsize=SIZE, color=INK)
        if one.cell.hidden:
            axes.text(4, top - 24, one.cell.text, va="center", fontsize=SIZE, color=SOFT)
            continue
        _block(axes, (2, top - 29.5), (max(length, 1.5), 11), linewidth=0.8, **_fill(one))
        axes.text(8 + max(length, 1.5), top - 24, one.text or one.cell.text, va="center", fontsize=SIZE, color=SOFT)
    return Chart(name, title, alt, to_svg(figure, f"chart-{name}", title, alt))


def columns(name: str, title: str, alt: str, given: Sequence[Bar], *, every: int = 1) -> Chart:
    """Draw one column per row with its value above it; `every`: of how many names one is written.

    Where columns are too thin for that, only the tallest has its value.
    """
    height = 190
    figure = blank(WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1))
    _bare(axes, WIDTH, height)
    step = (WIDTH - 8) / max(len(given), 1)
    values = [_value(one.cell) for one in given]
    tallest = max([*values, 1.0])
    told = range(len(given)) if step > THIN else {values.index(max(values))}
    for number, one in enumerate(given):
        middle, size = 4 + step * (number + 0.5), values[number] / tallest * (height - 52)
        if one.cell.hidden:
            axes.text(middle, 27, one.cell.text, ha="center", fontsize=SMALL, color=SOFT)
        else:
            _block(axes, (middle - step * 0.36, 24), (step * 0.72, max(size, 1)), linewidth=0.8, **_fill(one))
        if number in told and not one.cell.hidden:
            axes.text(middle, 28 + size, one.text or one.cell.text, ha="center", fontsize=SMALL, color=SOFT)
        if number % every == 0:
            axes.text(middle, 8, one.name, ha="center", fontsize=SMALL, color=INK)
    axes.plot([2, WIDTH - 2], [24, 24], color=LINE, linewidth=1)
    return Chart(name, title, alt, to_svg(figure, f"chart-{name}", title, alt))


def week(name: str, title: str, alt: str, days: Sequence[str], counts: Sequence[Sequence[int]]) -> Chart:
    """Draw the hours of a week: seven columns of 24 squares, the darker the more calls; each tells its number."""
    left, width, row, height = 36, 46, 17.5, 24 * 17.5 + 26
    figure = blank(WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1))
    _bare(axes, WIDTH, height)
    most = max([count for hours in counts for count in hours] + [1])
    for day, hours in enumerate(counts):
        middle = left + day * width + width / 2
        axes.text(middle, height - 15, days[day], ha="center", fontsize=SMALL, color=INK)
        for hour, count in enumerate(hours):
            bottom = height - 24 - (hour + 1) * row
            shade = 0 if count == 0 else 1 + min(4, count * 5 // (most + 1))
            _block(axes, (left + day * width + 1, bottom), (width - 2, row - 2), facecolor=SHADES[shade])
            if count:
                ink = "white" if shade >= len(SHADES) - 2 else INK
                axes.text(middle, bottom + 4, str(count), ha="center", fontsize=SMALL - 0.5, color=ink)
    for hour in range(24):
        axes.text(left - 8, height - 20 - (hour + 1) * row, str(hour), ha="right", fontsize=SMALL - 0.5, color=SOFT)
    return Chart(name, title, alt, to_svg(figure, f"chart-{name}", title, alt))


def shortened(name: str) -> str:
    """Cut a long name, so that it does not run out of the picture."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def _bare(axes: Axes, width: float, height: float) -> None:
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.axis("off")


def _block(axes: Axes, corner: tuple[float, float], size: tuple[float, float], **look: Any) -> None:  # noqa: ANN401 - as `_fill`
    """Draw a rectangle. The axes have their limits, so they need not be found anew for each: that took a third of it."""
    axes.add_artist(Rectangle(corner, *size, **look))


def _fill(one: Bar) -> Any:  # noqa: ANN401 - matplotlib types these one by one
    return {"hatch": "////", "facecolor": "white", "edgecolor": MAIN} if one.is_other else {"facecolor": MAIN}


def _value(cell: Cell) -> float:
    return float(cell.value) if isinstance(cell.value, int | float) else 0.0
