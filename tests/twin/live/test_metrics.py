"""What the declarations of metrics promise."""

from __future__ import annotations

import pytest

from schema import LABELS
from twin.live.metrics import METRICS, NUMBER, Metric

UNITS = {
    "kw": "kW",
    "kwh": "kWh",
    "m3": "m³",
    "v": "V",
    "a": "A",
    "hz": "Hz",
    "c": "°C",
    "percent": "%",
    "h": "m³/h",
    "kpa": "kPa",
}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_names_labels_of_the_schema_and_its_unit(metric: Metric) -> None:
    assert set(metric.labels) <= LABELS.keys()
    assert {label for limit in metric.limits for label in limit.labels} <= LABELS.keys()
    assert metric.unit == ("" if metric.choices else UNITS[metric.name.rsplit("_", 1)[1]])
    assert METRICS[NUMBER[metric.name]] is metric
    assert metric.ttl_s > 0
    assert metric.lowest < metric.highest


def test_names_are_unique() -> None:
    assert len(NUMBER) == len(METRICS)


def test_a_limit_looks_one_way() -> None:
    for metric in METRICS:
        for limit in metric.limits:
            assert (limit.above is None) != (limit.below is None)
            assert limit.dead_band >= 0
