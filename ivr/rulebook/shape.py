"""Compare the tree with the schema: every mistake is named, whole entries are kept.

Rule 1: one broken entry does not hide the mistakes of the others, so the whole entries are given on for the
checks of `ivr.rulebook.check`.
Rule 2: where the schema allows several forms, one message is given per place: of the form that fits best.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from ivr.rulebook.problems import LONGEST_QUOTE, Finding, nearest, quoted
from ivr.rulebook.schema import Rulebook
from ivr.rulebook.tree import Mapping, Node, Path, Scalar, Sequence, child, plain
from ivr.rulebook.walk import (
    annotation_at,
    core,
    expected_at,
    fields_of,
    inside,
    members,
    references,
    sections,
    slots_of,
)

MOST_HINTS = 50  # wrong names for which the nearest one is looked for; it costs time
MOST_TOLD = 10_000  # with more mistakes than that it is not a rules file; they are not put into words one by one

_NAME_FORM = "a name of small letters a-z, digits and hyphens, at most 60"
_WORD = re.compile("'([a-z]+)'")
_ADD_NAME = "add it to `{section}:`, or correct the name"
_DIGITS = "write digits without quotes"
_GROUP = "write the keys below it, indented, or in {braces}"
_ALONE = ("{value} cannot stand here alone", "give a name its kind, such as {destination: name}")
_MESSAGES = {  # pydantic's error types in our words; {value} is the wrong value in quotes
    "missing": ("is missing", "add the key"),
    "string_type": ("{value} is not text", "put it in quotes"),
    "int_type": ("{value} is not a whole number", _DIGITS),
    "int_from_float": ("{value} is not a whole number", _DIGITS),
    "float_type": ("{value} is not a number", _DIGITS),
    "bool_type": ("{value} is neither true nor false", "write true or false without quotes"),
    "greater_than_equal": ("{value} is too small", "write a larger number"),
    "less_than_equal": ("{value} is too large", "write a smaller number"),
    "too_short": ("is empty", "add at least one entry"),
    "too_long": ("has too many entries", "leave some out"),
    "model_type": ("{value} is not a group of keys", _GROUP),
    "dict_type": ("{value} is not a group of keys", _GROUP),
    "list_type": ("{value} is not a list", "write it in [brackets]"),
    "literal_error": ("{value} is none of the words that can stand here", "correct the word"),
    "string_pattern_mismatch": ("{value} does not have the right form", "correct the value"),
    "string_too_short": ("the text is empty", "write it between the quotes"),
    "string_too_long": ("{value} is too long", "shorten it"),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an error is in the file. `form` names the form of a union that was tried at `fork`."""

    path: Path
    widened: bool
    fork: Path | None = None
    form: str = ""


def shaped(root: Node, *, complete: bool = True) -> tuple[Rulebook, list[Finding]]:
    """Return the entries of the tree that have the right shape, and what is wrong with the others.

    A name that its section does not have is among the findings, but does not make an entry broken. If the tree is
    not `complete`, because a file of it could not be read, missing names and sections are no findings.
    """
    empty = list(islice(_empty_values(root), MOST_TOLD + 1))
    data = plain(root)
    dangling = list(islice(_dangling(root), MOST_TOLD)) if complete else []
    details: list[ErrorDetails] = []
    count = len(empty)
    try:
        book = Rulebook.model_validate(data)
    except ValidationError as error:
        count += error.error_count()
        details = error.errors(include_url=False) if count <= MOST_TOLD else []
    if not count:
        return book, dangling
    if count > MOST_TOLD:
        return _whole_entries({}, set()), [_other_file(count), *empty[:1]]
    known = {finding.path for finding in empty}
    broken = {path[:2] for path in (*known, *(tuple(detail["loc"]) for detail in details))}
    wrong = [found for found in _findings(root, details, complete) if found.path not in known]
    return _whole_entries(data, broken), [*empty, *wrong, *dangling]


def _other_file(count: int) -> Finding:
    return Finding((), f"more than {min(count, MOST_TOLD):,} keys and values do not fit", "", "is this the right file?")


def unknown_key(path: Path, *, hint: bool = True) -> Finding:
    """Return the finding that the last key of `path` is not one of the schema's; `hint` looks for the nearest one."""
    known = list(fields_of(annotation_at(path[:-1])))
    advice = (nearest(str(path[-1]), known) if hint else "") or "remove the key"
    return Finding(path, "unknown key", f"one of {', '.join(known)}", advice, in_key=True)


def wrong_group(path: Path, value: object) -> Finding:
    """Return the finding that a value stands where a group of keys or a list has to be."""
    is_list = sections().get(str(path[-1])) is list if path else False
    message, hint = _MESSAGES["list_type" if is_list else "dict_type"]
    return Finding(path, message.format(value=_value(value)), expected_at(path), hint)


def _whole_entries(data: object, broken: set[Path]) -> Rulebook:
    given: dict[str, Any] = data if isinstance(data, dict) else {}
    wrong = {path[:1] for path in broken}
    kept: dict[str, Any] = {}
    for key, slot in slots_of(Rulebook).items():
        if key in sections():
            kept[key] = _whole_section(key, core(slot.annotation), given.get(key), broken)
        elif key in given and (key,) not in wrong:
            kept[key] = given[key]
    return Rulebook.model_construct(**kept)


def _whole_section(key: str, kind: object, entries: object, broken: set[Path]) -> object:
    entry: TypeAdapter[object] = TypeAdapter(get_args(kind)[-1])
    if sections()[key] is list:
        items = enumerate(entries) if isinstance(entries, list) else ()
        return [entry.validate_python(item) for position, item in items if (key, position) not in broken]
    whole = entries.items() if isinstance(entries, dict) else ()
    return {name: entry.validate_python(item) for name, item in whole if (key, name) not in broken}


def _empty_values(node: Node, path: Path = ()) -> Iterator[Finding]:
    match node:
        case Mapping():
            for key, value in node.entries.items():
                yield from _empty_values(value, (*path, key))
        case Sequence():
            for position, value in enumerate(node.items):
                yield from _empty_values(value, (*path, position))
        case Scalar():
            if node.value is None:
                yield Finding(path, "has no value", expected_at(path), "write a value or remove the key")


def _dangling(root: Node) -> Iterator[Finding]:
    hints = 0
    for path, section, name in references(root):
        entries = child(root, section)
        known = entries.entries if isinstance(entries, Mapping) else {}
        if name not in known:
            hints += 1  # the nearest name costs time, so a file of nothing but mistakes gets few
            hint = (nearest(name, known) if hints <= MOST_HINTS else "") or _ADD_NAME.format(section=section)
            yield Finding(path, f"{section} has no {quoted(name)}", expected_at(path), hint)


def _findings(root: Node, details: list[ErrorDetails], complete: bool) -> Iterator[Finding]:
    for count, (detail, at) in enumerate(_best_forms(root, details)):
        if complete or detail["type"] != "missing" or len(at.path) > 1:
            yield _finding(detail, at, hint=count < MOST_HINTS)


def _best_forms(root: Node, details: list[ErrorDetails]) -> list[tuple[ErrorDetails, _Place]]:
    """Return the errors with their places; of a fork only those of the form that comes nearest."""
    found = [(detail, _located(root, detail)) for detail in details]
    forks: dict[Path, dict[str, tuple[bool, int]]] = {}
    for detail, at in found:
        if at.fork is not None:
            forms = forks.setdefault(at.fork, {})
            other_kind, count = forms.get(at.form, (False, 0))
            other_kind = other_kind or (at.path == at.fork and detail["type"].endswith("_type"))
            forms[at.form] = other_kind, count + 1
    best = {fork: min(forms, key=lambda form: forms[form]) for fork, forms in forks.items()}
    return [(detail, at) for detail, at in found if at.fork is None or best[at.fork] == at.form]


def _located(root: Node, detail: ErrorDetails) -> _Place:
    """Return where an error is; parts that only the long form of a value or a fork has are left out."""
    loc: Path = tuple(detail["loc"])
    if loc[-1:] == ("[key]",):
        return _Place(loc[:-1], widened=False)
    node: Node = root
    kind: object = Rulebook
    path: Path = ()
    widened, fork, form = False, None, ""
    for count, part in enumerate(loc, start=1):
        if len(members(kind)) > 1:
            kind, fork, form = core(kind), path, str(part)
            continue
        kind = inside(kind, part)
        found = child(node, part)
        if found is not None:
            path, node = (*path, part), found
        elif count == len(loc) and detail["type"] == "missing":
            path = (*path, part)
        else:
            widened = True
    return _Place(path, widened, fork, form)


def _finding(detail: ErrorDetails, at: _Place, *, hint: bool) -> Finding:
    kind, path = detail["type"], at.path
    if detail["loc"][-1:] == ("[key]",):
        return _wrong_key(path)
    if kind == "extra_forbidden":
        return unknown_key(path, hint=hint)
    value = _value(detail["input"])
    if kind == "value_error":
        reason = f"{value} {detail['ctx']['error']}"
        return Finding(path, reason, expected_at(path), "correct the value")
    message, advice = _MESSAGES.get(kind, (detail["msg"], "correct the value"))
    if kind == "literal_error":
        message, advice = _ALONE if at.widened else (message, advice)
        advice = nearest(str(detail["input"]), _WORD.findall(detail["ctx"]["expected"])) or advice
    return Finding(path, message.format(value=value), expected_at(path), advice)


def _value(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:LONGEST_QUOTE] if isinstance(value, int | float) else "this"


def _wrong_key(path: Path) -> Finding:
    expected = _NAME_FORM if len(path) == 2 else expected_at(path[:-1])
    return Finding(path, f"{quoted(path[-1])} cannot be used as a key", expected, "correct the key", in_key=True)
