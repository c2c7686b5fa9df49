"""Metrics of Sparkplug B that are read in columns say what each says by itself, in the order in which they came."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_campus import campus

from twin.live.directory import Directory
from twin.live.feeds import sparkplug as under_test
from twin.live.feeds.sparkplug import GATHER_POINTS, Sparkplug
from twin.live.feeds.sparkplug_messages import DataType, Payload
from twin.live.metrics import METRICS, NUMBER
from twin.live.points import Quality
from twin.live.tally import Tally

TOPOLOGY = campus().topology
BORN = {
    1: ("S0", "power_kw", DataType.FLOAT),
    2: ("S1", "power_kw", DataType.DOUBLE),
    200: ("S2", "inlet_c", DataType.INT16),
    20_000: ("UPS-A", "charge_percent", DataType.INT64),
    3_000_000: ("UPS-B", "energy_kwh", DataType.UINT64),
    5: ("GHOST", "power_kw", DataType.FLOAT),
    6: ("BRK-A", "breaker", DataType.BOOLEAN),
}
NOW_S = 1_763_800_000.0
SENT_MS = int(NOW_S * 1000) - 40

FIELDS = {
    "float_value": st.sampled_from([0.0, -2.5, 17.25, math.inf, math.nan]),
    "double_value": st.sampled_from([0.0, 1e300, 21.0625, math.nan]),
    "int_value": st.sampled_from([0, 1, 55, 2**31 - 1, 2**31, 2**32 - 12]),
    "long_value": st.sampled_from([0, 1, 70, 2**40, 2**63 - 1, 2**64 - 12]),
    "boolean_value": st.booleans(),
    "string_value": st.sampled_from(["open", "?"]),
}
VALUES = st.one_of(*(inner.map(lambda value, name=name: {name: value}) for name, inner in FIELDS.items()), st.just({}))
OTHERS = st.fixed_dictionaries(
    {"alias": st.sampled_from([*BORN, 77])},
    optional={
        "timestamp": st.integers(1, SENT_MS) | st.sampled_from([0, 2**63]),
        "datatype": st.sampled_from([9, 10]),
        "is_historical": st.booleans(),
        "is_transient": st.booleans(),
        "is_null": st.booleans(),
    },
)
PLAIN = st.fixed_dictionaries({"alias": st.sampled_from([*BORN]), "float_value": st.floats(0, 100, width=32)})
METRIC = PLAIN | st.tuples(OTHERS, VALUES, st.sampled_from([None, None, 0, 192, 500])).map(
    lambda parts: parts[0] | parts[1] | ({} if parts[2] is None else {"quality": parts[2]})
)


def message(seq: int, metrics: list[dict]) -> bytes:
    payload = Payload(timestamp=SENT_MS, seq=seq)
    for metric in metrics:
        told = dict(metric)
        quality = told.pop("quality", None)
        made = payload.metrics.add(**told)
        if quality is not None:
            made.properties.keys.append("Quality")
            made.properties.values.add(type=3, int_value=quality)
    return payload.SerializeToString()


def in_words(metric: dict) -> tuple | None:
    """The point that a metric tells: asset, metric, value, time, quality; None: none that can be believed."""
    if metric["alias"] not in BORN or BORN[metric["alias"]][0] == "GHOST":
        return None
    asset, name, kind = BORN[metric["alias"]]
    known = METRICS[NUMBER[name]]
    quality = {0: Quality.BAD, 500: Quality.STALE}.get(metric.get("quality", 192), Quality.GOOD)
    quality = Quality.STALE if metric.get("is_historical") else quality
    (value,) = [metric[field] for field in FIELDS if field in metric] or [None]
    if metric.get("is_null"):
        value, quality = math.nan, Quality.BAD
    elif value is None or value != value:  # noqa: PLR0124 - NaN
        return None
    elif isinstance(value, bool | str):
        choices = {"open": 0.0} if known.choices else {}
        value = choices.get(value) if isinstance(value, str) else float(value) if len(known.choices) == 2 else None
    elif "int_value" in metric or "long_value" in metric:
        bits = {DataType.INT16: 32, DataType.INT64: 64}.get(kind)
        value = float(value - 2**bits if bits and value >= 2 ** (bits - 1) else value)
    if value is None:
        return None
    lowest, highest = (0, len(known.choices) - 1) if known.choices else (known.lowest, known.highest)
    believed = math.isnan(value) or (lowest <= value <= highest and abs(value) <= 3.4e38)
    if known.choices and not math.isnan(value) and value != int(value if math.isfinite(value) else 0):
        believed = False
    time_s = metric.get("timestamp", 0) / 1000 or SENT_MS / 1000
    if not believed or time_s >= 253_402_300_800:
        return None
    return asset, name, np.float32(value), time_s, quality


def reads(messages: list[bytes]) -> tuple[list[tuple], Directory]:
    """The points that are delivered, and who counted what else there was."""
    known, got = Directory(TOPOLOGY, Tally()), []
    sparkplug = Sparkplug(known, got.append, lambda *_: None, lambda *_: None)
    birth = Payload(timestamp=SENT_MS, seq=0)
    for alias, (asset, name, kind) in BORN.items():
        birth.metrics.add(name=f"{asset}/{name}", alias=alias, datatype=kind, is_null=True)
    sparkplug.message("spBv1.0/g/NBIRTH/n", birth.SerializeToString(), NOW_S)
    got.clear()
    for payload in messages:
        sparkplug.message("spBv1.0/g/NDATA/n", payload, NOW_S)
    sparkplug.flush(NOW_S, at_once=True)
    return [
        (TOPOLOGY.ids[int(a)], METRICS[batch.metric].name, value, time_s, quality)
        for batch in got
        for a, value, time_s, quality in zip(batch.assets, batch.values, batch.source_s, batch.quality, strict=True)
    ], known


def by_series(points) -> dict:
    found: dict = {}
    for asset, name, *rest in points:
        found.setdefault((asset, name), []).append(tuple("nan" if r != r else r for r in rest))  # noqa: PLR0124
    return found


@pytest.mark.parametrize("few", [0, 10_000], ids=["in columns", "one by one"])
@given(told=st.lists(st.lists(METRIC, max_size=12), min_size=1, max_size=8))
def test_points_are_those_that_each_metric_tells_in_words(few, told):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "FEW", few)
        got, known = reads([message(seq, metrics) for seq, metrics in enumerate(told, 1)])
    expected = [point for metrics in told for metric in metrics if (point := in_words(metric)) is not None]
    assert by_series(got) == by_series(expected)
    unknown = sum(m["alias"] == 77 or BORN[m["alias"]][0] == "GHOST" for metrics in told for m in metrics)
    counted = known.tally.source("g/n")
    assert counted.unknown == unknown + 1, "GHOST is unknown in the birth too"
    assert set(counted.unknown_names) <= {"GHOST/power_kw", "alias 77"}


@given(junk=st.lists(st.binary(max_size=24), min_size=1, max_size=6), place=st.integers(0, 40))
def test_bytes_that_are_no_metric_take_no_other_along(junk, place):
    bodies = [b"\xff" + body for body in junk]  # no field has wire type 7
    metrics = [{"alias": 1, "timestamp": SENT_MS, "float_value": float(i)} for i in range(40)]
    parts = [Payload(metrics=[metric]).SerializeToString() for metric in metrics]
    parts[place:place] = [bytes([2 << 3 | 2, len(body)]) + body for body in bodies]
    got, known = reads([Payload(timestamp=SENT_MS, seq=1).SerializeToString() + b"".join(parts)])
    assert [float(point[2]) for point in got] == [float(i) for i in range(40)]
    assert known.tally.source("g/n").malformed == len(junk)


def test_a_burst_of_more_than_is_gathered_is_read_whole():
    metrics = [{"alias": 1, "float_value": float(i % 90)} for i in range(GATHER_POINTS + 7)]
    got, _ = reads([message(1, metrics[:100]), message(2, metrics[100:])])
    assert [float(point[2]) for point in got] == [float(i % 90) for i in range(GATHER_POINTS + 7)]
