"""What the API says of itself: every route with its errors, every model with an example, who may use what."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from ivr.supervision.api.examples import EXAMPLES
from ivr.supervision.api.permissions import PERMISSIONS
from ivr.supervision.api.problems import MEDIA_TYPE
from ivr.supervision.models import Change, Problem

PATH = "/api/openapi.json"
SUMMARY = "Who waits, who talks, which line is in trouble, and what supervisors do about it."
DESCRIPTION = """Instants are ISO 8601 in UTC, durations are seconds. Callers' numbers are masked; a whole one is told for a
reason that is kept in the audit. An action answers when Asterisk has confirmed it. Errors are `application/problem+json`
(RFC 9457). `WS /api/events/ws` sends the same messages as `GET /api/events`."""
ERRORS = {
    "400": "What was asked is written wrong; `detail` names the places.",
    "401": "No token, or a wrong one.",
    "403": "The role is not enough, or the request comes from a page of another site.",
    "404": "There is no such thing.",
    "409": "It is not possible now; `detail` says why.",
    "411": "The order does not say how long it is (Content-Length).",
    "413": "The order is larger than 64 KiB.",
    "414": "The address is too long.",
    "421": "The header Host names another host.",
    "429": "Too many wrong tokens; `Retry-After` says when the next one is looked at.",
    "503": "PBX, engine, or a part of supervision is not there; or the audit cannot be written.",
    "504": "Asterisk did not say in time whether it was done; look before you ask again.",
}
OF_ALL = ("400", "411", "413", "414", "421", "503")
OF_READERS = ("401", "403", "404", "429")
OF_ORDERS = ("409", "504")


def install(app: FastAPI) -> None:
    """Let an app give its schema at `PATH`; it is made once."""
    made: dict[str, Any] = {}

    def schema() -> dict[str, Any]:
        if not made:
            made.update(_schema(app))
        return made

    async def asked() -> JSONResponse:
        return JSONResponse(schema())

    app.add_api_route(PATH, asked, include_in_schema=False)
    app.openapi = schema  # type: ignore[method-assign]


def _schema(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (Change, Problem):  # a stream and errors: FastAPI does not know of them
        told = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(told.pop("$defs", {}) | schemas)
        schemas.setdefault(model.__name__, told)
    for name, example in EXAMPLES.items():
        schemas[name]["examples"] = [example]
    found["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for method, path, operation in _operations(found):
        _completed(method, path, operation)
    return found


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _completed(method: str, path: str, operation: dict[str, Any]) -> None:
    needed = PERMISSIONS[method, path]
    is_open = needed == "open"
    answers = operation["responses"]
    answers.pop("422", None)  # a wrong order is answered by 400 here
    codes = (*OF_ALL, *(() if is_open else OF_READERS), *(OF_ORDERS if method == "POST" else ()))
    for code in sorted(codes):
        answers[code] = _error(code)
    operation["security"] = [] if is_open else [{"bearer": []}]
    operation["description"] = f"{operation['description'].strip()}\n\nRole: {'none' if is_open else needed}."
    if path == "/api/events":
        answers["200"]["content"] = {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Change"}}}


def _error(code: str) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": ERRORS[code], "content": {MEDIA_TYPE: content}}
