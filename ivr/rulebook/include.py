"""Reads the root file of the rules and the files that it includes, and joins them to one tree.

Rule 1: whatever the files hold, the answer is a `Source`; what is wrong stands in its problems. Nothing is raised.
Rule 2: time and memory are bounded: by `LARGEST` bytes of a file, `LARGEST_OF_ALL` bytes and
`MOST_VALUES_OF_ALL` values of all files, `MOST_FILES` files. What is beyond a bound is not read.
Rule 3: a file that cannot be read does not hide the mistakes of the others. The tree is then not `complete`: a name
that is missing may stand in that file.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ivr.rulebook.join import joined
from ivr.rulebook.problems import Problem, problem_at, shown
from ivr.rulebook.shape import wrong_group
from ivr.rulebook.tree import Mapping, Mark, Node, Scalar, Sequence
from ivr.rulebook.yaml_text import MOST_VALUES, parse
from ivr.vocabulary import RulesVersion

LARGEST = 4 * 1024 * 1024  # bytes of one file
LARGEST_OF_ALL = 16 * 1024 * 1024  # bytes of all files together
MOST_VALUES_OF_ALL = 3 * MOST_VALUES  # values and groups in all files together
MOST_FILES = 200  # included files
VERSION_DIGITS = 12
INCLUDE = "include"

_NO_ROOT = "name the file with --rules, or change to the folder that holds it"
_NO_FURTHER = "correct the name, or create the file"
_UNREADABLE = (OSError, ValueError, RuntimeError)  # ValueError: a NUL in the name; RuntimeError: a circle of links


@dataclass(frozen=True, slots=True)
class Source:
    """What the files hold.

    `root` is the joined tree, or None if the root file could not be read. `complete` is false if a file of it could
    not. `files` are the root file and all files that it names, also those that do not exist (yet). `version` is
    made from the bytes of all files.
    """

    root: Mapping | None
    problems: tuple[Problem, ...]
    version: RulesVersion
    files: tuple[Path, ...]
    complete: bool


@dataclass(slots=True)
class _Left:
    """What may still be read."""

    size: int = LARGEST_OF_ALL
    values: int = MOST_VALUES_OF_ALL


@dataclass(frozen=True, slots=True)
class _Text:
    """The bytes of a file, its name for people, what it holds (None if it cannot be used) and what is wrong."""

    name: str
    data: bytes
    root: Mapping | None
    problems: tuple[Problem, ...]


class _Refused(Exception):
    """A file cannot be read: why, and what to do. Never leaves this module."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def load(path: Path) -> Source:
    """Return what the file at `path` and the files that it includes hold."""
    left = _Left()
    try:
        first = _text(_read(path, left), str(path), left)
    except _Refused as refusal:
        problem = problem_at(Mark(str(path), 1, 1), refusal.message, refusal.hint)
        return Source(None, (problem,), RulesVersion(""), (path,), complete=False)
    texts, files, problems = [first], [path], list(first.problems)
    entries = _entries(first.root)
    for place, entry in entries.items():
        try:
            target = _target(path, entry, files)
            texts.append(_text(_read(target, left, _NO_FURTHER), str(target), left))
            problems += texts[-1].problems
        except _Refused as refusal:
            problems.append(problem_at(entry.mark, refusal.message, refusal.hint, place))
    return _source(texts, files, problems, len(entries))


def from_bytes(data: bytes, file: str) -> Source:
    """Return what `data` holds; `file` is its name in messages. It may not include files: there is no folder."""
    left = _Left()
    text = _text(data, file, left)
    problems = list(text.problems)
    if text.root is not None and INCLUDE in text.root.entries:
        mark = text.root.marks[INCLUDE]
        problems.append(problem_at(mark, "nothing can be included here", "read the rules from their file", INCLUDE))
        return Source(text.root, tuple(problems), _version([text], [Path(file)]), (Path(file),), complete=False)
    return _source([text], [Path(file)], problems, 0)


def files(path: Path) -> tuple[Path, ...]:
    """Return the root file and the files that it includes, as far as it can be read now; for a watch on changes."""
    left = _Left()
    try:
        root = _text(_read(path, left), str(path), left).root
    except _Refused:
        return (path,)
    found = [path]
    for entry in _entries(root).values():
        try:
            _target(path, entry, found)
        except _Refused:
            continue
    return tuple(found)


def _source(texts: list[_Text], named: list[Path], problems: list[Problem], entries: int) -> Source:
    whole = [text.root for text in texts if text.root is not None]
    complete = len(whole) == entries + 1
    version = _version(texts, named)
    if texts[0].root is None:
        return Source(None, tuple(problems), version, tuple(named), complete=False)
    tree, found, fits = joined(whole)
    return Source(tree, (*problems, *found), version, tuple(named), complete and fits)


def _version(texts: list[_Text], named: list[Path]) -> RulesVersion:
    """Return the hash of the root's bytes, then of name and bytes of each included file; NUL parts them."""
    hashed = sha256(texts[0].data)
    for text in texts[1:]:
        name = Path(text.name).relative_to(named[0].parent).as_posix()
        hashed.update(b"\0" + name.encode() + b"\0" + text.data)
    return RulesVersion(hashed.hexdigest()[:VERSION_DIGITS])


def _entries(root: Mapping | None) -> dict[str, Scalar]:
    """Return the entries of `include` that name a file, by their path in the tree; others are told by the schema."""
    listed = root.entries.get(INCLUDE) if root is not None else None
    items: list[Node] = listed.items if isinstance(listed, Sequence) else []
    return {
        f"{INCLUDE}.{position}": item
        for position, item in enumerate(items[:MOST_FILES])
        if isinstance(item, Scalar) and isinstance(item.value, str)
    }


def _target(root: Path, entry: Scalar, named: list[Path]) -> Path:
    """Return the path of an included file and add it to `named`. Raises `_Refused` if it may not be included."""
    target = root.parent / str(entry.value)
    try:
        real, others = target.resolve(), [path.resolve() for path in named]
        outside = not real.is_relative_to(root.parent.resolve())
    except _UNREADABLE as error:
        raise _Refused(f"the file cannot be read ({shown(error)})", "correct the name") from error
    if outside or Path(str(entry.value)).is_absolute():
        raise _Refused("this file is outside the folder of the root file", "keep it beside the root file or below")
    if real in others:
        raise _Refused("this file is named twice", "remove one of the two")
    named.append(target)
    return target


def _read(path: Path, left: _Left, missing: str = _NO_ROOT) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise _Refused("this is not a file", "name the YAML file itself")
        with path.open("rb") as file:
            data = file.read(min(LARGEST, left.size) + 1)
    except FileNotFoundError:
        raise _Refused("there is no such file", missing) from None
    except _UNREADABLE as error:
        raise _Refused(f"the file cannot be read ({error})", "make it readable for this user") from error
    if len(data) > LARGEST:
        raise _Refused(f"the file is larger than {LARGEST:,} bytes", "remove what is not needed, or split it")
    if len(data) > left.size:
        raise _Refused(f"the files together are larger than {LARGEST_OF_ALL:,} bytes", "remove what is not needed")
    left.size -= len(data)
    return data


def _text(data: bytes, name: str, left: _Left) -> _Text:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        mark = Mark(name, before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1)
        return _Text(name, data, None, (problem_at(mark, "this is not UTF-8 text", "save the file as UTF-8"),))
    reading = parse(text, name, min(MOST_VALUES, left.values))
    left.values -= reading.values
    problems = [problem_at(fault.mark, fault.message, fault.hint) for fault in reading.faults]
    if isinstance(reading.root, Mapping):
        return _Text(name, data, reading.root, tuple(problems))
    if reading.root is not None:
        problems.append(_no_mapping(reading.root, name))
    elif not problems:
        hint = "restore it, or write `services:` and the other sections"
        problems.append(problem_at(Mark(name, 1, 1), "the file is empty", hint))
    return _Text(name, data, None, tuple(problems))


def _no_mapping(root: Node, name: str) -> Problem:
    finding = wrong_group((), root.value if isinstance(root, Scalar) else None)
    return problem_at(Mark(name, 1, 1), finding.message, finding.hint)
