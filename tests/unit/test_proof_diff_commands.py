"""`ivr rules explain`, `calendar` and `diff`: what a person reads, and the exit codes."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ivr.cli.calendar import calendar_command
from ivr.cli.diff import diff_command
from ivr.cli.explain import explain_command
from ivr.errors import SettingsError
from tests.fakes.rules_text import SMALL, changed

app = typer.Typer()
app.command("explain")(explain_command)
app.command("calendar")(calendar_command)
app.command("diff")(diff_command)
CLOSED = ("--number", "8488", "--press", "1", "--at", "2026-12-24 16:30")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "lv" / "town").mkdir(parents=True)
    (tmp_path / "lv" / "town" / "closed.txt").write_text("Slēgts.\n[en] Closed.\n")
    file = tmp_path / "rules.yaml"
    text = "text: {lv: Ūdens, en: Water}"
    window = "from: '2026-12-01 08:00', until: '2026-12-02 08:00'"
    spoken = f"announcements:\n  water: {{services: [town], {text}, {window}}}\n"
    file.write_text(SMALL + spoken)
    return file


def run(rules: Path, *words: str) -> tuple[int, str, str]:
    where = ("--rules", str(rules), *(("--prompts", str(rules.parent)) if words[0] == "explain" else ()))
    result = CliRunner().invoke(app, [*words, *where])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_explain_tells_the_whole_way(rules: Path) -> None:
    code, out, _ = run(rules, "explain", *CLOSED, "--from", "+37129123456")
    lines = [line.strip() for line in out.splitlines()]
    assert code == 0
    assert lines[0].startswith("8488 (town) on Thursday 24 December 2026, 16:30, from +37129123456; rules ")
    assert "In the menu main the citizen presses 1." in lines
    own = "destinations.desk.hours.office.holidays.2026-12-24"
    assert f"decides      {own}: 2026-12-24 is a public holiday (Ziemassvētku vakars)" in lines
    assert "passed over  overrides: there is none for desk" in lines
    assert "so it is closed until Monday 28 December 2026, 08:00" in lines
    assert "town/closed: Slēgts. Closed." in lines
    assert lines[-2:] == [
        "The call comes to the menu after-hours.",
        "Decided by destinations.desk.exits.closed, reason closed.",
    ]


def test_explain_in_the_summer_time_of_the_service(rules: Path) -> None:
    told = json.loads(run(rules, "explain", "--number", "8488", "--at", "2026-07-01 10:00", "--output", "json")[1])
    assert (told["at"], told["service"], told["end"]) == ("2026-07-01T10:00:00+03:00", "town", "comes to the menu main")


def test_explain_speaks_the_texts_of_announcements(rules: Path) -> None:
    _, out, _ = run(rules, "explain", "--number", "8488", "--at", "2026-12-01 10:00")
    assert "The citizen hears, as announced before the menu, in lv:" in out
    assert ": Ūdens" in out


def test_explain_assumes_overrides_and_answers(rules: Path) -> None:
    words = ("explain", "--number", "8488", "--press", "1", "--at", "2026-11-23 10:00", "--output", "json")
    told = json.loads(run(rules, *words, "--override", "desk=redirect=police", "--answer", "busy,ok")[1])
    assert (told["destination"], told["rule"]) == ("police", "destinations.police.exits.busy")
    assert "redirected to police by override assumed-1" in json.dumps(told)
    told = json.loads(run(rules, *words, "--override", "desk=closed")[1])
    assert (told["end"], told["rule"]) == ("comes to the menu after-hours", "overrides.assumed-1")
    told = json.loads(run(rules, *words, "--override", "police=closed", "--press", "2")[1])
    assert "stays open whatever is ordered (closed)" in json.dumps(told)


def test_explain_now(rules: Path) -> None:
    code, out, _ = run(rules, "explain", "--number", "8488")
    assert (code, out.splitlines()[-1]) == (0, "The call comes to the menu main.")


def test_explain_an_unknown_number(rules: Path) -> None:
    code, out, error = run(rules, "explain", "--number", "8489")
    assert (code, error) == (2, 'did you mean "8488"?\n')
    assert "No service of these rules has the number 8489." in out
    assert run(rules, "explain", "--number", "112")[2].startswith("the numbers are 8488")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--press", "1a"), "keys are 0-9"),
        (("--answer", "ok,perhaps"), "a line can do ok, busy"),
        (("--at", "noon"), "write it as `2026-12-24 16:30`"),
        (("--override", "desk"), "write it as NAME=closed"),
        (("--override", "desk=redirect"), "write it as NAME=closed"),
        (("--override", "desk=closed=police"), "write it as NAME=closed"),
        (("--override", "dest=closed"), 'did you mean "desk"?'),
        (("--override", "desk=redirect=qqqqq"), "see `ivr rules show`"),
    ],
)
def test_explain_refuses(rules: Path, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        run(rules, "explain", "--number", "8488", *words)
    assert message in str(error.value)


def test_calendar(rules: Path) -> None:
    code, out, _ = run(rules, "calendar", "town", "--month", "2026-12")
    assert code == 0
    assert out.startswith(
        "Pilsēta (town), December 2026\n\noffice (Europe/Riga): Birojs\n  Tue  1  08:00-12:00, 13:00-17:00"
    )
    assert "a public holiday (Pirmie Ziemassvētki)" in out
    assert "day and night: " in out
    told = json.loads(run(rules, "calendar", "town", "--output", "json", "--destination", "desk")[1])
    assert [one["hours"] for one in told["hours"]] == ["office"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("twon",), 'did you mean "town"?'),
        (("riga",), "the services are town"),
        (("town", "--month", "May"), "write it as `2026-12`"),
        (("town", "--destination", "desc"), 'did you mean "desk"?'),
        (("town", "--destination", "x"), "its destinations are "),
    ],
)
def test_calendar_refuses(rules: Path, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        run(rules, "calendar", *words)
    assert message in str(error.value)


def compare(tmp_path: Path, new: str, *words: str) -> tuple[int, str]:
    (tmp_path / "old.yaml").write_text(SMALL)
    (tmp_path / "new.yaml").write_text(new)
    files = (str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml"))
    result = CliRunner().invoke(app, ["diff", *files, *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_diff(tmp_path: Path) -> None:
    assert compare(tmp_path, SMALL, "--exit-code") == (0, "nothing changes for callers\n")
    new = changed('monday: "08:00-18:00"', 'monday: "08:00-19:00"')
    code, out = compare(tmp_path, new, "--from", "2026-11-02", "--months", "1")
    assert code == 0
    assert out.startswith("from 2026-11-02 to 2026-12-01: 2 changes for callers\n- hours office: ")
    assert "key 1: Mondays 18:00-19:00 now rings desk; before: the menu after-hours" in out
    assert compare(tmp_path, new, "--exit-code")[0] == 1
    told = json.loads(compare(tmp_path, new, "--output", "json")[1])
    assert [one["kind"] for one in told["changes"]] == ["hours", "goes"]
    with pytest.raises(SettingsError, match="--from"):
        compare(tmp_path, new, "--from", "today")
