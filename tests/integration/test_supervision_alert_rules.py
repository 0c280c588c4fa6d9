"""The alert rules for Prometheus, tried by its own promtool: each fires when it should, and none while all is well."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.alarms.alarm import SEVERITY, Severity

PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = PROMETHEUS / "municipal-ivr.rules.yml"
FINE = {
    'up{job="municipal-ivr"}': "1x120",
    "ivr_health_ok": "1x120",
    'ivr_lead_state{state="leading",engine="a"}': "1x120",
    'ivr_lead_state{state="leading",engine="b"}': "0x120",
    'ivr_engine_answers{engine="a"}': "1x120",
    "ivr_pbx_up": "1x120",
    'ivr_alarms_active{alarm="link_lost",engine="a"}': "0x120",
    'ivr_alarms_active{alarm="phone_unreachable",engine="a"}': "0x120",
    'ivr_alarm_hook_dropped_total{hook="command mail"}': "0x120",
    'ivr_destination_open{destination="police",safety="true"}': "1x120",
    'ivr_destination_open{destination="desk",safety="false"}': "0x120",
    'ivr_destination_trouble{destination="desk"}': "0x120",
    'ivr_longest_wait_seconds{service="town"}': "20x120",
    'ivr_service_level_today{service="town"}': "0.8x120",
    'ivr_calls_today{calls="all",service="town"}': "50x120",
    'ivr_key_to_invite_seconds_bucket{engine="a",le="0.2"}': "0+10x120",
    'ivr_key_to_invite_seconds_bucket{engine="a",le="5.0"}': "0+10x120",
    'ivr_key_to_invite_seconds_bucket{engine="a",le="+Inf"}': "0+10x120",
    'ivr_ami_answer_seconds_bucket{engine="a",le="0.2"}': "0+10x120",
    'ivr_ami_answer_seconds_bucket{engine="a",le="5.0"}': "0+10x120",
    'ivr_ami_answer_seconds_bucket{engine="a",le="+Inf"}': "0+10x120",
    "ivr_journal_lag_seconds": "0x120",
    "ivr_records_behind_bytes": "500x120",
    "ivr_today_age_seconds": "20x120",
    'ivr_rules_reloads_total{result="refused"}': "3x120",
    'ivr_rules_reloads_total{result="accepted"}': "0+1x120",
    'ivr_view_latency_seconds_bucket{le="0.2"}': "0+10x120",
    'ivr_view_latency_seconds_bucket{le="5.0"}': "0+10x120",
    'ivr_view_latency_seconds_bucket{le="+Inf"}': "0+10x120",
    'ivr_view_corrections_total{what="ghost"}': "2x120",
}
"""Every 15 s for half an hour."""

GONE, ROSE = "1x60 _x60", "0x60 1x60"
CASES = [
    ("IvrSupervisionAway", {'up{job="municipal-ivr"}': "1x60 0x60"}),
    ("IvrSupervisionAway", {'up{job="municipal-ivr"}': GONE}),
    ("IvrNoEngineLeads", {'ivr_lead_state{state="leading",engine="a"}': "1x60 0x60"}),
    (
        "IvrNoEngineLeads",
        {'ivr_lead_state{state="leading",engine="a"}': GONE, 'ivr_lead_state{state="leading",engine="b"}': "0x60 _x60"},
    ),
    ("IvrEngineSilent", {'ivr_engine_answers{engine="a"}': "1x60 0x60"}),
    ("IvrPbxAway", {"ivr_pbx_up": "1x60 0x60"}),
    ("IvrAlarmCritical", {'ivr_alarms_active{alarm="link_lost",engine="a"}': ROSE}),
    ("IvrAlarmWarning", {'ivr_alarms_active{alarm="phone_unreachable",engine="a"}': ROSE}),
    ("IvrAlarmNotDelivered", {'ivr_alarm_hook_dropped_total{hook="command mail"}': ROSE}),
    ("IvrSafetyLineClosed", {'ivr_destination_open{destination="police",safety="true"}': "1x60 0x60"}),
    ("IvrDestinationInTrouble", {'ivr_destination_trouble{destination="desk"}': ROSE}),
    ("IvrCallersWait", {'ivr_longest_wait_seconds{service="town"}': "20x60 121+15x60"}),
    ("IvrServiceLevelLow", {'ivr_service_level_today{service="town"}': "0.8x30 0.59x90"}),
    ("IvrKeyToInviteSlow", {'ivr_key_to_invite_seconds_bucket{engine="a",le="0.2"}': "0+9x120"}),
    ("IvrManagerSlow", {'ivr_ami_answer_seconds_bucket{engine="a",le="0.2"}': "0+9x120"}),
    ("IvrJournalBehind", {"ivr_journal_lag_seconds": "0x60 6x60"}),
    ("IvrJournalBehind", {"ivr_journal_lag_seconds": "0x60 _x60"}),
    ("IvrRecordsBehind", {"ivr_records_behind_bytes": "500x60 1000001x60"}),
    ("IvrTodayOld", {"ivr_today_age_seconds": "20x60 301+15x60"}),
    ("IvrRulesRefused", {'ivr_rules_reloads_total{result="refused"}': "3x60 4x60"}),
    ("IvrViewSlow", {'ivr_view_latency_seconds_bucket{le="0.2"}': "0+9x120"}),
    ("IvrViewCorrected", {'ivr_view_corrections_total{what="ghost"}': "2x60 3x60"}),
]
QUIET = [
    ("few calls say nothing of the level", {
        'ivr_service_level_today{service="town"}': "0.1x120",
        'ivr_calls_today{calls="all",service="town"}': "19x120",
    }),
    ("the other engine took the lead", {
        'ivr_lead_state{state="leading",engine="a"}': "1x60 0x60",
        'ivr_lead_state{state="leading",engine="b"}': "0x60 1x60",
    }),
    ("a short wait for the journal", {"ivr_journal_lag_seconds": "0x117 6x1"}),
]  # fmt: skip


def promtool(*words: str, folder: Path = PROMETHEUS) -> str:
    """Run promtool; give what it said. It must like what it was given."""
    found = shutil.which("promtool")
    assert found, "promtool is missing: run tools/install-for-tests as root, or `make test`, which does"
    done = subprocess.run([found, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def case(name: str, series: dict[str, str], firing: list[str]) -> dict[str, Any]:
    """Make one test of promtool: these alerts fire at the end and no others."""
    query = 'count by (alertname) (ALERTS{alertstate="firing"} > 0)'
    wanted = [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in firing]
    return {
        "name": name,
        "interval": "15s",
        "input_series": [{"series": key, "values": values} for key, values in {**FINE, **series}.items()],
        "promql_expr_test": [{"expr": query, "eval_time": "29m", "exp_samples": wanted}],
    }


def test_promtool_can_read_the_rules_and_the_example() -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", RULES.name)
    promtool("check", "config", "--syntax-only", "prometheus.example.yml")


def test_each_alert_fires_alone_when_it_should(tmp_path: Path) -> None:
    cases = [
        case("all is well", {}, []),
        *(case(name, series, [name]) for name, series in CASES),
        *(case(name, series, []) for name, series in QUIET),
    ]
    file = {"rule_files": [str(RULES)], "evaluation_interval": "15s", "tests": cases}
    (tmp_path / "alerts.yml").write_text(json.dumps(file), encoding="utf-8")
    promtool("test", "rules", "alerts.yml", folder=tmp_path)
    assert {name for name, _ in CASES} == {rule["alert"] for rule in alerts()}


@pytest.mark.parametrize("severity", Severity)
def test_every_alarm_of_the_engine_is_an_alert_of_its_severity(severity: Severity) -> None:
    rule = next(one for one in alerts() if one["alert"] == f"IvrAlarm{severity.value.capitalize()}")
    kinds = rule["expr"].partition('alarm=~"')[2].partition('"')[0].split("|")
    assert kinds == sorted(kind.value for kind, found in SEVERITY.items() if found is severity)
    assert rule["labels"] == {"severity": severity.value}


def test_every_alert_says_what_to_do() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
