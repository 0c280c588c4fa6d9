"""`ivr rules check` and `show`: what a person reads, and the exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.cli.rules import app
from ivr.errors import RulesError
from ivr.prompts.texts import prompt_exists_in
from ivr.vocabulary import Language, PromptId
from tests.fakes.rules_text import SMALL, changed

PROMPTS = ("welcome", "sorry", "menu", "invalid", "no-input", "wait", "closed", "busy", "failed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(SMALL)
    for language in ("lv", "en"):
        for prompt in PROMPTS:
            place = tmp_path / language / "town" / f"{prompt}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("words")
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [*words, "--rules", str(folder / "rules.yaml")])
    return result.exit_code, result.stdout, result.stderr


def check(folder: Path, *words: str) -> tuple[int, str, str]:
    return run(folder, "check", "--prompts", str(folder), *words)


def test_a_good_file(folder: Path) -> None:
    code, out, _ = check(folder)
    assert code == 0
    assert "no mistakes found" in out
    assert "services: 1, menus: 2, destinations: 3" in out


def test_a_bad_file_names_each_mistake_and_ends_with_1(folder: Path) -> None:
    (folder / "rules.yaml").write_text(changed("max_hops: 4", "max_hops: 0"))
    (folder / "en" / "town" / "menu.txt").unlink()
    code, out, error = check(folder)
    first, second = out.splitlines()
    assert code == 1
    assert first.startswith(f"{folder}/rules.yaml:1:11: max_hops: 0 is too small")
    assert second.startswith(f"{folder}/rules.yaml:14:13: menus.main.prompt: the prompt")
    assert error == "2 to mend; rules that are in use stay as they are\n"


def test_answers_as_json(folder: Path) -> None:
    code, out, _ = check(folder, "--output", "json")
    assert (code, json.loads(out)["problems"]) == (0, [])
    (folder / "rules.yaml").write_text(changed("max_hops: 4", "max_hops: 0"))
    code, out, _ = check(folder, "--output", "json")
    (problem,) = json.loads(out)["problems"]
    assert (code, problem["line"], problem["column"], problem["path"]) == (1, 1, 11, "max_hops")


def test_show(folder: Path) -> None:
    code, out, _ = run(folder, "show")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "Pilsēta (town): dial 8488, +371 63005522"
    assert "  1  Birojs [office]: desk-1 15 s, desk-2 15 s" in lines
    assert "  2  Policija [safety line, day and night]: police-1 20 s" in lines
    assert "  0  operator: Dežurants [day and night]: duty-1 20 s" in lines
    assert "  9  language en" in lines
    assert "  *  the menu again" in lines
    assert "  tuesday    08:00-12:00, 13:00-17:00" in lines
    assert "  sunday     closed" in lines
    assert sum("Līgo diena" in line for line in lines) == 2


def test_show_says_that_a_country_has_no_holidays(folder: Path) -> None:
    text = changed("holidays: LV", "holidays: UA")
    text = changed(
        "{language: en}", "{menu: after-hours}", changed('"*": repeat', '"#": {announcement: town/busy}', text)
    )
    (folder / "rules.yaml").write_text(text)
    _, out, _ = run(folder, "show")
    assert "  closed on the public holidays of UA: none are known" in out.splitlines()
    assert "  9  menu after-hours" in out.splitlines()
    assert "  #  message town/busy" in out.splitlines()


def test_show_leaves_a_broken_file_to_the_main_command(folder: Path) -> None:
    (folder / "rules.yaml").write_text("services: 3")
    result = CliRunner().invoke(app, ["show", "--rules", str(folder / "rules.yaml")])
    assert isinstance(result.exception, RulesError)


def test_a_prompt_is_a_text_or_a_recording(tmp_path: Path) -> None:
    exists = prompt_exists_in(tmp_path)
    assert not exists(PromptId("town/menu"), Language("lv"))
    (tmp_path / "lv" / "town").mkdir(parents=True)
    (tmp_path / "lv" / "town" / "menu.wav").touch()
    assert exists(PromptId("town/menu"), Language("lv"))
    assert not exists(PromptId("town/menu"), Language("en"))
