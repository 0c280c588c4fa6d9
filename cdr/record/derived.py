"""What follows from the steps of a call: the answers to its menus, how it was handed on, its topic, who listened. PURE.

Rule 1: all of it is made from the steps and from how the call ended, so it is not kept a second time.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from cdr.record.parts import KeyPress, Listened, Pass, Step
from cdr.record.words import PassResult, StepKind, TopicResult

SETTLING = timedelta(seconds=1)  # bridges are joined around the line that tells of an attended transfer
VALID = "valid"
LEFT = "left"

_KINDS = {"blind_transfer": "blind", "attended_transfer": "attended", "supervisor_transfer": "supervisor"}
_TAKEN = {StepKind.TALK: PassResult.ANSWERED, StepKind.RETURN: PassResult.RETURNED}
_DECIDING = frozenset({StepKind.TALK, StepKind.RETURN, StepKind.TRANSFER, StepKind.EXIT})
_TOPIC_RESULTS = {one.value: one for one in TopicResult}
_LEAVING = frozenset(
    {
        StepKind.MENU,
        StepKind.KEY,
        StepKind.DECISION,
        StepKind.RING,
        StepKind.TRANSFER,
        StepKind.EXIT,
    }
)
_NEXT_TO_A_KEY = frozenset({StepKind.LANGUAGE, StepKind.MENU, StepKind.DECISION, StepKind.KEY})


def key_presses(steps: Sequence[Step], ended: datetime | None) -> tuple[KeyPress, ...]:
    """Give every answer to a menu and every menu left without one, in order; `ended` is None while the caller is there.

    A menu that is played again without an answer between, as when another engine goes on, is still the same.
    """
    found: list[KeyPress] = []
    shown: Step | None = None
    for step in steps:
        if step.kind not in _LEAVING or (shown and step.kind is StepKind.MENU and step.name == shown.name):
            continue
        answered = shown is not None and step.kind is StepKind.KEY and step.name == shown.name
        if shown is not None and not answered:
            found.append(_left(shown, step.at))
        if step.kind is StepKind.KEY:
            waited = step.at - shown.at if shown is not None and answered else None
            found.append(KeyPress(step.at, step.name, step.value, step.reason, waited))
        shown = step if step.kind is StepKind.MENU else None
    if shown is not None and ended is not None:
        found.append(_left(shown, max(ended, shown.at)))
    return tuple(found)


def _left(menu: Step, at: datetime) -> KeyPress:
    return KeyPress(at, menu.name, "", LEFT, at - menu.at)


def first_key(steps: Sequence[Step]) -> str:
    """Give the first valid key that does not choose a language, `""` if there is none."""
    near = [step for step in steps if step.kind in _NEXT_TO_A_KEY]
    for number, step in enumerate(near):
        if step.kind is not StepKind.KEY or step.reason != VALID:
            continue
        if not any(one.kind is StepKind.LANGUAGE for one in near[number + 1 : number + 2]):
            return step.value
    return ""


def passes(steps: Sequence[Step], *, hung_up_by: str, lost: bool) -> tuple[Pass, ...]:
    """Give every handing on, in order; `lost` tells that the end of the call is not known."""
    found: list[Pass] = []
    open_: Step | None = None
    talk: Step | None = None
    for step in steps:
        if step.kind not in _DECIDING:
            continue
        if open_ is not None:
            found.append(_pass(open_, _TAKEN.get(step.kind, PassResult.FAILED), step))
            open_ = None
        if step.kind is StepKind.TALK:
            talk = step
        elif step.kind is StepKind.TRANSFER and talk is not None and taken_before(step, talk):
            found.append(_pass(step, PassResult.ANSWERED, step))
        elif step.kind is StepKind.TRANSFER:
            open_ = step
    if open_ is not None:
        found.append(_pass(open_, _end(hung_up_by, lost=lost), open_))
    return tuple(found)


def last_topic(steps: Sequence[Step]) -> Step | None:
    """Give the topic that counts: the one that was set last."""
    return next((step for step in reversed(steps) if step.kind is StepKind.TOPIC), None)


def topic_result(text: str) -> TopicResult:
    """Read what was done about a topic; a word that is not known counts as not told."""
    return _TOPIC_RESULTS.get(text, TopicResult.NOT_TOLD)


def listened(steps: Sequence[Step]) -> tuple[Listened, ...]:
    """Give every phone that listened, in the order in which they began."""
    found: list[Listened] = []
    for step in steps:
        if step.kind is not StepKind.LISTEN:
            continue
        if not step.reason:
            found.append(Listened(step.name, step.value, step.rule, step.at, None, ""))
            continue
        same = (i for i, one in enumerate(found) if one.ended is None and (one.phone, one.by) == (step.name, step.rule))
        for number in islice(same, 1):
            found[number] = replace(found[number], ended=step.at, reason=step.reason)
    return tuple(found)


def taken_before(transfer: Step, before: Step) -> bool:
    """Tell whether a talk that begins just before the line of an attended transfer is the one that it leads to."""
    near = before.kind is StepKind.TALK and transfer.at - before.at <= SETTLING
    return near and before.name == transfer.value and before.name != transfer.name


def _pass(step: Step, result: PassResult, told_by: Step) -> Pass:
    reason = told_by.reason if result is PassResult.RETURNED else ""
    return Pass(step.at, _KINDS.get(step.reason, step.reason), step.name, step.value, result, reason)


def _end(hung_up_by: str, *, lost: bool) -> PassResult:
    if lost:
        return PassResult.NOT_KNOWN
    return PassResult.ABANDONED if hung_up_by == "caller" else PassResult.FAILED
