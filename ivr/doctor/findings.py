"""What a check says: one line, and what to do about it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How much a finding matters: calls are in order; something should be mended; calls are lost or misled."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer: its name, how it went, what was seen, and what to do next (nothing if all is well)."""

    check: str
    level: Level
    said: str
    todo: str = ""


def ok(check: str, said: str) -> Finding:
    """Say that all is well."""
    return Finding(check, Level.OK, said)


def warning(check: str, said: str, todo: str) -> Finding:
    """Say that something should be mended; calls go on meanwhile."""
    return Finding(check, Level.WARNING, said, todo)


def wrong(check: str, said: str, todo: str) -> Finding:
    """Say that calls or records are in danger."""
    return Finding(check, Level.WRONG, said, todo)


def worst(findings: Iterable[Finding]) -> Level:
    """Give the worst of all levels; OK if there is none."""
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)
