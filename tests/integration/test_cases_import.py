"""`ivr cases import`: requests come into the store once, on both databases; a wrong file changes nothing."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cdr.cases.cases import Case
from cdr.cases.store import Imported, Requests, put_cases, requests_of
from cdr.store.store import Store
from ivr.cli.cases import app as cases_app

app = typer.Typer()
app.add_typer(cases_app, name="cases")
SINCE, UNTIL = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
FILE = """reference,at,channel,topic,status
W-1,2026-10-05,web,roads,done
W-2,2026-10-06,web,,in_progress
R-1,2026-10-31T23:59,reception,roads,
P-1,2026-10-07,phone,roads,done
W-9,2026-11-01,web,roads,done
"""


def case(number: int, status: str = "done", channel: str = "web") -> Case:
    return Case(f"W-{number}", datetime(2026, 10, 5, tzinfo=UTC), channel, "kekava", "roads", status, None, None)


async def test_cases_are_replaced_by_their_reference(database: str) -> None:
    async with await Store(database).open() as store:
        async with store.writing() as connection:
            assert await put_cases(connection, "crm", [case(n) for n in range(1200)]) == Imported(1200, 0, 0)
        async with store.writing() as connection:
            again = [case(n, "in_progress" if n < 3 else "done") for n in range(1201)]
            assert await put_cases(connection, "crm", again) == Imported(1, 3, 1197)
        async with store.writing() as connection:
            assert await put_cases(connection, "other", [case(1, channel="phone")]) == Imported(1, 0, 0)
        async with store.reading() as connection:
            found = await requests_of(connection, ("kekava",), SINCE, UNTIL)
            elsewhere = await requests_of(connection, ("jelgava",), SINCE, UNTIL)
    assert found == Requests({"web": 1201}, {("roads", "web"): 1201}, {"done": 1199, "in_progress": 3})
    assert found.total == found.of_topic("roads") == 1201
    assert elsewhere.total == 0


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["cases", "import", *arguments])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite3"


def requests(place: Path) -> Requests:
    async def read() -> Requests:
        async with await Store(place).open(create=False) as store, store.reading() as connection:
            return await requests_of(connection, None, SINCE, UNTIL)

    return asyncio.run(read())


def test_a_file_may_come_twice(tmp_path: Path, place: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(FILE, encoding="utf-8")
    first = run(str(file), "--store", str(place), "--service", "kekava")
    assert (first.exit_code, first.stdout) == (0, "5 requests: 5 new, 0 changed, 0 already there\n")
    again = run(str(file), "--store", str(place), "--service", "kekava")
    assert again.stdout == "5 requests: 0 new, 0 changed, 5 already there\n"
    found = requests(place)
    assert found.by_channel == {"web": 2, "reception": 1}
    assert found.by_status == {"done": 2, "in_progress": 1}


def test_a_wrong_row_leaves_the_store_as_it_is(tmp_path: Path, place: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(FILE.replace("reception", "fax"), encoding="utf-8")
    done = run(str(file), "--store", str(place))
    assert done.exit_code == 2
    assert "nothing was imported, 1 rows are wrong" in done.stderr
    assert "line 4, channel: 'fax' is none of" in done.stderr
    assert not place.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file or directory; give a CSV"), (b"reference\n\xff\xfe", "line 2 is not UTF-8")],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, place: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "cases.csv"
    if content is not None:
        file.write_bytes(content)
    done = run(str(file), "--store", str(place))
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_zone_that_does_not_exist_is_said(tmp_path: Path, place: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(FILE, encoding="utf-8")
    done = run(str(file), "--store", str(place), "--zone", "Europe/Nowhere")
    assert done.exit_code == 2
    assert "expected a name such as Europe/Riga" in done.stderr
