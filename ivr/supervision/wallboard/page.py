"""The wallboard's page as bytes: its files, read once, and its words in every language.

Rule 1: the files lie in `wallboard/` as they are served; nothing is built. Only language, look and version are filled in.
A page is the head that both have, and its own body.
Rule 2: texts in the page and its scripts are English; the catalogues beside them hold the other languages.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from string import Template

from babel.messages.pofile import read_po

FILES = Path(__file__).parent
LANGUAGES = ("lv", "ru", "uk", "bg", "en")
THEMES = ("light", "dark")
DARK = {"": "(prefers-color-scheme: dark)", "light": "not all", "dark": "all"}
"""On which screens the dark colours hold, by the look that was asked for."""
SCRIPTS = ("board", "connection", "draw", "enter", "figures", "news", "reasons", "words")
_SCRIPT = "text/javascript; charset=utf-8"
_CSS = "text/css; charset=utf-8"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file that the page asks for."""

    body: bytes
    type: str


class WallboardPage:
    """The two pages and what they ask for. `version` changes when anything in them does."""

    def __init__(self) -> None:
        self.static = _static()
        self._pages = {name: Template(_text("head.html") + _text(f"{name}.html")) for name in ("board", "enter")}
        texts = [one.body for one in self.static.values()]
        texts += [one.template.encode() for one in self._pages.values()]
        self.version = hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]
        self.static["version.json"] = StaticFile(json.dumps({"version": self.version}).encode(), _JSON)

    def board(self, language: str, theme: str) -> str:
        """Give the wallboard; `language` is one of LANGUAGES, `theme` one of THEMES or "" for what the screen prefers."""
        return self._filled("board", language, theme)

    def enter(self, language: str, theme: str) -> str:
        """Give the page that asks for a token."""
        return self._filled("enter", language, theme)

    def _filled(self, page: str, language: str, theme: str) -> str:
        if language not in LANGUAGES or theme not in DARK:
            message = f"no such language or look: {language!r}, {theme!r}"
            raise ValueError(message)
        return self._pages[page].substitute(page=page, language=language, dark=DARK[theme], version=self.version)


def catalogue_of(language: str) -> Path:
    """Give the place of a language's catalogue."""
    return FILES / f"{language}.po"


def words_of(language: str) -> dict[str, str]:
    """Give every text of a language by its English."""
    if language == "en":
        return {}
    with catalogue_of(language).open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id}


def _static() -> dict[str, StaticFile]:
    files = {f"{name}.js": StaticFile(_bytes(f"{name}.js"), _SCRIPT) for name in SCRIPTS}
    files |= {f"{name}.css": StaticFile(_bytes(f"{name}.css"), _CSS) for name in ("board", "dark")}
    files["icon.svg"] = StaticFile(_bytes("icon.svg"), "image/svg+xml")
    for language in LANGUAGES:
        words = json.dumps(words_of(language), ensure_ascii=False).encode()
        files[f"words-{language}.json"] = StaticFile(words, _JSON)
    return files


def _bytes(name: str) -> bytes:
    return (FILES / name).read_bytes()


def _text(name: str) -> str:
    return _bytes(name).decode()
