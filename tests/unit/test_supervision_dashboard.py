"""The dashboard for Grafana, the alert rules and the document name figures that exist, with labels that they have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fakes.all_figures import all_figures

ROOT = Path(__file__).parents[2]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/municipal-ivr.json").read_text(encoding="utf-8"))
ALERTS = yaml.safe_load((ROOT / "deploy/prometheus/municipal-ivr.rules.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
FIGURES = all_figures()
ELSEWHERE = {"up": {"job", "instance"}}
"""What Prometheus itself adds."""


def of_dashboard() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield f"panel {panel['id']} {panel['title']}", target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable["definition"]


def of_alerts() -> Iterator[tuple[str, str]]:
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def unknown(expression: str, figures: dict[str, set[str]]) -> list[str]:
    """Give what an expression names that is no figure, or no label of it."""
    known = figures | ELSEWHERE
    found = []
    for name, matchers in re.findall(r"\b(ivr_\w+|process_\w+|up)\b(?:\{([^}]*)\})?", expression):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        found += [name] if name not in known else sorted(labels - known[name])
    some = set().union(*(known.get(name, set()) for name in re.findall(r"\b(?:ivr|process)_\w+\b", expression)))
    for group in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression):
        found += sorted({word.strip() for word in group.split(",") if word.strip()} - some)
    return found


EXPRESSIONS = [*of_dashboard(), *of_alerts()]


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_every_expression_is_of_figures_that_exist(where: str, expression: str) -> None:
    assert re.search(r"\b(?:ivr_|process_|up\b)", expression)
    assert unknown(expression, FIGURES) == [], where


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("sum(ivr_call)", ["ivr_call"]),
        ('ivr_calls{state="menu"}', ["state"]),
        ("sum by (states) (ivr_calls)", ["states"]),
        ("ivr_calls and on (engine) ivr_pbx_up", ["engine"]),
    ],
)
def test_what_does_not_exist_is_found(expression: str, wrong: list[str]) -> None:
    assert unknown(expression, FIGURES) == wrong


def test_panels_have_their_own_place_and_number() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_the_dashboard_shows_every_figure_that_matters() -> None:
    shown = set(re.findall(r"\b(?:ivr|process)_\w+\b", " ".join(expression for _, expression in EXPRESSIONS)))
    ours = {name for name in FIGURES if name.startswith("ivr_") and not name.endswith(("_sum", "_count"))}
    assert ours - shown == {"ivr_alarm_facts_dropped_total", "ivr_alarm_hook_sent_total", "ivr_alarms_total"}


def test_the_page_has_every_figure_with_its_labels() -> None:
    told = {
        name: {label for label in labels.split(",") if label}
        for name, labels in re.findall(r"`(ivr_\w+)(?:\{([\w,]*)\})?`", PAGE.partition("## Figures")[2])
    }
    written: dict[str, set[str]] = {}
    for name, labels in FIGURES.items():
        base = re.sub(r"_seconds_(?:bucket|sum|count)$", "_seconds", name)
        if name.startswith("ivr_"):
            written.setdefault(base, set()).update(labels - {"le"})
    assert told == written
