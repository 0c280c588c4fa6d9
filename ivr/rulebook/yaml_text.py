"""YAML text -> a tree of values that know their line and column.

Rule 1: the tree is built from the parser's events with a stack of our own, so that a hostile file costs neither
recursion nor expansion: aliases, anchors and tags are refused, nesting stops at `MAX_DEPTH`.
Rule 2: a key is always text, exactly as written: `1:` and `"1":` are the same key. A second one is a problem.
Rule 3: a bare value is read as in YAML 1.2, so `no` and `08:00` are text, not false and 480.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from ivr.rulebook.problems import quoted, shown
from ivr.rulebook.tree import Mapping, Mark, Node, Scalar, Sequence

NodeStart: TypeAlias = ScalarEvent | MappingStartEvent | SequenceStartEvent

MAX_DEPTH = 50  # nested mappings and lists; the rules themselves need six

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


class _Stop(Exception):
    """Reading cannot go on; carries the fault out of the builder and never leaves this module."""

    def __init__(self, mark: Mark, message: str, hint: str) -> None:
        super().__init__(message)
        self.fault = Fault(mark, message, hint)


class _Builder:
    """Puts the tree together, event by event."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self._stack: list[Mapping | Sequence] = []
        self._keys: list[tuple[str, Mark] | None] = []  # the key that waits for its value, one per level
        self._documents = 0

    def take(self, event: Event) -> None:
        """Add one event. Raises `_Stop` if the file must be refused."""
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case DocumentStartEvent():
                self._start_document(mark)
            case AliasEvent():
                raise _Stop(mark, "aliases (*name) are not allowed", 'write the value out, or put "*" in quotes')
            case ScalarEvent() | MappingStartEvent() | SequenceStartEvent():
                self._refuse_decoration(event, mark)
                self._start_node(event, mark)
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
            first = parent.marks[key].line
            hint = f"keep one of them; the first is in line {first}"
            self.faults.append(Fault(mark, f"the key {quoted(key)} is written twice", hint, fatal=False))
            return
        parent.entries[key] = node
        parent.marks[key] = mark


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


def parse(text: str) -> tuple[Node | None, list[Fault]]:
    """Return the tree of `text` and what is wrong with its YAML; the tree is None after a fatal fault or if empty."""
    builder = _Builder()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except _Stop as stop:
        return None, [*builder.faults, stop.fault]
    except MarkedYAMLError as error:
        return None, [*builder.faults, _syntax(error, text)]
    except ReaderError as error:
        return None, [_character(error, text)]
    except (YAMLError, ValueError, IndexError, AssertionError) as error:
        # The parser has bugs with odd input; whatever it stumbles over is not a rules file.
        return None, [Fault(Mark(1, 1), f"this is not YAML ({type(error).__name__})", "compare with the last version")]
    return builder.root, builder.faults


def _syntax(error: MarkedYAMLError, text: str) -> Fault:
    in_key = error.context == "while scanning a simple key"  # then the problem is only noticed a line later
    at = (error.context_mark if in_key else error.problem_mark) or error.context_mark
    mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
    lines = text.splitlines()
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    problem = " ".join(str(error.problem or "it cannot be read").split())
    return Fault(mark, f"this is not YAML: {shown(problem)}", _advice(line))


def _advice(line: str) -> str:
    bare = line.lstrip(" -")
    if bare.startswith(("*", "#", "&", "!", "@", "`", "%")):
        return f'put the sign in quotes: "{bare[0]}"'
    if "\t" in line:
        return "indent with spaces instead of tabs"
    return "look at quotes, colons, brackets and indentation in this line and the one above"


def _character(error: ReaderError, text: str) -> Fault:
    before = text[: error.position]
    mark = Mark(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    return Fault(mark, "a control character that YAML does not allow", "delete it; it may be invisible")
