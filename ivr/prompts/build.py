"""Builds the recordings that nobody has spoken yet.

Rule 1: only a file that does not exist or that carries our mark is written.
Rule 2: a file is written beside its place and moved there, so Asterisk never plays half a prompt.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ivr.errors import PromptError
from ivr.prompts.riff import pack, synthesised_from, unpack
from ivr.prompts.speech import speak, voice_of
from ivr.prompts.texts import Line, Place, languages, places, read_text
from ivr.vocabulary import Language

BUILDER = "1"  # raise it when the sound made from the same words changes

Speaker = Callable[[Sequence[Line]], bytes]


class State(Enum):
    """What stands in the place of a recording."""

    MISSING = "missing"
    STALE = "stale"
    SYNTHESISED = "synthesised"
    RECORDED = "recorded"


class Outcome(Enum):
    """What the build did with a prompt."""

    BUILT = "built"
    UNCHANGED = "unchanged"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Built:
    """One prompt after the build."""

    place: Place
    outcome: Outcome


def fingerprint(lines: Sequence[Line]) -> str:
    """Name the words, voices and builder that a sound is made from, as `<builder>-<16 hex digits>`."""
    spoken = "\n".join(f"{voice_of(line.language)}\t{line.words}" for line in lines)
    return f"{BUILDER}-{hashlib.sha256(spoken.encode()).hexdigest()[:16]}"


def state_of(place: Place) -> State:
    """Compare a recording with its text. Whatever is not provably ours counts as recorded.

    Raises:
        PromptError: the text cannot be read.

    """
    if not place.recording.exists():
        return State.MISSING
    try:
        source = synthesised_from(unpack(place.recording))
    except PromptError:  # not even a WAV file; the check tells, the build keeps its hands off
        source = None
    if source is None:
        return State.RECORDED
    return State.SYNTHESISED if source == fingerprint(read_text(place)) else State.STALE


def build(
    root: Path, language: Language | None = None, speaker: Speaker = speak, done: Callable[[Built], None] | None = None
) -> tuple[Built, ...]:
    """Build every prompt of one language, or of all, whose words changed; `done` is called after each.

    Raises:
        PromptError: a text is unusable, espeak-ng is missing or fails, or a file cannot be written.

    """
    results = []
    for name in (language,) if language else languages(root):
        for place in places(root, name):
            result = Built(place, _build(place, speaker))
            results.append(result)
            if done:
                done(result)
    return tuple(results)


def _build(place: Place, speaker: Speaker) -> Outcome:
    match state_of(place):
        case State.RECORDED:
            return Outcome.RECORDED
        case State.SYNTHESISED:
            return Outcome.UNCHANGED
        case State.MISSING | State.STALE:
            lines = read_text(place)
            try:
                samples = speaker(lines)
            except PromptError as error:
                raise PromptError(f"{place.text}: {error}") from error
            if state_of(place) is State.RECORDED:  # put there while we spoke
                return Outcome.RECORDED
            _write(place.recording, pack(samples, fingerprint(lines)))
            return Outcome.BUILT


def _write(path: Path, content: bytes) -> None:
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".wav")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(name).chmod(0o644)  # mkstemp gives 0600, but Asterisk may run as another user
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PromptError(
            f"{path}: cannot be written ({error.strerror}); check the rights and the free space of {path.parent}."
        ) from error
