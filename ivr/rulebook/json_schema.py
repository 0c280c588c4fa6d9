"""The rules' schema as a JSON Schema, for editors that complete keys and mark mistakes while one types.

Rule 1: it is made from `ivr.rulebook.schema`, so it cannot differ from what `ivr rules check` expects of the shape. Which
names exist, and what the rules mean, only `ivr rules check` knows.
"""

from typing import Any, TypeAlias

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ivr.rulebook.schema import Rulebook

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "Routing rules of the municipal IVR"

_Schema: TypeAlias = dict[str, Any]
_NULL = {"type": "null"}


class _Generator(GenerateJsonSchema):
    """Adds the short forms: a single text for a list, a word for a target."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """Return the long form, and beside it the short one that the function widens."""
        long = self.generate_inner(schema["schema"])
        widen: Any = schema["function"]["function"]
        wide = widen("")
        if isinstance(wide, list):
            return {"anyOf": [long["items"], long]}
        if isinstance(wide, dict):
            return {"anyOf": [self._word(long, *wide), long]}
        return long

    def _word(self, long: JsonSchemaValue, key: str) -> JsonSchemaValue:
        found = self.get_schema_from_definitions(long["$ref"]) or {}
        return _without_null(found["properties"][key])


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a rules file, root or included; every key has a description."""
    made: _Schema = Rulebook.model_json_schema(by_alias=True, schema_generator=_Generator)
    tidy = _tidy(made)
    # An included file may hold any part of the sections, so none is needed in every file.
    tidy.pop("required", None)
    return {"$schema": DIALECT, **tidy, "title": TITLE}


def _tidy(schema: _Schema) -> _Schema:
    """Return the schema without null (a key without a value is a mistake) and without keys that are not named."""
    found: _Schema = {key: _tidied(key, value) for key, value in _without_null(schema).items()}
    if "patternProperties" in found:
        found["additionalProperties"] = False
    if "default" in found:
        found |= _default(found.pop("default"))
    if "properties" not in found and isinstance(found.get("title"), str):
        del found["title"]  # only repeats the key
    return found


def _tidied(key: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if key in {"properties", "patternProperties", "$defs"}:
        return {name: _tidy(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_tidy(one) if isinstance(one, dict) else one for one in value]
    return _tidy(value) if isinstance(value, dict) and key != "default" else value


def _default(value: Any) -> _Schema:  # noqa: ANN401 - JSON
    """Return the default as it would be written, or nothing if it is simply absent."""
    written = {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else value
    return {} if written in (None, {}, []) else {"default": written}


def _without_null(schema: _Schema) -> _Schema:
    kept = [one for one in schema.get("anyOf", []) if one != _NULL]
    if len(kept) == len(schema.get("anyOf", [])):
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**(kept[0] if len(kept) == 1 else {"anyOf": kept}), **rest}
