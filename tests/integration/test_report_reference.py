"""The reference journals, read and folded as any journal, give the figures that the municipalities published."""

import json
from datetime import date
from pathlib import Path

import pytest

from cdr.reference import kekava, kryvyi_rih
from cdr.report.gathered import Span
from cdr.report.model import Report
from cdr.report.text_forms import to_csv, to_json, to_markdown
from tests.fakes.reference_store import APRIL, MARCH, TEN_MONTHS, count, report, store_of
from tests.fakes.report_examples import EXAMPLES, example, words_of

ROOT = Path(__file__).parents[2]

PUBLISHED = {  # per cent, as published, and with how many digits
    "heating": (35, 0),
    "water": (18, 0),
    "street-lighting": (6.5, 1),
    "cleaning": (6.5, 1),
    "roads": (2.2, 1),
    "transport": (2, 0),
    "martial-law": (1.3, 1),
    "business": (0.83, 2),
    "social-support": (0.7, 1),
    "health": (0.6, 1),
    "manholes": (0.6, 1),
    "defenders": (0.2, 1),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_of("kekava", tmp_path_factory.mktemp("kekava"))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_of("kryvyi-rih", tmp_path_factory.mktemp("kryvyi-rih"))


@pytest.fixture(scope="module")
def march(city: Path) -> Report:
    return report(city, "kryvyi-rih", MARCH, "uk")


def test_the_ten_months_of_kekava(town: Path) -> None:
    made = report(town, "kekava", TEN_MONTHS)
    assert count(made, "outcomes", "total") == 1656
    lines = {name: count(made, "lines", f"kekava-{name}") for name in ("information", "police", "utility")}
    assert lines == {"information": 1478, "police": 100, "utility": 78}
    assert count(made, "months", "2020-04") == 282 == max(row.cells[1].value for row in _body(made, "months"))
    assert count(made, "months", "2019-08") == 46
    assert 285 < count(made, "months", "2020-05") / 24 * 31 < 300  # "close to 300 a month by the end"
    assert _text(made, "summary").startswith("From 25 July 2019 to 24 May 2020, citizens called 8488 1,656 times.")
    assert "Municipal information – 1,478, Municipal police – 100, and Utility emergencies – 78" in _text(
        made, "summary"
    )


def test_the_first_month_of_kekava_has_46_calls_however_it_is_read(town: Path) -> None:
    for span in (Span(date(2019, 7, 25), date(2019, 8, 24)), Span(date(2019, 8, 1), date(2019, 8, 31))):
        assert count(report(town, "kekava", span), "outcomes", "total") == 46
    since, until = kekava.first_month()
    assert (until - since).days == 31


def test_april_is_compared_with_march(town: Path) -> None:
    made = report(town, "kekava", APRIL, "lv")
    assert count(made, "comparison", "calls", "now") == 282
    assert count(made, "comparison", "calls", "before") == 245
    assert _text(made, "summary").startswith(
        "2020. gada aprīlī iedzīvotāji uz tālruni 8488 zvanīja 282 reizes. "
        "Tas ir par 15\u00a0% vairāk nekā iepriekšējā mēnesī."
    )


def test_a_month_before_the_service_began_says_so(town: Path) -> None:
    made = report(town, "kekava", Span(date(2018, 1, 1), date(2018, 1, 31)), threshold=5)
    assert _text(made, "summary").startswith("In January 2018, citizens called 8488 0 times.")


def test_march_of_kryvyi_rih(march: Report) -> None:
    calls = count(march, "outcomes", "total")
    assert isinstance(calls, int)
    assert 12_900 < calls < 13_000  # "almost 13 000"
    assert count(march, "channels", "total") == 3732
    assert [count(march, "channels", name) for name in ("phone", "web", "reception")] == [3240, 478, 14]
    shares = [count(march, "channels", name, "share") for name in ("phone", "web", "reception")]
    assert [round(float(str(share)) * 100, digits) for share, digits in zip(shares, (0, 1, 1), strict=True)] == [
        87,
        12.8,
        0.4,
    ]
    assert [count(march, "statuses", name, "share") for name in ("done", "in_progress")] == pytest.approx(
        [0.8, 0.2], abs=1e-3
    )
    assert count(march, "handled", "registered") == kryvyi_rih.BY_PHONE
    assert count(march, "handled", "consulted") == kryvyi_rih.ANSWERED - kryvyi_rih.BY_PHONE


@pytest.mark.parametrize("table", ["topics", "request_topics"])
def test_topics_of_kryvyi_rih_have_the_published_shares(march: Report, table: str) -> None:
    found = {name: float(str(count(march, table, name, "share"))) * 100 for name in PUBLISHED}
    assert {name: round(share, PUBLISHED[name][1]) for name, share in found.items()} == {
        name: share for name, (share, _) in PUBLISHED.items()
    }


def test_every_sum_of_the_reports_holds(town: Path, march: Report) -> None:
    for made in (march, report(town, "kekava", APRIL)):
        for table in (one for section in made.sections for one in section.tables):
            total = next((row for row in table.rows if row.is_total), None)
            for number, column in enumerate(table.columns):
                if total is not None and column.adds_up:
                    assert sum(row.cells[number].value for row in table.body()) == total.cells[number].value, table.id


def test_the_public_variant_hides_and_every_form_hides_it(town: Path) -> None:
    whole, made = report(town, "kekava", APRIL), report(town, "kekava", APRIL, threshold=5)
    few = [row.key for row in _body(whole, "outcomes") if 0 < row.cells[1].value < 5]
    assert few
    assert all(count(made, "outcomes", key) is count(made, "outcomes", key, "share") is None for key in few)
    small = [
        cell.value
        for section in made.sections
        for table in section.tables
        for row in table.rows
        for cell in row.cells
        if cell.count_key and isinstance(cell.value, int) and 0 < cell.value < 5
    ]
    assert small == []
    ids = {table.id for section in made.sections for table in section.tables}
    assert not ids & {"unanswered", "hours_of_week", "menus", "passes", "rules", "led_by"}
    assert "pbx-15" not in to_json(made) + to_csv(made) + to_markdown(made)
    assert "pbx-15" in to_json(whole)


def test_json_and_csv_hold_the_same_values(town: Path) -> None:
    made = report(town, "kekava", APRIL, "lv", threshold=5)
    plain = json.loads(to_json(made))
    tables = {one["id"]: one for section in plain["sections"] for one in section["tables"]}
    lines = {row["key"]: row["cells"]["count"] for row in tables["lines"]["rows"]}
    assert lines["kekava-information"] == 252
    assert lines["total"] == 282
    text = to_csv(made)
    assert text.startswith("\ufeffsection,table,row,column,title,value,text,hidden\r\n")
    assert "lines,lines,kekava-information,count,Pašvaldības informācija,252,252,0\r\n" in text
    assert "unserved" in text
    assert ",,·,1\r\n" in text
    assert "| Pašvaldības informācija | 252 |" in to_markdown(made)


def _body(made: Report, table: str) -> list:
    found = next(one for section in made.sections for one in section.tables if one.id == table)
    return list(found.body())


def _text(made: Report, section: str) -> str:
    return " ".join(next(one for one in made.sections if one.id == section).sentences)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_of_this_release(town: Path, city: Path, name: str) -> None:
    """If this fails: make them again, `python -m tests.fakes.report_examples docs/examples`, and look at them."""
    stands = (ROOT / f"docs/examples/{name}.html").read_text(encoding="utf-8")
    made = example({"kekava": town, "kryvyi-rih": city}[EXAMPLES[name][0]], name)
    assert words_of(stands) == words_of(made)
    for file in (f"{name}.html", f"{name}.png"):
        assert (ROOT / "docs/examples" / file).stat().st_size < 400_000
