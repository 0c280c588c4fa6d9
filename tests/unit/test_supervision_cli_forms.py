"""How the commands of supervision write lists, find calls by a part of a name, and end."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ivr.cli.answers import Columns, Output, as_json, cell, fitted, folded, plain, tell
from ivr.cli.exits import Code, NotPossible, Unconfirmed, code_of
from ivr.cli.supervised import name_of
from ivr.errors import LinkLost, OperatorError, Unanswered
from ivr.live.client import NoEngine

CALLS = ["pbx-1795311670.1", "pbx-1795311670.10", "pbx-1795311999.1", "pbx-7"]
COLUMNS: Columns[tuple[str, int]] = {"name": lambda one: one[0], "count": lambda one: one[1]}
ITEMS = [("Ķekava", 3), ("", 12)]


@pytest.mark.parametrize(
    ("form", "headers", "written"),
    [
        (Output.TABLE, True, "name    count\nĶekava  3\n-       12\n"),
        (Output.TABLE, False, "Ķekava  3\n-       12\n"),
        (Output.JSON, True, '[{"name": "Ķekava", "count": 3}, {"name": "", "count": 12}]\n'),
        (Output.JSONL, True, '{"name": "Ķekava", "count": 3}\n{"name": "", "count": 12}\n'),
    ],
)
def test_a_list_is_written_in_each_form(
    form: Output, headers: bool, written: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(ITEMS, COLUMNS, lambda one: {"name": one[0], "count": one[1]}, form, headers=headers)
    assert capsys.readouterr().out == written


@pytest.mark.parametrize(
    ("form", "written"), [(Output.TABLE, "name  count\n"), (Output.JSON, "[]\n"), (Output.JSONL, "")]
)
def test_an_empty_list_is_written_in_each_form(form: Output, written: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell([], COLUMNS, lambda one: {"name": one[0]}, form)
    assert capsys.readouterr().out == written


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("", "-"),
        ((), "-"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        (("a", "b"), "a,b"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
    ],
)
def test_a_value_of_a_table(value: object, shown: str) -> None:
    assert cell(value) == shown


@given(st.lists(st.lists(st.text(st.characters(categories=["L", "N", "P"])), min_size=3, max_size=3), min_size=1))
def test_no_value_of_a_table_is_cut_and_columns_stand_under_each_other(rows: list[list[str]]) -> None:
    cells = [[cell(value) for value in row] for row in rows]
    lines = plain(cells)
    widths = [max(cell_len(row[number]) for row in cells) for number in range(3)]
    for row, line in zip(cells, lines, strict=True):
        assert line.startswith(row[0])
        assert line.endswith(row[2])
        before = line.removesuffix(row[2])
        assert cell_len(before) == widths[0] + widths[1] + 4


@pytest.mark.parametrize(
    ("widths", "least", "room", "fits"),
    [
        ([16, 6, 30], [0, 6, 7], 100, [16, 6, 30]),
        ([16, 6, 30], [0, 6, 7], 46, [16, 6, 20]),
        ([16, 20, 30], [0, 7, 7], 50, [16, 15, 15]),
        ([16, 20, 30], [0, 18, 7], 50, [16, 18, 12]),
        ([40, 9, 9], [0, 7, 7], 10, [40, 7, 7]),
        ([40], [0], 10, [40]),
    ],
)
def test_columns_are_made_narrower_the_widest_first(
    widths: list[int], least: list[int], room: int, fits: list[int]
) -> None:
    assert fitted(widths, least, room) == fits


@pytest.mark.parametrize(
    ("value", "width", "lines"),
    [
        ("kekava-utility-1", 16, ["kekava-utility-1"]),
        ("kekava-utility-1&kekava-duty", 15, ["kekava-utility-", "1&kekava-duty"]),
        ("kekava-utility-1", 10, ["kekava-", "utility-1"]),
        ("nobody answers there", 14, ["nobody answers", "there"]),
        ("2026-11-22T12:00", 10, ["2026-11-22", "T12:00"]),
        ("information", 7, ["informa", "tion"]),
        ("Tukums", 6, ["Tukums"]),
        ("", 5, [""]),
    ],
)
def test_a_value_is_folded_where_a_part_of_it_ends(value: str, width: int, lines: list[str]) -> None:
    assert folded(value, width) == lines


@given(st.text(st.sampled_from("ab-&, 1T漢")), st.integers(2, 12))
def test_folding_loses_nothing_and_fits(value: str, width: int) -> None:
    lines = folded(value, width)
    assert "".join(lines).replace(" ", "") == value.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)


def test_rows_are_folded_as_wide_as_the_terminal() -> None:
    rows = [["call", "place"], ["pbx-1.0", "kekava-utility"], ["pbx-2.0", "-"]]
    assert plain(rows, 17) == ["call     place", "pbx-1.0  kekava-", "         utility", "pbx-2.0  -"]


@given(st.text())
def test_json_has_nothing_that_steers_a_terminal(text: str) -> None:
    written = as_json({"caller": text})
    assert written.isprintable()
    assert json.loads(written) == {"caller": text}


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("pbx-1795311670.1", CALLS[0]),  # an exact name wins although others begin so
        ("1670.10", CALLS[1]),
        ("pbx-17953119", CALLS[2]),
        ("7", CALLS[3]),
        ("pbx-7", CALLS[3]),
    ],
)
def test_a_call_is_found_by_its_beginning_or_end(part: str, name: str) -> None:
    assert name_of(part, CALLS) == name


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("none", "no call under way begins or ends with 'none'; `ivr calls list`"),
        (".1", "2 calls begin or end with '.1'; give more of it: pbx-1795311670.1, pbx-1795311999.1"),
        ("", "4 calls begin or end with ''; give more of it"),
        ("PBX", "no call under way"),
    ],
)
def test_a_part_that_is_no_call_or_several_is_refused(part: str, said: str) -> None:
    with pytest.raises(NotPossible) as refused:
        name_of(part, CALLS)
    assert said in str(refused.value)


def test_of_very_many_calls_ten_are_named() -> None:
    with pytest.raises(NotPossible) as refused:
        name_of("pbx", [f"pbx-{number}" for number in range(500)])
    assert str(refused.value).endswith("pbx-9 and 490 more")


@given(st.lists(st.text(min_size=1), unique=True, min_size=1), st.data())
def test_every_call_is_found_by_its_whole_name(names: list[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(names))
    assert name_of(name, names) == name


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotPossible("private"), Code.NO),
        (OperatorError("wrong word"), Code.CANNOT),
        (LinkLost(), Code.CANNOT),
        (NoEngine("nobody"), Code.UNANSWERED),
        (Unanswered(), Code.UNANSWERED),
        (Unconfirmed(), Code.UNCONFIRMED),
    ],
)
def test_what_ended_a_command_is_its_exit_code(error: Exception, code: Code) -> None:
    assert code_of(error) is code
    assert [int(one) for one in Code] == [0, 1, 2, 3, 4]
