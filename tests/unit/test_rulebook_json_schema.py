"""The JSON Schema of the rules: good files fit, wrong ones do not, and every key explains itself to an editor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ivr.rulebook import schema
from ivr.rulebook.include import files
from ivr.rulebook.json_schema import json_schema
from ivr.rulebook.shape import shaped
from ivr.rulebook.tree import plain
from ivr.rulebook.yaml_text import parse
from tests.fakes.rules_text import FULL, SMALL, changed

ROOT = Path(__file__).parents[2] / "routing_rules.yaml"
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def value_of(text: str) -> Any:
    reading = parse(text, "rules.yaml")
    assert reading.root is not None, reading.faults
    return plain(reading.root)


def fits(text: str) -> bool:
    return VALIDATOR.is_valid(value_of(text))


def objects(part: object) -> Iterator[dict[str, Any]]:
    """Yield every schema of an object with named keys."""
    if isinstance(part, dict):
        if "properties" in part and isinstance(part["properties"], dict) and "type" in part:
            yield part
        for inner in part.values():
            yield from objects(inner)
    if isinstance(part, list):
        for inner in part:
            yield from objects(inner)


def test_it_is_a_schema_of_2020_12() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"]
    assert set(SCHEMA["properties"]) == set(schema.Rulebook.model_fields)


@pytest.mark.parametrize("path", files(ROOT), ids=lambda path: path.name)
def test_the_shipped_files_fit(path: Path) -> None:
    assert not list(VALIDATOR.iter_errors(value_of(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("text", [SMALL, FULL], ids=["small", "full"])
def test_good_files_fit(text: str) -> None:
    assert not list(VALIDATOR.iter_errors(value_of(text)))


def test_every_key_of_every_entry_is_described_and_no_other_is_allowed() -> None:
    found = list(objects(SCHEMA))
    assert len(found) == len(SCHEMA["$defs"]) + 1
    for entry in found:
        assert entry["additionalProperties"] is False
        assert entry["description"]
        for key, value in entry["properties"].items():
            assert value.get("description"), (entry["title"], key)


def test_words_can_be_completed() -> None:
    entries = SCHEMA["$defs"]
    assert entries["DestinationRules"]["properties"]["strategy"]["enum"] == ["ordered", "all"]
    assert entries["RejectRules"]["properties"]["cause"]["enum"] == ["rejected", "busy", "unallocated"]
    assert entries["SpecialDayRules"]["properties"]["like"]["enum"][0] == "monday"
    short, long = entries["Mistake"]["properties"]["exit"]["anyOf"]
    assert short["const"] == "operator"
    assert long == {"$ref": "#/$defs/ExitTarget"}
    (target,) = entries["MenuRules"]["properties"]["keys"]["patternProperties"].values()
    assert target["anyOf"][0]["enum"] == ["operator", "repeat"]


def test_nothing_and_null_are_no_values() -> None:
    assert '"null"' not in str(SCHEMA).replace("'", '"')
    assert "None" not in str(SCHEMA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("max_hops: 4", "max_hops: 40"),
        ("max_hops: 4", "max_hops: many"),
        ("max_hops: 4", "colour: red"),
        ("max_hops: 4", "include: town.yaml"),
        ("max_hops: 4", "include: [3]"),
        ('numbers: ["8488", ', "numbers: [8488, "),
        ('numbers: ["8488", ', 'numbers: ["8488", {number: "99"}, '),
        ('numbers: ["8488", ', 'numbers: ["8488", {number: "99", language: latvian}, '),
        ("languages: [lv, en]", "languages: []"),
        ("    sorry: town/sorry\n", ""),
        ("sorry:", "sory:"),
        ('"1": {destination: desk}', '"1": desk'),
        ('"1": {destination: desk}', '"11": {destination: desk}'),
        ('"1": {destination: desk}', '"1": {destinatoin: desk}'),
        ('"1": {destination: desk}', '"1":'),
        ("retries: 2, exit: operator", "retries: 2, exit: repeat"),
        ("retries: 2, exit: operator", "retries: 9, exit: operator"),
        ("safety: true", "safety: yes"),
        ("safety: true", "strategy: any"),
        ("police-1, ring: 20", "police-1, ring: 300"),
        ("police-1, ring: 20", "police-1, ring: 20.5"),
        ("    hours: office", "    hours:"),
        ("{lv: Policija, en: Police}", "Police"),
        ("{lv: Policija, en: Police}", "{latvian: Policija}"),
        ('monday: "08:00-18:00"', 'monday: "8-18"'),
        ('monday: "08:00-18:00"', 'monday: ["08:00-18:00", 3]'),
        ('monday: "08:00-18:00"', 'mnday: "08:00-18:00"'),
        ("  after-hours:\n", "  After Hours:\n"),
        ("hours:\n  office:\n", "expectations: [{}]\nhours:\n  office:\n"),
        ("hours:\n  office:\n", "announcements: {a: {services: [town]}}\nhours:\n  office:\n"),
    ],
)
def test_wrong_files_do_not_fit(old: str, new: str) -> None:
    assert not fits(changed(old, new))


WORDS = sorted({word.strip('[]{},"') for word in FULL.replace(":", " ").split()} - {""})
VALUES = st.sampled_from([*WORDS, 3, 20, 4.5, True, None, [], {}, ["08:00-12:00"], {"then": "operator"}])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_does_not_fit_is_refused_by_the_check_too(data: st.DataObject) -> None:
    value = value_of(FULL)
    node, path = value, []
    while isinstance(node, dict | list) and node and (not path or data.draw(st.booleans())):
        key = (
            data.draw(st.sampled_from(sorted(node)))
            if isinstance(node, dict)
            else data.draw(st.sampled_from(range(len(node))))
        )
        parent, node = node, node[key]
        path.append(key)
    parent[key] = data.draw(VALUES)
    reading = parse(as_yaml(value), "rules.yaml")
    assert reading.root is not None
    if not VALIDATOR.is_valid(value):
        assert shaped(reading.root)[1]


def as_yaml(value: object) -> str:
    """Write a value in YAML's flow style, texts in quotes."""
    match value:
        case dict():
            return "{" + ", ".join(f'"{key}": {as_yaml(item)}' for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(as_yaml, value)) + "]"
        case str():
            return f'"{value}"'
        case None:
            return "~"
        case bool():
            return str(value).lower()
        case _:
            return str(value)
