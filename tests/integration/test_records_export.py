"""Exports: the columns of docs/export.md in every format, harmless in spreadsheets, in constant memory."""

import asyncio
import csv
import io
import json
import re
import tracemalloc
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from typer.testing import CliRunner, Result

from cdr.export.columns import COLUMNS, NAMES
from cdr.export.export import Range, export, pages
from cdr.export.formats import Format, writer
from cdr.record.masking import masked
from cdr.spreadsheets import harmless, unmarked
from cdr.store.store import Store
from cdr.times import to_datetime
from ivr.cli.records import app
from ivr.errors import OperatorError
from tests.fakes.call_rows import FIRST, filled, row
from tests.fakes.journal_load import busy_journal
from tests.postgresql import NewPlace

DOCS = Path(__file__).parents[2] / "docs/export.md"
SIGN = re.compile("[=+@＝＋－＠-]")  # what begins a formula
HOSTILE = ["=1+1", "+371 29", "-2", "@x", "\tx", "\rx", "'x", 'Ķekava; "Ādaži"', "Кривий Ріг", "two\nlines", "a,b"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Fill the store that the environment names with values that do harm in spreadsheets."""
    for name in ("IVR_SERVICE", "IVR_SINCE", "IVR_UNTIL", "IVR_FULL_NUMBERS", "IVR_FORMAT", "IVR_ZONE"):
        monkeypatch.delenv(name, raising=False)
    place = str(tmp_path / "records.sqlite3")
    monkeypatch.setenv("IVR_STORE", place)
    rows = [row(number, case_reference=text, topic=text) for number, text in enumerate(HOSTILE)]
    rows.append(row(99, ended_us=None, complete=False, hangup_cause=None, caller="+37129123456", service="jelgava"))
    asyncio.run(filled(place, rows))
    return rows


def read_csv(data: bytes, separator: str = ";") -> list[dict[str, str]]:
    """Read CSV as a spreadsheet does."""
    text = data.decode("utf-8-sig")
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


def test_the_columns_are_those_of_the_docs() -> None:
    told = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [(column.name, column.kind.value, column.meaning) for column in COLUMNS]


@pytest.mark.usefixtures("hostile")
def test_csv_for_spreadsheets() -> None:
    done = run("export", "--zone", "Europe/Riga")
    assert done.exit_code == 0
    assert "12 calls" in done.stderr
    found = read_csv(done.stdout_bytes)
    assert tuple(found[0]) == NAMES
    assert [unmarked(one["case_reference"]) for one in found] == [*HOSTILE, ""]
    assert not [value for one in found for value in one.values() if SIGN.match(value)]
    assert not [value for one in found for value in one.values() if re.fullmatch(r"\d+[.,]\d+", value)]
    first, *_, last = found
    assert first["path"] == "1>2"
    assert first["started"] == "2026-10-25T00:30:00.000000Z"
    assert first["started_local"] == "2026-10-25 03:30:00"
    assert (first["menu_ms"], first["waiting_ms"], first["talking_ms"], first["total_ms"]) == (
        "2000",
        "3000",
        "4000",
        "9000",
    )
    assert (first["complete"], first["hangup_cause"], first["met_closed"]) == ("1", "16", "0")
    assert (last["complete"], last["hangup_cause"], last["ended"]) == ("0", "", "")
    assert unmarked(last["caller"]) == masked("+37129123456") != "+37129123456"
    assert done.stdout_bytes.count(b"\r\n") == 13 + HOSTILE.count("\rx\n")


@pytest.mark.usefixtures("hostile")
def test_another_separator() -> None:
    done = run("export", "--separator", ",")
    assert [unmarked(one["topic"]) for one in read_csv(done.stdout_bytes, ",")][:-1] == HOSTILE
    for wrong in (";;", "\n", '"', ""):
        assert run("export", "--separator", wrong).exit_code == 2


@pytest.mark.usefixtures("hostile")
def test_json_lines() -> None:
    done = run("export", "--format", "jsonl", "--zone", "UTC")
    found = [json.loads(line) for line in done.stdout_bytes.decode().splitlines() if line]
    assert tuple(found[0]) == NAMES
    assert [one["topic"] for one in found] == [*HOSTILE, ""]
    assert found[0]["complete"] is True
    assert found[-1]["ended"] is None
    assert found[-1]["started_local"] == "2026-10-25 00:31:39"


@pytest.mark.usefixtures("hostile")
def test_parquet_has_types_and_the_same_values(tmp_path: Path) -> None:
    file = tmp_path / "calls.parquet"
    assert run("export", "--format", "parquet", "-o", str(file), "--zone", "Europe/Riga").exit_code == 0
    table = parquet.read_table(file)
    assert tuple(table.column_names) == NAMES
    kinds = {"text": pa.string(), "integer": pa.int64(), "flag": pa.bool_(), "instant": pa.timestamp("us", tz="UTC")}
    assert [field.type for field in table.schema] == [kinds[column.kind.value] for column in COLUMNS]
    rows = table.to_pylist()
    assert rows[0]["started"] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    lines = run("export", "--format", "jsonl", "--zone", "Europe/Riga").stdout_bytes.decode().splitlines()
    for one, line in zip(rows, lines, strict=True):
        plain = {k: v.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(v, datetime) else v for k, v in one.items()}
        assert plain == json.loads(line)
    piped = run("export", "--format", "parquet", "--zone", "Europe/Riga")
    assert parquet.read_table(io.BytesIO(piped.stdout_bytes)).equals(table)


@pytest.mark.usefixtures("hostile")
def test_the_range_and_the_service() -> None:
    def starts(*options: str) -> list[str]:
        return [one["started"][17:19] for one in read_csv(run("export", *options).stdout_bytes)]

    assert starts("--since", "2026-10-25T00:30:05Z", "--until", "2026-10-25T00:30:08Z") == ["05", "06", "07"]
    assert starts("--service", "jelgava") == ["39"]
    assert starts("--since", "2027-01-01") == []


@pytest.mark.usefixtures("hostile")
def test_each_service_has_its_own_clock() -> None:
    """The rules say it: both of these are in Latvia."""
    assert {one["started_local"][:13] for one in read_csv(run("export").stdout_bytes)} == {"2026-10-25 03"}


@pytest.mark.usefixtures("hostile")
def test_without_rules_the_local_time_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_RULES", "/nowhere.yaml")
    done = run("export")
    assert "started_local is in UTC" in done.stderr
    assert {one["started_local"][:13] for one in read_csv(done.stdout_bytes)} == {"2026-10-25 00"}
    assert run("export", "--zone", "Nowhere").exit_code == 2


@pytest.mark.usefixtures("hostile")
def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    for place in (tmp_path / "none" / "calls.csv", Path("/dev/full")):
        with pytest.raises(OperatorError, match=f"{place} cannot be written .* -o$"):
            CliRunner().invoke(app, ["export", "-o", str(place)], catch_exceptions=False)
    assert run("export", "-o", str(tmp_path / "calls.csv")).exit_code == 0
    assert [path.name for path in tmp_path.iterdir() if "calls" in path.name] == ["calls.csv"]


@given(st.text(max_size=20) | st.text(alphabet="=+-@＝'\t\r\n,;\"a ", max_size=12))
def test_no_text_is_a_formula_and_each_comes_back(text: str) -> None:
    assert unmarked(harmless(text)) == text
    assert not SIGN.match(harmless(text))


@given(
    st.text(alphabet="=+-@＋'\t\r\n,;\"a 1", max_size=12),
    st.sampled_from(";,\t"),
    st.sampled_from([";", ",", "\t", ",;\t"]),
)
def test_no_reader_finds_a_formula_whatever_separator_it_believes_in(text: str, ours: str, theirs: str) -> None:
    file = io.BytesIO()
    made = writer(Format.CSV, file, ours)
    made.write([[text, *([None] * (len(NAMES) - 2)), text]])
    lines = file.getvalue().decode("utf-8-sig")
    assert unmarked(next(csv.reader(io.StringIO(lines.split("\r\n", 1)[1], newline=""), delimiter=ours))[0]) == text
    assert not [cell for cell in re.split(f"[{theirs}\r\n]", lines) if SIGN.match(cell.replace('"', ""))]


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_milliseconds_add_up(menu: int, waiting: int, talking: int) -> None:
    one = row(1, menu_us=menu, waiting_us=waiting, talking_us=talking)
    spans = {c.name: c.value(one, None) for c in COLUMNS if c.name.endswith("_ms") and "clock" not in c.name}  # type: ignore[arg-type]
    parts = [spans["menu_ms"], spans["waiting_ms"], spans["talking_ms"]]
    assert sum(parts) == spans["total_ms"]  # type: ignore[arg-type]
    for part, exact in zip(parts, (menu, waiting, talking), strict=True):
        assert abs(part * 1000 - exact) < 1000  # type: ignore[operator]


async def test_pages_give_every_call_once(new_place: NewPlace) -> None:
    place = new_place()
    same = [row(5, node=node, linkedid=linkedid) for node in ("a", "b") for linkedid in ("1", "2", "3")]
    rows = [row(number) for number in range(20)] + same
    await filled(place, rows)
    async with Store(place) as store:
        for size in (1, 4, 26, 100):
            found = [one async for page in pages(store, Range(), size) for one in page]
            keys = [(one["started_us"], one["node"], one["linkedid"]) for one in found]
            assert keys == sorted((one["started_us"], one["node"], one["linkedid"]) for one in rows)


class Nowhere(io.RawIOBase):
    """Takes all and keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a store with 5000 calls."""
    place = str(tmp_path_factory.mktemp("many") / "records.sqlite3")
    asyncio.run(filled(place, [row(one) for one in range(5000)]))
    return place


@pytest.mark.parametrize("kind", list(Format))
async def test_memory_does_not_grow_with_the_range(many: str, kind: Format) -> None:
    async def show(callers: Iterable[str]) -> Mapping[str, str]:
        return dict.fromkeys(callers, "")

    peaks = []
    async with Store(many) as store:
        for number in (500, 500, 5000):  # the first one loads modules
            tracemalloc.start()
            made = writer(kind, Nowhere())  # type: ignore[arg-type]
            until = to_datetime(FIRST + number * 1_000_000)
            assert await export(store, Range(until=until), made, show, page=250) == number
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1] + 300_000, peaks


def test_a_whole_journal_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_STORE", str(tmp_path / "records.sqlite3"))
    (tmp_path / "journal.csv").write_bytes(busy_journal(9))
    assert run("ingest", str(tmp_path / "journal.csv")).exit_code == 0
    found = read_csv(run("export").stdout_bytes)
    records = json.loads(run("list", "--output", "json").stdout)
    assert [one["linkedid"] for one in found] == [one["linkedid"] for one in reversed(records)]
    for exported, record in zip(found, reversed(records), strict=True):
        assert exported["disposition"] == record["disposition"]
        assert exported["started"][:26] == record["started"][:26]
        assert abs(int(exported["total_ms"]) - record["seconds"]["total"] * 1000) < 1
