"""What the API says of itself is whole, and is what it does: schemathesis asks every route in hundreds of ways."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from ivr.supervision import models
from ivr.supervision.api.examples import EXAMPLES
from ivr.supervision.api.permissions import PERMISSIONS, WEBSOCKET
from ivr.supervision.models import Model, Role
from tests.fakes.supervision_asks import described
from tests.fakes.supervision_parts import Fakes, fakes

SCHEMA = described()
OPERATIONS = [(method, path, one) for path, item in SCHEMA["paths"].items() for method, one in item.items()]
NAMES = [f"{method.upper()} {path}" for method, path, _ in OPERATIONS]
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance, negative_data_rejection]
HIDDEN = {"/api/openapi.json"}
EXAMPLES_EACH = 12
REFUSALS = ["400", "403", "404", "411", "413", "414"]
"""How what is wrong may be answered; schemathesis' own list lacks the last three and would take 5xx."""
CONFIG = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
ENDLESS, BARE = {"GET /api/events"}, {"GET /healthz", "GET /readyz"}
ASKED = [
    (name, mode)
    for name in NAMES
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if name not in ENDLESS
    and not (name in BARE and mode is GenerationMode.NEGATIVE)  # they take nothing that could be wrong
]


def refs(value: object) -> Iterator[str]:
    match value:
        case dict():
            for name, one in value.items():
                if name == "$ref":
                    yield str(one)
                else:
                    yield from refs(one)
        case list():
            for one in value:
                yield from refs(one)


def test_every_route_is_described() -> None:
    of_table = {(method, path) for method, path in PERMISSIONS if method != WEBSOCKET and "/wallboard" not in path}
    assert {(m.upper(), p) for m, p, _ in OPERATIONS} == {(m, p) for m, p in of_table if p not in HIDDEN}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_a_route_says_what_it_does_who_may_and_what_can_go_wrong(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    needed = PERMISSIONS[method.upper(), path]
    assert re.fullmatch(r"[A-Z].{5,60}", operation["summary"])
    assert len(operation["description"]) > 20
    assert f"Role: {'none' if needed == 'open' else needed}." in operation["description"]
    assert operation["security"] == ([] if needed == "open" else [{"bearer": []}])
    answers = operation["responses"]
    assert "200" in answers
    assert "422" not in answers
    wanted = {"400", "503"} | (set() if needed == "open" else {"401", "403", "404", "429"})
    assert wanted | ({"409", "504"} if method == "post" else set()) <= set(answers)
    for code, answer in answers.items():
        assert answer["description"]
        if code != "200":
            assert answer["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
    for parameter in operation.get("parameters", []):
        assert parameter["in"] != "path" or parameter["schema"]["pattern"]


def test_every_model_has_an_example_that_fits_and_every_reference_leads_somewhere() -> None:
    found = SCHEMA["components"]["schemas"]
    for name, schema in found.items():
        if schema.get("type") == "object":
            assert schema["examples"] == [EXAMPLES[name]], name
            assert schema.get("description"), name
            whole = {**schema, "components": SCHEMA["components"]}
            Draft202012Validator(whole).validate(EXAMPLES[name])
            model = getattr(models, name, None)
            if model is not None:
                assert issubclass(model, Model)
                model.model_validate(EXAMPLES[name])
    assert {ref.rsplit("/", 1)[1] for ref in refs(SCHEMA)} <= set(found)
    assert set(EXAMPLES) <= set(found)


def test_no_whole_number_is_in_the_description_but_the_one_that_is_asked_for() -> None:
    text = str({name: example for name, example in EXAMPLES.items() if name != "CallerNumber"})
    assert EXAMPLES["CallerNumber"]["caller"] not in text


# --- asked in hundreds of ways


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Fakes:
    return fakes(tmp_path_factory.mktemp("schema"))


@pytest.fixture(scope="module")
def operations(made: Fakes) -> dict[str, Any]:
    headers = {**made.bearer(Role.ADMIN), "Host": "ivr.example"}
    found = schemathesis.openapi.from_asgi("/api/openapi.json", made.gate(), config=CONFIG, headers=headers)
    return {one.ok().label: one.ok() for one in found.get_all_operations()}


@pytest.mark.parametrize(("name", "mode"), ASKED, ids=lambda one: getattr(one, "value", one))
def test_every_answer_is_as_described_and_none_is_a_fault(
    made: Fakes, operations: dict[str, Any], name: str, mode: GenerationMode
) -> None:
    @given(operations[name].as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES_EACH, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case) -> None:
        case.headers = {**(case.headers or {}), **made.bearer(Role.ADMIN), "Host": "ivr.example"}
        found = case.call()
        assert found.status_code < 500
        case.validate_response(found, checks=CHECKS)

    ask()
