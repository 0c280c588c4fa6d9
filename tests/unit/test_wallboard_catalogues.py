"""The wallboard's catalogues hold every text of its pages and scripts, with the same names in braces."""

import re

import pytest
from babel.messages.pofile import read_po

from ivr.supervision.wallboard.page import FILES, LANGUAGES, SCRIPTS, catalogue_of, words_of
from tests.fakes.wallboard_texts import texts

OTHERS = [one for one in LANGUAGES if one != "en"]
_NAMES = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_wallboard_is_there_and_no_other(language: str) -> None:
    with catalogue_of(language).open("rb") as file:
        found = read_po(file, locale=language, abort_invalid=True)
    assert [message.id for message in found if message.id and message.fuzzy] == []
    assert set(words_of(language)) == set(texts())
    assert len(texts()) > 50


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_wallboard_has_its_names_and_is_translated(language: str) -> None:
    for english, said in words_of(language).items():
        assert said.strip() == said != "", english
        assert said != english
        assert set(_NAMES.findall(said)) == set(_NAMES.findall(english)), english


def test_english_needs_no_catalogue() -> None:
    assert words_of("en") == {}


def test_the_scripts_that_are_served_are_those_that_there_are() -> None:
    assert sorted(one.stem for one in FILES.glob("*.js")) == sorted(SCRIPTS)


@pytest.mark.parametrize(
    "word", ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "localStorage", "http"]
)
def test_no_script_writes_markup_or_keeps_anything_or_knows_another_server(word: str) -> None:
    for path in FILES.glob("*.js"):
        assert word not in path.read_text(encoding="utf-8"), path.name


def test_no_page_has_anything_inline() -> None:
    for path in FILES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), path.name
        assert set(re.findall(r'(?:src|href)="([^"]*)"', text)) <= {
            "/wallboard/static/board.css",
            "/wallboard/static/dark.css",
            "/wallboard/static/$page.js",
            "/wallboard/static/icon.svg",
        }
