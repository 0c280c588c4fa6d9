"""What a town adds to its own configuration so that ours is used: lines to show, never to write. Pure: texts in, lines out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

INCLUDES = {
    "extensions.conf": "the menus and the safety net",
    "manager.conf": "the engine's user",
    "cel.conf": "all events of a call: yours are still written, where they are written now",
    "cel_custom.conf": "the journal that records are made from",
    "cli.conf": "the mark in the journal that Asterisk has started",
}
"""Their file, and what ours beside it is for."""
RELOADS = (
    "manager reload",
    "module load cel_custom.so",
    "module reload cel_custom.so",
    "module reload cel",
    "dialplan reload",
    "module reload features",
)

TOPIC_FEATURE = 'ivr-topic => *7,self/both,Gosub,"ivr-telling,talk,1",default'
"""As in features.conf of the templates."""

_CONTEXT = re.compile(r"^\[(ivr-[^\]]+)\]", re.MULTILINE)
_AUTOLOAD = re.compile(r"^\s*autoload\s*=>?\s*(?:yes|true|1|on|y)\b", re.MULTILINE | re.IGNORECASE)
_LOADED = re.compile(r"^\s*(?:pre)?(?:load|require)\s*=>?\s*(\S+)", re.MULTILINE)
_NOT_LOADED = re.compile(r"^\s*noload\s*=>?\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """Lines to add to one file: `where` in it, `why`, and whether they are there already."""

    file: str
    where: str
    lines: tuple[str, ...]
    why: str
    there: bool = False


def lines(theirs: Mapping[str, str], needed: Iterable[str], trunk: str) -> Iterator[Line]:
    """Yield what is to be added. `theirs` are their files by name, `needed` the modules we use, `trunk` their endpoint."""
    for file, why in INCLUDES.items():
        line = f"#include ivr-{file}"
        where = "at its end" if file in theirs else "make this file"
        yield Line(file, where, (line,), why, there=has_line(theirs.get(file, ""), line))
    missing = missing_modules(theirs.get("modules.conf", ""), needed)
    if missing:
        yield Line("modules.conf", "in [modules]", missing, "modules that our dialplan uses")
    yield Line(
        "extensions.conf",
        f"in the context that calls from your trunk come into (`context` of [{trunk}] in pjsip.conf)",
        ("include => ivr-numbers",),
        "the service numbers, and nothing else, become reachable from outside",
        there=has_line(theirs.get("extensions.conf", ""), "include => ivr-numbers"),
    )
    yield Line(
        "pjsip.conf",
        "in each endpoint of a telephone that the rules name, if its transfers shall come back when nobody answers",
        ("set_var = TRANSFER_CONTEXT=ivr-transfer",),
        "feature-code transfers of these telephones reach the telephones of the rules, and only those",
        there="TRANSFER_CONTEXT=ivr-transfer" in theirs.get("pjsip.conf", ""),
    )
    yield Line(
        "features.conf",
        "in [general] and [featuremap], where they are not yours already",
        ("transferinvalidsound = ivr-tones/wrong", "xfersound = ivr-tones/done", "xferfailsound = ivr-tones/wrong"),
        "colleagues who pass callers on by feature codes hear whether it worked (docs/transfers.md)",
        there="ivr-tones/" in theirs.get("features.conf", ""),
    )
    yield from _topics(theirs)
    yield Line(
        "logger.conf",
        "in [logfiles]",
        ("security.log => security",),
        "who guesses passwords, one line each, for fail2ban (docs/hardening.md)",
        there=re.search(r"^[^;\n]*=>.*\bsecurity\b", theirs.get("logger.conf", ""), re.MULTILINE) is not None,
    )


def _topics(theirs: Mapping[str, str]) -> Iterator[Line]:
    """Yield what lets their telephones tell topics."""
    yield Line(
        "features.conf",
        "in [applicationmap]",
        (TOPIC_FEATURE,),
        "in a call *7 tells its topic (docs/topics.md)",
        there="ivr-topic" in theirs.get("features.conf", ""),
    )
    yield Line(
        "extensions.conf",
        "in the context of the telephones that the rules name",
        ("include => ivr-topics",),
        "after a call these telephones tell its topic by dialling *7",
        there=has_line(theirs.get("extensions.conf", ""), "include => ivr-topics"),
    )


def has_line(text: str, line: str) -> bool:
    """Tell whether a configuration has a line, however it is spaced."""
    wanted = re.sub(r"\s", "", line)
    return any(re.sub(r"\s|\"", "", one.partition(";")[0]) == wanted for one in text.splitlines())


def missing_modules(text: str, needed: Iterable[str]) -> tuple[str, ...]:
    """Give the `load` lines that a modules.conf lacks; with autoload these are the ones that it forbids."""
    forbidden = set(_NOT_LOADED.findall(text))
    if not text or _AUTOLOAD.search(text):
        return tuple(f"load = {name}   ; take out its `noload`" for name in needed if name in forbidden)
    loaded = set(_LOADED.findall(text))
    return tuple(f"load = {name}" for name in needed if name not in loaded and name.removesuffix(".so") not in loaded)


def collisions(theirs: Mapping[str, str], ours: Mapping[str, str]) -> tuple[str, ...]:
    """Name the contexts of their dialplan that ours would be mixed with."""
    mine = {name for text in ours.values() for name in _CONTEXT.findall(text)}
    return tuple(
        f"{file}: [{name}]"
        for file, text in sorted(theirs.items())
        if file.startswith("extensions")
        for name in _CONTEXT.findall(text)
        if name in mine
    )
