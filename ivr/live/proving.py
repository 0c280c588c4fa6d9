"""Checks, proves and renders rules in a process beside the engine, so that the engine's event loop never does.

`main` reads tasks from its standard input and writes answers to its standard output, each a length (8 bytes) and a pickle.
Only the engine that started it is at the other ends of its pipes.

Rule 1: each task runs in a fork of its own with a limit of memory; what it leaves behind goes with it.
Rule 2: whatever a rules file does to a task, the answer is a problem. A fork that dies ends this process too, and the
engine sees the end of the pipe.
"""

import gc
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from ivr.asterisk.embedded import generated, registrations
from ivr.children import ends_with_us
from ivr.errors import IvrError, RulesError
from ivr.prompts.spoken import speak_announcements, unplayable
from ivr.prompts.texts import prompt_exists_in
from ivr.routing.rules import Ruleset
from ivr.rulebook.overrides import NONE, Active
from ivr.rulebook.problems import Problem
from ivr.rulebook.prove import proved
from ivr.rulebook.read import files
from ivr.rulebook.reload import Checked
from ivr.rulebook.safety_kept import safety_lost
from ivr.vocabulary import DestinationId

LENGTH = 8  # bytes
NICENESS = 10  # calls come first
PROMPTS_AT_ONCE = 1000  # problems of prompts that are told


@dataclass(frozen=True, slots=True)
class Errand:
    """A task as it goes over the pipe: rulesets are pickles of their own, so that nobody pickles them twice.

    `rulesets` are the current one and the older ones. `server` is the PBX's SIP address, `memory` a limit in bytes.
    """

    path: Path | None
    years: range
    rulesets: tuple[bytes, ...]
    overrides: Active
    release: frozenset[DestinationId]
    at: datetime
    prompts: Path
    server: str
    memory: int


def bare(rules: Ruleset) -> Ruleset:
    """Return the rules without overrides and without what was worked out from them, for the pipe."""
    hours = {name: replace(item) for name, item in rules.hours.items()}  # `memo` begins empty
    return replace(rules, overrides=NONE, hours=hours)


def packed(value: object) -> bytes:
    """Pickle a value; read-only mappings, which pickle does not know, are rules too."""
    buffer = BytesIO()
    pickler = pickle.Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {MappingProxyType: _read_only}
    pickler.dump(value)
    return buffer.getvalue()


def _read_only(mapping: "MappingProxyType[object, object]") -> tuple[Callable[..., object], tuple[object, ...]]:
    return _read_only_again, (dict(mapping),)


def _read_only_again(mapping: dict[object, object]) -> "MappingProxyType[object, object]":
    return MappingProxyType(mapping)


def unpacked(data: bytes) -> object:
    """Return what `packed` packed; only for data from our own other process."""
    return pickle.loads(data)  # noqa: S301 - both ends of the pipe are ours


def work(errand: Errand) -> Checked:
    """Do an errand. Never raises for what the files hold."""
    current, *kept = (item for item in map(unpacked, errand.rulesets) if isinstance(item, Ruleset))
    if errand.path is None:
        return Checked(current, (), (), _rendered(current, kept, errand))
    named = files(errand.path)
    try:
        rules = proved(
            errand.path, years=errand.years, at=errand.at, prompt_exists=prompt_exists_in(errand.prompts)
        ).rules
    except RulesError as error:
        problems = tuple(problem for problem in error.problems if isinstance(problem, Problem))
        return Checked(None, problems, named, {})
    problems = safety_lost(current, rules, errand.release, str(errand.path)) or _spoken(rules, errand)
    made = {} if problems else _rendered(rules, [current, *kept], errand)
    return Checked(rules, problems, named, made)


def _rendered(rules: Ruleset, older: Iterable[Ruleset], errand: Errand) -> dict[str, dict[str, str]]:
    """Render the rules and the older ones, each with the overrides that hold now."""
    kept = [item.overridden(errand.overrides) for item in older if item.version != rules.version]
    ordered = rules.overridden(errand.overrides)
    return {
        "pbx": generated(ordered, kept, today=errand.at.date()),
        "network": {"registrations.conf": registrations(ordered, errand.server, kept)},
    }


def _spoken(rules: Ruleset, errand: Errand) -> tuple[Problem, ...]:
    """Speak the announcements that are texts, then see that every prompt can be played."""
    speak_announcements(rules, errand.prompts)
    faults = unplayable(rules, errand.prompts)
    return tuple(_whole(errand, str(fault)) for fault in faults[:PROMPTS_AT_ONCE])


def _answer(errand: Errand) -> Checked:
    try:
        return work(errand)
    except MemoryError:
        message = f"checking the rules needs more than {errand.memory >> 20} MiB of memory"
        return _refused(errand, message, "make the rules smaller, or look for what is repeated")
    except IvrError as error:
        return _refused(errand, str(error), "")
    except Exception as error:  # noqa: BLE001 - whatever fails here must refuse the reload; the engine waits for an answer
        traceback.print_exc()
        message = f"checking the rules failed ({type(error).__name__}: {error})"
        return _refused(errand, message, "the traceback is in the engine's log; undo the last change")


def _refused(errand: Errand, message: str, hint: str) -> Checked:
    return Checked(None, (_whole(errand, message, hint),), (), {})


def _whole(errand: Errand, message: str, hint: str = "") -> Problem:
    return Problem(str(errand.path or "the rules in use"), 1, 1, "", message, "", hint)


def receive(source: BinaryIO) -> bytes | None:
    """Read one message; None at the end."""
    head = source.read(LENGTH)
    return source.read(int.from_bytes(head)) if len(head) == LENGTH else None


def send(target: BinaryIO, data: bytes) -> None:
    """Write one message."""
    target.write(len(data).to_bytes(LENGTH) + data)
    target.flush()


def _in_a_fork(message: bytes, answers: BinaryIO) -> int:
    """Do one errand in a child process; return how it ended."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status = 1
    try:
        ends_with_us(signal.SIGKILL)()
        errand = unpacked(message)
        if isinstance(errand, Errand):
            resource.setrlimit(resource.RLIMIT_AS, (errand.memory, errand.memory))
            done = _answer(errand)
            rules = None if done.rules is None else packed(bare(done.rules))
            send(answers, packed((rules, done.problems, done.files, done.generated)))
            status = 0
    finally:
        os._exit(status)  # nothing of the parent's may run twice


def main() -> int:
    """Do errands until there are no more. Exit code 1 if one of them died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the engine
    os.nice(NICENESS)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not get among the answers
        gc.freeze()
        while (message := receive(sys.stdin.buffer)) is not None:
            if _in_a_fork(message, answers):
                return 1
    return 0
