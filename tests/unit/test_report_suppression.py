"""What the public variant hides cannot be computed from what it shows: checked by trying every possibility."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from cdr.report.cells import Cells, Counted, counts
from cdr.report.model import Table
from cdr.report.suppress import Sum, hidden_keys, hide, published
from cdr.report.words import Words

CELLS = Cells(Words("en"))
THRESHOLD = 5


def table(*parts: int, name: str = "t", total_key: str = "") -> Table:
    rows = [Counted(str(n), f"row {n}", count, f"{name}:{n}") for n, count in enumerate(parts)]
    total = Counted("total", "All", sum(parts), total_key or f"{name}:all")
    return counts(CELLS, name, "Caption", "Title", rows, total, unit="calls")


def shown(one: Table) -> list[str]:
    return [row.cells[1].text for row in one.rows]


def hidden(*tables: Table, sums: Sequence[Sum] = ()) -> list[list[str]]:
    return [shown(one) for one in hide(tables, hidden_keys(tables, THRESHOLD, sums))]


def test_a_small_count_takes_the_next_one_with_it() -> None:
    assert hidden(table(100, 20, 3)) == [["100", "·", "·", "123"]]


def test_zero_shows_and_shares_are_hidden_with_their_counts() -> None:
    (one,) = hide([table(100, 20, 3, 0)], hidden_keys([table(100, 20, 3, 0)], THRESHOLD))
    assert shown(one) == ["100", "·", "·", "0", "123"]
    assert [row.cells[2].text for row in one.rows] == ["81.3\u00a0%", "·", "·", "0.0\u00a0%", ""]
    assert all(cell.value is None for row in one.rows for cell in row.cells if cell.hidden)


def test_two_small_counts_that_give_each_other_away_take_a_third() -> None:
    assert hidden(table(50, 1, 1)) == [["·", "·", "·", "52"]]
    assert hidden(table(50, 4, 4)) == [["50", "·", "·", "58"]]


def test_a_total_is_hidden_where_nothing_else_can_hide_a_count() -> None:
    assert hidden(table(3)) == [["·", "·"]]
    assert hidden(table(2, 2)) == [["·", "·", "·"]]
    assert hidden(table(0, 0)) == [["0", "0", "0"]]


def test_what_is_hidden_in_one_table_is_hidden_in_all_and_does_not_follow_from_another() -> None:
    first, second = table(100, 3, 8, name="a", total_key="all"), table(60, 51, name="b", total_key="all")
    assert hidden(first, second) == [["100", "·", "·", "111"], ["60", "51", "111"]]
    below = table(2, 1, 97, name="c", total_key="a:0")
    assert hidden(first, below) == [["100", "·", "·", "111"], ["·", "·", "·", "100"]]


def test_a_sum_that_no_column_tells_counts_too() -> None:
    first, other = table(100, 3, 8, name="a"), table(8, 70, name="b")
    told = [Sum("a:2", ("b:0",))]
    assert hidden(first, other, sums=told) == [["100", "·", "·", "111"], ["·", "·", "78"]]


def test_columns_that_are_not_for_the_public_are_left_out() -> None:
    one = published(replace(table(9, 8), private=("share",)))
    assert [column.key for column in one.columns] == ["name", "count"]
    assert [len(row.cells) for row in one.rows] == [2, 2, 2]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from((0, 1, 1, 2, 8)), min_size=1, max_size=3),
    st.lists(st.sampled_from((1, 2, 4)), min_size=0, max_size=2),
)
def test_every_small_count_could_be_another(parts: list[int], below: list[int]) -> None:
    """`below` splits the first part once more, so that two sums hang together."""
    parts = [sum(below), *parts] if below else parts
    tables = [table(*parts, name="t")] + ([table(*below, name="u", total_key="t:0")] if below else [])
    keys = hidden_keys(tables, THRESHOLD)
    real = {cell.count_key: cell.value for one in tables for row in one.rows for cell in row.cells if cell.count_key}
    small = {key for key, value in real.items() if isinstance(value, int) and 0 < value < THRESHOLD}
    assert small <= keys
    possible = {key: {world[key] for world in worlds(tables, real, keys)} for key in small}
    assert all(len(values) > 1 for values in possible.values()), possible


def worlds(tables: Sequence[Table], real: dict[str, object], keys: frozenset[str]) -> Iterator[dict[str, int]]:
    """Give every world that shows the same: hidden counts are at least 1, and the sums hold."""
    parts = {one.id: [row.cells[1].count_key for row in one.body()] for one in tables}
    totals = {one.id: one.rows[-1].cells[1].count_key for one in tables}
    leaves = [key for name in parts for key in parts[name] if key not in totals.values()]
    unknown = [key for key in leaves if key in keys]
    for guess in product(range(1, 9), repeat=len(unknown)):
        world = {key: int(str(real[key])) for key in leaves} | dict(zip(unknown, guess, strict=True))
        for name in reversed(parts):
            world[totals[name]] = sum(world[key] for key in parts[name])
        fits = all(world[key] == value for key, value in real.items() if key not in keys)
        if fits and all(world[key] > 0 for key in keys):
            yield world
