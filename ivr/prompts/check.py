"""Checks that every prompt a caller may meet can be played.

Problems stop a call from being served well; warnings only sound bad.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import assert_never

import numpy as np

from ivr.errors import PromptError
from ivr.prompts.build import State, state_of
from ivr.prompts.riff import RATE, unpack
from ivr.prompts.texts import SPOKEN, Place, languages, places
from ivr.vocabulary import Language, PromptId

QUIETEST, LOUDEST = -35.0, -10.0  # dBFS, RMS of a recording


class Severity(Enum):
    """How bad a finding is."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a prompt: which one, where, and what to do."""

    prompt: PromptId
    language: Language
    severity: Severity
    message: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.language} {self.prompt}: {self.message}"


@dataclass(frozen=True, slots=True)
class Sound:
    """Length in seconds and level in dBFS (RMS; minus infinity for silence) of a recording."""

    seconds: float
    level: float


def missing(prompt_ids: Iterable[PromptId], names: Iterable[Language], root: Path) -> list[Finding]:
    """List what is wrong with each prompt in each language, in the order asked; empty if all can be played."""
    wanted = tuple(prompt_ids)
    return [finding for name in names for prompt in wanted for finding in findings(Place(root, name, prompt))]


def findings(place: Place) -> list[Finding]:
    """List what is wrong with one prompt."""
    try:
        return _findings(place)
    except PromptError as error:
        return [_problem(place, str(error))]


def expected(root: Path) -> list[Place]:
    """List the prompts that should exist: a service speaks every language in which it has a text.

    The service is the first part of the prompt id. Announcements whose words stand in the rules are left out: each is
    spoken in the languages of its services.

    Raises:
        PromptError: `root` is not a directory.

    """
    found = [place for name in languages(root) for place in places(root, name) if _service(place) != SPOKEN]
    tongues: dict[str, set[Language]] = {}
    for place in found:
        tongues.setdefault(_service(place), set()).add(place.language)
    return sorted({Place(root, name, place.prompt) for place in found for name in tongues[_service(place)]})


def measure(path: Path) -> Sound:
    """Measure a recording in telephone format.

    Raises:
        PromptError: it cannot be read or has another format.

    """
    wave = unpack(path)
    if not wave.is_telephone_format:
        raise PromptError(
            f"{path}: {wave.rate} Hz, {wave.bits} bit, {wave.channels} channel(s), encoding {wave.encoding}; "
            "Asterisk needs uncompressed 8000 Hz, 16 bit, mono: `sox IN.wav -r 8000 -b 16 -c 1 OUT.wav`."
        )
    whole = wave.samples[: len(wave.samples) // 2 * 2]
    samples = np.frombuffer(whole, dtype="<i2").astype(np.float64) / 32768
    power = float(np.mean(samples**2)) if samples.size else 0.0
    return Sound(samples.size / RATE, 10 * math.log10(power) if power else -math.inf)


def _findings(place: Place) -> list[Finding]:
    if not place.text.exists() and not place.recording.exists():
        advice = "write the text, then run `ivr prompts build`."
        return [_problem(place, f"neither {place.text} nor a recording exists; {advice}")]
    state = state_of(place)
    match state:
        case State.MISSING:
            return [_problem(place, f"{place.recording} is not built; run `ivr prompts build`.")]
        case State.STALE:
            return [_problem(place, f"{place.recording} is older than its text; run `ivr prompts build`.")]
        case State.SYNTHESISED | State.RECORDED:
            return _sound_findings(place)
        case _:
            assert_never(state)


def _sound_findings(place: Place) -> list[Finding]:
    sound = measure(place.recording)
    if sound.level == -math.inf:
        return [_problem(place, f"{place.recording} is empty or silent; record it again or remove it.")]
    found = []
    if not QUIETEST <= sound.level <= LOUDEST:
        fault = "too quiet" if sound.level < QUIETEST else "too loud"
        span = f"between {QUIETEST:.0f} and {LOUDEST:.0f} dBFS, best -20"
        found.append(_warning(place, f"{place.recording} is {fault} ({sound.level:.1f} dBFS); bring it {span}."))
    if not place.text.exists():
        found.append(_warning(place, f"{place.text} is missing; write down what the recording says."))
    return found


def _service(place: Place) -> str:
    return place.prompt.split("/", 1)[0]


def _problem(place: Place, message: str) -> Finding:
    return Finding(place.prompt, place.language, Severity.PROBLEM, message)


def _warning(place: Place, message: str) -> Finding:
    return Finding(place.prompt, place.language, Severity.WARNING, message)
