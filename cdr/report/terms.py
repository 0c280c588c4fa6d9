"""The report's words for the closed lists of the records, and the definitions behind its tables. PURE."""

from cdr.record.words import Disposition, LedBy
from cdr.report.model import Definition
from cdr.report.words import Words
from cdr.report.words_mark import mark

OUTCOMES = {
    Disposition.ANSWERED: mark("talked with a person"),
    Disposition.ABANDONED_RINGING: mark("hung up while it rang"),
    Disposition.ABANDONED_MENU: mark("hung up in the menu"),
    Disposition.ABANDONED_WELCOME: mark("hung up in the greeting"),
    Disposition.ABANDONED_ANNOUNCEMENT: mark("hung up at an announcement"),
    Disposition.ABANDONED_MESSAGE: mark("hung up during a last message"),
    Disposition.INFORMED: mark("heard the information asked for"),
    Disposition.CLOSED: mark("closed at that time"),
    Disposition.BUSY: mark("line busy"),
    Disposition.NO_ANSWER: mark("nobody answered"),
    Disposition.UNREACHABLE: mark("line could not be reached"),
    Disposition.FULL: mark("too many callers at once"),
    Disposition.NO_INPUT: mark("pressed no key"),
    Disposition.INVALID_INPUT: mark("pressed only wrong keys"),
    Disposition.REJECTED: mark("not accepted by the rules"),
    Disposition.FAILED: mark("technical failure"),
    Disposition.PBX_LOST: mark("cut off by a restart of the exchange"),
    Disposition.JOURNAL_GAP: mark("end not recorded"),
    Disposition.OPEN: mark("not over yet"),
}
CHANNELS = {
    "phone": mark("phone"),
    "web": mark("web account"),
    "email": mark("e-mail"),
    "app": mark("mobile app"),
    "chat": mark("chat"),
    "letter": mark("letter"),
    "reception": mark("reception"),
    "other": mark("other ways"),
}
STATUSES = {
    "registered": mark("registered"),
    "in_progress": mark("in progress"),
    "done": mark("done"),
    "rejected": mark("declined"),
}
LEADERS = {
    LedBy.ENGINE: mark("led by the engine"),
    LedBy.FALLBACK: mark("led by the fallback menu"),
    LedBy.ENGINE_THEN_FALLBACK: mark("engine, then fallback menu"),
    LedBy.FALLBACK_THEN_ENGINE: mark("fallback menu, then engine"),
    LedBy.NOBODY: mark("hung up before either"),
}
PASSES = {
    "blind": mark("passed on directly"),
    "attended": mark("passed on after asking"),
    "supervisor": mark("passed on by the supervisor"),
}
PASS_RESULTS = {
    "answered": mark("answered"),
    "returned": mark("came back"),
    "abandoned": mark("caller hung up"),
    "failed": mark("failed"),
    "": mark("not known"),
}
VISITS = {
    "busy": mark("line busy"),
    "no_answer": mark("nobody answered"),
    "unreachable": mark("line could not be reached"),
    "full": mark("too many callers at once"),
    "abandoned": mark("hung up while it rang"),
}
_DEFINITIONS = {
    "call": (
        mark("Call"),
        mark(
            "One call of a citizen from the first ring to the end, however often it was passed on; it counts "
            "in the month in which it began."
        ),
    ),
    "line": (
        mark("Line"),
        mark("The line that the caller was sent to first."),
    ),
    "outcome": (
        mark("Outcome"),
        mark("How the call ended. Each call counts once, so the rows sum to all calls."),
    ),
    "median": (
        mark("Half, 90 %, 95 %"),
        mark("So many of the calls took at most as long as shown."),
    ),
    "waiting": (
        mark("Waiting"),
        mark("From the first ring at a phone to the conversation, with all ringing and music."),
    ),
    "level": (
        mark("Answered in time"),
        mark(
            "Calls answered within the seconds named after the first phone rang: as a share of all calls for "
            "which a phone rang; and as a share of those answered or given up later than that."
        ),
    ),
    "safety": (
        mark("Emergency lines"),
        mark(
            "Lines that no opening hours and no change can close. The seconds count from the moment the "
            "caller was sent there."
        ),
    ),
    "closed": (
        mark("Outside opening hours"),
        mark("Calls for something that was closed at that time, whose caller then reached nobody."),
    ),
    "topic": (
        mark("Topic"),
        mark(
            "What the call was about, as the person who answered noted it. “Not given” are conversations "
            "without a note."
        ),
    ),
    "request": (
        mark("Request"),
        mark(
            "A matter registered for handling. By phone: calls noted as registered. Other ways: as imported "
            "from the municipality's own system."
        ),
    ),
    "repeat": (
        mark("Calling again"),
        mark(
            "Calls from a number that had called the same service within that time before. Withheld numbers "
            "do not count."
        ),
    ),
    "announcement": (
        mark("Announcement"),
        mark(
            "A message played before the menu. “Hung up” are callers who ended the call in it or within 5 "
            "seconds after it: perhaps helped by it."
        ),
    ),
    "route": (
        mark("Way through the menu"),
        mark("The first key that was no choice of a language, the line it led to, and the line where the call ended."),
    ),
}


def definitions(words: Words, used: set[str]) -> tuple[Definition, ...]:
    """Give the definitions of the terms that the report uses, in their order."""
    return tuple(
        Definition(name, words.say(word), words.say(meaning))
        for name, (word, meaning) in _DEFINITIONS.items()
        if name in used
    )
