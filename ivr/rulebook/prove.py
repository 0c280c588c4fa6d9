"""Rules that are checked and proved: what `ivr rules check` and every reload ask for.

Rule 1: a file is either whole, covered for `PROVED_DAYS` and true to its expectations, or it is refused with every
problem of the first of these three that it fails.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ivr.proof.coverage import Coverage, coverage
from ivr.proof.gaps import Gap
from ivr.routing.rules import Ruleset
from ivr.rulebook.build import ruleset
from ivr.rulebook.check import PromptExists
from ivr.rulebook.expectations import broken
from ivr.rulebook.problems import Finding, refused
from ivr.rulebook.read import any_prompt, book_of, load
from ivr.rulebook.tree import Node, Sequence, child
from ivr.rulebook.tree import Path as Place

PROVED_DAYS = 396  # thirteen months


@dataclass(frozen=True, slots=True)
class Proved:
    """Rules without a problem, and how far they are proved."""

    rules: Ruleset
    coverage: Coverage


def proved(path: Path, *, years: range, at: datetime, prompt_exists: PromptExists = any_prompt) -> Proved:
    """Read the rules at `path` and prove them for `PROVED_DAYS` from `at` on.

    Raises `RulesError` with every `Problem` of the file: its mistakes, else the expectations it does not meet and the
    gaps of its coverage.
    """
    source = load(path)
    book, root = book_of(source, prompt_exists), source.root
    rules = ruleset(book, source.version, years)
    start = at.replace(second=0, microsecond=0)
    done = coverage(rules, start, start + timedelta(days=PROVED_DAYS))
    found = [*broken(book, rules), *(_finding(gap, root) for gap in done.gaps)]
    if found and root is not None:
        raise refused([finding.at(root) for finding in found])
    return Proved(rules, done)


def _finding(gap: Gap, root: Node | None) -> Finding:
    keys = f" after the keys {gap.keys}" if gap.keys else ""
    example = f"for example on {gap.at:%Y-%m-%d at %H:%M}{keys}"
    return Finding(_place(gap.where, root), f"{gap.kind.value}: {gap.sentence} {example}", "", "see ivr rules coverage")


def _place(where: str, root: Node | None) -> Place:
    """Return a rule id as a path of the file, as far as the file has it."""
    path: Place = ()
    node = root
    for part in where.split("."):
        step: str | int = int(part) if isinstance(node, Sequence) and part.isdigit() else part
        node = child(node, step) if node is not None else None
        if node is None:
            return path
        path = (*path, step)
    return path
