"""The figures of supervision, joined with those of the engines, read back by the library's own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ivr.alarms.metrics import Metrics as EngineMetrics
from ivr.supervision.models import Stage
from ivr.supervision.now.health import JournalHow
from ivr.supervision.now.metrics import Metrics
from tests.fakes.all_figures import shown
from tests.fakes.supervised import OPEN, call


def samples(text: str) -> dict[str, float]:
    """Each sample as `name{label=value}`; none may stand there twice, nor a family."""
    found: dict[str, float] = {}
    families = [*text_string_to_metric_families(text)]
    assert len({one.name for one in families}) == len(families)
    for family in families:
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            name = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert name not in found
            found[name] = sample.value
    return found


def test_every_figure_of_supervision() -> None:
    metrics = Metrics()
    metrics.ended("town", "answered")
    metrics.ended("town", "answered")
    metrics.corrected("ghost")
    metrics.acted("transfer", "done")
    metrics.latency(0.07)
    waits = call(Stage.RINGING).model_copy(update={"waiting_since": OPEN})
    found = samples(metrics.text(shown(call(Stage.MENU, "", 2), waits), {}))
    buckets = {name for name in found if name.startswith("ivr_view_latency_seconds_bucket")}
    assert found["ivr_view_latency_seconds_bucket{le=0.05}"] == 0
    assert found["ivr_view_latency_seconds_bucket{le=0.1}"] == 1
    gauges = {
        name: value
        for name, value in found.items()
        if value and name not in buckets and not name.startswith(("process_", "ivr_destination_open"))
    }
    assert gauges == {
        "ivr_calls{service=town,stage=menu}": 1,
        "ivr_calls{service=town,stage=ringing}": 1,
        "ivr_calls_ended_total{disposition=answered,service=town}": 2,
        "ivr_view_corrections_total{what=ghost}": 1,
        "ivr_actions_total{result=done,what=transfer}": 1,
        "ivr_dropped_messages_total": 7,
        "ivr_view_latency_seconds_count": 1,
        "ivr_view_latency_seconds_sum": 0.07,
        "ivr_destination_waiting{destination=desk}": 2,
        "ivr_destination_trouble{destination=police}": 1,
        "ivr_calls_today{calls=all,service=town}": 9,
        "ivr_calls_today{calls=answered,service=town}": 4,
        "ivr_calls_today{calls=lost,service=town}": 2,
        "ivr_calls_today{calls=outside_hours,service=town}": 1,
        "ivr_service_level_today{service=town}": 0.75,
        "ivr_today_age_seconds": 70,
        "ivr_longest_wait_seconds{service=town}": 40,
        "ivr_subscribers": 3,
        "ivr_pbx_up": 1,
        "ivr_journal_lag_seconds": 2,
        "ivr_records_behind_bytes": 512,
        "ivr_engine_answers{engine=h-1-a}": 1,
    }
    assert found["ivr_health_ok"] == 0
    assert found["ivr_engine_answers{engine=control-main-2-b}"] == 0
    assert found["ivr_destination_open{destination=police,safety=true}"] == 1
    assert found["process_open_fds"] > 0


def test_what_is_not_known_is_not_there() -> None:
    found = samples(Metrics().text(shown(today=None, journal=JournalHow()), {}))
    for name in ("ivr_today_age_seconds", "ivr_journal_lag_seconds", "ivr_calls_today{calls=all,service=town}"):
        assert name not in found


def test_a_stage_that_was_seen_goes_back_to_nothing() -> None:
    metrics = Metrics()
    metrics.text(shown(call(Stage.MENU)), {})
    assert samples(metrics.text(shown(), {}))["ivr_calls{service=town,stage=menu}"] == 0


def test_the_engines_figures_are_there_by_engine() -> None:
    one, two = EngineMetrics(calls=lambda: {"asking": 2}), EngineMetrics(calls=lambda: {"asking": 1, 'o"\\\n': 1})
    one.key_to_invite.note(0.02)
    one.reloads["refused"] += 1
    two.lines_tried["police", "answered"] += 6
    found = samples(Metrics().text(shown(), {"h-1-a": one.text(), "h-2-b": two.text(), "bad": "ivr_x{ 1 2 3"}))
    assert found["ivr_engine_calls{engine=h-1-a,state=asking}"] == 2
    assert found["ivr_engine_calls{engine=h-2-b,state=asking}"] == 1
    assert found['ivr_engine_calls{engine=h-2-b,state=o"\\\n}'] == 1
    assert found["ivr_key_to_invite_seconds_bucket{engine=h-1-a,le=0.025}"] == 1
    assert found["ivr_key_to_invite_seconds_count{engine=h-2-b}"] == 0
    assert found["ivr_rules_reloads_total{engine=h-1-a,result=refused}"] == 1
    assert found["ivr_lines_tried_total{destination=police,engine=h-2-b,result=answered}"] == 6
    assert {"process_open_fds", "process_open_fds{engine=h-1-a}", "process_open_fds{engine=h-2-b}"} <= set(found)


def test_an_engine_cannot_change_what_supervision_says() -> None:
    text = "# TYPE ivr_calls_total counter\nivr_calls_total 5\n# TYPE ivr_pbx_up gauge\nivr_pbx_up 0\n"
    found = samples(Metrics().text(shown(call(Stage.MENU)), {"h-1-a": text}))
    assert found["ivr_calls{service=town,stage=menu}"] == 1
    assert (found["ivr_pbx_up"], found["ivr_pbx_up{engine=h-1-a}"]) == (1, 0)
    assert "ivr_calls_total{engine=h-1-a}" not in found


@given(st.lists(st.sampled_from(Stage), max_size=30), st.lists(st.sampled_from(["answered", "busy"]), max_size=30))
def test_calls_and_ends_sum_up(stages: list[Stage], ends: list[str]) -> None:
    metrics = Metrics()
    for end in ends:
        metrics.ended("town", end)
    calls = [call(stage, "desk", number) for number, stage in enumerate(stages)]
    found = samples(metrics.text(shown(*calls), {}))
    assert sum(value for name, value in found.items() if name.startswith("ivr_calls{")) == len(stages)
    assert sum(value for name, value in found.items() if name.startswith("ivr_calls_ended_total")) == len(ends)


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.3, 1e9])
def test_any_latency_can_be_noted(seconds: float) -> None:
    metrics = Metrics()
    metrics.latency(seconds)
    assert samples(metrics.text(shown(), {}))["ivr_view_latency_seconds_count"] == 1
