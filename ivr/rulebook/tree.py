"""The values of rules files as a tree that knows file, line and column, and the ways through it."""

from dataclasses import dataclass, field
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""A place in the rules: keys of mappings and positions in lists, from the top."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1. `file` is its name as a person would open it."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    mark: Mark
    value: str | int | float | bool | None


@dataclass(slots=True)
class Mapping:
    """Keys with their values; `marks` holds the place of each key. Filled while the text is read."""

    mark: Mark
    entries: dict[str, "Node"] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)


@dataclass(slots=True)
class Sequence:
    """A list of values. Filled while the text is read.

    `joined` says where the values of a further file begin, if lists of several files were joined.
    """

    mark: Mark
    items: list["Node"] = field(default_factory=list)
    joined: list[int] = field(default_factory=list)


Node: TypeAlias = Scalar | Mapping | Sequence


def child(node: Node | None, part: str | int) -> Node | None:
    """Return the part of a node under a key or at a position, or None."""
    match node, part:
        case Mapping(), str():
            return node.entries.get(part)
        case Sequence(), int() if 0 <= part < len(node.items):
            return node.items[part]
        case _:
            return None


def plain(node: Node) -> object:
    """Return the value of a node as dicts, lists and scalars; recursion is bounded by the reader's depth."""
    match node:
        case Mapping():
            return {key: plain(value) for key, value in node.entries.items()}
        case Sequence():
            return [plain(value) for value in node.items]
        case Scalar():
            return node.value


def place(root: Node, path: Path) -> Mark:
    """Return where `path` is: the value if it is single, else its key; as near as the files go."""
    node, mark = root, Mark(root.mark.file, 1, 1)
    for part in path:
        found = child(node, part)
        if found is None:
            return mark
        mark = found.mark if isinstance(found, Scalar) else _key_mark(node, part, found.mark)
        node = found
    return mark


def key_place(root: Node, path: Path) -> Mark:
    """Return where the last key of `path` is written, for a mistake in the key itself."""
    parent: Node | None = root
    for part in path[:-1]:
        parent = child(parent, part)
    return _key_mark(parent, path[-1], place(root, path))


def own_path(root: Node, path: Path) -> Path:
    """Return `path` with the positions that a person counts in the one file, where lists of several were joined."""
    found: list[str | int] = []
    node: Node | None = root
    for part in path:
        begin = 0
        if isinstance(node, Sequence) and isinstance(part, int):
            begin = max((first for first in node.joined if first <= part), default=0)
        found.append(part - begin if isinstance(part, int) else part)
        node = child(node, part)
    return tuple(found)


def _key_mark(parent: Node | None, part: str | int, otherwise: Mark) -> Mark:
    if isinstance(parent, Mapping) and isinstance(part, str):
        return parent.marks.get(part, otherwise)
    return otherwise
