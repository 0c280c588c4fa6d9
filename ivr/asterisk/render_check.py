"""Prove that every jump of a dialplan has a target. Pure: texts in, problems out.

Read are `Goto`, `GotoIf`, `Gosub` and `Return`-less labels of pbx_config's format, as we write it. A part of a target that
is filled in during the call (`${...}`) fits every name; at least one must be there.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_CONTEXT = re.compile(r"\[([^\]]+)\]")
_EXTENSION = re.compile(r"exten => ([^,]+),1(?:\(([^)]*)\))?,(.*)")
_STEP = re.compile(r"\s*same => n(?:\(([^)]*)\))?,(.*)")
_INCLUDED = re.compile(r"include => (\S+)")
_JUMP = re.compile(r"\b(GotoIf|Goto|Gosub)\(")
_FILLED = re.compile(r"\$\{[^{}]*\}")
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(slots=True)
class _Context:
    """What one context holds: the labels of each extension, and the contexts that it includes."""

    labels: dict[str, set[str]] = field(default_factory=dict)
    included: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Jump:
    """A jump as it is written, and where: its target is context, extension and priority."""

    context: str
    extension: str
    line: int
    target: tuple[str, str, str]


def missing_targets(texts: Iterable[str]) -> tuple[str, ...]:
    """Return one sentence for each jump that leads nowhere, over all files of a dialplan together."""
    contexts, jumps = _read("\n".join(texts))
    return tuple(
        f"line {jump.line}: [{jump.context}] {jump.extension} goes to {','.join(jump.target)}, which does not exist"
        for jump in jumps
        if not _exists(jump.target, contexts)
    )


def _read(text: str) -> tuple[dict[str, _Context], list[_Jump]]:
    contexts: dict[str, _Context] = {}
    jumps: list[_Jump] = []
    name = extension = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _CONTEXT.match(line):
            name = found[1]
            contexts.setdefault(name, _Context())
            continue
        here = contexts.setdefault(name, _Context())
        if found := _INCLUDED.match(line):
            here.included.add(found[1])
        elif found := _EXTENSION.match(line) or _STEP.match(line):
            if len(found.groups()) == 3:
                extension = found[1]
            label, step = found.groups()[-2:]
            here.labels.setdefault(extension, {"1"}).update({label} if label else set())
            jumps += [_Jump(name, extension, number, target) for target in _targets(step, name, extension)]
    return contexts, jumps


def _targets(step: str, context: str, extension: str) -> Iterator[tuple[str, str, str]]:
    for jump in _JUMP.finditer(step):
        inside = _balanced(step[jump.end() :])
        if jump[1] == "GotoIf":
            _, _, inside = _cut(inside, "?")
            first, _, second = _cut(inside, ":")
            places = [first, second]
        else:
            places = [inside]
        for place in places:
            parts = [part.partition("(")[0] if jump[1] == "Gosub" else part for part in _split(place)]
            if place:
                whole = [context, extension, ""][: 3 - len(parts)] + parts
                yield whole[0], whole[1], whole[2]


def _balanced(text: str) -> str:
    """Return what stands before the bracket that closes one opened before the text."""
    depth = 0
    for place, letter in enumerate(text):
        if letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            if depth == 0:
                return text[:place]
            depth -= 1
    return text


def _cut(text: str, mark: str) -> tuple[str, str, str]:
    """Cut at the first mark outside all brackets."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if letter == mark and depth == 0:
            return text[:place], mark, text[place + 1 :]
    return text, "", ""


def _split(text: str) -> list[str]:
    parts = []
    rest, mark = text, ","
    while mark:
        part, mark, rest = _cut(rest, ",")
        parts.append(part)
    return parts


def _exists(target: tuple[str, str, str], contexts: dict[str, _Context]) -> bool:
    place, extension, priority = target
    return any(
        _fits(place, name)
        and any(
            _fits(extension, there) and _fits(priority, label)
            for there, labels in _reachable(name, contexts)
            for label in labels
        )
        for name in (contexts if "${" in place else [place])
    )


def _reachable(name: str, contexts: dict[str, _Context]) -> Iterator[tuple[str, set[str]]]:
    here = contexts.get(name)
    if here is not None:
        yield from here.labels.items()
        for other in here.included:
            yield from _reachable(other, contexts)


def _fits(written: str, name: str) -> bool:
    if "${" not in written:
        return written == name
    pattern = ".+".join(re.escape(part) for part in _FILLED.split(written))
    return re.fullmatch(pattern, name) is not None
