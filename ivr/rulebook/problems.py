"""What is wrong with rules files, and where: one value per mistake, one line per value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ivr.errors import RulesError
from ivr.rulebook.tree import Mark, Node, Path, key_place, own_path, place

LONGEST_QUOTE = 60  # characters of a wrong value that are shown
MOST_PROBLEMS = 1000  # told at once; a file of nothing but mistakes would fill the memory with messages


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of the rules, with its place (line and column count from 1) and what to do about it.

    `path` is the place as dotted keys, empty for the file as a whole. `expected` and `hint` may be empty.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join((self.file, str(self.line), str(self.column)))
        text = ": ".join(part for part in (place, self.path, self.message) if part)
        expected = f"; expected {self.expected}" if self.expected else ""
        return f"{text}{expected}{f'; {self.hint}' if self.hint else ''}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake whose line is not looked up yet. `in_key` means that the key itself is wrong, not its value."""

    path: Path
    message: str
    expected: str = ""
    hint: str = ""
    in_key: bool = False

    def at(self, root: Node) -> Problem:
        """Return the problem with its file, line and column in the tree `root`."""
        mark = key_place(root, self.path) if self.in_key and self.path else place(root, self.path)
        path = ".".join(shown(part) for part in own_path(root, self.path))
        return Problem(mark.file, mark.line, mark.column, path, self.message, self.expected, self.hint)


def problem_at(mark: Mark, message: str, hint: str, path: str = "") -> Problem:
    """Return the problem at a known place."""
    return Problem(mark.file, mark.line, mark.column, path, message, "", hint)


def refused(problems: Sequence[Problem]) -> RulesError:
    """Return the error that carries `problems`; its text has one line for each, in the order of the files.

    After `MOST_PROBLEMS` the last line says how many more there are.
    """
    ordered = sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.path, p.message))
    told, more = ordered[:MOST_PROBLEMS], ordered[MOST_PROBLEMS:]
    if more:
        mark = Mark(more[0].file, more[0].line, more[0].column)
        told.append(problem_at(mark, f"at least {len(more):,} more mistakes from here on", "mend the others first"))
    return RulesError("\n".join(map(str, told)), told)


def shown(value: object) -> str:
    """Return `value` for a message: shortened, without characters that would break the line."""
    text = str(value)
    short = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in short)


def quoted(value: object) -> str:
    """Return `value` as `shown` does, in quotes."""
    return f'"{shown(value)}"'


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint with the known name that looks most like `name`, or an empty text."""
    found = get_close_matches(name[:LONGEST_QUOTE], list(known), n=1, cutoff=0.6)
    return f"did you mean {quoted(found[0])}?" if found else ""
