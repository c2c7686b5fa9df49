"""Load flows as section 3 says: hand-worked chains, and the oracle on random campuses."""

from typing import Any

import numpy as np
import oracles.load as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.model import Campus
from oracles.settle import base_state, scenario_state
from strategies import campuses, questions

from twin.impact.load import Flows, flows, overloaded
from twin.topology import Topology, from_records


def campus_of(
    assets: dict[str, dict[str, Any]], *relationships: tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]
):
    """A topology of `{id: properties}` and `(source, type, target[, properties])`."""
    rows = [{"id": name, "label": "Switchboard", **properties} for name, properties in assets.items()]
    ties = [{"source_id": r[0], "type": r[1], "target_id": r[2], **(r[3] if len(r) > 3 else {})} for r in relationships]
    return from_records(rows, ties)


def mask(topology: Topology, up: set[str]) -> np.ndarray:
    return np.array([name in up for name in topology.ids])


def power(topology: Topology, down: set[str] | None = None) -> dict[str, float]:
    return told(topology, flows(topology, mask(topology, set(topology.ids) - (down or set()))).load_kw)


def told(topology: Topology, values: np.ndarray) -> dict[str, float]:
    return {name: float(value) for name, value in zip(topology.ids, values, strict=True) if value}


def test_a_chain_adds_draws_and_losses():
    """U ─▶ UPS (0.8) ─▶ S 8 kW: the UPS draws 1 kW itself and loses 2 kW."""
    topology = campus_of(
        {"U": {}, "UPS": {"efficiency": 0.8, "draw_kw": 1}, "S": {"draw_kw": 8}},
        ("U", "FEEDS", "UPS"),
        ("UPS", "FEEDS", "S"),
    )
    assert power(topology) == pytest.approx({"UPS": 8, "U": 11})


def test_heat_is_own_draw_and_conversion_loss_by_default():
    topology = campus_of(
        {"UPS": {"efficiency": 0.8, "draw_kw": 1}, "S": {"draw_kw": 8}, "C": {}, "P": {"heat_kw": 0.5}, "T": {}},
        ("UPS", "FEEDS", "S"),
        ("C", "COOLS", "UPS"),
        ("C", "COOLS", "S"),
        ("P", "COOLS", "C"),
        ("T", "COOLS", "C", {"group": "tower"}),
    )
    now = flows(topology, np.ones(5, np.bool_))
    assert told(topology, now.cooling_load_kw) == pytest.approx({"C": 8 + 1 + 2, "P": 11, "T": 11})


def test_shares_groups_and_portions():
    """S takes a quarter from A and B together, the rest from C."""
    topology = campus_of(
        {"A": {}, "B": {}, "C": {}, "S": {"draw_kw": 8}},
        ("A", "FEEDS", "S", {"group": "1", "portion": 0.25}),
        ("B", "FEEDS", "S", {"group": "1", "portion": 0.25}),
        ("C", "FEEDS", "S", {"group": "2", "portion": 0.75}),
    )
    assert power(topology) == pytest.approx({"A": 1, "B": 1, "C": 6})
    assert power(topology, {"A"}) == pytest.approx({"B": 2, "C": 6})


def test_two_groups_halve_by_default():
    topology = campus_of(
        {"A": {}, "B": {}, "S": {"draw_kw": 8}},
        ("A", "FEEDS", "S", {"group": "1"}),
        ("B", "FEEDS", "S", {"group": "2"}),
    )
    assert power(topology) == pytest.approx({"A": 4, "B": 4})


def test_a_transfer_switch_takes_the_lowest_priority_then_the_lowest_id_as_text():
    transfer = {"policy": "transfer"}
    topology = campus_of(
        {"A9": {}, "A10": {}, "B": {}, "S": {"draw_kw": 8}},
        ("A9", "FEEDS", "S", {**transfer, "priority": 1}),
        ("A10", "FEEDS", "S", {**transfer, "priority": 1}),
        ("B", "FEEDS", "S", {**transfer, "priority": 0}),
    )
    assert power(topology) == {"B": 8}
    assert power(topology, {"B"}) == {"A10": 8}


def test_standby_takes_load_only_when_called_and_only_while_others_are_too_few():
    """U and a standby generator on one board; a second board lists the same generator beside A."""
    topology = campus_of(
        {"U": {}, "A": {}, "G": {"standby": True}, "S": {"draw_kw": 8}, "T": {"draw_kw": 2}},
        ("U", "FEEDS", "S"),
        ("G", "FEEDS", "S"),
        ("A", "FEEDS", "T"),
        ("G", "FEEDS", "T"),
    )
    assert power(topology) == {"U": 8, "A": 2}
    assert power(topology, {"U"}) == {"G": 8, "A": 2}


def test_in_a_ring_load_flows_away_from_the_sources():
    """U ─▶ A ⇄ B ⇄ C: C's load passes B, then A. A and B feed each other, but never in a circle."""
    tie = [("A", "FEEDS", "B"), ("B", "FEEDS", "A"), ("B", "FEEDS", "C"), ("C", "FEEDS", "B")]
    topology = campus_of({"U": {}, "A": {}, "B": {"draw_kw": 2}, "C": {"draw_kw": 4}}, ("U", "FEEDS", "A"), *tie)
    assert power(topology) == {"U": 6, "A": 6, "B": 4}


def test_overload_has_a_tolerance_and_marks_the_base():
    topology = campus_of(
        {"A": {"rated_kw": 0.3}, "B": {"rated_kw": 0.2}, "S": {"draw_kw": 0.1 + 0.2}, "T": {"draw_kw": 0.3}},
        ("A", "FEEDS", "S"),
        ("B", "FEEDS", "T"),
    )
    base = flows(topology, np.ones(4, np.bool_))
    (only,) = overloaded(topology, base, base)
    assert (topology.ids[only.asset], only.kind, only.in_base) == ("B", "power", True)
    assert [topology.ids[o.asset] for o in overloaded(topology, base, base, limit=0.9)] == ["A", "B"]


@given(st.data())
def test_loads_equal_the_oracle(data: st.DataObject):
    records = data.draw(campuses(load=True, standby=True))
    failed, out = data.draw(questions(records))
    campus, topology = (
        Campus(records.assets, records.relationships),
        from_records(records.assets, records.relationships),
    )
    base = base_state(campus, out)
    final = scenario_state(campus, base, failed)
    for up in (base, final):
        assert_equal(topology, flows(topology, mask(topology, up)), oracle.loads(campus, up))
    before, now = (flows(topology, mask(topology, up)) for up in (base, final))
    found = [(topology.ids[o.asset], o.kind) for o in overloaded(topology, before, now)]
    assert found == [(o.id, o.kind) for o in oracle.overloaded(campus, final)]


def assert_equal(topology: Topology, now: Flows, wanted: dict[str, dict[str, Any]]) -> None:
    for values, kind in ((now.load_kw, "power"), (now.cooling_load_kw, "cooling")):
        exact = [float(wanted[kind][name]) for name in topology.ids]
        np.testing.assert_allclose(values, exact, rtol=1e-12, atol=1e-12)
