"""Everything that is answered instead of what was asked: `application/problem+json` (RFC 9457), never a traceback."""

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from ivr.errors import IvrError, LinkError
from ivr.supervision.models import Problem
from ivr.supervision.refusals import UNKNOWN, AuditUnwritable, NotKnown, TooMany, status_of

MEDIA_TYPE = "application/problem+json"
BEARER = {"WWW-Authenticate": 'Bearer realm="municipal-ivr"'}
MOST_TOLD = 5  # mistakes of an order that are named
MOST_SHOWN = 400  # characters of a detail

logger = logging.getLogger(__name__)


def answer(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Make the answer that says what is wrong."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(problem.model_dump_json(), status, headers, MEDIA_TYPE)


def of_error(error: IvrError) -> Response:
    """Make the answer for one of our errors."""
    status, detail = status_of(error), str(error)
    match error:
        case NotKnown():
            return answer(status, detail, BEARER)
        case TooMany(retry_after=seconds):
            return answer(status, detail, {"Retry-After": str(max(1, math.ceil(seconds)))})
        case AuditUnwritable():
            return answer(status, detail, {"Retry-After": "5"})
        case LinkError() if status == UNKNOWN:
            return answer(status, f"{detail} Whether it was done is not known: look before you ask again")
        case _:
            return answer(status, detail)


def install(app: FastAPI) -> None:
    """Let an app answer all its errors so."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _wrong_order)
    app.add_exception_handler(IvrError, _ours)
    app.add_exception_handler(Exception, _unforeseen)


async def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return answer(error.status_code, str(error.detail), error.headers)


async def _ours(_: Request, error: Exception) -> Response:
    if not isinstance(error, IvrError):
        raise error
    return of_error(error)


async def _wrong_order(_: Request, error: Exception) -> Response:
    """Name the places and what was expected; never what was given: it may be somebody's number or secret."""
    if not isinstance(error, RequestValidationError):
        raise error
    told = [f"{_place(item['loc'])}: {item['msg']}" for item in error.errors()[:MOST_TOLD]]
    return answer(400, "; ".join(told)[:MOST_SHOWN])


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(str(part)[:40] for part in parts)


async def _unforeseen(request: Request, _: Exception) -> Response:
    """Answer a fault of ours; the server logs it with its traceback."""
    place = request.scope.get("state", {}).get("place", "")
    logger.error("%s %s failed; the traceback follows", request.method, place, extra={"action": "api_failed"})
    return answer(500, "this is a fault of supervision; its log has the reason. No call is touched by it")
