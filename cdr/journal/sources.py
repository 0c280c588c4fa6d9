"""Where journals come from: a file that Asterisk writes on this host, or a table that it writes in a database.

Rule 1: a source gives the same bytes of a line whichever way the line came, so that the fold, the digests and the places
know no difference.
"""

from pathlib import Path
from typing import Protocol

from cdr.journal.reader import Batch, Journal, Position


class JournalSource(Protocol):
    """One PBX's journal, read from a position on. All of it blocks: call it in a thread.

    Errors: `JournalUnreadable` if it cannot be read now; the next try goes on from the same position.
    """

    @property
    def name(self) -> str:
        """Give the name under which the store keeps the position. No secret stands in it."""

    @property
    def node(self) -> str:
        """Give the PBX of calls whose uniqueids name none, `""` if there is only one."""

    def read_once(self, since: Position | None = None) -> Batch | None:
        """Read the next whole lines after a position, or None if there are none yet."""

    def unfinished(self, since: Position | None) -> int:
        """Give how many bytes after a position make no whole line yet."""

    def behind(self, since: Position | None) -> int:
        """Give how much has not been read yet, bytes of a file or lines of a table; 0 if unknown."""

    def free_space(self) -> int | None:
        """Give how many bytes are left for the journal; None if that cannot be told."""


def source_of(text: str, node: str = "") -> JournalSource:
    """Give the source that a setting names: a file's path, or `postgresql://user@host:port/database?table=cel`.

    Raises `JournalUnreadable` for a URL that is none of ours.
    """
    if "://" not in text:
        return Journal(Path(text), node=node)
    from cdr.journal.table import JournalTable  # noqa: PLC0415 - a database's driver is loaded only where it is used

    return JournalTable(text, node)
