"""Whatever comes in a payload: good points are taken, the rest is counted, and nothing raises."""

from __future__ import annotations

import json
import time

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_campus import campus

from twin.live.directory import Directory
from twin.live.feeds.columns import read_columns
from twin.live.feeds.sparkplug import Sparkplug
from twin.live.feeds.sparkplug_messages import DataType, Payload
from twin.live.metrics import NUMBER
from twin.live.points import Quality
from twin.live.tally import Tally

TOPOLOGY = campus().topology
ENCODERS = {"json": lambda value: json.dumps(value).encode(), "msgpack": msgspec.msgpack.encode}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def directory() -> Directory:
    return Directory(TOPOLOGY, Tally())


@pytest.mark.parametrize("form", ENCODERS)
def test_columns_are_taken_and_what_is_wrong_in_them_is_counted(form):
    known = directory()
    message = {"t": 100.0, "seq": 0, "ids": ["S0", "nobody", "S1", "S2"], "values": [1.5, 2.0, "x", None]}
    batch = read_columns("bms", "power_kw", ENCODERS[form](message), 101.0, known)
    assert batch is not None
    assert [TOPOLOGY.ids[i] for i in batch.assets] == ["S0", "S2"]
    assert batch.values[0] == 1.5
    assert np.isnan(batch.values[1])
    assert batch.quality.tolist() == [Quality.GOOD, Quality.BAD]
    source = known.tally.source("bms")
    assert (source.unknown, list(source.unknown_names), source.malformed) == (1, ["nobody"], 1)
    own = {"t": [1.0, 2.0], "seq": 1, "ids": ["S0", "S1"], "values": ["up", "out"]}
    batch = read_columns("bms", "condition", ENCODERS[form](own), 101.0, known)
    assert batch is not None
    assert (batch.values.tolist(), batch.source_s.tolist()) == ([0.0, 2.0], [1.0, 2.0])


@pytest.mark.parametrize("form", ENCODERS)
def test_a_point_whose_id_or_time_makes_no_sense_does_not_take_the_others_along(form):
    known = directory()
    for times in ([1.0, -5.0, 1.0, 2.0], [1.0, "soon", 1.0, 2.0]):
        message = {"t": times, "ids": ["S0", "S1", 7, "S2"], "values": [1.0, 2.0, 3.0, 4.0]}
        batch = read_columns("bms", "power_kw", ENCODERS[form](message), 3.0, known)
        assert batch is not None
        assert [TOPOLOGY.ids[i] for i in batch.assets] == ["S0", "S2"]
        assert (batch.values.tolist(), batch.source_s.tolist()) == ([1.0, 4.0], [1.0, 2.0])
    assert known.tally.source("bms").malformed == 4


@pytest.mark.parametrize(
    ("metric", "value", "taken"),
    [
        ("running", True, 1.0),
        ("leak", False, 0.0),
        ("power_kw", True, None),
        ("condition", True, None),
        ("condition", "gone", None),
        ("condition", 2, 2.0),
        ("condition", 3, None),
        ("inlet_c", 900.0, None),
    ],
)
def test_a_value_is_taken_for_what_it_says_and_never_guessed(metric, value, taken):
    known = directory()
    message = json.dumps({"t": 1.0, "ids": ["S0"], "values": [value]}).encode()
    batch = read_columns("bms", metric, message, 1.0, known)
    assert (batch.values.tolist() if batch else None) == (None if taken is None else [taken])
    assert known.tally.source("bms").malformed == (taken is None)


def test_a_message_that_makes_no_sense_but_came_is_no_gap():
    known = directory()
    for seq, values in enumerate(([1.0], [1.0, 2.0], [1.0])):
        message = json.dumps({"t": 1.0 + seq, "seq": seq, "ids": ["S0"], "values": values}).encode()
        read_columns("bms", "power_kw", message, 9.0, known)
    assert (known.tally.source("bms").malformed, known.tally.source("bms").gaps) == (1, 0)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"t":1}', b'{"t":"x","ids":[],"values":[]}', b"[" * 100_000]
    + [json.dumps({"t": 1, "ids": ["S0"], "values": [1, 2]}).encode()]
    + [json.dumps({"t": t, "ids": ["S0"], "values": [1]}).encode() for t in (-1, 1e15, [1, 2])]
    + [json.dumps({"t": 1, "seq": -3, "ids": ["S0"], "values": [1]}).encode()]
    + [json.dumps({"t": 1, "ids": ["S0"], "values": [v]}).encode() for v in (1e300, [1], {"a": 1}, "412.5")],
)
def test_a_payload_that_makes_no_sense_is_counted(payload):
    known = directory()
    assert read_columns("bms", "power_kw", payload, 1.0, known) is None
    assert known.tally.source("bms").malformed == 1


@given(payload=st.binary(max_size=60) | ANY_JSON.map(lambda v: json.dumps(v).encode()))
def test_no_payload_raises(payload):
    known = directory()
    got: list = []
    read_columns("bms", "inlet_c", payload, 1.0, known)
    sparkplug = Sparkplug(known, got.append, lambda *_: None, lambda *_: None)
    for topic in ("spBv1.0/g/NBIRTH/n", "spBv1.0/g/DDATA/n/S0", "spBv1.0/x", "spBv1.0/g/NDEATH/n", "spBv1.0/g/ODD/n"):
        sparkplug.message(topic, payload, 1.0)
    sparkplug.flush(1.0, at_once=True)


class Node:
    """An edge node of Sparkplug B, and what becomes of what it sends."""

    def __init__(self) -> None:
        self.known = directory()
        self.batches: list = []
        self.stale: list = []
        self.commands: list = []
        self.sparkplug = Sparkplug(
            self.known,
            self.batches.append,
            lambda source, assets, metrics: self.stale.append((source, assets.tolist(), metrics.tolist())),
            lambda topic, payload: self.commands.append((topic, Payload.FromString(payload))),
        )
        self.now_s = time.time()

    def send(self, topic: str, seq: int, *metrics: dict, **more) -> None:
        payload = Payload(timestamp=int(self.now_s * 1000), seq=seq)
        for metric in metrics:
            quality = metric.pop("quality", None)
            made = payload.metrics.add(**metric)
            if quality is not None:
                made.properties.keys.append("Quality")
                made.properties.values.add(type=3, int_value=quality)
        self.sparkplug.message(f"spBv1.0/g/{topic}", payload.SerializeToString(), self.now_s)
        self.sparkplug.flush(self.now_s, at_once=True)

    def values(self) -> dict:
        found = {}
        for batch in self.batches:
            for place, asset in enumerate(batch.assets):
                told = (round(float(batch.values[place]), 4), int(batch.quality[place]))
                found[TOPOLOGY.ids[int(asset)], batch.metric] = told
        self.batches.clear()
        return found


POWER, CHARGE = NUMBER["power_kw"], NUMBER["charge_percent"]


def born() -> Node:
    node = Node()
    node.send("NBIRTH/n", 0, {"name": "bdSeq", "long_value": 7, "datatype": DataType.INT64})
    node.send(
        "DBIRTH/n/UPS-A",
        1,
        {"name": "power_kw", "alias": 1, "datatype": DataType.FLOAT, "float_value": 10.0},
        {"name": "charge_percent", "alias": 2, "datatype": DataType.INT32, "int_value": 90},
        {"name": "mood", "alias": 3, "datatype": DataType.FLOAT, "float_value": 1.0},
    )
    return node


def test_a_birth_gives_values_and_aliases_and_unknown_metrics_are_listed():
    node = born()
    assert node.values() == {("UPS-A", POWER): (10.0, Quality.GOOD), ("UPS-A", CHARGE): (90.0, Quality.GOOD)}
    assert list(node.known.tally.source("g/n").unknown_names) == ["UPS-A/mood"]
    node.send("DDATA/n/UPS-A", 2, {"alias": 1, "timestamp": 1000, "float_value": 11.5})
    node.send("DDATA/n/UPS-A", 3, {"alias": 2, "int_value": 80, "quality": 0}, {"alias": 1, "is_null": True})
    assert node.values() == {("UPS-A", POWER): (pytest.approx(float("nan"), nan_ok=True), Quality.BAD)} | {
        ("UPS-A", CHARGE): (80.0, Quality.BAD)
    }
    assert node.known.tally.source("g/n").gaps == 0


def test_a_gap_is_counted_and_asks_for_a_birth_once():
    node = born()
    node.send("DDATA/n/UPS-A", 5, {"alias": 1, "float_value": 1.0})
    node.send("DDATA/n/UPS-A", 9, {"alias": 1, "float_value": 2.0})
    assert node.known.tally.source("g/n").gaps == 6
    (command,) = node.commands
    assert command[0] == "spBv1.0/g/NCMD/n"
    assert (command[1].metrics[0].name, command[1].metrics[0].boolean_value) == ("Node Control/Rebirth", True)


def test_numbers_of_messages_begin_again_after_255():
    node = born()
    for number in range(2, 600):
        node.send("DDATA/n/UPS-A", number % 256, {"alias": 1, "float_value": 1.0})
    assert node.known.tally.source("g/n").gaps == 0
    assert node.commands == []


def test_data_before_a_birth_is_counted_and_asks_for_one():
    node = Node()
    node.send("DDATA/n/UPS-A", 5, {"alias": 1, "float_value": 1.0})
    assert node.values() == {}
    assert node.known.tally.source("g/n").unknown == 1
    assert len(node.commands) == 1


def test_a_death_makes_stale_what_the_device_or_the_node_sent_and_an_old_will_does_not():
    node = born()
    ups = TOPOLOGY.ids.index("UPS-A")
    node.send("NDEATH/n", 0, {"name": "bdSeq", "long_value": 6})
    assert node.stale == []
    node.send("DDEATH/n/UPS-A", 2)
    node.send("NDEATH/n", 0, {"name": "bdSeq", "long_value": 7})
    for source, assets, metrics in node.stale:
        assert (source, set(assets), set(metrics)) == ("g/n", {ups}, {POWER, CHARGE})
    assert len(node.stale) == 2


def test_a_gateway_names_assets_in_its_metrics():
    node = Node()
    node.send("NBIRTH/n", 0, {"name": "S1/power_kw", "alias": 9, "datatype": DataType.DOUBLE, "double_value": 0.5})
    assert node.values() == {("S1", POWER): (0.5, Quality.GOOD)}
    node.send("NDATA/n", 1, {"alias": 9, "timestamp": 5000, "double_value": 0.0})
    assert node.values() == {("S1", POWER): (0.0, Quality.GOOD)}
