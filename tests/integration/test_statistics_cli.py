"""`ivr stats`: nouns, scopes, forms of the answer, exit codes."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cdr.statistics.figures import share
from cdr.store.store import Store
from ivr.cli.main import app
from ivr.cli.stats_nouns import NOUNS, Noun
from tests.fakes.command_line import CommandLine
from tests.fakes.plain_record import plain_record
from tests.fakes.record_rows import hold

RULES = Path(__file__).parents[2] / "routing_rules.yaml"
BORDER = datetime(2026, 9, 30, 21, tzinfo=UTC)
"""October begins, in Riga."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "records.sqlite3"
    jelgava = replace(plain_record(linkedid="1.4"), service="jelgava")
    records = [
        plain_record(),
        plain_record(linkedid="1.2", caller=""),
        plain_record(linkedid="1.3", started=BORDER),
        plain_record(linkedid="1.5", started=BORDER.replace(hour=20)),
        jelgava,
    ]

    async def fill() -> None:
        async with Store(path) as store:
            await hold(store, records)

    asyncio.run(fill())
    monkeypatch.setenv("IVR_STORE", str(path))
    monkeypatch.setenv("IVR_RULES", str(RULES))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["stats", *arguments])


def said(done: Result) -> str:
    """Give what stands on stderr, without the frame and the line breaks."""
    return " ".join(done.stderr.replace("│", " ").split())


def calls_of(*arguments: str) -> int:
    done = run("volume", "--output", "json", *arguments)
    assert done.exit_code == 0, done.stderr
    return int(json.loads(done.stdout)["volume"]["calls"])


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("noun", [one.value for one in Noun])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_every_noun_in_every_form(noun: str, form: str) -> None:
    done = run(noun, "--month", "2026-10", "--service", "kekava", "--output", form)
    assert done.exit_code == 0, done.stderr
    names = [one.value for one in NOUNS] if noun == "all" else [noun]
    match form:
        case "json":
            found = json.loads(done.stdout)
            assert list(found) == ["scope", *names]
            assert found["scope"]["since"] == "2026-10-01T00:00:00+03:00"
        case "csv":
            rows = list(csv.DictReader(io.StringIO(done.stdout)))
            assert all(row["table"] for row in rows)
        case _:
            assert "kekava, 2026-10-01 00:00 to 2026-11-01 00:00, Europe/Riga" in done.stderr
            assert "29123456" not in done.stdout


@pytest.mark.usefixtures("place")
def test_a_call_counts_in_the_month_in_which_it_began() -> None:
    assert calls_of("--month", "2026-10") == 4
    assert calls_of("--month", "2026-10", "--service", "kekava") == 3
    assert calls_of("--month", "2026-09", "--service", "kekava") == 1
    assert calls_of("--month", "2026-09..2026-10", "--service", "kekava") == 4
    assert calls_of("--month", "2026-10", "--zone", "UTC") == 3
    assert calls_of("--since", "2026-10-01", "--until", "2026-10-05 10:30", "--service", "kekava") == 1
    assert calls_of("--since", "2026-10-01", "--until", "2026-10-05T07:30:01Z", "--service", "kekava") == 3
    assert calls_of("--since", "1m") == 0


@pytest.mark.usefixtures("place")
def test_csv_and_json_tell_the_same() -> None:
    options = ("topics", "--month", "2026-10", "--service", "kekava", "--output")
    figure = json.loads(run(*options, "json").stdout)["topics"]
    (row,) = csv.DictReader(io.StringIO(run(*options, "csv").stdout))
    assert (row["topic"], row["calls"], row["percent"]) == ("not given", "3", "100.0")
    (count,) = figure["counts"]
    assert share(count["calls"], figure["calls"]) == 1.0


@pytest.mark.usefixtures("place")
def test_safety_lines_are_those_of_the_rules() -> None:
    figure = json.loads(run("safety", "--month", "2026-10", "--service", "kekava", "--output", "json").stdout)["safety"]
    lines = [one["destination"] for one in figure["lines"]]
    assert lines
    assert all(one.startswith("kekava-") for one in lines)


@pytest.mark.usefixtures("place")
def test_the_service_level_is_asked_for_in_seconds() -> None:
    levels = [
        json.loads(run("service-level", "--month", "2026-10", "--seconds", seconds, "--output", "json").stdout)
        for seconds in ("4", "5")
    ]
    assert [one["service-level"][0]["in_time"] for one in levels] == [0, 4]


@pytest.mark.usefixtures("place")
def test_bars() -> None:
    done = run("volume", "--month", "2026-10", "--plot")
    assert done.exit_code == 0
    assert "kekava  █" in done.stdout
    nothing = run("durations", "--month", "2025-01", "--service", "kekava", "--plot")
    assert nothing.exit_code == 0
    assert "nothing" in run("menus", "--month", "2025-01", "--plot").stderr


@pytest.mark.usefixtures("place")
def test_several_zones_are_told() -> None:
    assert "days and hours are those of" in run("volume", "--month", "2026-10").stderr
    assert "days and hours" not in run("volume", "--month", "2026-10", "--zone", "Europe/Riga").stderr


REFUSED = [
    (("--month", "October"), "expected 2026-10"),
    (("--month", "2026-10..2026-09"), "before the first"),
    (("--month", "1969-01"), "no calls in 1969"),
    (("--month", "2026-10", "--since", "1d"), "leave out --since"),
    (("--since", "yesterday"), "as in 30m, 2h, 7d"),
    (("--since", "99999999999d"), "as in 30m, 2h, 7d"),
    (("--since", "0001-01-01"), "no calls in 1"),
    (("--until", "9999-12-31"), "no calls in 9999"),
    (("--since", "2026-10-02", "--until", "2026-10-02"), "is not after --since"),
    (("--zone", "Mars/Base"), "is no time zone"),
    (("--zone", "/etc/passwd"), "is no time zone"),
    (("--service", "atlantis"), "give its --zone"),
    (("--store", "/nowhere/at/all.sqlite3"), "/nowhere/at/all.sqlite3"),
]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[" ".join(options) for options, _ in REFUSED])
def test_what_is_refused_says_what_to_do(
    options: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = CommandLine(monkeypatch, capsys)("stats", "volume", *options)
    assert (done.code, done.out) == (2, "")
    assert message in " ".join(done.err.split())


@pytest.mark.usefixtures("place")
def test_no_rules_are_needed_if_the_zone_is_told(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "none.yaml")
    assert calls_of("--month", "2026-10", "--zone", "Europe/Riga", "--rules", nowhere) == 4
    assert run("volume", "--rules", nowhere).exit_code != 0
