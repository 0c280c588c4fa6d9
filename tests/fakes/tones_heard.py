"""Who can be heard in a recording: each of the people sounds a tone of his own."""

from pathlib import Path

import numpy as np

from ivr.hearing.wav import RATE, read_wav

WINDOW = RATE // 4  # samples of one look: a quarter of a second
AUDIBLE = 0.002  # part of full scale
HZ = {"citizen": 300, "operator": 500, "colleague": 700, "supervisor": 1100}
Heard = frozenset[str]


def heard_in(path: Path) -> list[Heard]:
    """Give who is heard in each quarter of a second."""
    audio = read_wav(path)
    shape = np.hanning(WINDOW)
    time = np.arange(WINDOW) / RATE
    waves = {name: np.exp(-2j * np.pi * hz * time) for name, hz in HZ.items()}
    looks = (audio[at : at + WINDOW] * shape for at in range(0, audio.size - WINDOW + 1, WINDOW))
    return [
        frozenset(name for name, wave in waves.items() if abs((look * wave).sum()) / WINDOW > AUDIBLE) for look in looks
    ]


def seconds_of(path: Path) -> float:
    """Give how long a recording is by now."""
    return (path.stat().st_size - 44) / (2 * RATE) if path.exists() else 0.0


def ever(looks: list[Heard]) -> Heard:
    """Give everybody who is heard at all, for half a second at least."""
    return frozenset(name for name in HZ if sum(name in look for look in looks) >= 2)


def together(looks: list[Heard], *names: str) -> bool:
    """Tell whether these, and nobody else, are heard at once for a second at least."""
    return looks.count(frozenset(names)) >= 4
