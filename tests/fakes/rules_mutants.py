"""Broken rules files, made by chance from good ones, and what has to hold of every one of them."""

import random

from ivr.errors import RulesError
from ivr.routing.rules import Ruleset
from ivr.rulebook.problems import Problem

SIGNS = "*&!?-:#'\"[]{},|>%@`\t\n \\~<=\u00a0\u2028\ufeff\x85ā😀\0\x07"
BYTES = [
    b"\xff",
    b"\xc4",
    b"\xed\xa0\x80",
    b"\x00",
    b"\r",
    b"\n\n",
    b"\t",
    b"\xef\xbb\xbf",
    b"%",
    b"---\n",
    b"&a",
    b"*a",
]
VALUES = [
    "", "[]", "{}", "3", "-1", "0", "x", "null", "~", "true", "no", "1e9", "1.5", "- a", "[x, 1]", "{a: b}", '""', "9" * 30,
    "2026-13-40", '"2026-02-30 25:61"', "&a 1", "*a", "!!int 4", "!<x> y", "|", ">", "? a", "[[[[", "{a: {b: {c: d}}}", "'",
]  # fmt: skip


def mutant(dice: random.Random, good: bytes) -> bytes:
    """Return `good` changed in one to three places."""
    data = good
    for _ in range(dice.randint(1, 3)):
        data = _in_bytes(dice, data) if dice.random() < 0.25 else _in_lines(dice, data)
    return data


def _in_bytes(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data) + 1)
    match dice.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + dice.choice(BYTES) + data[at:]
        case 2:
            return data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
        case 3:
            return data[:at] + data[at + dice.randint(1, 40) :]
        case _:
            return data[:at] + dice.choice(SIGNS).encode() + data[at:]


def _in_lines(dice: random.Random, data: bytes) -> bytes:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    line = lines[at]
    match dice.randrange(8):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, line)
        case 2:
            lines[at], lines[other] = lines[other], line
        case 3:
            lines[at] = dice.choice(["  ", "    ", "\t", " "]) + line
        case 4:
            lines[at] = line[dice.randint(1, 4) :]
        case 5:
            lines[at] = line.split(":")[0] + ": " + dice.choice(VALUES)
        case 6:
            place = dice.randint(0, len(line))
            lines[at] = line[:place] + dice.choice(SIGNS) + line[place:]
        case _:
            lines[at] = _words_changed(dice, line, lines[other])
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _words_changed(dice: random.Random, line: str, other: str) -> str:
    words, others = line.split(" "), other.split() or [""]
    words[dice.randrange(len(words))] = dice.choice(others)
    return " ".join(words)


def problems_in(error: RulesError, files: dict[str, bytes]) -> tuple[Problem, ...]:
    """Return the problems of an error; each has to be one line that names a place in one of the files."""
    problems = tuple(problem for problem in error.problems if isinstance(problem, Problem))
    assert problems
    assert len(problems) == len(error.problems)
    for problem in problems:
        lines = len(files[problem.file].decode("utf-8", "replace").replace("\r\n", "\n").splitlines())
        assert 1 <= problem.line <= lines + 1, problem
        assert problem.column >= 1, problem
        assert problem.message, problem
        assert problem.hint, problem
        assert len(str(problem).splitlines()) == 1, problem
    return problems


def whole(rules: Ruleset) -> None:
    """Check that what was read is a whole ruleset: the names that it uses exist in it."""
    assert rules.services
    for service in rules.services.values():
        assert service.menu in rules.menus
        assert service.operator in rules.destinations
    for destination in rules.destinations.values():
        assert destination.hours is None or destination.hours in rules.hours
    assert set(rules.numbers.values()) <= set(rules.services)
