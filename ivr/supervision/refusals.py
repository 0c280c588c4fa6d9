"""What a request is answered if it cannot be done: an HTTP status, and words that say what to do next.

OperatorError
|- ActionRefused         an order that is wrong, or not possible now
|- NotKnown              no token, or a wrong one
|- TooMany               too many wrong tokens; carries when to try again
|- AuditUnwritable       who did it cannot be kept, so it is not done
|- TokensUnusable        the file of tokens cannot be used
"""

from ivr.errors import IvrError, LinkLost, OperatorError, RequestTimeout

UNKNOWN = 504
"""The status of an order of which nobody knows whether it was carried out."""


class ActionRefused(OperatorError):
    """An order was refused: `status` is 400 wrong, 404 no such thing, 409 not now, 503 no PBX or engine, 504 not known."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class NotKnown(OperatorError):
    """Nobody known asks; send the header `Authorization: Bearer TOKEN` (an admin makes one: `ivr supervision token add`)."""


class TooMany(OperatorError):
    """Too many wrong tokens; try again later with the right one, which is never held up."""

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = retry_after
        """Seconds until the next guess is looked at."""


class AuditUnwritable(OperatorError):
    """The audit cannot be written, so nothing was done; see to the disk that holds IVR_STATE and try again."""


class TokensUnusable(OperatorError):
    """The file of tokens cannot be used; mend it, or remove it and add the tokens again."""


def status_of(error: IvrError) -> int:
    """Give the HTTP status of one of our errors."""
    match error:
        case ActionRefused(status=status):
            return status
        case NotKnown():
            return 401
        case TooMany():
            return 429
        case LinkLost() | RequestTimeout():
            return UNKNOWN
        case _:
            return 503
