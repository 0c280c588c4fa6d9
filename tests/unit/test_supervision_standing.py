"""Open or closed, why and until when, by hand-made tables and against what the engine would decide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.routing.decide import decide
from ivr.routing.decision import Facts, RingPhone
from ivr.routing.rules import Override, OverrideKind, Ruleset
from ivr.routing.targets import ToDestination
from ivr.supervision.now.standing import Moment, Standing
from ivr.vocabulary import DestinationId, HoursId, OverrideId, ServiceId
from tests.fakes.hours_samples import made, span, tables
from tests.fakes.rules_text import FULL, read_text

RIGA = ZoneInfo("Europe/Riga")
DESK, POLICE, DUTY = DestinationId("desk"), DestinationId("police"), DestinationId("away")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RULES = read_text(FULL)


def riga(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIGA)


def utc(text: str | None) -> datetime | None:
    return None if text is None else riga(text).astimezone(UTC)


def ordered(kind: OverrideKind, since: datetime, until: datetime, to: DestinationId | None = None) -> Override:
    name = OverrideId(f"{int(since.timestamp()) % 2**32:08x}")
    return Override(name, DESK, kind, since, until, "flood", "anna", to)


def with_orders(*orders: Override, of: DestinationId = DESK, rules: Ruleset = RULES) -> Ruleset:
    return rules.overridden({of: tuple(replace(one, destination=of) for one in orders)})


def standing(rules: Ruleset, at: datetime, name: DestinationId = DESK) -> Standing:
    return Moment(rules, at).standing(rules.destinations[name])


@pytest.mark.parametrize(
    ("at", "is_open", "why", "until"),
    [
        ("2026-11-23 10:00", True, "office: monday is open 08:00-18:00", "2026-11-23 18:00"),
        ("2026-11-23 18:00", False, "office: monday is open 08:00-18:00 only", "2026-11-24 08:00"),
        ("2026-11-24 12:30", False, "office: tuesday is open 08:00-12:00, 13:00-17:00 only", "2026-11-24 13:00"),
        ("2026-11-28 03:00", True, "office: friday is open 22:00-06:00", "2026-11-28 06:00"),
        ("2026-11-29 12:00", False, "office: sunday has no open hours", "2026-11-30 08:00"),
        (
            "2026-11-18 10:00",
            False,
            "office: 2026-11-18 is a public holiday (Latvijas Republikas Proklamēšanas diena)",
            "2026-11-19 08:00",
        ),
        ("2026-03-17 12:00", False, "office: tuesday has no open hours; spring (flood)", "2026-03-23 12:00"),
        ("2026-01-02 10:00", False, "office: 2026-01-02 is a day off (moved)", "2026-01-05 08:00"),
    ],
)
def test_hours_in_the_words_of_the_rules(at: str, is_open: bool, why: str, until: str) -> None:
    assert standing(RULES, riga(at)) == Standing(is_open, why, utc(until))


def test_nothing_closes_a_safety_line_and_what_has_no_hours_is_open() -> None:
    closed = ordered(OverrideKind.CLOSED, riga("2026-11-23 08:00"), riga("2026-11-23 20:00"))
    at = riga("2026-11-23 10:00")
    assert standing(with_orders(closed, of=POLICE), at, POLICE) == Standing(
        True, "a safety line: nothing closes it", None
    )
    assert standing(RULES, at, DUTY) == Standing(True, "open day and night", None)


@pytest.mark.parametrize(
    ("orders", "at", "is_open", "why", "until"),
    [
        # closed by a person until the evening; the office itself is closed by then, so it opens in the morning
        ([("closed", "23 09:00", "23 20:00")], "23 10:00", False, "closed by anna: flood", "24 08:00"),
        # kept open for the evening; nothing changes at 18:00
        ([("open", "23 09:00", "23 20:00")], "23 10:00", True, "open by anna: flood", "23 20:00"),
        ([("redirect", "23 09:00", "23 11:00")], "23 10:00", False, "redirected to away by anna: flood", "23 11:00"),
        # not yet: the hours say why, the order until when
        (
            [("closed", "23 12:00", "23 20:00")],
            "23 10:00",
            True,
            "office: monday is open 08:00-18:00",
            "23 12:00",
        ),
        # the youngest counts, and the older one again after it
        (
            [("closed", "23 09:00", "23 17:00"), ("open", "23 10:00", "23 11:00")],
            "23 10:30",
            True,
            "open by anna: flood",
            "23 11:00",
        ),
        (
            [("closed", "23 09:00", "23 17:00"), ("open", "23 12:00", "23 13:00")],
            "23 10:30",
            False,
            "closed by anna: flood",
            "23 12:00",
        ),
    ],
)
def test_orders_come_before_hours(
    orders: list[tuple[str, str, str]], at: str, is_open: bool, why: str, until: str
) -> None:
    made = [
        ordered(
            OverrideKind(kind), riga(f"2026-11-{since}"), riga(f"2026-11-{end}"), DUTY if kind == "redirect" else None
        )
        for kind, since, end in orders
    ]
    found = standing(with_orders(*made), riga(f"2026-11-{at}"))
    assert (found.open, found.why, found.until) == (is_open, why, utc(f"2026-11-{until}"))
    assert bool(found.override) is not why.startswith("office")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-10-24 20:00", "2026-10-25 02:00"),  # UTC: Kyiv's 04:00, after the hour that comes twice
        ("2027-03-27 20:00", "2027-03-28 01:00"),  # one hour less
    ],
)
def test_a_night_in_which_the_clocks_change(at: str, until: str) -> None:
    night = made("office", "Europe/Kyiv", {5: (span("22:00-04:00"),)})
    rules = replace(RULES, hours={night.id: night})
    found = standing(rules, datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert (found.open, found.until) == (True, datetime.fromisoformat(until).replace(tzinfo=UTC))


SAMPLES = tables()
STARTS = [riga(day) for day in ("2026-10-25", "2026-11-23", "2026-12-24", "2027-03-28")]
INSTANTS = st.builds(
    lambda start, minutes, seconds: start.astimezone(UTC) + minutes * MINUTE + timedelta(seconds=seconds),
    st.sampled_from(STARTS),
    st.integers(-1440, 2880),
    st.sampled_from([0, 0, 30]),
)
ORDERS = st.lists(
    st.builds(
        lambda kind, since, hours: ordered(
            kind, since, since + hours * HOUR, DUTY if kind is OverrideKind.REDIRECT else None
        ),
        st.sampled_from(OverrideKind),
        INSTANTS,
        st.integers(1, 40),
    ),
    max_size=3,
)


@given(hours=st.sampled_from(SAMPLES), orders=ORDERS, at=INSTANTS)
def test_it_is_what_the_engine_decides_until_it_changes(hours: object, orders: list[Override], at: datetime) -> None:
    rules = with_orders(*orders, rules=replace(RULES, hours={HoursId("office"): hours}))  # type: ignore[dict-item]
    found = standing(rules, at)

    def taken(instant: datetime) -> bool:
        decision = decide(Facts(ServiceId("town"), ToDestination(DESK)), rules, instant)
        return isinstance(decision.outcome, RingPhone) and decision.outcome.destination == DESK

    assert found.open is taken(at)
    if found.until is None:
        return
    assert found.until > at
    assert taken(found.until) is not found.open
    assert taken(found.until - timedelta(microseconds=1)) is found.open
    assert taken(at + (found.until - at) / 2) is found.open
