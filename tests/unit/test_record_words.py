"""How a record is written: for machines, and told to people."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cdr.fold.fold import fold
from cdr.record.as_json import instant, seconds
from cdr.record.journey import JourneyLine, journey, summary
from cdr.record.masking import country_of, masked
from cdr.record.parts import Redirection
from cdr.record.record import Disposition, StepKind
from cdr.record.rows import record_from, rows_of
from cdr.record.words import PassResult, TopicResult, VisitResult
from cdr.times import to_datetime, to_micros
from tests.fakes.call_pieces import ARRIVES, EXIT, IN, MENU, RINGS, TALKS, TOLD, dial_fails, ends, until
from tests.fakes.call_table import events_of

FAILED_OVER = (
    ARRIVES
    + "0.04 caller IVR_ANNOUNCEMENT announcements=water prompts=kekava/water welcome="
    + MENU
    + "6.05 caller IVR_KEY menu=kekava-main key=7 result=invalid\n"
    + "6.06 caller IVR_KEY menu=kekava-main key= result=no_input"
    + RINGS
    + dial_fails(7, "info-1", "BUSY")
    + "7.1 caller IVR_FALLBACK reason=lease_over\n7.2 caller IVR_LANGUAGE language=en"
    + "\n7.3 caller IVR_RING destination=info phone=info-2\n7.4 caller APP_START app=Dial data=PJSIP/info-2\n"
    + "8.0 caller BRIDGE_ENTER bridge_id=b\n8.1 info-2 BRIDGE_ENTER bridge_id=b\n"
    + "9.0 info-2 BLINDTRANSFER extension=104 transferee_channel_uniqueid=id:caller\n9.1 info-2 BRIDGE_EXIT bridge_id=b"
    + EXIT.format(reason="busy").replace("\n7.", "\n10.").replace("\n9.", "\n11.")
    + ends(12, "info-2")
)


def test_as_dict_is_plain_json_with_instants_in_utc() -> None:
    record = fold(events_of(FAILED_OVER))
    told = json.loads(json.dumps(record.as_dict()))
    assert told["started"] == "2026-11-18T11:06:40.000000+00:00"
    assert told["ended"] == "2026-11-18T11:06:52.000000+00:00"
    assert told["seconds"] == {"menu": 8.6, "waiting": 2.4, "talking": 1.0, "total": 12.0}
    assert [key["result"] for key in told["keys"]] == ["invalid", "no_input", "valid"]
    assert told["path"] == "1"
    assert told["redirections"][0] == {
        "at": "2026-11-18T11:06:47.300000+00:00",
        "from": {"destination": "info", "phone": "info-1"},
        "to": {"destination": "info", "phone": "info-2"},
        "reason": "busy",
    }
    assert told["steps"][0] == {
        "at": "2026-11-18T11:06:40.030000+00:00",
        "kind": "engine",
        "name": "e1",
        "value": "abc",
    }
    assert told["legs"][1]["phone"] == "info-1"
    assert told["legs"][1]["answered"] is None
    elsewhere = {
        "adopted",
        "return",
        "topic",
        "listen",
        "said",
    }  # test_fold_transfers.py, test_fold_topics.py, test_fold_listening.py
    assert {step["kind"] for step in told["steps"]} == {kind.value for kind in StepKind} - elsewhere


def test_announcements_are_written_and_told() -> None:
    record = fold(events_of(TOLD + ends(7)))
    assert record.as_dict()["announcements"] == [
        {"announcement": "water", "prompt": "kekava/water", "heard": "whole"},
        {"announcement": "roads", "prompt": "kekava/roads", "heard": "whole"},
    ]
    assert "announcement roads (kekava/roads): heard to its end" in [line.text for line in journey(record, "x")]
    assert record.left_announcement == record.announcements[1]
    assert record_from(rows_of(record)) == record
    assert [row["hung_up"] for row in rows_of(record).announcements] == ["", "after"]
    assert fold(events_of(TOLD + ends(30))).left_announcement is None


@pytest.mark.parametrize(
    ("end", "hung_up"), [(3, ["during", ""]), (4.5, ["", "during"]), (9, ["", "after"]), (11, ["", ""])]
)
def test_the_rows_tell_in_which_announcement_the_caller_hung_up(end: float, hung_up: list[str]) -> None:
    record = fold(events_of(until(end) + ends(end)))
    assert [row["hung_up"] for row in rows_of(record).announcements] == hung_up


def test_a_full_destination_is_told() -> None:
    table = IN + "6.3 caller IVR_DIALSTATUS dialstatus=FULL hangupcause=0" + ends(7)
    texts = [line.text for line in journey(fold(events_of(table)), "x")]
    assert "the destination has as many calls as it takes" in texts


def test_a_record_comes_back_from_its_rows() -> None:
    record = fold(events_of(FAILED_OVER))
    assert len(record.redirections) == 2
    assert record_from(rows_of(record)) == record


def test_the_columns_are_stable() -> None:
    text = """
    node linkedid service number caller language started answered asked connected ended seen_until disposition complete
    led_by engine rules path first_key announcements keys destinations first_destination last_destination met_closed
    visits answered_by talked_with seconds redirections hung_up_by hangup_cause steps legs transfers returns passes
    topic result case_reference listened clock_stepped
    """
    assert list(fold(events_of(IN)).as_dict()) == text.split()
    documented = (Path(__file__).parents[2] / "docs/records.md").read_text("utf-8")
    assert [name for name in text.split() if f"`{name}`" not in documented] == []
    for words in (Disposition, VisitResult, PassResult, TopicResult):
        assert [word.value for word in words if word.value and f"`{word.value}`" not in documented] == []


def test_the_journey_tells_every_step() -> None:
    record = fold(events_of(FAILED_OVER))
    assert [line.text for line in journey(record, "29…56")] == [
        "call from 29…56 to 8488 (kekava)",
        "the PBX answers",
        "the engine leads (e1, rules abc)",
        "announcement water (kekava/water): not heard",
        "menu kekava-main (lv)",
        "hears kekava/welcome (lv)",
        "hears kekava/main (lv)",
        "presses 7, which leads nowhere",
        "presses nothing",
        "presses 1",
        "goes to info: open, rule menus.kekava-main.keys.1",
        "rings info-1 of info",
        "info-1 does not take the call: busy",
        "the fallback leads: lease_over",
        "goes on in en",
        "rings info-2 of info",
        "talks with info-2 of info",
        "info-2 hands the caller on to 104 (blind transfer)",
        "last message kekava/goodbye: busy",
        "hears kekava/goodbye (lv)",
        "info-2 hangs up (cause 16)",
    ]
    assert summary(record) == (
        "outcome: answered",
        "led by: engine_then_fallback",
        "time: 12.000 s = 8.600 s menu, 2.400 s waiting, 1.000 s talking",
        "keys: 1",
        "redirected: info-1 of info -> info-2 of info (busy)",
        "redirected: info-2 of info -> 104 (blind_transfer)",
    )


def test_the_journey_of_an_open_and_of_a_bare_call() -> None:
    assert journey(fold(events_of(TALKS)), "x")[-1].text == "the call is still open"
    bare = "0.0 info-1 CHAN_START\n1.0 info-1 APP_START app=AGI\n1.0 info-1 LINKEDID_END"
    lines = journey(fold(events_of(bare)), "x")
    assert [line.text for line in lines] == ["call from x to 8488", "the PBX ends the call"]
    old = "0.0 caller CHAN_START\n1.0 caller STREAM_BEGIN app=AGI sound=beep\n2.0 caller IVR_DECISION destination=a"
    texts = [line.text for line in journey(fold(events_of(old)), "x")]
    assert texts[1:-1] == ["the engine leads", "hears beep", "goes to a"]


def test_a_journey_line_is_aligned() -> None:
    assert str(JourneyLine(timedelta(seconds=61.5), "x")) == "   61.500 s  x"


def test_a_redirection_from_nowhere_is_told() -> None:
    record = fold(events_of(IN))
    at = record.started
    told = summary(type(record)(**{**_fields(record), "redirections": (Redirection(at, "", "", "a", "", "key"),)}))
    assert told[-1] == "redirected: nowhere -> a (key)"


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+37129123456", "+371 29…56"),
        ("29123456", "29…56"),
        ("8488", "8…"),
        ("+1", "+…"),
        ("", "withheld"),
    ],
)
def test_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [("+37129123456", "+371…"), ("+371291", "…"), ("29123456", "…"), ("", "…")]
)
def test_the_country_alone(number: str, shown: str) -> None:
    assert country_of(number) == shown


def test_instants_and_durations_are_exact() -> None:
    at = datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert to_datetime(to_micros(at)) == at
    assert instant(at) == "2026-12-31T23:59:59.999999+00:00"
    assert instant(None) is None
    assert seconds(timedelta(microseconds=1)) == 1e-06
    assert seconds(timedelta(days=300, microseconds=1)) == 25920000.000001


def test_dispositions_are_a_closed_list() -> None:
    assert len(Disposition) == 19
