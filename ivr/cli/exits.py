"""Exit codes of every command of `ivr`, in one place. docs/cli.md tells them to people."""

from enum import IntEnum

from ivr.errors import OperatorError, Unanswered


class Code(IntEnum):
    """What a command ended with."""

    DONE = 0
    NO = 1
    """The answer is no: nothing was found, a check failed, an order was refused by the rules."""
    CANNOT = 2
    """It cannot run as it was called: a wrong word, a wrong setting, a missing right."""
    UNANSWERED = 3
    """Nobody runs who could answer: no engine, no supervision, no PBX."""
    UNCONFIRMED = 4
    """Asterisk did not confirm in time: it may have happened or not."""


class NotPossible(OperatorError):
    """It was refused; the message says why. Exit code 1."""


class Unconfirmed(OperatorError):
    """Asterisk did not confirm in time, the outcome is unknown; look with `ivr calls list`. Exit code 4."""


def code_of(error: Exception) -> Code:
    """Give the exit code for what ended a command."""
    match error:
        case NotPossible():
            return Code.NO
        case Unanswered():
            return Code.UNANSWERED
        case Unconfirmed():
            return Code.UNCONFIRMED
        case _:
            return Code.CANNOT
