"""What Asterisk is told comes from the rules, and no name can break out of its line."""

import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.asterisk.agi import command
from ivr.asterisk.perform import Performer
from ivr.asterisk.render import accounts, dialplan, phones_of, registrations
from ivr.asterisk.render_check import missing_targets
from ivr.asterisk.render_destinations import HELD
from ivr.asterisk.render_hours import special_days
from ivr.calls.actions import Announcements, Ask, Connect, GiveUp, Goodbye, Note, TypeAgain
from ivr.errors import RulesError, UnsafeValue
from ivr.routing.destinations import Phones, Ring
from ivr.routing.extensions import single_phones
from ivr.routing.office_hours import Span
from ivr.routing.rules import Ruleset
from ivr.vocabulary import (
    ChannelName,
    DestinationId,
    HoursId,
    Key,
    Language,
    MenuId,
    PhoneId,
    PromptId,
    RulesVersion,
)
from tests.fakes.everything import everything
from tests.fakes.ruleset import small

TODAY = date(2026, 11, 21)
RULES = small()
FILES = dialplan(RULES, today=TODAY)
OWN = "rules-test.conf"
PARTS = ("extensions", "transfers", "topics", "listen")
FIXED = "\n".join(Path(f"dialplans/pbx/{name}.conf").read_text() for name in PARTS)


def with_phones(*names: str) -> Ruleset:
    desk = RULES.destinations[DestinationId("desk")]
    odd = replace(desk, kind=Phones(tuple(Ring(PhoneId(name), 5) for name in names)))
    return replace(RULES, destinations={**RULES.destinations, desk.id: odd})


def test_only_the_service_numbers_can_be_reached() -> None:
    found = re.findall(r"^exten => ([^,]+),1,", FILES["numbers.conf"], re.MULTILINE)
    assert sorted(found) == ["+37163005522", "0037163005522", "37163005522", "8488"]
    assert not [name for name in found if name.startswith("_")]


def test_a_number_sets_everything_of_its_version_in_one_step() -> None:
    step = re.search(r"exten => 8488,1,MSet\((.*)\)\n same => n,Goto\(ivr-call,start,1\)", FILES["numbers.conf"])
    assert step is not None
    assert step[1] == (
        "IVR_RULES=test,IVR_SERVICE=town,IVR_NUMBER=8488,IVR_OPERATOR=operator,IVR_SORRY=s/sorry,CHANNEL(language)=lv"
    )
    by_number = dialplan(everything(), today=TODAY)["numbers.conf"]
    forms = re.findall(r"^exten => (\S*3717002),1,MSet\(.*IVR_NUMBER=([^,]*),", by_number, re.MULTILINE)
    assert forms == [(form, "3717002") for form in ("3717002", "+3717002", "003717002")]
    assert "IVR_NUMBER=3717002,IVR_OPERATOR=all-operator,IVR_SORRY=kekava/all-busy,CHANNEL(language)=en" in by_number


def test_a_phone_is_dialled_by_its_name_and_no_digit_of_a_caller_is_in_a_dial_line() -> None:
    dials = re.findall(r"Dial\((.*)\)$", FILES["phones.conf"], re.MULTILINE)
    options = "rtgU(ivr-answered^${CHANNEL(name)}^${IVR_FROM}^1)"
    assert dials == [f"PJSIP/{name},${{IVR_RING_SECONDS}},{options}" for name in phones_of(RULES)]
    for text in dialplan(everything(), today=TODAY).values():
        for line in text.splitlines():
            assert not ("Dial(" in line and re.search(r"IVR_KEY|EXTEN|CALLERID", line))


HERE = "U(ivr-answered^${CHANNEL(name)}^${IVR_DESTINATION}^${IVR_MOST})"
"""What a phone that answers does."""


def test_lines_ring_together_and_outside_and_their_names_stay_apart() -> None:
    text = dialplan(everything(), today=TODAY)["rules-everything.conf"]
    assert (
        "Dial(PJSIP/kekava-police-1&PJSIP/kekava-police-2,${IVR_RING_SECONDS},rtg" + HERE + "${IVR_DIAL_MORE})" in text
    )
    assert "Dial(PJSIP/+35932000102@trunk,${IVR_RING_SECONDS},r" + HERE[:-1] + f"^+35932000102){HELD})" in text
    lines = re.findall(r"^exten => (line-[^,]+),1,", text, re.MULTILINE)
    assert "line-line.all_together" in lines
    assert len({line.replace("-", "") for line in lines}) == len(lines)


def test_each_context_carries_the_version_has_the_special_extensions_and_fits_into_asterisk() -> None:
    contexts = re.split(r"^\[", FILES[OWN], flags=re.MULTILINE)[1:]
    places = (*RULES.services, *RULES.services, *RULES.menus, *RULES.destinations, *single_phones(RULES), *RULES.hours)
    assert len(contexts) == len(("lines", "transfers")) + len(places)
    for context in contexts:
        assert context.startswith("ivr-test-")
        for name in "itTeh":
            assert f"exten => {name},1," in context, context
    assert len(f"ivr-{'f' * 12}-m-{'n' * 60}") < 80


@pytest.mark.parametrize("rules", [small(), everything()], ids=["small", "everything"])
def test_every_jump_has_a_target(rules: Ruleset) -> None:
    files = dialplan(rules, today=TODAY)
    assert missing_targets([FIXED, *files.values()]) == ()


@pytest.mark.parametrize(
    "step",
    [
        "Goto(ivr-nowhere,start,1)",
        "Goto(elsewhere,1)",
        'GotoIf($["${A,B}" = "1"]?nolabel)',
        "GotoIf($[1]?one,1:ivr-x-${B}-z,s,1)",
        "ExecIf($[1]?Goto(other,1))",
        "Gosub(sub,nothing,1(${A}))",
        "Goto(key-${KEY},1)",
    ],
)
def test_a_jump_to_nowhere_is_found(step: str) -> None:
    good = (
        "[here]\nexten => one,1,NoOp()\n same => n(label),GotoIf($[1]?label:ivr-${V}-m,one,1)\n"
        "[ivr-a-m]\nexten => one,1,NoOp()"
    )
    assert missing_targets([good]) == ()
    found = missing_targets([f"{good}\n[there]\nexten => one,1,{step}"])
    assert len(found) == 1
    assert "[there] one goes to" in found[0]


def test_kept_versions_are_rendered_beside_the_newest_with_their_phones() -> None:
    old = replace(with_phones("old-1"), version=RulesVersion("older"))
    files = dialplan(RULES, [old, RULES], today=TODAY)
    assert sorted(files) == ["numbers.conf", "phones.conf", "rules-older.conf", "rules-test.conf"]
    assert "IVR_RULES=older" not in files["numbers.conf"]
    assert "exten => old-1,1," in files["phones.conf"]
    assert "[old-1](phone)" in accounts(RULES, [old])
    assert "[old-1](phone-registration)" in registrations(RULES, "127.0.0.1:5060", [old])
    assert "ivr-older-d-desk" in files["rules-older.conf"]


def test_hours_are_half_open_and_may_cross_midnight() -> None:
    night = replace(
        RULES.hours[HoursId("office")], weekly={4: (Span(time(22), time(6)),), 0: (Span(time(8), time(0)),)}
    )
    text = dialplan(replace(RULES, hours={night.id: night}), today=TODAY)[OWN]
    for line in (
        "exten => w5,1,ExecIf($[${TIME:9} >= 2200 & ${TIME:9} < 2400]?Return(weekly.friday))",
        "exten => w6,1,ExecIf($[${TIME:9} >= 0 & ${TIME:9} < 600]?Return(weekly.friday))",
        "exten => w1,1,ExecIf($[${TIME:9} >= 800 & ${TIME:9} < 2400]?Return(weekly.monday))",
        "exten => w2,1,Return(closed)",
    ):
        assert f"{line}\n" in text


def test_days_that_differ_have_their_year_and_lie_in_thirteen_months() -> None:
    holidays = {date(2026, 11, 20): "a", date(2026, 12, 24): "b", date(2027, 12, 24): "c", date(2028, 1, 3): "d"}
    office = replace(RULES.hours[HoursId("office")], holidays={**holidays, date(2026, 11, 19): "before"})
    assert list(special_days(office, TODAY)) == [date(2026, 11, 20), date(2026, 12, 24), date(2027, 12, 24)]
    text = dialplan(replace(RULES, hours={office.id: office}), today=TODAY)[OWN]
    assert "exten => d20261224,1,Goto(p1,1)" in text
    assert "exten => p1,1,Return(closed)" in text


def test_four_hundred_days_that_differ_stay_small() -> None:
    days = {date.fromordinal(TODAY.toordinal() + ahead): "x" for ahead in range(400)}
    office = replace(RULES.hours[HoursId("office")], holidays=days)
    text = dialplan(replace(RULES, hours={office.id: office}), today=TODAY)[OWN]
    assert len(text) - len(FILES[OWN]) < 15_000


@given(st.text(min_size=1, max_size=12))
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./-]*", name) and name not in set("aehiosTt"):
        assert f"Dial(PJSIP/{name}," in dialplan(with_phones(name), today=TODAY)["phones.conf"]
    else:
        with pytest.raises(RulesError, match="cannot stand in a dialplan"):
            dialplan(with_phones(name), today=TODAY)


@pytest.mark.parametrize("names", [("a-b", "ab"), ("desk-11", "desk-1-1"), ("h",), ("x" * 61,)])
def test_phones_that_asterisk_would_mix_up_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(RulesError, match="cannot stand in a dialplan"):
        dialplan(with_phones(*names), today=TODAY)


@pytest.mark.parametrize("version", ["", "with-hyphen", "a" * 13, "a]b"])
def test_a_version_that_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(RulesError):
        dialplan(replace(RULES, version=RulesVersion(version)), today=TODAY)


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


def guarded(application: str, data: str, entry: int = 0) -> str:
    """Give the command that runs an application only if the channel is still in the entry that the step answers."""
    return command("EXEC", "Exec", f"ExecIf($[0${{IVR_ENTRIES}} = {entry}]?{application}({data}))")


CHANNEL = ChannelName("PJSIP/trunk-1")
LV = Language("lv")
DECIDED = Note("IVR_DECISION", (("reason", "open"),))
NOTE = Note("IVR_KEY", (("key", "1"), ("result", 'va"l,id')))


def test_a_menu_is_one_batch_that_prolongs_and_then_cuts_the_lease() -> None:
    ask = Ask(CHANNEL, 4, LV, MenuId("main"), (PromptId("s/welcome"), PromptId("s/menu")), 3.5, (NOTE,))
    commands = sent(ask)
    first = "TIMEOUT(absolute)=180,CHANNEL(language)=lv,IVR_STATE=0-0-0-0-0-0-0-0-,IVR_ANSWERS=0,GROUP(ivr)=,"
    assert commands[0].startswith(guarded("MSet", first).partition(first)[0] + first)
    assert "IVR_TRANSFER=,IVR_DESTINATION=,IVR_POSITION=,IVR_BACK=,IVR_NEXT=menu,IVR_MENU=main,IVR_KEY=" in commands[0]
    assert commands[1] == guarded("CELGenUserEvent", r'IVR_KEY,{"key":"1","result":"va\"l,id"}')
    assert commands[2] == guarded("Read", "IVR_KEY,ivr/s/welcome&ivr/s/menu,1,t(),1,3.5")
    assert "TIMEOUT(absolute)" in commands[3]
    assert commands[3].endswith("1.5")
    assert commands[4] == "GET VARIABLE IVR_KEY"


def test_announcements_play_what_cannot_be_skipped_and_then_wait_for_a_key() -> None:
    told = Announcements(
        CHANNEL, 1, LV, MenuId("main"), (PromptId("s/a"),), (PromptId("s/b"), PromptId("s/c")), (NOTE,)
    )
    commands = sent(told)
    played, read = guarded("Playback", "ivr/s/a"), guarded("Read", "IVR_KEY,ivr/s/b&ivr/s/c,1,t(),1,0.1")
    assert commands[2:4] == [played, read]
    assert commands[-1] == "GET VARIABLE IVR_KEY"
    assert "GROUP(ivr)=," in commands[0]


def test_two_notes_of_one_name_keep_a_line_each() -> None:
    ask = Ask(CHANNEL, 4, LV, MenuId("main"), (PromptId("s/menu"),), 3.5, (NOTE, DECIDED, DECIDED))
    lines = [command for command in sent(ask) if "CELGenUserEvent" in command]
    assert [re.findall(r"CELGenUserEvent\((IVR_[A-Z]+)", line) for line in lines] == [
        ["IVR_KEY"],
        ["IVR_DECISION"],
        ["IVR_DECISION"],
    ]


def test_a_connection_leaves_the_agi_last() -> None:
    connect = Connect(
        channel=CHANNEL,
        step=2,
        language=LV,
        destination=DestinationId("desk"),
        phone=PhoneId("desk-1"),
        position=0,
        line="desk-1",
        seconds=15,
        most_calls=3,
        say=(PromptId("s/wait"),),
        notes=(NOTE, DECIDED),
    )
    commands = sent(connect)
    assert commands[-1] == "ASYNCAGI BREAK"
    told = r'IVR_NOTES,{"IVR_KEY":{"key":"1","result":"va\"l,id"},"IVR_DECISION":{"reason":"open"}}'
    assert [command for command in commands if "CELGenUserEvent" in command] == [guarded("CELGenUserEvent", told)]
    assert "IVR_DESTINATION=desk,IVR_POSITION=0,IVR_LINE=desk-1,IVR_RING_SECONDS=15,IVR_MOST=3" in commands[0]
    assert sent(replace(connect, most_calls=None))[0].endswith('IVR_MOST=))"')
    assert commands[-2] == guarded("Playback", "ivr/s/wait")


def test_goodbye_giving_up_and_lost_keys() -> None:
    bye = sent(Goodbye(CHANNEL, 2, LV, (PromptId("s/a"), PromptId("s/b")), 17, ()))
    assert bye[-2] == guarded("Playback", "ivr/s/a&ivr/s/b")
    assert sent(Goodbye(CHANNEL, 2, LV, (PromptId("s/a"),), 17, (), entry=7))[-2] == guarded("Playback", "ivr/s/a", 7)
    with pytest.raises(UnsafeValue, match="Playback"):
        sent(Goodbye(CHANNEL, 2, LV, (PromptId("s/${SHELL(true)}"),), 17, ()))
    assert "IVR_NEXT=goodbye,IVR_CAUSE=17" in bye[0]
    assert sent(GiveUp(CHANNEL, 1))[-1] == "ASYNCAGI BREAK"
    wire = Wire()
    Performer(wire, "me", 1.5).perform(TypeAgain(CHANNEL, (Key("1"), Key("#"))), lambda step, why: None)  # type: ignore[arg-type]
    assert [(item["Action"], item["Digit"], item["Receive"]) for item in wire.batches[0]] == [
        ("PlayDTMF", "1", "true"),
        ("PlayDTMF", "#", "true"),
    ]
