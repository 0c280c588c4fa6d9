"""One of Asterisk's logs, read while Asterisk writes it: in a thread of its own, with whatever bytes callers have sent."""

from pathlib import Path

from ivr.asterisk.instance import Instance
from tests.fakes.patience import blocked_until


class AsteriskLog:
    """What a log gets from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = path.stat().st_size if path.exists() else 0

    def lines(self) -> list[str]:
        """Give the whole lines that have come. What is no UTF-8 is replaced: Asterisk cuts names in mid-letter."""
        return [line.decode("utf-8", "replace") for line in self._whole()]

    def _whole(self) -> list[bytes]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._start)
            return file.read().split(b"\n")[:-1]

    def until(self, *parts: str) -> list[str]:
        """Wait until one line holds all these parts; give the lines up to it, and go on after it."""
        return blocked_until(
            lambda: self._taken(parts), told=lambda: f"no line of {self._path} holds {parts}: {self.lines()[-20:]}"
        )

    def _taken(self, parts: tuple[str, ...]) -> list[str]:
        lines = self.lines()
        for number, line in enumerate(lines, 1):
            if all(part in line for part in parts):
                self._start += sum(len(one) + 1 for one in self._whole()[:number])
                return lines[:number]
        return []


def settled(pbx: Instance, journal: Path) -> None:
    """Wait until all that has happened up to now is in a journal: a call of ours is, which began after it."""
    log = AsteriskLog(journal)
    pbx.cli("channel originate Local/i@ivr-mark application NoOp")
    log.until('"LINKEDID_END"', "@ivr-mark")
