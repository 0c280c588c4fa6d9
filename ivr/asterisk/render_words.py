"""The words and sentences of a rendered dialplan: names of contexts, lines of the journal, jumps. Pure.

Rule 1: every context made from the rules carries their version, so calls under way finish on the rules they began with.
Rule 2: each context leads somewhere for every special extension; none ends in silence.
Rule 3: Asterisk keeps 79 characters of the name of a context and ignores `-` in those of extensions. So the kinds are
single letters, and a name that becomes an extension is written with `_`.
"""

import json
from collections.abc import Iterable, Iterator

from ivr.routing.targets import Announce, Onward, ToDestination, ToMenu, ToOperator
from ivr.vocabulary import PromptId, RulesVersion

SOUNDS = "ivr/"
"""Prompts lie under this folder of Asterisk's sounds directory of each language."""
NO_TERMINATOR = "t()"
"""`Read` takes every key as input, `#` too, which would else look like silence."""
NOW = "$[${EPOCH} + 0${GLOBAL(IVR_CLOCK_SHIFT)}]"
"""The instant that hours are judged at; the shift is for trials only."""
RINGS = "__IVR_RINGS=${IVR_RING_SECONDS}:${GLOBAL(IVR_TICK)}"
"""Goes with the phones that are rung: for how many seconds, and since when by the leader's clock (ivr/asterisk/ringing.py)."""
SERVICE, MENU, DESTINATION, HOURS, TOPICS = "s", "m", "d", "h", "t"
"""Kinds of contexts: `ivr-<version>-m-<menu>` and so on."""


def context(version: RulesVersion, kind: str, name: str) -> str:
    """Give the name of the context of a service, menu, destination, office hours, or the topics of a service."""
    return f"ivr-{version}-{kind}-{name}"


def lines_context(version: RulesVersion) -> str:
    """Give the name of the context that rings the lines of the destinations."""
    return f"ivr-{version}-lines"


def line_extension(line: str) -> str:
    """Give the extension of a line; extensions.conf makes the same of IVR_LINE."""
    return f"line-{line.replace('-', '_')}"


def answered(destination: str, *about: str) -> str:
    """Give the option of `Dial` that lets `[ivr-answered]` run on the phone that answers.

    `about` is empty text if the destination may have any number of calls, and then the number if it is one outside.
    """
    return f"U({'^'.join(('ivr-answered', '${CHANNEL(name)}', destination, *about))})"


def sound(prompt: PromptId) -> str:
    """Give the name under which Asterisk finds a prompt in the channel's language."""
    return f"{SOUNDS}{prompt}"


def event(name: str, **fields: object) -> str:
    """Give the step that writes one line of the journal (docs/journal.md)."""
    text = json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":"))
    return f"CELGenUserEvent({name},{text})"


def decision() -> str:
    """Give the step that writes where the call goes now, by which rule and why."""
    return event("IVR_DECISION", destination="${IVR_LAST}", rule="${IVR_RULE}", reason="${IVR_REASON}")


def extension(name: str, steps: Iterable[str]) -> Iterator[str]:
    """Give the lines of one extension; a step may begin with its label: `(label)Application()`."""
    for number, step in enumerate(steps):
        label, rest = _label(step)
        yield f"exten => {name},1{label},{rest}" if number == 0 else f" same => n{label},{rest}"


def _label(step: str) -> tuple[str, str]:
    if not step.startswith("("):
        return "", step
    label, _, rest = step.partition(")")
    return f"{label})", rest


def leads_somewhere(but: str = "") -> Iterator[str]:
    """Give the special extensions; each goes to the last resort."""
    yield from (f"exten => {name},1,Goto(ivr-fallback,sorry,1)" for name in "itTe" if name != but)
    if but != "h":
        yield "exten => h,1,NoOp(${HANGUPCAUSE})"


def asked(reason: str, rule: str) -> str:
    """Give the step that begins a decision: why a target is asked for, and which place in the rules asks."""
    return f"MSet(IVR_REASON={reason},IVR_RULE={rule},IVR_LAST=,IVR_EXITED=0)"


def end_with(prompt: PromptId | str, reason: str, cause: int = 16) -> list[str]:
    """Give the steps that play a last message and end the call."""
    last = event("IVR_EXIT", reason=reason, prompt=prompt)
    return [last, "Set(GROUP(ivr)=)", f"Playback({SOUNDS}{prompt})", f"Hangup({cause})"]


def go(version: RulesVersion, target: Onward) -> list[str]:
    """Give the steps that lead to a target; what it says is played only if it takes the call."""
    match target:
        case ToDestination(destination=name):
            return [_say(target.say), f"Goto({context(version, DESTINATION, name)},start,1)"]
        case ToOperator():
            return [_say(target.say), f"Goto({context(version, DESTINATION, '${IVR_OPERATOR}')},start,1)"]
        case ToMenu(menu=name):
            return [decision(), _say(target.say), f"Goto({context(version, MENU, name)},ask,1)"]
        case Announce(prompt=prompt):
            return [decision(), *end_with(prompt, "${IVR_REASON}")]


def _say(prompt: PromptId | None) -> str:
    return f"Set(IVR_SAY={sound(prompt) if prompt else ''})"
