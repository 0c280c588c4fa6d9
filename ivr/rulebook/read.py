"""Read the rules: root file and included files as a `Ruleset`, or every mistake in them; nothing in between.

Rule 1: whatever the files hold, the answer is a `Ruleset` or a `RulesError` with at least one `Problem`; time and
memory are bounded by what `ivr.rulebook.include` reads and the depth that `yaml_text` allows.
"""

from pathlib import Path

from ivr.routing.rules import Ruleset
from ivr.rulebook.build import ruleset
from ivr.rulebook.check import PromptExists, meaning
from ivr.rulebook.include import LARGEST, Source, files, from_bytes, load
from ivr.rulebook.problems import refused
from ivr.rulebook.schema import Rulebook
from ivr.rulebook.shape import shaped
from ivr.vocabulary import Language, PromptId

__all__ = ["LARGEST", "any_prompt", "book_of", "files", "load", "read", "read_bytes", "years_around"]

YEARS_BEFORE, YEARS_AFTER = 1, 3


def any_prompt(_prompt: PromptId, _language: Language) -> bool:
    """Say that a prompt exists, for a check without recordings."""
    return True


def years_around(year: int) -> range:
    """Return the years whose public holidays are read in `year`: one before, three after."""
    return range(year - YEARS_BEFORE, year + YEARS_AFTER + 1)


def read(path: Path, *, years: range, prompt_exists: PromptExists = any_prompt) -> Ruleset:
    """Return the rules of the file at `path`, and of those it includes, with the public holidays of `years`.

    Raises `RulesError` with every `Problem` of the files in its `problems`, also if there is no such file.
    """
    source = load(path)
    return ruleset(book_of(source, prompt_exists), source.version, years)


def read_bytes(data: bytes, file: str, *, years: range, prompt_exists: PromptExists = any_prompt) -> Ruleset:
    """Return the rules that `data` holds; `file` is its name in messages. Raises `RulesError` as `read` does.

    Rules without a file cannot include others.
    """
    source = from_bytes(data, file)
    return ruleset(book_of(source, prompt_exists), source.version, years)


def book_of(source: Source, prompt_exists: PromptExists = any_prompt) -> Rulebook:
    """Return the checked entries of what was read. Raises `RulesError` with every `Problem` if there is one."""
    if source.root is None:
        raise refused(source.problems)
    book, findings = shaped(source.root, complete=source.complete)
    findings += meaning(book, prompt_exists)
    problems = [*source.problems, *(finding.at(source.root) for finding in findings)]
    if problems:
        raise refused(problems)
    return book
