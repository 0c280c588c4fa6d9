"""Is the sound there that Asterisk is told to play? Looks at the folder of sounds; runs in a thread, never in a call's way.

Rule 1: each file is looked at once in `FRESH_SECONDS` at most, however often it is played.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from ivr.alarms.derive import Sound

FRESH_SECONDS = 10.0
FOLDER = "ivr"
"""Below each language's folder; ours are told apart from Asterisk's own sounds by it."""


class PromptsPresent:
    """Looks below `sounds` (`<language>/ivr/<prompt>.wav`); `monotonic` gives seconds."""

    def __init__(self, sounds: Path, monotonic: Callable[[], float]) -> None:
        self._sounds = sounds
        self._monotonic = monotonic
        self._looked: dict[Sound, tuple[float, bool]] = {}

    def missing(self, prompts: Iterable[Sound]) -> tuple[Sound, ...]:
        """Give those of the prompts that have no sound."""
        return tuple(sound for sound in prompts if not self._there(sound))

    def _there(self, sound: Sound) -> bool:
        now = self._monotonic()
        at, there = self._looked.get(sound, (float("-inf"), False))
        if now - at >= FRESH_SECONDS:
            there = _is_file(self._sounds / sound[0] / FOLDER / f"{sound[1]}.wav")
            self._looked[sound] = (now, there)
        return there


def _is_file(path: Path) -> bool:
    """Tell whether there is such a file; a folder that may not be read is as good as none."""
    try:
        return path.is_file()
    except OSError:
        return False
