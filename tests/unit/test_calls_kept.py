"""What Asterisk keeps of a session comes back as it was, and nothing else is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.calls.kept import LETTERS, MOST, NEW, Kept, pack, unpack

COUNTS = st.integers(0, MOST)
SINCE = st.integers(1, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
KEPT = st.builds(
    Kept,
    step=COUNTS,
    hops=COUNTS,
    asked=COUNTS,
    crowded=st.booleans(),
    invalid=COUNTS,
    no_input=COUNTS,
    announcing=st.booleans(),
    since=st.none() | SINCE,
    results=st.lists(st.sampled_from(list(LETTERS)), max_size=8).map(tuple),
)


@given(KEPT)
def test_what_is_packed_comes_back(kept: Kept) -> None:
    assert unpack(pack(kept)) == kept


def test_the_places_are_those_that_the_dialplan_cuts() -> None:
    """dialplans/pbx/extensions.conf takes hops, asked, crowded, invalid, no_input from places 2 to 6."""
    since = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=0.7)
    kept = Kept(step=11, hops=2, asked=3, crowded=True, invalid=4, no_input=5, announcing=True, since=since)
    assert pack(kept).split("-")[:7] == ["11", "2", "3", "1", "4", "5", "1"]
    assert pack(NEW) == "0-0-0-0-0-0-0-0-"


@pytest.mark.parametrize(
    "text",
    ["", "1", "1-2-3", "0-0-0-2-0-0-0-0-", "0-0-0-0-0-0-0-0-x", "-1-0-0-0-0-0-0-0-", "9999999-0-0-0-0-0-0-0-", "(null)",
     "0-0-0-0-0-0-0-0-b\n", "\u0661-0-0-0-0-0-0-0-"],
)  # fmt: skip
def test_what_is_no_state_is_nothing(text: str) -> None:
    assert unpack(text) is None


@given(st.text(max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    found = unpack(text)
    assert found is None or pack(found).rstrip("bnuf")
