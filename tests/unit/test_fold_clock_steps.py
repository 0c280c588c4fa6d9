"""The host's clock is stepped in the middle of calls: durations and the order stay as if it had not been."""

import re
from dataclasses import fields, replace
from datetime import timedelta

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cdr.fold.call import as_written
from cdr.journal.clock import FAR, ClockStep, may_follow, once
from cdr.record.record import CallRecord
from tests.fakes.call_pieces import IN, RINGS, TALKS, TOLD, dial_fails, ends
from tests.fakes.call_table import lines_of
from tests.fakes.journal_marks import folded, mark_line, read

HOUR = 3_600_000_000  # microseconds
CALLS = (
    IN + TALKS + ends(20, "info-1"),
    IN + RINGS + dial_fails(9, "info-1", "BUSY") + "9.05 caller IVR_RING destination=info phone=info-2" + ends(9.1),
    TOLD + ends(12),
    IN + ends(7),
    IN,
)
TIME = re.compile(rb'^("[^"]+",")(\d+)\.(\d{6})"')


def time_of(line: bytes) -> int:
    found = TIME.match(line)
    assert found
    return int(found[2]) * 1_000_000 + int(found[3])


def moved(line: bytes, by: int) -> bytes:
    at = time_of(line) + by
    return TIME.sub(rb"\g<1>%d.%06d" % divmod(at, 1_000_000) + b'"', line, count=1)


def journal(starts: list[int]) -> list[bytes]:
    """Give the lines of calls that began so many microseconds after the first, in the order of their times."""
    lines = [moved(line, at) for n, at in enumerate(starts) for line in lines_of(CALLS[n % len(CALLS)], n + 1)]
    return sorted(lines, key=time_of)


def told(line_before: bytes, step: int, late: int, uniqueid: str = "pbx-1795000000.99") -> bytes:
    """Give the mark of a step, `late` microseconds after a line."""
    text = f"{'-' if step < 0 else ''}{abs(step) // 1_000_000}.{abs(step) % 1_000_000:06d}"
    extra = '{"extra":"{\\"seconds\\":\\"' + text + '\\"}"}'
    return mark_line("IVR_CLOCK", time_of(line_before) + late, uniqueid, extra)


def stepped(lines: list[bytes], place: int, step: int, late: int) -> list[bytes]:
    """Step the clock just before a line; the mark is written up to `late` microseconds later."""
    since = time_of(lines[place])
    later = (n for n, line in enumerate(lines) if n > place and time_of(line) > since + late)
    before = next(later, len(lines))
    after = [moved(line, step) for line in lines[place:]]
    mark = told(moved(lines[place], step), step, late)
    return [*lines[:place], *after[: before - place], mark, *after[before - place :]]


def same_but_for_the_clock(found: CallRecord, plain: CallRecord) -> bool:
    """Compare two records; their beginnings may differ, what follows may not."""
    by = found.started - plain.started
    names = [one.name for one in fields(plain) if one.name != "stepped"]
    return all(_moved(getattr(found, name), -by) == getattr(plain, name) for name in names)


def _moved(value: object, by: timedelta) -> object:
    if hasattr(value, "year"):
        return value + by  # type: ignore[operator]
    if isinstance(value, tuple):
        return tuple(_moved(one, by) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{name: _moved(getattr(value, name), by) for name in value.__dataclass_fields__})
    return value


STEPS = st.one_of(st.integers(2_000_000, 3 * HOUR), st.integers(-3 * HOUR, -FAR), st.sampled_from([HOUR, -HOUR]))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 30_000_000), min_size=1, max_size=6),
    st.floats(0, 1, exclude_max=True),
    STEPS,
    st.integers(1, 9_000_000),
)
@example([0], 0.5, HOUR, 300_000)
@example([0, 0, 0], 0.5, -HOUR, 300_000)
@example([0, 100_000], 0.1, -HOUR, 3_000_000)  # an engine on a busy machine tells late, and calls begin meanwhile
def test_a_step_that_is_told_changes_no_duration_and_no_step(
    starts: list[int], where: float, step: int, late: int
) -> None:
    lines = journal(starts)
    place = int(where * len(lines))
    late = min(late, abs(step) // 2 - 1)  # which lines have a new clock that is hardly ahead is seen only that soon
    plain, found = folded(lines), folded(stepped(lines, place, step, late))
    assert found.keys() == plain.keys()
    for name, record in found.items():
        assert same_but_for_the_clock(record, plain[name]), (record, plain[name])
        assert record.stepped in (timedelta(0), timedelta(microseconds=step))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 30_000_000), min_size=1, max_size=4), st.floats(0, 1, exclude_max=True), st.booleans())
def test_there_and_back_again(starts: list[int], where: float, forward_first: bool) -> None:
    lines = journal(starts)
    place = int(where * len(lines))
    step = HOUR if forward_first else -HOUR
    once_stepped = stepped(lines, place, step, 300_000)
    place = (place + len(once_stepped)) // 2
    assume(any(b"IVR_CLOCK" in line for line in once_stepped[:place]))  # told before the next step
    twice = stepped(once_stepped, place, -step, 300_000)
    plain, found = folded(lines), folded(twice)
    assert {name: (one.menu, one.waiting, one.talking) for name, one in found.items()} == {
        name: (one.menu, one.waiting, one.talking) for name, one in plain.items()
    }


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 30_000_000), min_size=1, max_size=4),
    st.floats(0, 1, exclude_max=True),
    st.integers(-FAR, -600_000),
)
def test_a_small_step_back_leaves_the_whole_time_right(starts: list[int], where: float, step: int) -> None:
    lines = journal(starts)
    place = int(where * len(lines))
    plain, found = folded(lines), folded(stepped(lines, place, step, 1))
    since = time_of(lines[place])
    at_the_step = folded([line for line in lines if since <= time_of(line) <= since + 1])
    for name, record in found.items():
        # whether a first or last line just then had the new clock shows nowhere
        assert name in at_the_step or record.total == plain[name].total
        assert [one.kind for one in record.steps] == [one.kind for one in plain[name].steps]
        assert record.menu + record.waiting + record.talking == record.total


def test_a_step_back_that_nobody_told_shows_in_the_order_and_its_time_counts_as_none() -> None:
    lines = journal([0])
    (plain,) = folded(lines).values()
    for place in range(1, len(lines)):
        (found,) = folded([*lines[:place], *(moved(line, -HOUR) for line in lines[place:])]).values()
        lost = timedelta(microseconds=time_of(lines[place]) - time_of(lines[place - 1]) - 1)
        assert abs(plain.total - lost - found.total) <= timedelta(microseconds=1)
        assert found.disposition is plain.disposition
        assert [(one.kind, one.name) for one in found.steps] == [(one.kind, one.name) for one in plain.steps]
        assert found.stepped == lost - timedelta(hours=1)


def test_a_step_forward_that_nobody_told_does_not_show() -> None:
    lines = journal([0])
    (plain,) = folded(lines).values()
    (found,) = folded([*lines[:9], *(moved(line, HOUR) for line in lines[9:])]).values()
    assert found.total == plain.total + timedelta(hours=1)


def test_the_same_step_told_by_two_engines_counts_once() -> None:
    lines = journal([0, 2_000_000])
    changed = stepped(lines, 20, HOUR, 100_000)
    place = next(number for number, line in enumerate(changed) if b"IVR_CLOCK" in line)
    twice = [*changed[:place], told(changed[place], HOUR, 400_000, "pbx-1795000000.98"), *changed[place:]]
    assert folded(twice) == folded(changed)
    steps = [ClockStep(("f", n), n * 1_000_000, step) for n, step in enumerate((HOUR, HOUR + 1000, -HOUR, HOUR))]
    assert [one.place[1] for one in once(steps)] == [0, 2, 3]


def test_a_line_from_before_the_step_may_be_written_after_one_with_the_new_clock() -> None:
    lines = journal([0])
    for step in (HOUR, -HOUR):
        changed = stepped(lines, 10, step, 300_000)
        late = [*changed[:9], changed[10], changed[9], *changed[11:]]
        (found,), (plain,) = folded(late).values(), folded(lines).values()
        assert (found.total, found.menu, found.talking) == (plain.total, plain.menu, plain.talking)


def test_what_may_have_been_written_between_a_step_and_its_telling() -> None:
    told_at, second = 10 * HOUR, 1_000_000
    forward, back = (ClockStep(("f", 1), told_at, step) for step in (HOUR, -HOUR))
    assert [may_follow(told_at + by, forward) for by in (0, -HOUR // 2, -HOUR)] == [True, False, False]
    assert [may_follow(told_at + by * second, back) for by in (1, 0, -599, -601)] == [False, True, True, False]


def test_a_line_in_two_files_counts_at_the_first_place() -> None:
    lines = journal([0])
    first = read(b"".join(lines))
    copy = [replace(one, file="9", offset=one.offset) for one in first]
    assert as_written([*copy, *first]) == as_written([*first, *copy]) == first
    unplaced = [replace(one, file="", offset=0) for one in first]
    assert as_written([*unplaced, *first, *unplaced]) == first
