"""Compare the tree with the schema: every mistake is named, whole entries are kept.

Rule 1: one broken entry does not hide the mistakes of the others, so the whole entries are given on for the
checks of `ivr.rulebook.check`.
"""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ivr.rulebook.problems import LONGEST_QUOTE, Finding, nearest, quoted
from ivr.rulebook.schema import DestinationRules, HoursRules, MenuRules, Rulebook, ServiceRules
from ivr.rulebook.tree import Mapping, Node, Path, Scalar, Sequence, child, plain
from ivr.rulebook.walk import annotation_at, expected_at, fields_of, references

MOST_HINTS = 50  # names that do not exist for which the nearest one is looked for
DEFAULT_HOPS: int = Rulebook.model_fields["max_hops"].default

_ENTRIES: dict[str, type[BaseModel]] = {
    "services": ServiceRules,
    "menus": MenuRules,
    "destinations": DestinationRules,
    "hours": HoursRules,
}
_NAME_FORM = "a name of small letters a-z, digits and hyphens, at most 60"
_WORD = re.compile("'([a-z]+)'")
_ADD_NAME = "add it to `{section}:`, or correct the name"
_DIGITS = "write digits without quotes"
_GROUP = "write the keys below it, indented, or in {braces}"
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
    "literal_error": ("{value} cannot stand here alone", "give a name its kind, such as {destination: name}"),
    "string_pattern_mismatch": ("{value} does not have the right form", "correct the value"),
    "string_too_short": ("the text is empty", "write it between the quotes"),
    "string_too_long": ("{value} is too long", "shorten it"),
}


def shaped(root: Node) -> tuple[Rulebook, list[Finding]]:
    """Return the entries of the tree that have the right shape, and what is wrong with the others.

    A name that its section does not have is among the findings, but does not make an entry broken.
    """
    empty = list(_empty_values(root))
    data = plain(root)
    details: list[ErrorDetails] = []
    try:
        book = Rulebook.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
    if not empty and not details:
        return book, list(_dangling(root))
    known = {finding.path for finding in empty}
    wrong = [found for found in (_finding(root, detail) for detail in details) if found.path not in known]
    broken = {path[:2] for path in (*known, *(tuple(detail["loc"]) for detail in details))}
    return _whole_entries(data, broken), [*empty, *wrong, *_dangling(root)]


def _whole_entries(data: object, broken: set[Path]) -> Rulebook:
    given: dict[str, Any] = data if isinstance(data, dict) else {}
    kept: dict[str, Any] = {}
    for section, model in _ENTRIES.items():
        entries = given.get(section)
        whole = entries.items() if isinstance(entries, dict) else ()
        kept[section] = {name: model.model_validate(entry) for name, entry in whole if (section, name) not in broken}
    hops = given.get("max_hops", DEFAULT_HOPS)
    return Rulebook.model_construct(max_hops=DEFAULT_HOPS if ("max_hops",) in broken else hops, **kept)


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
        known = list(entries.entries) if isinstance(entries, Mapping) else []
        if name not in known:
            hints += 1  # the nearest name costs time, so a file of nothing but mistakes gets few
            hint = (nearest(name, known) if hints <= MOST_HINTS else "") or _ADD_NAME.format(section=section)
            yield Finding(path, f"{section} has no {quoted(name)}", expected_at(path), hint)


def _finding(root: Node, detail: ErrorDetails) -> Finding:
    path: Path = tuple(detail["loc"])
    kind = detail["type"]
    if path[-1:] == ("[key]",):
        return _wrong_key(path[:-1])
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind != "missing":
        path = _existing(root, path)
    value = _value(detail["input"])
    if kind == "value_error":
        reason = f"{value} {detail['ctx']['error']}"
        return Finding(path, reason, expected_at(path), "correct the value")
    message, hint = _MESSAGES.get(kind, (detail["msg"], "correct the value"))
    if kind == "literal_error":
        hint = nearest(str(detail["input"]), _WORD.findall(detail["ctx"]["expected"])) or hint
    return Finding(path, message.format(value=value), expected_at(path), hint)


def _value(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    return str(value)[:LONGEST_QUOTE] if isinstance(value, int | float) else "this"


def _existing(root: Node, path: Path) -> Path:
    """Return `path` without the parts that only the long form of a value has."""
    node: Node | None = root
    for count, part in enumerate(path):
        node = child(node, part)
        if node is None:
            return path[:count]
    return path


def _wrong_key(path: Path) -> Finding:
    expected = _NAME_FORM if len(path) == 2 else expected_at(path[:-1])
    return Finding(path, f"{quoted(path[-1])} cannot be used as a key", expected, "correct the key", in_key=True)


def _unknown_key(path: Path) -> Finding:
    known = list(fields_of(annotation_at(path[:-1])))
    hint = nearest(str(path[-1]), known) or "remove the key"
    return Finding(path, "unknown key", f"one of {', '.join(known)}", hint, in_key=True)
