"""Reading rules files: what becomes of each value, files that cannot be read, the version, reloading."""

import os
import re
from datetime import date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from ivr.errors import OperatorError, RulesError
from ivr.routing.decide import decide
from ivr.routing.decision import EndWith, EnterMenu, Facts, RingPhone
from ivr.routing.destinations import ExitReason, External, Message, Phones, Reject, Ring, Submenu
from ivr.routing.numbers import service_of
from ivr.routing.office_hours import Span
from ivr.routing.rules import Retry
from ivr.routing.targets import Announce, Repeat, Target, ToDestination, ToLanguage, ToMenu, ToOperator
from ivr.rulebook.live import LiveRules
from ivr.rulebook.problems import Problem
from ivr.rulebook.public_holidays import public_holidays
from ivr.rulebook.read import LARGEST, read, years_around
from ivr.rulebook.schema import Rulebook
from ivr.rulebook.walk import slots_of
from ivr.vocabulary import DestinationId, Did, HoursId, Key, Language, MenuId, PhoneId, PromptId, ServiceId
from tests.fakes.rules_text import FULL, SMALL, YEARS, changed, read_text

SHIPPED = Path(__file__).parents[2] / "routing_rules.yaml"
RIGA = ZoneInfo("Europe/Riga")


def ring(phone: str, seconds: int) -> RingPhone:
    return RingPhone(DestinationId(phone.removesuffix("-1")), PhoneId(phone), seconds, 0, phone)


def problem_of(path: Path) -> Problem:
    with pytest.raises(RulesError) as caught:
        read(path, years=YEARS)
    (problem,) = caught.value.problems
    assert isinstance(problem, Problem)
    assert str(caught.value) == str(problem)
    return problem


def test_every_value_arrives() -> None:
    rules = read_text(SMALL)
    town, main = rules.services[ServiceId("town")], rules.menus[MenuId("main")]
    assert (town.title[Language("lv")], town.languages, town.zone) == ("Pilsēta", ("lv", "en"), RIGA)
    assert (town.numbers, town.welcome, town.menu) == (("8488", "+371 63005522"), "town/welcome", "main")
    assert (town.operator, town.sorry, rules.max_hops) == ("duty", "town/sorry", 4)
    assert rules.numbers == {"8488": "town", "37163005522": "town"}
    assert service_of(Did("+371 63005522"), rules) == "town"
    assert main.keys == {
        "1": ToDestination(DestinationId("desk")),
        "2": ToDestination(DestinationId("police")),
        "9": ToLanguage(Language("en")),
        "0": ToOperator(),
        "*": Repeat(),
    }
    assert main.invalid == Retry(PromptId("town/invalid"), 2, ToOperator())
    assert main.no_input == Retry(PromptId("town/no-input"), 2, ToOperator(PromptId("town/wait")))
    assert (main.prompt, main.timeout) == ("town/menu", 5.0)
    desk, police = rules.destinations[DestinationId("desk")], rules.destinations[DestinationId("police")]
    assert desk.kind == Phones((Ring(PhoneId("desk-1"), 15), Ring(PhoneId("desk-2"), 15)))
    assert desk.hours == "office"
    assert desk.exits[ExitReason.CLOSED] == ToMenu(MenuId("after-hours"))
    assert desk.exits[ExitReason.BUSY] == Announce(PromptId("town/busy"))
    assert (police.safety, police.hours) == (True, None)
    assert set(police.exits) == {ExitReason.BUSY, ExitReason.NO_ANSWER, ExitReason.UNREACHABLE}
    office = rules.hours[HoursId("office")]
    assert office.weekly == {
        0: (Span(time(8), time(18)),),
        1: (Span(time(8), time(12)), Span(time(13), time(17))),
        4: (Span(time(22), time(6)),),
    }
    assert (office.country, office.zone, {day.year for day in office.holidays}) == ("LV", RIGA, {2026, 2027})


def test_every_key_of_the_language_arrives() -> None:
    rules = read_text(FULL)
    town, desk = rules.services[ServiceId("town")], rules.destinations[DestinationId("desk")]
    kinds = {str(name): type(destination.kind) for name, destination in rules.destinations.items()}
    assert kinds == {
        "desk": Phones, "away": External, "police": Phones, "moved": Message, "aside": Submenu, "no": Reject,
    }  # fmt: skip
    assert (town.spoken, rules.max_menus) == ({"63005537": "en"}, 20)
    assert (len(town.callers), len(town.topics), len(town.announcements)) == (3, 1, 2)
    assert (desk.most_calls, desk.exits[ExitReason.FULL]) == (10, ToDestination(DestinationId("away")))
    assert desk.kind == Phones((Ring(PhoneId("desk-1"), 15), Ring(PhoneId("desk-2"), 15)), together=True)
    office = rules.hours[HoursId("office")]
    assert (office.before_holidays, len(office.days), [one.name for one in office.dated]) == (60, 3, ["spring"])


def test_the_full_file_has_every_key_of_the_schema() -> None:
    keys = set(re.findall(r"([a-z_]+):", FULL))
    known = {key for model in models(Rulebook) for key in slots_of(model)}
    assert known - keys == {"include"}


def models(model: type[BaseModel]) -> set[type[BaseModel]]:
    """Return a model of the schema and all that are below it."""
    found, waiting = {model}, [model]
    while waiting:
        for slot in slots_of(waiting.pop()).values():
            new = {kind for kind in kinds_in(slot.annotation) if kind not in found}
            found |= new
            waiting += new
    return found


def kinds_in(annotation: object) -> set[type[BaseModel]]:
    """Return the models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {kind for inner in get_args(annotation) for kind in kinds_in(inner)}


@pytest.mark.parametrize(
    ("yaml", "target"),
    [
        ("{say: town/wait, destination: desk}", ToDestination(DestinationId("desk"), PromptId("town/wait"))),
        ("{say: town/wait, menu: after-hours}", ToMenu(MenuId("after-hours"), PromptId("town/wait"))),
        ("{say: town/wait, then: operator}", ToOperator(PromptId("town/wait"))),
        ("{announcement: town/busy}", Announce(PromptId("town/busy"))),
        ("{then: repeat}", Repeat()),
    ],
)
def test_targets_of_keys(yaml: str, target: Target) -> None:
    rules = read_text(changed('"1": {destination: desk}', f'"1": {yaml}'))
    assert rules.menus[MenuId("main")].keys[Key("1")] == target


def test_the_end_of_the_day_is_midnight() -> None:
    weekly = read_text(changed('"08:00-18:00"', '"17:00-24:00"')).hours[HoursId("office")].weekly
    assert weekly[0] == (Span(time(17), time(0)),)


@pytest.mark.parametrize(
    ("country", "day", "name"),
    [
        ("LV", date(2026, 6, 23), "Līgo diena"),
        ("LV", date(2026, 1, 2), "Brīvdiena (pārcelta no 17.01.2026)"),
        ("BG", date(2026, 3, 3), "Ден на Освобождението на България от османско иго"),
    ],
)
def test_public_holidays_have_their_local_names(country: str, day: date, name: str) -> None:
    assert public_holidays(country, range(2026, 2027))[day] == name


def test_public_holidays_do_not_follow_the_locale_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    before = public_holidays("LV", YEARS)
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(variable, "en_US.UTF-8")
    assert public_holidays("LV", YEARS) == before


def test_a_country_without_holidays_is_no_mistake() -> None:
    assert read_text(changed("holidays: LV", "holidays: UA")).hours[HoursId("office")].holidays == {}


def test_years_around() -> None:
    assert list(years_around(2026)) == [2025, 2026, 2027, 2028, 2029]


def test_the_version_is_the_hash_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(SMALL.encode())
    version = read(path, years=YEARS).version
    assert version == sha256(SMALL.encode()).hexdigest()[:12]
    path.write_bytes(SMALL.encode() + b"# a comment\n")
    assert read(path, years=YEARS).version != version


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert read(path, years=YEARS).numbers == read_text(SMALL).numbers


def test_no_such_file(tmp_path: Path) -> None:
    problem = problem_of(tmp_path / "rules.yaml")
    assert problem.message == "there is no such file"
    assert problem.hint == "name the file with --rules, or change to the folder that holds it"


def test_a_folder_and_a_pipe_are_no_rules_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        assert problem_of(path).message == "this is not a file"


def test_a_name_that_no_file_can_have() -> None:
    assert "cannot be read" in problem_of(Path("rules\0.yaml")).message


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(SMALL)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as root, who may read everything
    assert problem_of(path).message == "the file cannot be read ([Errno 13] Permission denied)"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    with path.open("wb") as file:
        file.truncate(100 * LARGEST)
    assert problem_of(path).message == "the file is larger than 4,194,304 bytes"


def test_text_in_another_encoding_is_placed(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(SMALL.replace("ē", "e").replace("ž", "z").encode().replace(b"Policija", b"Polic\xefja"))
    problem = problem_of(path)
    assert (problem.line, problem.column, problem.message) == (42, 22, "this is not UTF-8 text")


def test_a_rules_error_is_the_operators_to_mend() -> None:
    with pytest.raises(OperatorError):
        read_text("services: 3")


def test_without_any_rules_there_is_nothing_to_hold(tmp_path: Path) -> None:
    with pytest.raises(RulesError):
        LiveRules(tmp_path / "rules.yaml", lambda: YEARS)


@pytest.mark.parametrize(
    ("key", "at", "expected"),
    [
        ("1", "2026-03-03 10:00", ring("kekava-information-1", 15)),
        ("1", "2026-03-02 17:59", ring("kekava-information-1", 15)),
        ("1", "2026-03-03 17:00", EnterMenu(MenuId("kekava-closed"))),
        ("1", "2026-03-06 15:00", EnterMenu(MenuId("kekava-closed"))),
        ("1", "2026-03-08 12:00", EnterMenu(MenuId("kekava-closed"))),
        ("1", "2026-12-24 10:00", EnterMenu(MenuId("kekava-closed"))),
        ("2", "2026-12-24 03:00", ring("kekava-utility-1", 20)),
        ("3", "2026-12-24 03:00", ring("kekava-police-1", 20)),
        ("0", "2026-12-24 03:00", ring("kekava-duty-1", 20)),
    ],
)  # fmt: skip
def test_the_shipped_service_8488(key: str, at: str, expected: RingPhone | EnterMenu | EndWith) -> None:
    rules = read(SHIPPED, years=years_around(2026))
    service = service_of(Did("8488"), rules)
    assert service is not None
    target = rules.menus[rules.services[service].menu].keys[Key(key)]
    assert isinstance(target, ToDestination | ToOperator)
    instant = datetime.fromisoformat(at).replace(tzinfo=RIGA)
    assert decide(Facts(service, target), rules, instant).outcome == expected
