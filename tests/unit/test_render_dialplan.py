"""What Asterisk is told comes from the rules, and no name can break out of its line."""

import re
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.asterisk.perform import Performer
from ivr.asterisk.render import accounts, dialplan, phones_of, registrations
from ivr.calls.actions import Ask, Connect, GiveUp, Goodbye, Note, TypeAgain
from ivr.errors import RulesError
from ivr.routing.destinations import Ring
from ivr.routing.office_hours import Span
from ivr.vocabulary import ChannelName, DestinationId, HoursId, Key, Language, MenuId, PhoneId, PromptId
from tests.fakes.ruleset import small

RULES = small()
FILES = dialplan(RULES)


def test_only_the_service_numbers_can_be_reached() -> None:
    found = re.findall(r"^exten => ([^,]+),1,", FILES["numbers.conf"], re.MULTILINE)
    assert sorted(found) == ["+37163005522", "0037163005522", "37163005522", "8488"]
    assert not [name for name in found if name.startswith("_")]


def test_every_phone_has_its_own_dial_line_and_no_digit_of_a_caller_is_in_one() -> None:
    dials = re.findall(r"Dial\(([^)]*)\)", FILES["phones.conf"])
    assert dials == [f"PJSIP/{name},${{IVR_RING_SECONDS}},rtT" for name in phones_of(RULES)]
    for text in FILES.values():
        for line in text.splitlines():
            assert not ("Dial(" in line and re.search(r"IVR_KEY|EXTEN|CALLERID", line))


def test_each_context_has_the_special_extensions_and_leads_somewhere() -> None:
    contexts = re.split(r"^\[", FILES["fallback.conf"], flags=re.MULTILINE)[1:]
    assert len(contexts) == len(RULES.services) + len(RULES.menus) + len(RULES.destinations)
    for context in contexts:
        for name in "itTeh":
            assert f"exten => {name},1," in context, context


def test_every_goto_of_the_fallback_has_a_target() -> None:
    text = FILES["fallback.conf"]
    targets = set()
    for context in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
        name = context.split("]")[0]
        targets |= {f"{name},{extension}" for extension in re.findall(r"^exten => ([^,]+),1,", context, re.MULTILINE)}
    for place in re.findall(r"Goto\((ivr-(?:menu|destination)-[a-z]+,[a-z-]+),1\)", text):
        assert place in targets
    assert len(re.findall(r"Goto\(ivr-", text)) > 20


def test_hours_are_half_open_and_may_cross_midnight() -> None:
    night = replace(
        RULES.hours[HoursId("office")], weekly={4: (Span(time(22), time(6)),), 0: (Span(time(8), time(0)),)}
    )
    text = dialplan(replace(RULES, hours={HoursId("office"): night}))["fallback.conf"]
    assert "GotoIfTime(22:00-23:59,fri,*,*,Europe/Riga?open,1)" in text
    assert "GotoIfTime(00:00-05:59,sat,*,*,Europe/Riga?open,1)" in text
    assert "GotoIfTime(08:00-23:59,mon,*,*,Europe/Riga?open,1)" in text
    assert "GotoIfTime(08:00-16:59,tue,*,*,Europe/Riga?open,1)" in FILES["fallback.conf"]


@given(st.text(min_size=1, max_size=12))
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    desk = RULES.destinations[DestinationId("desk")]
    odd = replace(desk, phones=(Ring(PhoneId(name), 5),))
    rules = replace(RULES, destinations={**RULES.destinations, DestinationId("desk"): odd})
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./-]*", name):
        assert f"Dial(PJSIP/{name}," in dialplan(rules)["phones.conf"]
    else:
        with pytest.raises(RulesError, match="cannot stand in a dialplan"):
            dialplan(rules)


def test_each_phone_has_an_account_and_a_simulated_phone() -> None:
    for name in phones_of(RULES):
        assert f"[{name}](phone-aor)" in accounts(RULES)
        assert f"client_uri = sip:{name}@127.0.0.1:5060" in registrations(RULES, "127.0.0.1:5060")


class Wire:
    """Keeps what would have been sent."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, object]]] = []

    def send(self, actions: object, *, on_refused: object = None) -> None:
        self.batches.append(list(actions))  # type: ignore[call-overload]


def sent(action: object) -> list[str]:
    wire = Wire()
    Performer(wire, "me", 1.5).perform(action, lambda step, why: None)  # type: ignore[arg-type]
    assert len(wire.batches) == 1, "one step is one write"
    return [str(item.get("Command", item["Action"])) for item in wire.batches[0]]


CHANNEL = ChannelName("PJSIP/trunk-1")
LV = Language("lv")
DECIDED = Note("IVR_DECISION", (("reason", "open"),))
NOTE = Note("IVR_KEY", (("key", "1"), ("result", 'va"l,id')))


def test_a_menu_is_one_batch_that_prolongs_and_then_cuts_the_lease() -> None:
    ask = Ask(CHANNEL, 4, LV, MenuId("main"), (PromptId("s/welcome"), PromptId("s/menu")), 3.5, (NOTE,))
    commands = sent(ask)
    assert commands[0].startswith('EXEC MSet "TIMEOUT(absolute)=180,CHANNEL(language)=lv,IVR_MENU=main')
    assert commands[1] == 'EXEC CELGenUserEvent "IVR_KEY,{\\"key\\":\\"1\\",\\"result\\":\\"va\\\\\\"l,id\\"}"'
    assert commands[2] == 'EXEC Read "IVR_KEY,ivr/s/welcome&ivr/s/menu,1,t(),1,3.5"'
    assert "TIMEOUT(absolute)" in commands[3]
    assert commands[3].endswith("1.5")
    assert commands[4] == "GET VARIABLE IVR_KEY"


def test_a_connection_leaves_the_agi_last() -> None:
    connect = Connect(
        CHANNEL, 2, LV, DestinationId("desk"), PhoneId("desk-1"), 0, 15, (PromptId("s/wait"),), (NOTE, DECIDED)
    )
    commands = sent(connect)
    assert commands[-1] == "ASYNCAGI BREAK"
    told = (
        'EXEC CELGenUserEvent "IVR_NOTES,{\\"IVR_KEY\\":{\\"key\\":\\"1\\",\\"result\\":\\"va\\\\\\"l,id\\"},'
        '\\"IVR_DECISION\\":{\\"reason\\":\\"open\\"}}"'
    )
    assert [command for command in commands if "CELGenUserEvent" in command] == [told]
    assert "IVR_NEXT=connect,IVR_DESTINATION=desk,IVR_POSITION=0,IVR_PHONE=desk-1,IVR_RING_SECONDS=15" in commands[0]
    assert commands[-2] == "EXEC Playback ivr/s/wait"


def test_goodbye_giving_up_and_lost_keys() -> None:
    bye = sent(Goodbye(CHANNEL, 2, LV, (PromptId("s/a"), PromptId("s/b")), ()))
    assert bye[-2] == 'EXEC Playback "ivr/s/a&ivr/s/b"'
    assert sent(GiveUp(CHANNEL, 1))[-1] == "ASYNCAGI BREAK"
    wire = Wire()
    Performer(wire, "me", 1.5).perform(TypeAgain(CHANNEL, (Key("1"), Key("#"))), lambda step, why: None)  # type: ignore[arg-type]
    assert [(item["Action"], item["Digit"], item["Receive"]) for item in wire.batches[0]] == [
        ("PlayDTMF", "1", "true"),
        ("PlayDTMF", "#", "true"),
    ]


def test_holidays_are_compared_with_their_year() -> None:
    holidays = {date(2026, 11, 18): "x", date(2026, 12, 24): "y", date(2027, 1, 1): "z"}
    office = replace(RULES.hours[HoursId("office")], holidays=holidays)
    text = dialplan(replace(RULES, hours={HoursId("office"): office}))["fallback.conf"]
    today = "${STRFTIME(${EPOCH},Europe/Riga,%F)}"
    assert f'GotoIf($["{today}" =~ "2026-11-18|2026-12-24"]?exit-closed,1)' in text
    assert text.index("2027-01-01") < text.index("GotoIfTime")
