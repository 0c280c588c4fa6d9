"""A line that somebody types into."""

from collections.abc import Callable

from textual.widgets import Input


class Answer(Input):
    """A field of at most `longest` letters (0: any). Enter itself calls `entered`, so the next key finds what that brought."""

    def __init__(self, entered: Callable[[], None], *, id: str, longest: int = 0) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, compact=True, max_length=longest)
        self.cursor_blink = False  # that would be written twice a second
        self._entered = entered

    async def action_submit(self) -> None:
        """Do what Enter is for."""
        self._entered()
