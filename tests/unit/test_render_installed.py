"""Files of older versions go when a newer dialplan is written; `ivr dialplan` tells what differs."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from ivr.asterisk import embedded
from ivr.asterisk.instance import Instance
from ivr.asterisk.place import Place
from ivr.cli.dialplan import differences, installed
from ivr.vocabulary import RulesVersion
from tests.fakes.ruleset import small

TODAY = date(2026, 11, 21)
RULES = small()
PARTS = ("extensions", "transfers", "topics", "listen")
FIXED = "\n".join(Path(f"dialplans/pbx/{name}.conf").read_text() for name in PARTS)
FILES = embedded.generated(RULES, today=TODAY)


def instance(folder: Path) -> Instance:
    (folder / "ivr/pbx/etc/generated").mkdir(parents=True)
    return Instance(Place(folder, (), "22", folder), "pbx", (), ("", 0), folder, {}, {})


def test_versions_that_are_not_rendered_any_more_are_removed(tmp_path: Path) -> None:
    pbx = instance(tmp_path)
    folder = pbx.directory / "etc/generated"
    pbx.render({"rules-a.conf": "a", "rules-b.conf": "b", "numbers.conf": "n"})
    pbx.render({"registrations.conf": "r"})
    assert sorted(installed(folder)) == ["numbers.conf", "registrations.conf", "rules-a.conf", "rules-b.conf"]
    pbx.render({"rules-b.conf": "c", "numbers.conf": "m"})
    assert installed(folder) == {"numbers.conf": "m", "registrations.conf": "r", "rules-b.conf": "c"}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_what_was_rendered_is_no_difference_on_the_days_after() -> None:
    for later in (0, 1, 7):
        assert list(differences(RULES, FIXED, FILES, TODAY + timedelta(days=later))) == []


def test_a_dialplan_whose_days_run_out_is_a_difference() -> None:
    found = list(differences(RULES, FIXED, FILES, TODAY + timedelta(days=8)))
    assert found == ["rules-test.conf was made on 2026-11-21: days that are far ahead are missing"]


def test_missing_and_changed_files_are_told() -> None:
    changed = {**FILES, "rules-test.conf": FILES["rules-test.conf"].replace("d-desk,start,1", "d-help,start,1")}
    del changed["numbers.conf"]
    changed["phones.conf"] = changed["phones.conf"].replace("exten => desk-1,1", "exten => desk-9,1")
    found = list(differences(RULES, FIXED, changed, TODAY))
    assert "numbers.conf is missing" in found
    assert "phones.conf lacks: exten => desk-1,1,Set(IVR_TO=desk-1)" in found
    assert "- same => n,Goto(ivr-test-d-help,start,1)" in found
    assert "+ same => n,Goto(ivr-test-d-desk,start,1)" in found


def test_phones_of_older_rules_are_no_difference() -> None:
    old = replace(RULES, version=RulesVersion("older"))
    assert list(differences(RULES, FIXED, embedded.generated(RULES, [old], today=TODAY), TODAY)) == []


def test_a_jump_of_the_fixed_dialplan_to_nowhere_is_told() -> None:
    found = list(
        differences(RULES, FIXED.replace("[ivr-transfer]", "[x]\nexten => s,1,Goto(gone,s,1)\n[y]"), FILES, TODAY)
    )
    assert len(found) == 1
    assert "gone,s,1" in found[0]
