"""Actions -> what Asterisk is told. All commands of one step go out in one write; results come back as events.

Rule 1: every word that reaches Asterisk comes from the rules or from here, never from a caller.
Rule 2: a step says which entry of the channel it answers. A channel that was passed on meanwhile still comes to the
commands of the step before. Each of them looks first and does nothing then; the dialplan goes on waiting.
Rule 3: each step starts by prolonging the lease and ends by cutting it to the reply time, so an engine that dies in
the middle leaves a caller alone for no longer than that.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias, assert_never

from ivr.asterisk import agi
from ivr.asterisk.render_words import NO_TERMINATOR, sound
from ivr.calls.actions import Action, Announcements, Ask, Connect, GiveUp, Goodbye, Resume, Return, TypeAgain
from ivr.calls.kept import pack
from ivr.calls.transfer import RETURNED
from ivr.errors import UnsafeValue
from ivr.vocabulary import ChannelName, PromptId

LONGEST_STEP = 180
"""Seconds that one step may take; `Read` ends by itself long before."""
AFTER_ANNOUNCEMENTS = 0.1
"""Seconds to wait for a key after announcements: their menu follows at once."""
NO_PLACE = "GROUP(ivr)"
"""Set to nothing when a caller is in no destination: the place among its calls (`most_calls`) is free again."""
NOWHERE = {"IVR_TRANSFER": "", "IVR_DESTINATION": "", "IVR_POSITION": "", "IVR_BACK": ""}
"""Set when a caller is in a menu: passed on to nobody, at no destination, and nobody is waited for to take him back."""
ANSWERS = "IVR_ANSWERS"
"""The entry that a step answers. The dialplan goes on waiting after a step that answers an earlier one."""
BEGAN, ENDED, BETWEEN = "b", "e", "-"
"""Marks in a CommandID: the first command of a menu, the one whose result is the key, and the others.

The others are not sent back: manager.conf filters them by this mark."""

Speaking: TypeAlias = Announcements | Ask | Connect | Return | Goodbye
"""Steps that say something to the caller or lead him on."""
AmiAction: TypeAlias = Mapping[str, str | Sequence[str]]


class Sender(Protocol):
    """The part of `Link` that is needed here."""

    def send(self, actions: Sequence[AmiAction], *, on_refused: Callable[[int, str], None] | None = None) -> None:
        """Write actions at once."""


class Performer:
    """Carries out actions over one link. `mark` marks this engine's commands; `reply_seconds` is the lease between steps.

    A new mark makes the results of commands that were sent before somebody else's: after a loss of the link, for example.
    """

    def __init__(self, link: Sender, mark: str, reply_seconds: float) -> None:
        self._link = link
        self.mark = mark
        self._reply = f"{reply_seconds:g}"

    def perform(self, action: Action, on_refused: Callable[[int, str], None]) -> None:
        """Send one action. `on_refused(step, why)` is called if Asterisk does not take it. Raises LinkLost."""
        if isinstance(action, TypeAgain):
            self._link.send([_key(action.channel, key) for key in action.keys])
            return
        number = action.step
        commands = self._commands(action)
        batch = [
            {"Action": "AGI", "Channel": action.channel, "Command": text, "CommandID": self._name(number, mark)}
            for text, mark in commands
        ]
        self._link.send(batch, on_refused=lambda _, why: on_refused(number, why))

    def _name(self, step: int, mark: str) -> str:
        return f"{self.mark}:{step}:{mark}"

    def _commands(
        self, action: Announcements | Ask | Connect | Return | Goodbye | Resume | GiveUp
    ) -> list[tuple[str, str]]:
        match action:
            case Announcements():
                return self._read(action, action.say, AFTER_ANNOUNCEMENTS)
            case Ask():
                return self._read(action, (), action.timeout)
            case Connect():
                return [*self._target(action), *_journal(action), *_say(action, action.say), _leave()]
            case Return():
                return [*self._back(action), *_journal(action), _leave()]
            case Goodbye():
                last = {NO_PLACE: "", "IVR_NEXT": "goodbye", "IVR_CAUSE": str(action.cause)}
                first = _prepare(action, BETWEEN, last)
                return [*first, *_journal(action), *_say(action, action.prompts), _leave()]
            case Resume():
                return [*_journal(action), *self._answer()]
            case GiveUp():
                return [(agi.command("SET", "VARIABLE", ANSWERS, str(action.entry)), BETWEEN), _leave()]
            case _:
                assert_never(action)

    def _read(self, action: Announcements | Ask, say: tuple[PromptId, ...], timeout: float) -> list[tuple[str, str]]:
        """Play `say` to its end, then the prompts until a key comes; give the key, or nothing after `timeout` seconds."""
        prompts = "&".join(sound(prompt) for prompt in action.prompts)
        read = _command(action, "Read", f"IVR_KEY,{prompts},1,{NO_TERMINATOR},1,{timeout:g}")
        menu = {NO_PLACE: "", **NOWHERE, "IVR_NEXT": "menu", "IVR_MENU": action.menu, "IVR_KEY": ""}
        return [
            *_prepare(action, BEGAN, menu),
            *_journal(action),
            *_say(action, say),
            (read, BETWEEN),
            *self._answer(),
        ]

    def _answer(self) -> list[tuple[str, str]]:
        """Give us the reply time to speak again, and ask for the key."""
        return [
            (agi.command("SET", "VARIABLE", "TIMEOUT(absolute)", self._reply), BETWEEN),
            (agi.command("GET", "VARIABLE", "IVR_KEY"), ENDED),
        ]

    def _target(self, action: Connect) -> list[tuple[str, str]]:
        """Tell the dialplan which line to ring."""
        variables = {
            "IVR_NEXT": "connect",
            "IVR_DESTINATION": action.destination,
            "IVR_POSITION": str(action.position),
            "IVR_LINE": action.line,
            "IVR_RING_SECONDS": str(action.seconds),
            "IVR_MOST": "" if action.most_calls is None else str(action.most_calls),
        }
        return _prepare(action, BETWEEN, variables, None if action.say else self._reply)

    def _back(self, action: Return) -> list[tuple[str, str]]:
        """Tell the dialplan which phone gets the caller back, and where the call goes on if it does not."""
        variables = {
            "IVR_NEXT": "return",
            "IVR_BACK": action.phone,
            "IVR_DESTINATION": action.destination or "",
            "IVR_POSITION": str(RETURNED),
            "IVR_RESULT": action.result.value if action.result else "",
            "IVR_RING_SECONDS": str(action.seconds),
        }
        return _prepare(action, BETWEEN, variables, self._reply)


def _prepare(
    action: Speaking,
    mark: str,
    variables: Mapping[str, str],
    seconds: str | None = None,
) -> list[tuple[str, str]]:
    """Begin a step; `seconds` is its lease, the longest if nothing is given."""
    first = {
        "TIMEOUT(absolute)": seconds or str(LONGEST_STEP),
        "CHANNEL(language)": action.language,
        "IVR_STATE": pack(action.kept),
        ANSWERS: str(action.entry),
    }
    text = ",".join(f"{name}={value}" for name, value in {**first, **variables}.items())
    return [(_command(action, "MSet", text), mark)]


def _command(action: Speaking | Resume, application: str, data: str) -> str:
    """Run an application if the channel is still in the entry that the step answers.

    AGI carries out what it is given as it stands. Only `Exec` puts in the values of variables, and in all of it, so
    nothing else may look like one. Raises UnsafeValue.
    """
    if isinstance(action, Resume):  # the step of another engine goes on, whose entry it was
        return agi.command("EXEC", application, data)
    if "$" in data:
        raise UnsafeValue(f"{application} cannot be given a `$`; nothing was sent.")
    return agi.command("EXEC", "Exec", f"ExecIf($[0${{IVR_ENTRIES}} = {action.entry}]?{application}({data}))")


def _say(action: Speaking, prompts: tuple[PromptId, ...]) -> list[tuple[str, str]]:
    if not prompts:
        return []
    return [(_command(action, "Playback", "&".join(sound(prompt) for prompt in prompts)), BETWEEN)]


def _journal(action: Speaking | Resume) -> list[tuple[str, str]]:
    """Write the notes of a step as one line: each command costs Asterisk and the engine a round trip's work.

    Two of one name need a line each.
    """
    notes = action.notes
    together = {note.name: dict(note.fields) for note in notes}
    if 1 < len(together) == len(notes):
        return [_line(action, "IVR_NOTES", together)]
    return [_line(action, note.name, dict(note.fields)) for note in notes]


def _line(action: Speaking | Resume, name: str, value: Mapping[str, object]) -> tuple[str, str]:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _command(action, "CELGenUserEvent", f"{name},{text}"), BETWEEN


def _leave() -> tuple[str, str]:
    return agi.command("ASYNCAGI", "BREAK"), BETWEEN


def _key(channel: ChannelName, key: str) -> AmiAction:
    return {"Action": "PlayDTMF", "Channel": channel, "Digit": key, "Duration": "100", "Receive": "true"}
