"""The figures in Prometheus' text form, read back by the library's own parser."""

from prometheus_client.parser import text_string_to_metric_families

from ivr.alarms.facts import Lead
from ivr.alarms.metrics import Metrics


def samples(metrics: Metrics) -> dict[str, float]:
    """Each sample as `name{label=value}`."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics.text()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_every_figure_has_its_name() -> None:
    metrics = Metrics(
        calls=lambda: {"asking": 2, "talking": 5}, lead=Lead.LEADING, link_attached=True, journal_bytes=77
    )
    metrics.lease_renewals += 3
    metrics.lease_takeovers += 1
    metrics.facts_dropped += 4
    metrics.adopted["menu"] += 2
    metrics.lines_tried["police", "answered"] += 6
    metrics.lines_tried['odd"\\\nname', "busy"] += 1
    metrics.alarms["link_lost"] += 1
    metrics.alarms_active = {"link_lost": 1}
    metrics.hook_sent["command mail"] += 8
    metrics.hook_failures["command mail"] += 2
    metrics.hook_dropped["web example.org"] += 1
    metrics.reloads["accepted"] += 5
    found = samples(metrics)
    assert {name: value for name, value in found.items() if value and not name.startswith("process_")} == {
        "ivr_engine_calls{state=asking}": 2,
        "ivr_engine_calls{state=talking}": 5,
        "ivr_lead_state{state=leading}": 1,
        "ivr_link_attached": 1,
        "ivr_journal_bytes": 77,
        "ivr_alarms_active{alarm=link_lost}": 1,
        "ivr_alarms_total{alarm=link_lost}": 1,
        "ivr_alarm_hook_sent_total{hook=command mail}": 8,
        "ivr_alarm_hook_failures_total{hook=command mail}": 2,
        "ivr_alarm_hook_dropped_total{hook=web example.org}": 1,
        "ivr_alarm_facts_dropped_total": 4,
        "ivr_lease_renewals_total": 3,
        "ivr_lease_takeovers_total": 1,
        "ivr_adopted_calls_total{stage=menu}": 2,
        "ivr_lines_tried_total{destination=police,result=answered}": 6,
        'ivr_lines_tried_total{destination=odd"\\\nname,result=busy}': 1,
        "ivr_rules_reloads_total{result=accepted}": 5,
    }
    assert found["ivr_lead_state{state=standby}"] == 0
    assert found["ivr_alarms_active{alarm=prompt_missing}"] == 0
    assert found["process_open_fds"] > 0


def test_two_engines_in_a_process_count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.lease_renewals += 1
    assert samples(two)["ivr_lease_renewals_total"] == 0
    assert samples(one)["ivr_lease_renewals_total"] == 1
