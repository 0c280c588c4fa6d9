"""Redirections: each change of the dialled phone or of the destination, after the first."""

import pytest

from cdr.fold.fold import fold
from cdr.record.record import Disposition
from tests.fakes.call_pieces import CLOSED_MENU, DECIDES, IN, RINGS, TALKS, TOGETHER, dial_fails, ends
from tests.fakes.call_table import events_of


def test_busy_then_no_answer_then_answered_is_two_redirections() -> None:
    table = (
        IN
        + RINGS
        + dial_fails(7, "info-1", "BUSY")
        + """
7.1  caller IVR_DECISION  destination=info rule=r reason=busy
7.2  caller IVR_RING      destination=info phone=info-2 seconds=15
7.21 caller APP_START     app=Dial data=PJSIP/info-2,15
7.3  info-2 CHAN_START
"""
        + dial_fails(22, "info-2", "NOANSWER")
        + """
22.2 caller IVR_RING      destination=info phone=info-3 seconds=15
22.3 caller APP_START     app=Dial data=PJSIP/info-3,15
22.4 info-3 CHAN_START
24.0 info-3 BRIDGE_ENTER  bridge_id=b1
24.1 caller BRIDGE_ENTER  bridge_id=b1
"""
        + ends(30)
    )
    record = fold(events_of(table))
    ways = [(one.from_phone, one.to_phone, one.reason) for one in record.redirections]
    assert ways == [("info-1", "info-2", "busy"), ("info-2", "info-3", "no_answer")]
    assert {one.to_destination for one in record.redirections} == {"info"}
    assert record.disposition is Disposition.ANSWERED
    assert [leg.phone for leg in record.legs] == ["", "info-1", "info-2", "info-3"]


REDIRECTED = [
    (
        "closed, another line chosen in the closed menu",
        CLOSED_MENU
        + """
7.0 caller IVR_KEY      menu=kekava-closed key=2 result=valid
7.1 caller IVR_DECISION destination=utility rule=r reason=key
7.2 caller IVR_RING     destination=utility phone=utility-1
""",
        [("info", "", "utility", "utility-1", "closed")],
    ),
    (
        "all phones of one failed, the exit leads to another",
        RINGS
        + dial_fails(8, "info-1", "NOANSWER")
        + """
8.1 caller IVR_DECISION destination=operator rule=r reason=no_answer
8.2 caller IVR_RING     destination=operator phone=operator-1
""",
        [("info", "info-1", "operator", "operator-1", "no_answer")],
    ),
    (
        "full, the exit leads to another",
        RINGS.split("6.4 ")[0]
        + """6.31 caller IVR_DIALSTATUS dialstatus=FULL hangupcause=0
6.4 caller IVR_DECISION destination=operator rule=destinations.info.exits.full reason=full
6.5 caller IVR_RING     destination=operator phone=operator-1
""",
        [("info", "info-1", "operator", "operator-1", "full")],
    ),
    (
        "full before any phone was named",
        """6.2 caller IVR_DECISION destination=info rule=r reason=open
6.31 caller IVR_DIALSTATUS dialstatus=FULL hangupcause=0
6.4 caller IVR_DECISION destination=operator rule=r reason=operator
6.5 caller IVR_RING     destination=operator phone=operator-1
""",
        [("info", "", "operator", "operator-1", "full")],
    ),
    (
        "closed by an override, another line chosen in its menu",
        CLOSED_MENU.replace("reason=closed", "reason=override")
        + """
7.0 caller IVR_KEY      menu=kekava-closed key=2 result=valid
7.1 caller IVR_DECISION destination=utility rule=r reason=open
7.2 caller IVR_RING     destination=utility phone=utility-1
""",
        [("info", "", "utility", "utility-1", "override")],
    ),
    (
        "opened by an override",
        DECIDES.replace("reason=open", "reason=override"),
        [],
    ),
    ("phones that ring together, one answers", TOGETHER, []),
    (
        "phones that ring together fail, another place takes over",
        TOGETHER.split("8.0 ")[0]
        + dial_fails(9, "info-1", "NOANSWER")
        + """
9.1 caller IVR_DECISION destination=state rule=r reason=no_answer
9.2 caller IVR_RING     destination=state phone=+35932656000 seconds=40
9.3 caller APP_START    app=Dial data=PJSIP/+35932656000@trunk,40
9.4 trunk  CHAN_START
9.5 trunk  BRIDGE_ENTER bridge_id=b1
9.5 caller BRIDGE_ENTER bridge_id=b1
""",
        [("info", "info-1&info-2", "state", "+35932656000", "no_answer")],
    ),
    (
        "the one of two that answered hands the caller on",
        TOGETHER + "9.1 info-2 BLINDTRANSFER extension=104 transferee_channel_uniqueid=id:caller",
        [("info", "info-2", "", "104", "blind_transfer")],
    ),
    (
        "back to the menu, another key",
        RINGS
        + """
8.1 caller IVR_DECISION destination=operator rule=r reason=key
""",
        [("info", "info-1", "operator", "", "key")],
    ),
    ("the same phone again", RINGS + "9.0 caller IVR_RING destination=info phone=info-1", []),
    ("a ring without a decision", "7.0 caller IVR_RING destination=info phone=info-1", []),
    (
        "a cancelled dial leaves no reason",
        RINGS + dial_fails(8, "info-1", "CANCEL") + "9.0 caller IVR_RING destination=info phone=info-2",
        [("info", "info-1", "info", "info-2", "")],
    ),
    (
        "blind transfer into a destination of ours",
        TALKS
        + """
9.0 caller BRIDGE_EXIT   bridge_id=b1
9.1 info-1 BLINDTRANSFER extension=104 transferee_channel_uniqueid=id:caller
9.2 caller IVR_DECISION  destination=police rule=r reason=key
9.3 caller IVR_RING      destination=police phone=police-1
9.4 police-1 BRIDGE_ENTER bridge_id=b2
9.5 caller BRIDGE_ENTER  bridge_id=b2
9.6 caller IVR_RING      destination=police phone=police-2
""",
        [
            ("info", "info-1", "police", "police-1", "blind_transfer"),
            ("police", "police-1", "police", "police-2", ""),
        ],
    ),
    (
        "a transfer that concerns another channel",
        TALKS + "9.1 info-1 BLINDTRANSFER extension=104 transferee_channel_uniqueid=x",
        [],
    ),
    (
        "attended transfer to a phone that talks already",
        TALKS
        + """
8.9  104@transfers;2 APP_START app=Dial data=PJSIP/police-1,20
9.0  police-1 CHAN_START
9.1  info-1 ATTENDEDTRANSFER transferee_channel_uniqueid=id:caller transfer_target_channel_uniqueid=id:police-1
9.11 info-1 BRIDGE_EXIT  bridge_id=b1
9.2  police-1 BRIDGE_ENTER bridge_id=b1
""",
        [("info", "info-1", "", "police-1", "attended_transfer")],
    ),
    (
        "attended transfer, the target is gone again",
        TALKS
        + """
9.0  caller BRIDGE_EXIT  bridge_id=b1
9.04 104@transfers;2 APP_START app=Dial data=PJSIP/police-1,20
9.05 police-1 CHAN_START
9.1  info-1 ATTENDEDTRANSFER transferee_channel_uniqueid=id:caller transfer_target_channel_uniqueid=id:police-1
""",
        [("info", "info-1", "", "police-1", "attended_transfer")],
    ),
    (
        "attended transfer to half a Local channel that nobody answers",
        TALKS
        + """
9.0  caller BRIDGE_EXIT  bridge_id=b1
9.1  info-1 ATTENDEDTRANSFER transferee_channel_uniqueid=id:caller transfer_target_channel_name=chan:104@transfers;1
""",
        [("info", "info-1", "", "104", "attended_transfer")],
    ),
]


@pytest.mark.parametrize(("table", "ways"), [case[1:] for case in REDIRECTED], ids=[case[0] for case in REDIRECTED])
def test_redirections(table: str, ways: list[tuple[str, ...]]) -> None:
    record = fold(events_of(IN + table + ends(60)))
    found = [
        (one.from_destination, one.from_phone, one.to_destination, one.to_phone, one.reason)
        for one in record.redirections
    ]
    assert found == ways
