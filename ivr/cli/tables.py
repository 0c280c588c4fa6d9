"""Where commands print their tables."""

import sys

from rich.console import Console

PIPE_WIDTH = 200  # columns, where no terminal says how many there are


def wide() -> Console:
    """Give the console for answers: as wide as the terminal; in a pipe wide enough that no name is cut."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False, markup=False)


def printable(text: str) -> str:
    """Show what a caller made up (a caller ID) without letting it steer the terminal: controls are written as escapes."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
