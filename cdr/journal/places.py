"""Where a line stands: in which file, and after how many bytes. PURE.

Rule 1: a file's name for this is made from its beginning: the time of its first line and a digest of it. So a file that
is renamed, copied or restored keeps it, and the names sort as the files were written.
Rule 2: within a file the order is that in which Asterisk wrote, whatever the clock did. Files are in the order of their
first lines' times.
"""

import re
from hashlib import sha256

BEGINNING = 4096  # bytes within which the first line's time is looked for
_FIRST = 256  # bytes of the first line that count
_TIME = re.compile(rb'"[^"\n]{1,80}","(\d{1,12})\.(\d{6})","')

Place = tuple[str, int]
"""A file's name as `file_name` makes it, and bytes; a file name of `""` comes before all others."""


def file_name(beginning: bytes) -> str:
    """Name a file by its first bytes, at least its first whole line. More bytes after that give the same name."""
    found = _TIME.search(beginning, 0, BEGINNING)
    began = found[1].decode().zfill(12) + found[2].decode() if found else "0" * 18
    first = beginning[:_FIRST].partition(b"\n")[0]
    return f"{began}-{sha256(first).hexdigest()[:8]}"


def to_text(place: Place) -> str:
    """Write a place so that texts sort as places do."""
    return f"{place[0]}+{place[1]:013d}"
