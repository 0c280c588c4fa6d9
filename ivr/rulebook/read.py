"""Read a rules file: the whole file as a `Ruleset`, or every mistake in it; nothing in between.

Rule 1: whatever the file holds, the answer is a `Ruleset` or a `RulesError` with at least one `Problem`; time and
memory are bounded by `LARGEST` and the depth that `yaml_text` allows.
"""

from hashlib import sha256
from pathlib import Path

from ivr.routing.rules import Ruleset
from ivr.rulebook.build import ruleset
from ivr.rulebook.check import PromptExists, meaning
from ivr.rulebook.problems import Problem, refused
from ivr.rulebook.shape import shaped
from ivr.rulebook.yaml_text import parse
from ivr.vocabulary import Language, PromptId, RulesVersion

LARGEST = 1024 * 1024  # bytes of a rules file: about 1,000 services
VERSION_DIGITS = 12
YEARS_BEFORE, YEARS_AFTER = 1, 3


def any_prompt(_prompt: PromptId, _language: Language) -> bool:
    """Say that a prompt exists, for a check without recordings."""
    return True


def years_around(year: int) -> range:
    """Return the years whose public holidays are read in `year`: one before, three after."""
    return range(year - YEARS_BEFORE, year + YEARS_AFTER + 1)


def read(path: Path, *, years: range, prompt_exists: PromptExists = any_prompt) -> Ruleset:
    """Return the rules of the file at `path` with the public holidays of `years`.

    Raises `RulesError` with every `Problem` of the file in its `problems`, also if there is no such file.
    """
    return read_bytes(_load(path), str(path), years=years, prompt_exists=prompt_exists)


def read_bytes(data: bytes, file: str, *, years: range, prompt_exists: PromptExists = any_prompt) -> Ruleset:
    """Return the rules that `data` holds; `file` is its name in messages. Raises `RulesError` as `read` does."""
    root, faults = parse(_text(data, file))
    problems = [Problem(file, f.mark.line, f.mark.column, "", f.message, "", f.hint) for f in faults]
    if any(fault.fatal for fault in faults):
        raise refused(problems)
    if root is None:
        raise refused([_whole(file, "the file is empty", "restore it, or write `services:` and the other sections")])
    book, findings = shaped(root)
    findings += meaning(book, prompt_exists)
    problems += [finding.at(file, root) for finding in findings]
    if problems:
        raise refused(problems)
    return ruleset(book, RulesVersion(sha256(data).hexdigest()[:VERSION_DIGITS]), years)


def _load(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise refused([_whole(str(path), "this is not a file", "name the YAML file itself")])
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        hint = "name the file with --rules, or change to the folder that holds it"
        raise refused([_whole(str(path), "there is no such file", hint)]) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        hint = "make it readable for this user"
        raise refused([_whole(str(path), f"the file cannot be read ({error})", hint)]) from error
    if len(data) > LARGEST:
        hint = "remove what is not needed"
        raise refused([_whole(str(path), f"the file is larger than {LARGEST:,} bytes", hint)])
    return data


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        hint = "save the file as UTF-8"
        raise refused([Problem(file, line, column, "", "this is not UTF-8 text", "", hint)]) from error


def _whole(file: str, message: str, hint: str) -> Problem:
    return Problem(file, 1, 1, "", message, "", hint)
