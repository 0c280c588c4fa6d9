"""Small disks that can be filled: tmpfs over a directory, for as long as a run takes. Needs root."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 64 << 20  # bytes
FILLER = "filler"
PIECE = 4096  # bytes


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Put an empty disk of 64 MB over a directory until the end of the block."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "chaos", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def release(place: Path) -> None:
    """Take away the disk of a run that was killed, if there is one."""
    while place.is_mount():
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> int:
    """Leave no space on a disk; gives how many bytes that took."""
    taken = 0
    with (place / FILLER).open("ab", buffering=0) as filler:
        for size in (1 << 20, PIECE, 1):
            try:
                while True:
                    taken += filler.write(b"\0" * size)
            except OSError:
                continue
    return taken


def free(place: Path) -> None:
    """Give the space back."""
    (place / FILLER).unlink(missing_ok=True)
