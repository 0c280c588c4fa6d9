"""Write AGI commands and read their results. Pure.

Rule 1: text from a caller reaches a command only through `quote`, so it is one argument whatever it holds.
Rule 2: a command has at most `MAX_WORDS` words. `parse_args` of Asterisk's `res/res_agi.c` checks its bound for bare
words only: 129 and more quoted words overran its stack and ended Asterisk 22.10, with all its calls.
Rule 3: a result that does not begin with an AGI code is the rest of an earlier, cut one and is never believed.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from ivr.errors import UnsafeValue

MAX_WORDS = 126  # Asterisk's MAX_ARGS is 128, one of them ends the list
MAX_COMMAND = 1013  # bytes; with `Command: ` before it the longest line that AMI takes

_INTERIM = re.compile(r"(?:100[ -][^\n]*\n)+")
_ANSWER = re.compile(
    r"200 result=(?P<result>-?[0-9]{1,18})(?:(?: \((?P<data>.*)\))?(?: endpos=[0-9]+)?\n?| \((?P<open>.*))", re.DOTALL
)
_OTHER = re.compile(r"(?P<code>[1-9][0-9]{2})(?:[ -](?P<text>.*))?", re.DOTALL)
_BARE = re.compile(r"[A-Za-z0-9_./:@+-]+")
_VERB = re.compile(r"[A-Za-z]+( [A-Za-z]+)*")


@dataclass(frozen=True, slots=True)
class AgiResult:
    """What an AGI command answered.

    `code` is 200 for done, 510 unknown command, 511 channel is gone, 520 wrong usage; 0 if it could not be read.
    `result` is the number after `result=` (-1 if there is none). `data` is the text in parentheses, None if there is
    none; for other codes the text. `cut` says that the end is missing: Asterisk answers the next commands of this
    channel with the rest, so ask that channel nothing more whose answer matters.
    """

    code: int
    result: int
    data: str | None
    cut: bool = False

    @property
    def ok(self) -> bool:
        """Tell whether the command was carried out on a living channel."""
        return self.code == 200 and self.result >= 0 and not self.cut


def quote(argument: str) -> str:
    """Return one AGI argument in double quotes. Raises UnsafeValue for CR, LF and NUL, which AGI cannot carry."""
    if any(mark in argument for mark in "\r\n\0"):
        raise UnsafeValue("An AGI argument holds CR, LF or NUL; nothing was sent.")
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def command(verb: str, *arguments: str) -> str:
    """Return an AGI command, such as `command("SET VARIABLE", name, value)`.

    `verb` is the command's own words; each argument is given plain and becomes exactly one argument (quoted here if it
    needs it: do not quote before). Raises UnsafeValue if the command is too long for AMI, has too many words, or an
    argument cannot be carried.
    """
    if not _VERB.fullmatch(verb):
        raise UnsafeValue("An AGI command begins with its own words (letters and single spaces); nothing was sent.")
    words = [*verb.split(" "), *(word if _BARE.fullmatch(word) else quote(word) for word in arguments)]
    if len(words) > MAX_WORDS:
        raise UnsafeValue(f"{verb} has {len(words)} words; more than {MAX_WORDS} harm Asterisk. Nothing was sent.")
    text = " ".join(words)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_COMMAND:
        raise UnsafeValue(f"{verb} has {size} bytes; AMI takes at most {MAX_COMMAND} for a command. Nothing was sent.")
    return text


def parse_result(text: str) -> AgiResult:
    """Read the `Result` of an `AsyncAGIExec` as it stands in the event (percent-encoded). Never raises."""
    plain = unquote(text, errors="replace")
    if begin := _INTERIM.match(plain):
        plain = plain[begin.end() :]
    cut = not plain.endswith("\n")
    if answer := _ANSWER.fullmatch(plain):
        unclosed = answer["open"] is not None
        return AgiResult(200, int(answer["result"]), answer["open"] if unclosed else answer["data"], cut or unclosed)
    if (other := _OTHER.fullmatch(plain)) and other["code"] != "200":
        return AgiResult(int(other["code"]), -1, (other["text"] or "").rstrip("\n"), cut)
    return AgiResult(0, -1, plain, cut)
