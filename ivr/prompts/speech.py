"""Speaks texts with espeak-ng and brings them to the form of a telephone prompt.

The result is 8 kHz, 16 bit, mono, trimmed, and at one level, so that a menu never jumps in loudness.
"""

import io
import shutil
import subprocess
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydub import AudioSegment
from pydub.silence import detect_leading_silence

from ivr.errors import PromptError
from ivr.prompts.riff import RATE
from ivr.prompts.texts import Line
from ivr.vocabulary import Language

Samples = npt.NDArray[np.float64]

VOICES = {"lv": "lv", "en": "en-gb", "ru": "ru", "uk": "uk", "bg": "bg"}
SPEED = 165  # words per minute
SYNTHESIS_TIMEOUT = 60.0  # seconds
LEVEL = -20.0  # dBFS, RMS over the whole prompt
LEVEL_TOLERANCE = 0.1  # dB
PEAK = 0.89  # of full scale, about -1 dBFS
KNEE = 0.6  # of full scale; samples above are bent, below untouched
SILENCE = -50.0  # dBFS
LEAD_IN, LEAD_OUT = 50, 150  # milliseconds of silence kept
PAUSE = 350  # milliseconds between lines
PASS_BAND = 3600.0  # Hz


def voice_of(language: Language) -> str:
    """Name the espeak-ng voice of a language.

    Raises:
        PromptError: there is none.

    """
    if language not in VOICES:
        known = ", ".join(sorted(VOICES))
        raise PromptError(f"language {language!r}: no voice to synthesise it; voices exist for {known}. Record it.")
    return VOICES[language]


def speak(lines: Sequence[Line]) -> bytes:
    """Speak lines one after the other; returns 16-bit samples at 8 kHz.

    Raises:
        PromptError: espeak-ng is missing or failed, or nothing was heard.

    """
    spoken = AudioSegment.silent(LEAD_IN, frame_rate=RATE)
    for number, line in enumerate(lines):
        if number:
            spoken += AudioSegment.silent(PAUSE, frame_rate=RATE)
        spoken += _trimmed(_narrowed(_synthesised(line)))
    spoken += AudioSegment.silent(LEAD_OUT, frame_rate=RATE)
    return _levelled(spoken)


def _synthesised(line: Line) -> AudioSegment:
    """Run espeak-ng. The words go in by its standard input, so they are never taken for options."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise PromptError(
            "espeak-ng is not installed (not found on PATH), so prompts cannot be synthesised; "
            "run `apt-get install espeak-ng`, or put recordings in place of all prompts."
        )
    voice = voice_of(line.language)
    command = [program, "-v", voice, "-s", str(SPEED), "-b", "1", "--stdin", "--stdout"]
    try:
        done = subprocess.run(
            command, input=line.words.encode(), capture_output=True, timeout=SYNTHESIS_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PromptError(f"{program} did not work ({error}); try `{program} -v {voice} test`.") from error
    if done.returncode != 0 or len(done.stdout) <= 44:
        said = done.stderr.decode("utf-8", "replace").strip() or "no sound came out"
        raise PromptError(f"{program} -v {voice} failed: {said}; is the voice installed (`espeak-ng --voices`)?")
    return AudioSegment.from_file(io.BytesIO(done.stdout), format="wav")


def _narrowed(sound: AudioSegment) -> AudioSegment:
    """Resample to 8 kHz; pydub's resampling has no low-pass filter and would fold hiss into speech."""
    taps = np.arange(-64, 65)
    ratio = 2 * PASS_BAND / sound.frame_rate
    filter_ = ratio * np.sinc(ratio * taps) * np.hamming(taps.size)
    low = np.convolve(_samples(sound), filter_, mode="same")
    return _segment(low, sound.frame_rate).set_frame_rate(RATE)


def _trimmed(sound: AudioSegment) -> AudioSegment:
    lead = detect_leading_silence(sound, SILENCE)
    trail = detect_leading_silence(sound.reverse(), SILENCE)
    if lead + trail >= len(sound):
        raise PromptError("espeak-ng spoke only silence; check the words of the prompt.")
    return sound[lead : len(sound) - trail]


def _levelled(sound: AudioSegment) -> bytes:
    """Bring speech to `LEVEL`, in rounds, because bending the peaks below `PEAK` costs some level."""
    wave = _samples(sound)
    for _ in range(20):
        missing = LEVEL - 20 * np.log10(np.sqrt(np.mean(wave**2)))
        if abs(missing) <= LEVEL_TOLERANCE:
            break
        wave = _bent(wave * 10 ** (missing / 20))
    return bytes(_segment(wave, RATE).raw_data)


def _bent(wave: Samples) -> Samples:
    size = np.abs(wave)
    room = PEAK - KNEE
    return np.where(size > KNEE, np.sign(wave) * (KNEE + room * np.tanh((size - KNEE) / room)), wave)


def _samples(sound: AudioSegment) -> Samples:
    return np.frombuffer(sound.raw_data, dtype="<i2").astype(np.float64) / 32768


def _segment(wave: Samples, rate: int) -> AudioSegment:
    data = np.clip(np.rint(wave * 32768), -32768, 32767).astype("<i2").tobytes()
    return AudioSegment(data=data, sample_width=2, frame_rate=rate, channels=1)
