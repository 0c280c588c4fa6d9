"""Every English word that the monitor shows, in one place. PURE."""

from collections.abc import Mapping

from ivr.supervision.models import Stage

STAGES: Mapping[Stage, str] = {
    Stage.WELCOME: "welcome",
    Stage.ANNOUNCEMENT: "announcement",
    Stage.MENU: "menu",
    Stage.CONNECTING: "connecting",
    Stage.RINGING: "ringing",
    Stage.TALKING: "talking",
    Stage.MESSAGE: "last message",
}

SORTS: Mapping[str, str] = {
    "wait": "longest wait",
    "there": "longest there",
    "newest": "newest first",
    "service": "service",
    "stage": "stage",
    "destination": "destination",
}

WITHHELD = "withheld"
OPEN, CLOSED = "open", "closed"
THE_LINE = "(line)"  # the rule of a line that has no hours is the line itself
CONNECTING = "asking supervision for the calls ..."
NO_CALLS = "no calls are under way"
NO_MATCH = "no call matches the filter (Esc ends it)"
CHOOSE = "choose a call first, with the arrow keys"
CHOOSE_LINE = "choose a line or a call with a destination first, with the arrow keys"
NO_LINE_HERE = "this call is at no line"
PRIVATE = "nobody may listen to this call: its destination is private"
HAS_ENDED = "This call has ended. Nothing can be done with it any more. Esc leaves."
HAS_MOVED = "The call has moved on: this would do something else. Esc, then t again."
ASKED = "asked; Asterisk has not confirmed it yet"
NOT_FOUND = "no call matches"

LISTENS = "the phone {phone} is in the call now"
LISTENS_NO_MORE = "the phone {phone} is not in the call any more"
CHOICE_ENDED = "the chosen call has ended ({how}): {call}"
NEEDED = "{label} is needed"
WRONG = "{label} cannot be {given!r}; {hint}"
OPTIONS = "fits: {options}"
CONFIRM = "Enter: {what}     Esc: leave, nothing is done"
GOES_ON = "Enter: next"
CLOSED_SAFETY = "a safety line: nothing may close it"
EMPTY_JOURNEY = "asking for the journey ..."
LEAVE = "Esc leaves"

FACTS: Mapping[str, str] = {
    "service": "service",
    "caller": "caller",
    "stage": "stage",
    "phone": "phone",
    "call": "call",
    "line": "line",
    "is": "is",
    "trouble": "trouble",
}

TITLES: Mapping[str, str] = {
    "listen": "Listen to this call? Nobody hears you.",
    "whisper": "Whisper in this call? Only the operator hears you.",
    "barge": "Barge into this call? Both hear you.",
    "transfer": "Pass this caller on? The caller comes back if nobody takes it.",
    "send": "Send this caller elsewhere? The call leaves the place where it is now.",
    "hang_up": "Hang up this call?",
    "override": "Override this line?",
}
DOES: Mapping[str, str] = {
    "listen": "listen",
    "whisper": "whisper",
    "barge": "barge",
    "transfer": "transfer",
    "send": "send",
    "hang_up": "hang up",
    "override": "override",
}
LABELS: Mapping[str, str] = {
    "phone": "your phone",
    "to": "to",
    "reason": "why",
    "order": "order",
    "until": "until",
}
HINTS: Mapping[str, str] = {
    "phone": "empty: the phone of the settings",
    "to": "a line, or the number that colleagues dial for it",
    "reason": "a reason, for the audit",
    "order": "closed, open or redirect=LINE",
    "until": "17:00, 2h, or 2026-12-24 16:30",
}

FILTER = "filter: words, ! for trouble, or a field such as stage:ringing; Enter keeps it, Esc ends it"
FIND = "find: words; Enter chooses the next call that has them"
LOOKING = "   / filter   f find   s sort   i state   Tab lines"
SORTED = "sorted by: {by}"
PAGES: Mapping[str, str] = {"help": "ivr monitor: keys and signs", "state": "ivr monitor: how everything is"}

KEYS: tuple[tuple[str, str], ...] = (
    ("?", "help"),
    ("Enter", "journey"),
    ("l", "listen"),
    ("w", "whisper"),
    ("b", "barge"),
    ("t", "transfer"),
    ("h", "hang up"),
    ("o", "override"),
    ("/", "filter"),
    ("s", "sort"),
)

SERVICE_COLUMNS = "                   calls answered   lost  outside  in time         p50    p90"

HELP = """\
Moving
  up, down, PgUp, PgDn   choose a call or a line; Home and End the first and last
  Tab                    go from the calls to the lines and back
  Enter                  the journey of the chosen call
  Esc                    leave what is open, end the filter, choose nothing

Looking
  /   filter: all words must be found; ! is trouble; stage:ringing one column
  f   find: choose the next call with these words, hide nothing; n the next one
  s   sort by another column; r the other way round
  i   how all parts are, figures of today, what was done here
  q   leave the monitor

Acting, each after a confirmation that names the call
  l   listen: you hear both, nobody hears you
  w   whisper: only the operator hears you
  b   barge: both hear you
  t   transfer; a caller who does not talk yet is sent
  h   hang up
  o   override: close, open or redirect a line

Signs
  !   waits longer than the service should answer in; a line in trouble
  !!  waits more than three times as long; a safety line in trouble
  L   somebody listens         P  private, nobody may listen
  F   the fallback leads       S  a safety line       O  an override holds\
"""
