"""Exports opened in the real LibreOffice Calc, as towns would open them: `make office` (not part of `make test`)."""

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from cdr.export.columns import NAMES
from cdr.export.formats import Format
from cdr.spreadsheets import harmless
from ivr.cli.records import app
from tests.fakes.call_rows import filled, row

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
UTF_8 = "76"  # LibreOffice's number for it
COUNTRIES = {"Latvia": "1062", "Bulgaria": "1026", "Ukraine": "1058", "Russia": "1049", "Britain": "2057"}
SEMICOLON, COMMA, ALL = "59", "44", "59/44/9"  # LibreOffice begins with all of them chosen
HARMFUL = [
    "=1+1",
    "+37129123456",
    "-2",
    "@SUM(1;1)",
    "\t=1+1",
    "\n=1+1",
    "a,=1+1",
    "a;=1+1",
    'a,"=1+1',
    "two\n=1+1",
    '=HYPERLINK("http://x/";"y")',
    "=cmd|' /C calc'!A0",
    "＝1+1",
    "'=1+1",
]
PLAIN = ['Ķekava; "Ādaži", Mārupe', "Кривий Ріг, Інгулецький район", "Пловдив", "two\nlines", "A-12/2026"]
CHANGED = {"0801": 801.0, "12345678901234567890": 1.23456789012346e19}  # a spreadsheet takes them for numbers


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as LibreOffice has it: its type, its formula, its value and its text."""

    kind: str
    formula: str
    value: str
    text: str


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with the same calls as CSV and Parquet."""
    folder = tmp_path_factory.mktemp("exported")
    texts = [*HARMFUL, *PLAIN, *CHANGED]
    asyncio.run(filled(str(folder / "s.sqlite3"), [row(n, case_reference=one) for n, one in enumerate(texts)]))
    for kind in (Format.CSV, Format.PARQUET):
        place = ["--store", str(folder / "s.sqlite3"), "-o", str(folder / f"calls.{kind}")]
        done = CliRunner().invoke(app, ["export", "--zone", "Europe/Riga", "--format", kind, *place])
        assert done.exit_code == 0, done.stderr
    return folder


def opened(file: Path, folder: Path, separators: str, country: str) -> list[list[Cell]]:
    """Open CSV in Calc, quotes and numbers taken as its dialogue proposes; give the rows."""
    options = f"CSV:{separators},34,{UTF_8},1,,{COUNTRIES[country]},false,true"
    done = office(file, folder, f"--infilter={options}")
    assert (folder / "calls.fods").exists(), done.stderr
    rows = ET.parse(folder / "calls.fods").iter(f"{TABLE}table-row")  # noqa: S314 - our own LibreOffice wrote it
    return [list(_cells(one)) for one in rows]


def office(file: Path, folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "fods", "--outdir", str(folder), *options, str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def _cells(one: ET.Element) -> Iterator[Cell]:
    for cell in one.findall(f"{TABLE}table-cell"):
        value = cell.get(f"{OFFICE}value") or cell.get(f"{OFFICE}date-value") or ""
        text = "\n".join("".join(part.itertext()) for part in cell.findall(f"{TEXT}p"))
        found = Cell(cell.get(f"{OFFICE}value-type", ""), cell.get(f"{TABLE}formula", ""), value, text)
        yield from [found] * min(int(cell.get(f"{TABLE}number-columns-repeated", "1")), 100)


def column(rows: list[list[Cell]], name: str) -> list[Cell]:
    return [one[NAMES.index(name)] for one in rows[1 : 1 + len(HARMFUL) + len(PLAIN) + len(CHANGED)]]


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("separators", [SEMICOLON, ALL], ids=["semicolon", "all"])
def test_every_text_stays_what_it_is_in_its_column(
    exported: Path, tmp_path: Path, country: str, separators: str
) -> None:
    rows = opened(exported / "calls.csv", tmp_path, separators, country)
    assert tuple(cell.text for cell in rows[0][: len(NAMES)]) == NAMES
    found = column(rows, "case_reference")
    texts = [harmless(one).replace("\t", "") for one in (*HARMFUL, *PLAIN)]  # Calc leaves tabs out
    assert [one.text for one in found][: len(texts)] == texts
    assert {one.kind for one in found[: len(texts)]} == {"string"}
    assert [float(one.value) for one in found[len(texts) :]] == list(CHANGED.values())
    assert not [cell for one in rows for cell in one if cell.formula]


@pytest.mark.parametrize("country", COUNTRIES)
def test_times_and_numbers_are_such(exported: Path, tmp_path: Path, country: str) -> None:
    rows = opened(exported / "calls.csv", tmp_path, SEMICOLON, country)
    first = dict(zip(NAMES, rows[1], strict=False))
    assert (first["started_local"].kind, first["started_local"].value) == ("date", "2026-10-25T03:30:00")
    assert (first["total_ms"].kind, first["total_ms"].value) == ("float", "9000")
    assert (first["started"].kind, first["started"].text) == ("string", "2026-10-25T00:30:00.000000Z")
    assert first["number"].value == "80011032"  # the first zero is lost: docs/export.md


def test_the_wrong_separator_makes_no_formula(exported: Path, tmp_path: Path) -> None:
    rows = opened(exported / "calls.csv", tmp_path, COMMA, "Britain")
    assert len(rows) > len(HARMFUL)
    assert not [cell for one in rows for cell in one if cell.formula]


def test_this_libreoffice_says_that_it_cannot_open_parquet(exported: Path, tmp_path: Path) -> None:
    """If this fails, LibreOffice has learned it: compare the values, and say so in docs/export.md."""
    done = office(exported / "calls.parquet", tmp_path)
    assert "could not be loaded" in done.stderr + done.stdout
