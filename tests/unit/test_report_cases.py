"""Files of citizens' requests: what is read, and what is said about rows that cannot be."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdr.cases.cases import Case, Read, read_cases

RIGA = ZoneInfo("Europe/Riga")
HEAD = "reference,at,channel,topic,status\n"


def read(text: str, *, json_lines: bool = False) -> Read:
    return read_cases(text, json_lines=json_lines, zone=RIGA, service="kekava")


def test_a_csv_with_every_column() -> None:
    text = (
        "\ufeffreference;at;channel;service;topic;status;opened;closed\r\n"
        'W-1;2026-10-05T14:30;web;police;"roads; and transport";done;2026-10-05T12:00:00+00:00;2026-10-06\r\n'
    )
    cases, wrong = read(text)
    assert wrong == []
    assert cases == [
        Case(
            "W-1",
            datetime(2026, 10, 5, 11, 30, tzinfo=UTC),
            "web",
            "police",
            "roads; and transport",
            "done",
            datetime(2026, 10, 5, 12, tzinfo=UTC),
            datetime(2026, 10, 5, 21, tzinfo=UTC),
        )
    ]


def test_json_lines_are_the_same() -> None:
    text = '{"reference": 17, "at": "2026-10-05", "channel": "email", "topic": null}\n\n'
    cases, wrong = read(text, json_lines=True)
    assert wrong == []
    assert cases == [Case("17", datetime(2026, 10, 4, 21, tzinfo=UTC), "email", "kekava", "", "", None, None)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file holds no case; the first line of a CSV names the columns: reference, at, channel"),
        (HEAD, "line 1: the file holds no case"),
        (
            "reference,when,channel\n",
            "line 1: the first line names no column at; the columns are reference, at, channel",
        ),
        ("reference,at,channel,color\n", "line 1: unknown column color; the columns are reference"),
        ("reference,at,channel,at\n", "line 1: a column is named twice"),
        (HEAD + "W-1,2026-10-05,web\n", "line 2: 3 columns, the first line names 5"),
        (HEAD + ",2026-10-05,web,,\n", "line 2, reference: is empty"),
        (HEAD + "W-1,5.10.2026,web,,\n", "line 2, at: '5.10.2026' is no time such as 2026-10-05 or 2026-10-05T14:30"),
        (HEAD + "W-1,0001-01-01,web,,\n", "line 2, at: '0001-01-01' is no time"),
        (HEAD + "W-1,2026-10-05,fax,,\n", "line 2, channel: 'fax' is none of: phone, web, email"),
        (HEAD + "W-1,2026-10-05,web,,finished\n", "line 2, status: 'finished' is none of: registered, in_progress"),
        (HEAD + f"W-1,2026-10-05,web,{'x' * 201},\n", "line 2, topic: longer than 200 characters"),
        (HEAD + "W-1,2026-10-05,web,a\x07b,\n", "line 2, topic: longer than 200 characters, or with characters that"),
        (HEAD + 'W-1,2026-10-05,"we"b,,\n', "line 2: no CSV"),
        (HEAD + "W-1,2026-10-05,web,,\nW-1,2026-10-06,web,,\n", "line 3, reference: 'W-1' stands in line 2 already"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    _, wrong = read(text)
    assert [str(one)[: len(said)] for one in wrong] == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n", "line 1: no JSON"),
        ("[1]\n", "line 1: not an object such as"),
        ('{"reference": "a", "when": 1}\n', "line 1: unknown key when; the keys are reference"),
        ('{"reference": true, "at": "2026-10-05", "channel": "web"}\n', "line 1, reference: a text is expected"),
    ],
)
def test_what_is_wrong_with_json_lines(text: str, said: str) -> None:
    _, wrong = read(text, json_lines=True)
    assert [str(one)[: len(said)] for one in wrong] == [said]


def test_every_wrong_row_is_named() -> None:
    _, wrong = read(HEAD + "W-1,2026-10-05,fax,,\nW-2,never,web,,odd\nW-3,2026-10-05,web,,\n")
    assert [(one.line, one.column) for one in wrong] == [(2, "channel"), (3, "status"), (3, "at")]


@given(st.text(max_size=300), st.booleans())
def test_any_text_gives_cases_or_faults_and_never_an_exception(text: str, json_lines: bool) -> None:
    cases, wrong = read(text, json_lines=json_lines)
    assert cases or wrong


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_value_gives_a_case_or_a_fault(reference: str, at: str) -> None:
    row = json.dumps({"reference": reference, "at": at, "channel": "web"})
    cases, wrong = read(row, json_lines=True)
    assert bool(cases) != bool(wrong)
