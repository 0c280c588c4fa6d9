"""docs/routing_rules.md against the schema: every key is documented, none is extra, needs and defaults are right."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivr.rulebook import schema, schema_hours

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "routing_rules.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "The file": schema.Rulebook,
    "A service": schema.ServiceRules,
    "A number with its own language": schema.NumberRules,
    "Callers that are led elsewhere": schema.CallerRules,
    "A topic": schema.TopicRules,
    "A menu": schema.MenuRules,
    "The limit of a menu": schema.LimitRules,
    "A mistake of the caller": schema.Mistake,
    "The target of a key": schema.KeyTarget,
    "The target of an exit": schema.ExitTarget,
    "A destination": schema.DestinationRules,
    "A phone": schema.PhoneRules,
    "An external number": schema.ExternalRules,
    "A refusal": schema.RejectRules,
    "The exits of a destination": schema.Exits,
    "Office hours": schema_hours.HoursRules,
    "The week": schema_hours.Weekly,
    "A special day": schema_hours.SpecialDayRules,
    "A dated schedule": schema_hours.DatedRules,
    "An announcement": schema.AnnouncementRules,
    "An expectation": schema.ExpectationRules,
}
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def rows(section: str) -> dict[str, str]:
    """Return the documented keys of a section with what the column "needed" says."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return {key: needed.strip() for key, needed, _ in ROW.findall(text)}


def needed(field: FieldInfo) -> str:
    """Return what the column "needed" has to say of a field."""
    if field.is_required():
        return "yes"
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, schema.LimitRules):
        return f"{default.seconds} s"
    if isinstance(default, schema.Exits):
        return "none"
    if default == [] and field in schema_hours.Weekly.model_fields.values():
        return "closed"
    return "none" if default in (None, [], {}, "") else str(default).lower()


@pytest.mark.parametrize("section", SECTIONS)
def test_keys_needs_and_defaults(section: str) -> None:
    documented = rows(section)
    assert documented == {field.alias or key: needed(field) for key, field in SECTIONS[section].model_fields.items()}


def test_every_model_of_the_schema_has_its_section() -> None:
    models = {
        model
        for model in (*vars(schema).values(), *vars(schema_hours).values())
        if isinstance(model, type) and issubclass(model, BaseModel) and model.model_fields
    }
    assert models == set(SECTIONS.values())


def test_no_table_stands_outside_the_known_sections() -> None:
    assert len(ROW.findall(PAGE)) == sum(len(rows(section)) for section in SECTIONS)


@pytest.mark.parametrize("model", SECTIONS.values(), ids=lambda model: model.__name__)
def test_every_key_says_what_is_expected(model: type[BaseModel]) -> None:
    assert all(field.description for field in model.model_fields.values())
