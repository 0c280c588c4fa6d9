"""`ivr rules coverage` as it is typed: table and JSON, exit codes, what it refuses."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ivr.cli.coverage import coverage_command
from ivr.errors import OperatorError

APP = typer.Typer()
APP.command()(coverage_command)
RULES = """
services:
  town:
    title: {lv: Pilsēta}
    numbers: ["8488"]
    zone: Europe/Riga
    languages: [lv]
    welcome: welcome
    menu: main
    operator: duty
    sorry: sorry
menus:
  main:
    prompt: menu
    keys: {"1": {destination: desk}, "2": {destination: duty}}
    invalid: {prompt: again, retries: 1, exit: operator}
    no_input: {prompt: again, retries: 1, exit: operator}
  night:
    prompt: night
    keys: KEYS
    invalid: {prompt: again, retries: 1, exit: operator}
    no_input: {prompt: again, retries: 1, exit: operator}
destinations:
  desk:
    title: {lv: Galds}
    hours: office
    phones: [{phone: desk-1, ring: 15}]
    exits: {closed: {menu: night}, busy: operator, no_answer: operator, unreachable: operator}
  duty:
    title: {lv: Dežurants}
    safety: true
    phones: [{phone: duty-1, ring: 15}]
    exits: {busy: {announcement: sorry}, no_answer: {announcement: sorry}, unreachable: {announcement: sorry}}
hours:
  office: {zone: Europe/Riga, weekly: {monday: "08:00-17:00"}}
"""
GOOD, ROUND = '{"2": {destination: duty}}', '{"1": {menu: main}, "3": {menu: night}}'
BAD = '{"3": {menu: night}}'


def run(folder: Path, keys: str, *options: str) -> tuple[int, str]:
    path = folder / "routing_rules.yaml"
    path.write_text(RULES.replace("KEYS", keys), encoding="utf-8")
    result = CliRunner().invoke(APP, ["--rules", str(path), "--from", "2026-11-24", *options], env={"COLUMNS": "110"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (GOOD, ["gaps: none; remarks: none; services: 1"]),
        # from the night's menu back to the main one and again, until all destinations are used up
        (ROUND, ["gaps: none; remarks: 1; services: 1", "used up by keys", "Tue 2026-11-24 00:00, keys 11111111111"]),
    ],
)
def test_rules_without_gaps(tmp_path: Path, keys: str, expected: list[str]) -> None:
    code, told = run(tmp_path, keys)
    assert code == 0
    flat = " ".join(told.replace("│", " ").split())
    assert "2026-11-24 to 2027-12-" in flat
    assert all(words in flat for words in expected), flat


def test_a_gap_is_told_with_its_example(tmp_path: Path) -> None:
    code, told = run(tmp_path, BAD, "--months", "1")
    assert code == 1
    for words in ("safety line out of reach", "Tue 2026-11-24 00:00", "menus.night.keys", "gaps: 1;"):
        assert words in told


def test_json_holds_the_same(tmp_path: Path) -> None:
    code, told = run(tmp_path, BAD, "--output", "json", "--service", "town")
    found = json.loads(told)
    assert (code, found["proved"], len(found["gaps"])) == (1, False, 1)
    gap = found["gaps"][0]
    assert (gap["service"], gap["keys"], gap["way"], gap["at"]) == ("town", "1", ["key 1"], "2026-11-24T00:00:00+02:00")
    assert (gap["subject"], found["counts"]["services"]) == ("duty", 1)
    code, told = run(tmp_path, GOOD, "--output", "json")
    assert (code, json.loads(told)["proved"]) == (0, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--service", "tow"], "--service: the rules have no service 'tow'; did you mean town?"),
        (["--service", "x"], "--service: the rules have no service 'x'; there are: town."),
        (["--from", "24.11.2026"], "--from: '24.11.2026' is no date; write it like 2026-12-01."),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, options: list[str], message: str) -> None:
    with pytest.raises(OperatorError) as refused:
        run(tmp_path, GOOD, *options)
    assert str(refused.value) == message


def test_months_have_bounds(tmp_path: Path) -> None:
    assert run(tmp_path, GOOD, "--months", "0")[0] == 2
    assert run(tmp_path, GOOD, "--months", "37")[0] == 2
