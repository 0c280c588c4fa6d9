"""Tells which prompts a caller heard, from the audio that arrived at the caller. Pure.

A prompt counts as heard from its beginning up to where it was cut off. If two prompts begin with the same wave
and the sound ends before they differ, nobody can tell them apart: the one first in the mapping is named, with the
others in `alike`.
Steady tones are not prompts: use `tones` and `ringing` for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ivr.hearing.alignment import HOP, WINDOW, Alignment, edges, first_sound, follow, last_sound
from ivr.hearing.fingerprint import Place, likely_places
from ivr.hearing.tones import Cadence, Ringing, Silence, Tone, longest_silence, ringing, tones
from ivr.hearing.wav import RATE, Audio, read_wav

__all__ = [
    "Cadence",
    "Heard",
    "Ringing",
    "Silence",
    "Tone",
    "longest_silence",
    "read_wav",
    "recognise",
    "ringing",
    "tones",
]

FROM_START = 0.3  # seconds that must be alike if a prompt was heard from its beginning
FROM_WITHIN = 1.0  # seconds that must be alike if its beginning is missing
NEAR_START = 2 * WINDOW  # samples: a first window this early means "from its beginning"
NEAR = 0.98  # part of the best score from which a beginning is believed rather than a middle
LIKE = 0.95  # least likeness: the same words by the same voice once more stay below, a noise of -18 dB above
SAME = 0.99  # part of the best score from which two waves are the same
TRIES = 16  # places looked at per prompt and minute
SLIP = 1.0  # seconds that a line may lose or repeat within a prompt
WHOLE = 480  # samples: heard up to so near its last sound, a prompt was heard whole


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt in a recording: seconds of its beginning and end there, and which part of it was heard (0..1].

    `alike` names the prompts that have the very same sound up to there, so that they may have been meant.
    `offset` is where in the prompt the part begins, in seconds.
    """

    name: str
    start: float
    end: float
    fraction: float
    alike: tuple[str, ...] = ()
    offset: float = 0.0


def recognise(audio: Audio, prompts: Mapping[str, Audio]) -> tuple[Heard, ...]:
    """List the prompts that were heard, in the order of their beginnings; times are within about 50 ms."""
    rivals = _alignments(audio, prompts, likely_places(audio, prompts))
    found = []
    while rivals:
        best, *equals = _best(rivals, prompts)
        heard = _heard(best, prompts[best.prompt], audio)
        found.append(replace(heard, alike=tuple(one.prompt for one in equals)))
        span = round(heard.start * RATE), round(heard.end * RATE)
        rest = (rival.outside(*span) for rival in rivals if rival is not best)
        rivals = [rival for rival in rest if _is_evidence(rival, prompts[rival.prompt])]
    return tuple(_joined(sorted(found, key=lambda heard: (heard.start, heard.name)), prompts))


def _joined(found: Sequence[Heard], prompts: Mapping[str, Audio]) -> Iterator[Heard]:
    """Join the parts of a prompt that a slip of the line has cut: the next part goes on where the last one ended."""
    last: Heard | None = None
    for heard in found:
        if last is None or not _goes_on(last, heard, prompts[heard.name].size / RATE):
            if last is not None:
                yield last
            last = heard
            continue
        length = prompts[heard.name].size / RATE
        whole = heard.offset + heard.fraction * length - last.offset
        last = replace(last, end=heard.end, fraction=min(1.0, whole / length))
    if last is not None:
        yield last


def _goes_on(last: Heard, heard: Heard, length: float) -> bool:
    reached = last.offset + last.fraction * length
    return (
        last.name == heard.name
        and abs(heard.start - last.end) <= SLIP
        and heard.offset > last.offset
        and abs(heard.offset - reached) <= SLIP
    )


def _alignments(audio: Audio, prompts: Mapping[str, Audio], places: Sequence[Place]) -> list[Alignment]:
    """Follow the likely places of each prompt, the best first, leaving out what is known already."""
    tried = dict.fromkeys(prompts, 0)
    tries = TRIES * (1 + audio.size // (60 * RATE))
    found: list[Alignment] = []
    for place in places:
        mine = (one for one in found if one.prompt == place.prompt)
        if tried[place.prompt] >= tries or any(one.knows(place.piece, place.at) for one in mine):
            continue
        tried[place.prompt] += 1
        one = follow(place.prompt, prompts[place.prompt], audio, place.piece, place.at)
        if _is_evidence(one, prompts[place.prompt]):
            found.append(one)
    return found


def _best(rivals: Sequence[Alignment], prompts: Mapping[str, Audio]) -> list[Alignment]:
    """Choose what explains most of the recording; of near equals, what is heard from its beginning.

    More than one is returned, in the order of the mapping, if their waves are the same at the same place.
    """
    most = max(one.score for one in rivals)
    near = [one for one in rivals if one.score >= NEAR * most]
    near = [one for one in near if _is_from_start(one, prompts[one.prompt])] or near
    best = max(near, key=lambda one: one.score)
    same = [one for one in near if one.score >= SAME * best.score and best.meets(one)]
    return sorted(same, key=lambda one: list(prompts).index(one.prompt))


def _is_from_start(one: Alignment, prompt: Audio) -> bool:
    return one.windows[0].piece <= first_sound(prompt) + NEAR_START


def _is_evidence(one: Alignment, prompt: Audio) -> bool:
    if not one.windows:
        return False
    least = FROM_START if _is_from_start(one, prompt) else FROM_WITHIN
    return len(one.windows) * HOP >= least * RATE and one.likeness >= LIKE


def _heard(one: Alignment, prompt: Audio, audio: Audio) -> Heard:
    """Turn an alignment into times. Silence at both ends of a prompt counts as heard with its first or last sound."""
    first, last = edges(prompt, audio, one)
    first = 0 if first <= first_sound(prompt) + WHOLE else first
    last = prompt.size if last >= last_sound(prompt) - WHOLE else last
    start = first + one.windows[0].at - one.windows[0].piece
    end = last + one.windows[-1].at - one.windows[-1].piece
    fraction = min(1.0, (last - first) / prompt.size)
    return Heard(one.prompt, max(start, 0) / RATE, min(end, audio.size) / RATE, fraction, offset=first / RATE)
