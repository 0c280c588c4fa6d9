"""Rules in several files: one tree, every mistake with its own file and line, bounds on what is read."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from ivr.errors import RulesError
from ivr.routing.rules import Ruleset
from ivr.rulebook import include
from ivr.rulebook.include import files, load
from ivr.rulebook.read import read
from ivr.rulebook.yaml_text import parse
from ivr.vocabulary import DestinationId, MenuId, ServiceId
from tests.fakes.rules_text import FULL, SMALL, YEARS, problems_of

HEAD, BODY = SMALL.split("services:\n")
TOWN = "services:\n" + BODY
VILLAGE = """\
services:
  village:
    title: {lv: Ciems, en: Village}
    numbers: ["99"]
    zone: Europe/Riga
    languages: [lv, en]
    welcome: town/welcome
    menu: main
    operator: duty
    sorry: town/sorry
menus:
  fields:
    prompt: town/fields
    keys: {"1": {destination: barn}, "2": {destination: police}}
    invalid: {prompt: town/invalid, retries: 2, exit: operator}
    no_input: {prompt: town/no-input, retries: 2, exit: operator}
destinations:
  barn: {title: {lv: Kūts, en: Barn}, announcement: town/barn}
"""
GOOD = {"town.yaml": TOWN, "villages/village.yaml": VILLAGE}


def put(folder: Path, texts: dict[str, str | bytes], root: str | None = None) -> Path:
    """Write files and a root file that includes them all, unless its text is given; return the root's path."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path = folder / "rules.yaml"
    path.write_text(f"{HEAD}include: [{', '.join(texts)}]\n" if root is None else root, encoding="utf-8")
    return path


def told(path: Path) -> list[str]:
    """Return what is wrong with the rules at `path`, each without the folder."""
    try:
        read(path, years=YEARS)
    except RulesError as error:
        return [str(problem).replace(f"{path.parent}/", "") for problem in error.problems]
    return []


def rules_of(path: Path) -> Ruleset:
    return read(path, years=YEARS)


def test_included_files_are_one_set_of_rules(tmp_path: Path) -> None:
    rules = rules_of(put(tmp_path, dict(GOOD)))
    assert set(rules.services) == {"town", "village"}
    assert rules.services[ServiceId("village")].menu in rules.menus
    assert MenuId("fields") in rules.menus
    assert {DestinationId("police"), DestinationId("barn")} < set(rules.destinations)
    assert rules.max_hops == 4


def test_the_root_may_have_sections_of_its_own(tmp_path: Path) -> None:
    rules = rules_of(put(tmp_path, {"village.yaml": VILLAGE}, f"include: [village.yaml]\n{SMALL}"))
    assert set(rules.services) == {"town", "village"}


def test_the_version_is_made_of_all_bytes_and_names(tmp_path: Path) -> None:
    path = put(tmp_path, dict(GOOD))
    first = load(path).version
    text = path.read_bytes() + b"\0town.yaml\0" + TOWN.encode() + b"\0villages/village.yaml\0" + VILLAGE.encode()
    assert first == sha256(text).hexdigest()[:12] == rules_of(path).version
    changed = put(tmp_path, {**GOOD, "town.yaml": TOWN + "# a comment\n"})
    assert load(changed).version != first
    alone = put(tmp_path, {}, SMALL)
    assert load(alone).version == sha256(SMALL.encode()).hexdigest()[:12]


def test_mistakes_of_all_files_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    town = TOWN.replace("welcome: town/welcome", "welcome: Town").replace("monday:", "mnday:")
    village = VILLAGE.replace("destination: barn", "destination: bern").replace("en: Barn", "en: ")
    path = put(tmp_path, {"town.yaml": town, "village.yaml": village})
    path.write_text(path.read_text().replace("max_hops: 4", "max_hops: 40"))
    assert [line.split(": ")[0] + " " + line.split(": ")[1] for line in told(path)] == [
        "rules.yaml:1:11 max_hops",
        "town.yaml:7:14 services.town.welcome",
        "town.yaml:62:7 hours.office.weekly.mnday",
        "village.yaml:14:31 menus.fields.keys.1.destination",
        "village.yaml:18:28 destinations.barn.title.en",
    ]


def test_a_missing_key_is_told_in_the_file_of_its_entry(tmp_path: Path) -> None:
    path = put(tmp_path, {**GOOD, "villages/village.yaml": VILLAGE.replace("    sorry: town/sorry\n", "")})
    (line,) = told(path)
    assert line.startswith("villages/village.yaml:2:3: services.village.sorry: is missing; expected the last prompt")


def test_a_name_in_two_files_is_told_with_both_places(tmp_path: Path) -> None:
    path = put(tmp_path, {"town.yaml": TOWN, "village.yaml": VILLAGE.replace("  fields:", "  main:")})
    assert told(path) == [
        'village.yaml:12:3: menus.main: "main" is written in two files; rename one of them; the first is in town.yaml:12'
    ]


def test_positions_in_joined_lists_are_those_of_the_file(tmp_path: Path) -> None:
    good = '{number: "8488", at: "2026-01-05 10:00", keys: "2", destination: police}'
    bad = good.replace("police", "polise")
    root = f"{HEAD}include: [town.yaml, village.yaml]\nexpectations: [{good}, {good}]\n"
    town = f"{TOWN}expectations:\n  - {good}\n  - {bad}\n"
    village = f"{VILLAGE}expectations: [3]\n"
    path = put(tmp_path, {"town.yaml": town, "village.yaml": village}, root)
    assert [line.split("; ")[0] for line in told(path)] == [
        'town.yaml:67:70: expectations.1.destination: destinations has no "polise"',
        "village.yaml:19:16: expectations.0: 3 is not a group of keys",
    ]


@pytest.mark.parametrize(
    ("broken", "first"),
    [
        ("services: [\n", "town.yaml:1:1: this is not YAML: did not find expected node content"),
        ("", "town.yaml:1:1: the file is empty"),
        ("- a\n", "town.yaml:1:1: this is not a group of keys"),
        (b"services:\n  t\xff", "town.yaml:2:4: this is not UTF-8 text"),
        ("a: *b\n", "town.yaml:1:4: aliases (*name) are not allowed"),
    ],
)
def test_a_broken_file_hides_no_other_and_starts_no_avalanche(broken: str | bytes, first: str, tmp_path: Path) -> None:
    village = VILLAGE.replace("prompt: town/fields", "prompt: Town")
    lines = told(put(tmp_path, {"town.yaml": broken, "village.yaml": village}))
    assert [line.split("; ")[0] for line in lines] == [
        first, 'village.yaml:13:13: menus.fields.prompt: "Town" does not have the right form',
    ]  # fmt: skip


def test_a_section_of_the_wrong_kind_is_told_in_each_file(tmp_path: Path) -> None:
    texts = {
        "a.yaml": "menus: 3\nexpectations: {}\n",
        "b.yaml": "menus: [1]\nexpectations:\nhours: 3\n",
        "town.yaml": TOWN,
        "c.yaml": "expectations: []\n",
    }
    assert [line.split("; ")[0] for line in told(put(tmp_path, dict(texts)))] == [
        "a.yaml:1:8: menus: 3 is not a group of keys",
        "a.yaml:2:1: expectations: this is not a list",
        "b.yaml:1:1: menus: this is not a group of keys",
        "b.yaml:2:1: expectations: has no value",
        "b.yaml:3:8: hours: 3 is not a group of keys",
    ]


def test_a_section_that_is_wrong_everywhere_is_told_once_per_file(tmp_path: Path) -> None:
    path = put(tmp_path, {"a.yaml": "hours: 3\n", "b.yaml": "hours: 4\n", "town.yaml": TOWN.rsplit("hours:\n", 1)[0]})
    assert [line.split("; ")[0] for line in told(path)] == [
        "a.yaml:1:8: hours: 3 is not a group of keys",
        "b.yaml:1:8: hours: 4 is not a group of keys",
    ]


def test_what_only_the_root_may_say(tmp_path: Path) -> None:
    village = f"max_hops: 3\nmax_menus: 20\ninclude: [town.yaml]\nmenu: {{}}\n{VILLAGE}"
    lines = told(put(tmp_path, {"town.yaml": TOWN, "village.yaml": village}))
    assert [line.split("; expected")[0] for line in lines] == [
        "village.yaml:1:1: max_hops: only the root file may say this; move it to rules.yaml",
        "village.yaml:2:1: max_menus: only the root file may say this; move it to rules.yaml",
        "village.yaml:3:1: include: only the root file may say this; move it to rules.yaml",
        "village.yaml:4:1: menu: unknown key",
    ]
    assert lines[-1].endswith('did you mean "menus"?')


def entry_told(folder: Path, entry: str) -> list[str]:
    return told(put(folder, {"town.yaml": TOWN}, f"{HEAD}include: [town.yaml, {entry}]\n"))


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("nowhere.yaml", "there is no such file; correct the name, or create the file"),
        ("town.yaml", "this file is named twice; remove one of the two"),
        ("./a/../town.yaml", "this file is named twice; remove one of the two"),
        ("rules.yaml", "this file is named twice; remove one of the two"),
        ("../town.yaml", "this file is outside the folder of the root file; keep it beside the root file or below"),
        ("/etc/passwd", "this file is outside the folder of the root file; keep it beside the root file or below"),
        ("linked.yaml", "this file is outside the folder of the root file; keep it beside the root file or below"),
        ("same.yaml", "this file is named twice; remove one of the two"),
        ("pipe", "this is not a file; name the YAML file itself"),
        ("folder", "this is not a file; name the YAML file itself"),
        ('"a\\0b"', "the file cannot be read (embedded null byte); correct the name"),
        ('""', "this is not a file; name the YAML file itself"),
        ("3", "3 is not text; expected further files, such as [routing_rules/kekava.yaml]; put it in quotes"),
    ],
)
def test_what_cannot_be_included(entry: str, problem: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "folder").mkdir(parents=True)
    (home / "a").mkdir()
    (tmp_path / "town.yaml").write_text(TOWN)
    os.mkfifo(home / "pipe")
    (home / "linked.yaml").symlink_to(tmp_path / "town.yaml")
    (home / "same.yaml").symlink_to(home / "town.yaml")
    assert entry_told(home, entry) == [f"rules.yaml:2:22: include.1: {problem}"]


@pytest.mark.parametrize("entry", ["circle.yaml", "x" * 300])
def test_a_name_that_the_system_refuses(entry: str, tmp_path: Path) -> None:
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")
    (line,) = entry_told(tmp_path, entry)
    assert line.startswith(("rules.yaml:2:22: include.1: the file cannot be read", "rules.yaml:2:22: include.1: there"))


@pytest.mark.parametrize("value", ["town.yaml", "{town: yaml}", "3"])
def test_include_is_a_list(value: str, tmp_path: Path) -> None:
    path = put(tmp_path, {"town.yaml": TOWN}, f"{HEAD}include: {value}\n{TOWN}")
    (line,) = told(path)
    assert "include: " in line
    assert "is not a list; expected further files" in line


def test_too_many_files(tmp_path: Path) -> None:
    names = ", ".join(f"f{number}.yaml" for number in range(201))
    lines = told(put(tmp_path, {}, f"include: [{names}]\n{SMALL}"))
    assert lines[0].startswith("rules.yaml:1:1: include: has too many entries")
    assert len(lines) == 201


def test_bytes_cannot_include() -> None:
    assert problems_of(f"include: [town.yaml]\n{SMALL}") == [
        "rules.yaml:1:1: include: nothing can be included here; read the rules from their file"
    ]


def test_sizes_are_bounded_for_one_file_and_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, dict(GOOD))
    total = sum(file.stat().st_size for file in files(path))
    monkeypatch.setattr(include, "LARGEST", len(TOWN.encode()) - 1)
    assert told(path)[0].startswith("rules.yaml:2:11: include.0: the file is larger than")
    monkeypatch.undo()
    monkeypatch.setattr(include._Left.__init__, "__defaults__", (total - 1, 10_000))
    assert told(path)[0].startswith("rules.yaml:2:22: include.1: the files together are larger than 16,777,216 bytes")
    values = sum(parse(file.read_text(encoding="utf-8"), "").values for file in files(path))
    monkeypatch.setattr(include._Left.__init__, "__defaults__", (total, values - 1))
    (line,) = told(path)
    assert line.startswith("villages/village.yaml:18:")
    assert "values; remove what is not needed" in line
    monkeypatch.setattr(include._Left.__init__, "__defaults__", (total, values))
    assert told(path) == []


def test_files_for_a_watch(tmp_path: Path) -> None:
    path = put(tmp_path, dict(GOOD))
    assert files(path) == (path, tmp_path / "town.yaml", tmp_path / "villages/village.yaml") == load(path).files
    (tmp_path / "town.yaml").write_text("[")
    (tmp_path / "villages/village.yaml").unlink()
    assert files(path) == (path, tmp_path / "town.yaml", tmp_path / "villages/village.yaml") == load(path).files
    path.write_text("include: [../x, /etc/passwd, town.yaml, town.yaml]")
    assert files(path) == (path, tmp_path / "town.yaml")
    path.write_text("include: [")
    assert files(path) == (path,)
    path.unlink()
    assert files(path) == (path,) == load(path).files
    assert files(Path("a\0b")) == (Path("a\0b"),)


def test_a_relative_root_is_shown_as_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"town.yaml": TOWN.replace("town/welcome", "Town")})
    monkeypatch.chdir(tmp_path)
    assert told(Path("rules.yaml"))[0].startswith("town.yaml:7:14: services.town.welcome:")


def test_a_root_that_cannot_be_read_says_so_alone(tmp_path: Path) -> None:
    source = load(tmp_path / "rules.yaml")
    assert (source.root, source.complete, len(source.problems)) == (None, False, 1)


def test_the_file_with_every_key_is_good_in_parts_too(tmp_path: Path) -> None:
    head, *parts = FULL.split("\ndestinations:")
    rest = "destinations:" + parts[0]
    rules = rules_of(put(tmp_path, {"rest.yaml": rest}, f"include: [rest.yaml]\n{head}\n"))
    assert set(rules.destinations) == {"desk", "away", "police", "moved", "aside", "no"}
