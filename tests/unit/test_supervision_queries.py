"""What a query of an address may hold: never a token, whoever made it."""

import secrets

import pytest

from ivr.supervision.access.tokens import TOKEN_BYTES
from ivr.supervision.api.shapes import wrong_query

SECRET = b"t-0_" + b"Zz9" * 13  # as long as a token


@pytest.mark.parametrize(
    "query",
    [
        b"token=x",
        b"access_token=",
        b"TOKEN=x",
        b"a=1&key=2",
        b"%74oken=x",
        b"q=" + SECRET,
        SECRET,
        SECRET + b"=1",
        b"a&b=1&c=" + SECRET,
    ],
)
def test_a_token_in_an_address_is_refused(query: bytes) -> None:
    """Whoever made it: what tells a right token from a wrong one would help to guess."""
    found = wrong_query(query)
    assert found is not None
    assert found.status == 400
    assert "Authorization: Bearer" in found.detail
    assert SECRET.decode() not in found.detail


def test_every_token_looks_like_one() -> None:
    assert all(wrong_query(f"q={secrets.token_urlsafe(TOKEN_BYTES)}".encode()) for _ in range(100))


@pytest.mark.parametrize(
    "query", [b"", b"all=true", b"who=anna&what=hangup&limit=10", b"who=" + SECRET[1:], b"\xff=%ff", b"&&=&"]
)
def test_any_other_query_is_fine(query: bytes) -> None:
    assert wrong_query(query) is None
