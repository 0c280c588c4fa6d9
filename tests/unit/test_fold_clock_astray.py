"""Lines of a caller that Asterisk gave to a call that was made later, because the clock was stepped back between the two."""

import pytest

from cdr.journal.line import JournalEvent, parse_line
from cdr.journal.marks import call_of_line, is_astray, is_from_outside
from tests.fakes.call_table import quoted
from tests.fakes.journal_marks import folded

CALLER, QUESTION = "pbx-1795337314.1124", "pbx-1795333722.1335"
TRUNK, ASKING = "PJSIP/trunk-0000045c", "PJSIP/kekava-duty-1-0000052d"


def line(kind: str, uniqueid: str, linkedid: str, channel: str = TRUNK, app: str = "Dial", at: str = "24") -> bytes:
    return quoted(
        [kind, f"17953337{at}.000001", "37129000508", "x", "y", channel, app, "", uniqueid, linkedid, "", "", "", ""]
    )


def event(*about: str) -> JournalEvent:
    [found] = parse_line(line(*about))
    assert isinstance(found, JournalEvent)
    return found


@pytest.mark.parametrize(
    ("about", "call"),
    [
        (("BRIDGE_ENTER", CALLER, QUESTION), CALLER),
        (("CHAN_END", CALLER, QUESTION), CALLER),
        (("LINKEDID_END", CALLER, QUESTION), QUESTION),  # the end of the other call, whose last channel the caller's is
        (("BRIDGE_EXIT", "pbx-1795333720.1267", QUESTION, ASKING, "AppDial"), QUESTION),  # rung: no call of its own
        (("BRIDGE_EXIT", CALLER, QUESTION, "Local/41@ivr-transfer-00000001;2"), QUESTION),
        (("BRIDGE_ENTER", CALLER, CALLER), CALLER),
        (("BRIDGE_ENTER", QUESTION, CALLER, ASKING), CALLER),  # as Asterisk joins two calls by a steady clock
        (("BRIDGE_ENTER", "pbx-1795333722.1124", QUESTION), QUESTION),  # of the same second: not a matter of the clock
        (("BRIDGE_ENTER", "pbx-1795337314.1400", QUESTION), QUESTION),
        (("BRIDGE_ENTER", "b-1795337314.1124", QUESTION), QUESTION),  # of another PBX
        (("BRIDGE_ENTER", "nonsense", QUESTION), QUESTION),
        (("BRIDGE_ENTER", CALLER, "nonsense"), "nonsense"),
    ],
)
def test_a_callers_line_stays_with_his_call_though_the_clock_makes_another_one_older(
    about: tuple[str, ...], call: str
) -> None:
    found = event(*about)
    assert call_of_line(found) == call
    assert is_astray(found) == (call != found.linkedid)
    assert not is_from_outside(found)


def test_a_call_of_which_only_lines_astray_are_left_keeps_its_name() -> None:
    lines = [line("BRIDGE_ENTER", CALLER, QUESTION), line("CHAN_END", CALLER, QUESTION, at="25")]
    [found] = folded(lines).values()
    assert (found.linkedid, found.complete) == (CALLER, False)
