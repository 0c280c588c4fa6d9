"""Finds and reads the texts of the prompts.

A text is one UTF-8 file, `<root>/<language>/<prompt id>.txt`. A line that begins with a language in brackets,
such as `[en] For English, press 9.`, is spoken in that language. Lines are spoken one after the other.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import PromptError
from ivr.vocabulary import Language, PromptId

SPOKEN = "spoken"
"""The folder of prompts that are made from texts in the rules (`ivr.rulebook.build` names them)."""
OTHER_LANGUAGE = re.compile(r"\[([a-z]{2})\]\s*(.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """Words to be spoken in one language."""

    language: Language
    words: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where one prompt of one language lives."""

    root: Path
    language: Language
    prompt: PromptId

    @property
    def text(self) -> Path:
        """The file with the words."""
        return self.root / self.language / f"{self.prompt}.txt"

    @property
    def recording(self) -> Path:
        """The file with the voice."""
        return self.root / self.language / f"{self.prompt}.wav"


def languages(root: Path) -> tuple[Language, ...]:
    """Name the languages that have a directory under `root`, in order.

    Raises:
        PromptError: `root` is not a directory.

    """
    if not root.is_dir():
        raise PromptError(f"{root}: no such directory of prompts; run `ivr` in the checkout or give --root.")
    return tuple(Language(path.name) for path in sorted(root.iterdir()) if path.is_dir())


def places(root: Path, language: Language) -> tuple[Place, ...]:
    """List the prompts of a language that have a text, in the order of their ids.

    Raises:
        PromptError: the language has no directory.

    """
    folder = root / language
    if not folder.is_dir():
        known = ", ".join(languages(root)) or "none"
        raise PromptError(f"{folder}: no prompts in language {language!r}; languages found: {known}.")
    ids = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.txt"))
    return tuple(Place(root, language, PromptId(prompt)) for prompt in ids)


def read_text(place: Place) -> tuple[Line, ...]:
    """Read the lines of a prompt.

    Raises:
        PromptError: the file cannot be read, is not UTF-8 or has no words.

    """
    try:
        text = place.text.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{place.text}: cannot be read ({error}); save the text as UTF-8.") from error
    lines = tuple(_line(line.strip(), place.language) for line in text.splitlines() if line.strip())
    if not any(character.isalnum() for line in lines for character in line.words):
        raise PromptError(f"{place.text}: has no words; write what the prompt says.")
    return lines


def _line(line: str, language: Language) -> Line:
    other = OTHER_LANGUAGE.fullmatch(line)
    return Line(Language(other[1]), other[2]) if other else Line(language, line)


def prompt_exists_in(root: Path) -> Callable[[PromptId, Language], bool]:
    """Return the test for prompts under `root`: one exists if it has a text or a recording."""

    def exists(prompt: PromptId, language: Language) -> bool:
        place = Place(root, language, prompt)
        return place.text.is_file() or place.recording.is_file()

    return exists
