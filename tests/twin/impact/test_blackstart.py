"""Black start as section 7 says: rounds, what never starts, deadlocked cycles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from oracles.design import black_start as oracle
from oracles.model import Campus
from strategies import campuses, questions

from twin.campus import Campus as Twin
from twin.impact.blackstart import black_start, restoration
from twin.impact.settle import Scenario, settle_base
from twin.topology import from_records

NONE = np.empty(0, np.int32)


def topology_of(*relationships: tuple[str, str, str]):
    names = sorted({end for source, _, target in relationships for end in (source, target)})
    assets = [{"id": name, "label": "Switchboard"} for name in names]
    return from_records(assets, [{"source_id": s, "type": t, "target_id": c} for s, t, c in relationships])


def test_a_pump_and_its_controller_wait_for_each_other():
    """U ─▶ board ─▶ pump ─▶ UPS room …, and the pump's controller is fed by the UPS that the pump cools."""
    topology = topology_of(
        ("U", "FEEDS", "board"),
        ("board", "FEEDS", "pump"),
        ("pump", "COOLS", "UPS"),
        ("board", "FEEDS", "UPS"),
        ("UPS", "FEEDS", "PLC"),
        ("PLC", "CONTROLS", "pump"),
        ("UPS", "FEEDS", "server"),
    )
    answer = black_start(topology, NONE, NONE).to_dict()
    assert answer["rounds"] == [["U"], ["board"]]
    assert answer["never"] == ["PLC", "UPS", "pump", "server"]
    assert answer["deadlocks"] == [["PLC", "UPS", "pump"]]


def test_a_ring_starts_from_its_source():
    topology = topology_of(("U", "FEEDS", "A"), ("A", "FEEDS", "B"), ("B", "FEEDS", "A"))
    assert black_start(topology, NONE, NONE).to_dict()["rounds"] == [["U"], ["A"], ["B"]]


def test_restoration_goes_round_by_round_from_what_is_still_up():
    topology = topology_of(("U", "FEEDS", "A"), ("A", "FEEDS", "B"), ("U", "FEEDS", "C"))
    scenario = Scenario(settle_base(topology))
    scenario.fail([topology.ids.index("A")])
    rounds = restoration(topology, ~scenario.down, np.zeros(4, np.bool_))
    assert [topology.ids.many(r) for r in rounds] == [["A"], ["B"]]


@given(st.data())
def test_rounds_and_deadlocks_equal_the_oracle(data: st.DataObject):
    records = data.draw(campuses(space=data.draw(st.booleans())))
    _, out = data.draw(questions(records))
    topology = from_records(records.assets, records.relationships)
    named = np.array([topology.ids.index(name) for name in out], np.int32)
    gone = Scenario(settle_base(topology)).expand(named)
    found = black_start(topology, named, gone).to_dict()
    wanted = oracle(Campus(records.assets, records.relationships), out)
    assert {name: found[name] for name in wanted} == wanted


def test_what_a_scenario_took_down_comes_back_in_rounds():
    """U ─▶ board ─▶ pump ─▶ UPS …, and the pump's controller is fed by the UPS that the pump cools; V is out."""
    topology = topology_of(
        ("U", "FEEDS", "board"),
        ("board", "FEEDS", "pump"),
        ("pump", "COOLS", "UPS"),
        ("board", "FEEDS", "UPS"),
        ("UPS", "FEEDS", "PLC"),
        ("PLC", "CONTROLS", "pump"),
        ("V", "FEEDS", "lamp"),
        ("board", "FEEDS", "fan"),
    )
    answer = Twin.of(topology).restoration("board", out=["V"]).to_dict()
    assert answer["question"] == {"failed": ["board"], "out": ["V"], "overload": "report", "limit": 1.0}
    assert answer["rounds"] == [["board"], ["fan"]]
    assert answer["never"] == ["PLC", "UPS", "pump"]
    assert answer["deadlocks"] == [["PLC", "UPS", "pump"]]


@given(st.data())
def test_a_restoration_ends_where_the_base_state_was_or_in_deadlock(data: st.DataObject):
    records = data.draw(campuses(space=True, standby=True))
    failed, out = data.draw(questions(records))
    topology = from_records(records.assets, records.relationships)
    campus = Twin.of(topology)
    lost = set(campus.impact(*failed, out=out).lost) | set(failed) - set(campus.impact(*failed, out=out).down_before)
    answer = campus.restoration(*failed, out=out).to_dict()
    back = [id_ for round_ in answer["rounds"] for id_ in round_]
    assert sorted(back + answer["never"]) == sorted(lost)
