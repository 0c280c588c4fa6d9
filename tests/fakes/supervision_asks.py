"""Asking the API of supervision in this process, and what its routes take."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
from starlette.types import ASGIApp

from ivr.supervision.api.app import bare_app
from ivr.supervision.api.examples import EXAMPLES
from ivr.supervision.api.parts import Parts
from ivr.supervision.models import Problem


@asynccontextmanager
async def client(app: ASGIApp, address: str = "192.0.2.7") -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of an app; a fault of the app is answered, not raised."""
    transport = httpx.ASGITransport(app, client=(address, 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://ivr.example") as found:
        yield found


def problem(found: httpx.Response) -> Problem:
    """Read what is wrong."""
    assert found.headers["content-type"] == "application/problem+json", found.text
    told = Problem.model_validate_json(found.content)
    assert told.status == found.status_code
    assert len(told.detail) > 10
    return told


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that signs itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    names = ("-subj", "/CN=ivr", "-addext", "subjectAltName=IP:127.0.0.1")
    usage = ("-addext", "keyUsage=critical,keyCertSign,digitalSignature")
    made = (
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        str(key),
        "-out",
        str(cert),
    )
    subprocess.run(("openssl", "req", "-x509", "-days", "2", *names, *usage, *made), check=True, capture_output=True)
    return cert, key


@cache
def described() -> dict[str, Any]:
    """Give what the API says of itself."""
    return bare_app(cast("Parts", None)).openapi()


def order_of(path: str) -> Any:
    """Give the example of the order that a route takes; None if it takes none."""
    body = described()["paths"][path]["post"].get("requestBody")
    if body is None:
        return None
    return EXAMPLES[body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]]
