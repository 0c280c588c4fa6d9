"""YAML text -> a tree of values that know their line and column.

Rule 1: the tree is built from the parser's events with a stack of our own, so that a hostile file costs neither
recursion nor expansion: aliases, anchors and tags are refused, nesting stops at `MAX_DEPTH`.
Rule 2: a key is always text, exactly as written: `1:` and `"1":` are the same key. A second one is a problem.
Rule 3: a bare value is read as in YAML 1.2, so `no` and `08:00` are text, not false and 480.
Rule 4: the scanner is libyaml, in C: a pure Python one needs seconds for a MiB. What costs libyaml more than one step
per byte (directives) or what it takes for the end of a line (NEL, U+2028, U+2029) is refused before it sees the text.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from yaml import CSafeLoader
from yaml import parse as events_of
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ivr.rulebook.problems import quoted, shown
from ivr.rulebook.tree import Mapping, Mark, Node, Scalar, Sequence

NodeStart: TypeAlias = ScalarEvent | MappingStartEvent | SequenceStartEvent

MAX_DEPTH = 50  # nested mappings and lists; the rules themselves need ten
MOST_VALUES = 500_000  # values and groups in one file; honest rules have one in 10 bytes or more
MOST_TWICE = 1000  # keys written twice that are named

_UNFIT = re.compile(  # what YAML does not allow, and what some programs take for the end of a line
    r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_BEGINS = frozenset(  # what the scanner was in the middle of: the place is where it begins
    f"while scanning {what}" for what in ("a simple key", "an alias", "an anchor", "a tag", "a quoted scalar")
)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the YAML itself, where, and what to do. A `fatal` one ended the reading."""

    mark: Mark
    message: str
    hint: str
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the tree (None after a fatal fault, or if there is nothing), what is wrong, how many values."""

    root: Node | None
    faults: tuple[Fault, ...]
    values: int


class _Stop(Exception):
    """Reading cannot go on; carries the fault out of the builder and never leaves this module."""

    def __init__(self, mark: Mark, message: str, hint: str) -> None:
        super().__init__(message)
        self.fault = Fault(mark, message, hint)


class _Builder:
    """Puts the tree together, event by event."""

    def __init__(self, file: str, most: int) -> None:
        self.root: Node | None = None
        self.values = 0
        self.faults: list[Fault] = []
        self._stack: list[Mapping | Sequence] = []
        self._keys: list[tuple[str, Mark] | None] = []  # the key that waits for its value, one per level
        self._documents = 0
        self._file = file
        self._most = most

    def take(self, event: Event) -> None:
        """Add one event. Raises `_Stop` if the file must be refused."""
        mark = Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case ScalarEvent() | MappingStartEvent() | SequenceStartEvent():
                self._refuse_decoration(event, mark)
                self._start_node(event, mark)
            case DocumentStartEvent():
                self._start_document(mark)
            case AliasEvent():
                raise _Stop(mark, "aliases (*name) are not allowed", 'write the value out, or put "*" in quotes')
            case MappingEndEvent() | SequenceEndEvent():
                self._stack.pop()
                self._keys.pop()
            case _:
                pass  # the other events say nothing about the values

    def _start_document(self, mark: Mark) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Stop(mark, "a second document begins here", "remove the line with ---")

    def _refuse_decoration(self, event: NodeStart, mark: Mark) -> None:
        if event.anchor is not None:
            raise _Stop(mark, "anchors (&name) are not allowed", 'write the value out, or put "&" in quotes')
        if event.tag is not None:
            raise _Stop(mark, "tags (!name) are not allowed", 'remove the tag, or put "!" in quotes')

    def _start_node(self, event: NodeStart, mark: Mark) -> None:
        self.values += 1
        if self.values > self._most:
            raise _Stop(mark, f"more than {self._most:,} values", "remove what is not needed")
        if self._stack and isinstance(self._stack[-1], Mapping) and self._keys[-1] is None:
            self._key(event, mark)
            return
        waiting = self._keys[-1] if self._keys else None
        nothing = isinstance(event, ScalarEvent) and event.end_mark.index == event.start_mark.index
        # The parser places an absent value at the next word, which may be lines below its key.
        node = _node(event, waiting[1] if nothing and waiting else mark)
        self._attach(node)
        if not isinstance(node, Scalar):
            if len(self._stack) == MAX_DEPTH:
                raise _Stop(mark, f"more than {MAX_DEPTH} levels of nesting", "close the brackets or indent less")
            self._stack.append(node)
            self._keys.append(None)

    def _key(self, event: NodeStart, mark: Mark) -> None:
        if not isinstance(event, ScalarEvent):
            raise _Stop(mark, "a key has to be a single word", 'write `key: value`; put special signs in "quotes"')
        self._keys[-1] = (event.value, mark)

    def _attach(self, node: Node) -> None:
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        waiting, self._keys[-1] = self._keys[-1], None
        if waiting is not None:
            self._put(parent, *waiting, node)

    def _put(self, parent: Mapping, key: str, mark: Mark, node: Node) -> None:
        if key in parent.entries:
            self._twice(key, mark, parent.marks[key].line)
            return
        parent.entries[key] = node
        parent.marks[key] = mark

    def _twice(self, key: str, mark: Mark, first: int) -> None:
        if len(self.faults) < MOST_TWICE:
            hint = f"keep one of them; the first is in line {first}"
            self.faults.append(Fault(mark, f"the key {quoted(key)} is written twice", hint, fatal=False))


def _node(event: NodeStart, mark: Mark) -> Node:
    if isinstance(event, MappingStartEvent):
        return Mapping(mark)
    if isinstance(event, SequenceStartEvent):
        return Sequence(mark)
    bare = event.implicit[0]  # neither quoted nor a block of text
    return Scalar(mark, _value(event.value) if bare else event.value)


def _value(text: str) -> str | int | float | bool | None:
    lowered = text.lower()
    if lowered in _WORDS:
        return _WORDS[lowered]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def parse(text: str, file: str, most: int = MOST_VALUES) -> Reading:
    """Return what `text` holds; `file` is its name in marks. More than `most` values are a fault. Never raises."""
    builder = _Builder(file, most)
    fault = _refused_unread(text, file)
    try:
        for event in events_of(text, Loader=CSafeLoader) if fault is None else ():
            builder.take(event)
    except _Stop as stop:
        fault = stop.fault
    except MarkedYAMLError as error:
        fault = _syntax(error, text, file)
    except (YAMLError, ValueError, IndexError) as error:
        # What the scanner does not place; whatever it stumbles over is not a rules file.
        said = f"this is not YAML ({type(error).__name__})"
        fault = Fault(Mark(file, 1, 1), said, "compare with the last version")
    if fault is not None:
        return Reading(None, (*builder.faults, fault), builder.values)
    return Reading(builder.root, tuple(builder.faults), builder.values)


def _refused_unread(text: str, file: str) -> Fault | None:
    """Return what is wrong with single signs of the text, before the scanner reads it."""
    unfit = _UNFIT.search(text)
    if unfit:
        message = "a control character that YAML does not allow"
        return Fault(_mark_at(text, unfit.start(), file), message, "delete it; it may be invisible")
    directive = _DIRECTIVE.search(text)
    if directive:
        message = "a line may not begin with % (a directive)"
        return Fault(_mark_at(text, directive.start(), file), message, "remove the line, or write the sign further on")
    return None


def _mark_at(text: str, position: int, file: str) -> Mark:
    before = text[:position]
    return Mark(file, before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def _syntax(error: MarkedYAMLError, text: str, file: str) -> Fault:
    noticed_late = error.context in _BEGINS  # perhaps only at the end of the file
    at = (error.context_mark if noticed_late else error.problem_mark) or error.context_mark
    lines = text.splitlines()
    line = min(at.line, len(lines) - 1) if at else 0  # the end of the text is told as a line of its own
    mark = Mark(file, line + 1, at.column + 1 if at else 1)
    problem = " ".join(str(error.problem or "it cannot be read").split())
    return Fault(mark, f"this is not YAML: {shown(problem)}", _advice(lines[line] if lines else ""))


def _advice(line: str) -> str:
    bare = line.lstrip(" -")
    if bare.startswith(("*", "#", "&", "!", "@", "`", "%")):
        return f'put the sign in quotes: "{bare[0]}"'
    if "\t" in line:
        return "indent with spaces instead of tabs"
    return "look at quotes, colons, brackets and indentation in this line and the one above"
