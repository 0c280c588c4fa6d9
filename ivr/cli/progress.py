"""That long work goes on, for a person who waits: on stderr, and only on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text


@contextmanager
def working(words: str) -> Iterator[None]:
    """Show that something is being done, until the end of the block."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(Text(words)):  # a file's name is no markup
        yield
