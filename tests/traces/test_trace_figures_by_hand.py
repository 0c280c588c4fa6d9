"""The figures of the traces, reckoned by hand from their lines (seconds after the last full thousand of the epoch time).

The expected records beside the traces guard against change; these guard against a fold that is wrong in the same way.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from cdr.record.record import CallRecord
from tests.traces.test_trace_records import records_in

HERE = Path(__file__).parent

BY_HAND = {
    # Dial 708.691948-713.694140, 713.701918-713.704564, 713.721895-720.885491; the caller enters the bridge at
    # 714.726257, the phone leaves it at 720.885281.
    "failover_noanswer_busy_answer": {
        "total": 720.888133 - 706.886709,
        "talking": 720.885281 - 714.726257,
        "waiting": (713.694140 - 708.691948)
        + (713.704564 - 713.701918)
        + (714.726257 - 713.721895)
        + (720.885491 - 720.885281),
        "who": ["100"],
        "redirections": [("102", "101", "no_answer"), ("101", "100", "busy")],
        "disposition": "answered",
    },
    # With 105 until the caller is taken out of the bridge at 758.444233, with 104 from 759.454286 to 768.922856.
    "blind_transfer": {
        "total": 768.923434 - 750.919384,
        "talking": (758.444233 - 753.733587) + (768.922856 - 759.454286),
        "waiting": (753.733587 - 752.726313) + (759.454286 - 758.444233) + (768.923396 - 768.922856),
        "who": ["105", "104"],
        "redirections": [("105", "104", "blind_transfer")],
        "disposition": "answered",
    },
    # With 103 until it turns to the other bridge at 734.410357. 104 is heard when the Local channel that leads to it
    # enters the caller's bridge at 740.610637; the optimisation moves the caller at 741.059019, back with 104 at .059112.
    "attended_transfer": {
        "total": 746.888721 - 726.884364,
        "talking": (734.410357 - 729.694210) + (741.059019 - 740.610637) + (746.887963 - 741.059112),
        "waiting": (729.694210 - 728.689119)
        + (740.610637 - 734.410357)
        + (741.059112 - 741.059019)
        + (746.888394 - 746.887963),
        "who": ["103", "104"],
        "redirections": [("103", "104", "attended_transfer")],
        "disposition": "answered",
    },
    # Nothing but the AGI: all of it is menu.
    "hangup_in_menu": {
        "total": 777.911529 - 774.907861,
        "talking": 0.0,
        "waiting": 0.0,
        "who": [],
        "redirections": [],
        "disposition": "abandoned_menu",
    },
    "controller_killed_in_menu": {
        "total": 810.830295 - 794.827953,
        "talking": 0.0,
        "waiting": 0.0,
        "who": [],
        "redirections": [],
        "disposition": "abandoned_menu",
    },
}


@pytest.fixture(params=BY_HAND, ids=str)
def trace(request: pytest.FixtureRequest) -> tuple[CallRecord, dict[str, object]]:
    records = records_in(HERE / f"{request.param}.csv")
    assert len(records) == 1
    return records[0], BY_HAND[request.param]


def test_the_times_are_those_reckoned_by_hand(trace: tuple[CallRecord, dict[str, object]]) -> None:
    record, hand = trace
    for name in ("total", "talking", "waiting"):
        expected = timedelta(seconds=float(str(hand[name])))
        assert getattr(record, name) == pytest.approx(expected, abs=timedelta(microseconds=1)), name
    assert record.menu + record.waiting + record.talking == record.total


def test_the_people_and_the_end_are_those_read_by_hand(trace: tuple[CallRecord, dict[str, object]]) -> None:
    record, hand = trace
    assert list(record.talked_with) == hand["who"]
    assert record.disposition.value == hand["disposition"]
    assert record.complete
    changes = [(one["from"]["phone"], one["to"]["phone"], one["reason"]) for one in plain(record)]  # type: ignore[index]
    assert changes == hand["redirections"]


def plain(record: CallRecord) -> list[dict[str, object]]:
    found = record.as_dict()["redirections"]
    assert isinstance(found, list)
    return found
