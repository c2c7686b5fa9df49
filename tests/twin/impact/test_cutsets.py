"""Cut sets, single points and what would be lost next, on campuses small enough to work out by hand."""

import numpy as np
import pytest

from twin.impact import _loadsets, _templates
from twin.impact._jit import making
from twin.impact._problem import pose, settle_families
from twin.impact.cutsets import all_cut_sets, cut_sets
from twin.impact.question import Question
from twin.impact.settle import settle_base
from twin.impact.single_points import next_losses, single_points
from twin.topology import from_records

NOTHING = Question()


def campus(assets, supplies, contains=()):
    """Assets as "id:Label"; supplies as "A,B>C/need"; contains as "space:thing"."""
    records = [dict(zip(("id", "label"), text.split(":"), strict=True)) for text in assets.split()]
    rows = []
    for text in supplies.split():
        ends, _, need = text.partition("/")
        suppliers, consumer = ends.split(">")
        kind = "HOSTS" if consumer.startswith("V") else "FEEDS"
        rows += [
            {"source_id": s, "type": kind, "target_id": consumer, "need": int(need or 1)} for s in suppliers.split(",")
        ]
    for text in contains:
        space, thing = text.split(":")
        rows.append({"source_id": space, "type": "CONTAINS", "target_id": thing})
    return from_records(records, rows)


def sets_of(topology, asset, order=3, out=()):
    base = settle_base(topology, [topology.ids.index(o) for o in out])
    return cut_sets(NOTHING, base, topology.ids.index(asset), order=order).cut_sets


def test_2n_takes_one_failure_on_each_side():
    """U ─▶ A ─▶ S ◀─ B ◀─ U   with U shared."""
    topology = campus("U:UtilityFeed A:UPS B:UPS S:Server", "U>A U>B A,B>S")
    assert sets_of(topology, "S") == [["A", "B"], ["U"]]
    assert sets_of(topology, "S", order=1) == [["U"]]


def test_a_ring_is_cut_on_both_sides():
    """U ─▶ A ⇄ B ⇄ C ◀─ W: C, B and A hold each other up only from outside."""
    topology = campus("U:UtilityFeed W:UtilityFeed A:Switchboard B:Switchboard C:Switchboard", "U,B>A A,C>B W,B>C")
    assert sets_of(topology, "B") == [["A", "C"], ["A", "W"], ["C", "U"], ["U", "W"]]


def test_four_of_five_needs_two_failures():
    """4 + 1 units on one header, one of them out: every unit is a single point."""
    units = "ABCDE"
    topology = campus(" ".join(f"{u}:Generator" for u in units) + " H:Switchboard", ",".join(units) + ">H/4")
    assert len(sets_of(topology, "H")) == 10
    assert sets_of(topology, "H", out=["A"]) == [["B"], ["C"], ["D"], ["E"]]


def test_spaces_and_power_paths_are_no_members_and_an_asset_that_is_down_has_no_cut_sets():
    """A cabinet that cools its server passes losses on without being one."""
    topology = campus("P:Pump C:Cabinet S:Server", "P>C C>S", ["C:S"])
    assert sets_of(topology, "S") == [["P"]]
    assert sets_of(topology, "S", out=["P"]) == []


def test_loads_that_hang_on_the_campus_alike_are_solved_once():
    """Cabinets K1 … K20 with rack PDUs of their own below two busways."""
    numbers = range(1, 21)
    assets = "A:Busway B:Busway " + " ".join(f"K{k}:Cabinet A{k}:RackPDU B{k}:RackPDU S{k}:Server" for k in numbers)
    supplies = " ".join(f"A>A{k} B>B{k} A{k},B{k}>S{k}" for k in numbers)
    topology = campus(assets, supplies, [f"K{k}:{thing}{k}" for k in numbers for thing in "ABS"])
    every = all_cut_sets(NOTHING, settle_base(topology))
    assert len(np.unique(every.sets.templates.walk_template)) == 1
    for answer in every:
        k = topology.ids[answer.asset][1:]
        assert answer.cut_sets == [["A", "B"], ["A", f"B{k}"], [f"A{k}", "B"], [f"A{k}", f"B{k}"]]


@pytest.mark.parametrize("controller", "STU")
def test_a_load_on_which_its_own_cooling_depends_is_solved_apart_from_those_alike(controller):
    """C cools the servers S, T and U, one of which runs what C needs: that one takes the others down, not itself."""
    assets = [{"id": "C", "label": "Chiller"}, *({"id": load, "label": "Server"} for load in "STU")]
    rows = [{"source_id": "C", "type": "COOLS", "target_id": load} for load in "STU"]
    topology = from_records(assets, [*rows, {"source_id": controller, "type": "CONTROLS", "target_id": "C"}])
    base = settle_base(topology)
    others = sorted({"S", "T", "U"} - {controller})
    assert single_points(NOTHING, base).single_points == {"C": ["S", "T", "U"], controller: others}
    for order in (1, 2, 3):
        every = {topology.ids[answer.asset]: answer.cut_sets for answer in all_cut_sets(NOTHING, base, order=order)}
        assert every == {controller: [["C"]]} | {load: [["C"], [controller]] for load in others}


def test_loads_alike_from_building_to_building_are_solved_once(monkeypatch):
    """Buildings B1 … B4 with a ring of switchboards R, S of their own on two feeds, too large to be local by itself."""
    monkeypatch.setattr(_templates, "MOST_DEPENDENTS", 1)
    solved = []
    monkeypatch.setattr(_loadsets, "pose", lambda *asked: solved.extend(asked[2]) or pose(*asked))
    numbers = range(1, 5)
    assets = "A:UtilityFeed B:UtilityFeed " + " ".join(
        f"B{k}:Building R{k}:Switchboard S{k}:Switchboard P{k}:RackPDU L{k}:Server" for k in numbers
    )
    supplies = " ".join(f"A,S{k}>R{k} B,R{k}>S{k} R{k},S{k}>P{k} P{k}>L{k}" for k in numbers)
    topology = campus(assets, supplies, [f"B{k}:{thing}{k}" for k in numbers for thing in "RSPL"])
    every = all_cut_sets(NOTHING, settle_base(topology))
    assert len(solved) == 1
    for answer in every:
        k = topology.ids[answer.asset][1:]
        assert answer.cut_sets == [["A", "B"], ["A", f"S{k}"], ["B", f"R{k}"], [f"P{k}"], [f"R{k}", f"S{k}"]]


def test_replicas_are_counted_where_they_are_not_listed():
    """Ten servers below one UPS each; the service needs eight: any three of twenty components in three chains."""
    numbers = range(10)
    assets = "V:Service " + " ".join(f"U{k}:UPS S{k}:Server" for k in numbers)
    topology = campus(
        assets, " ".join(f"U{k}>S{k}" for k in numbers) + " " + ",".join(f"S{k}" for k in numbers) + ">V/8"
    )
    base = settle_base(topology)
    answer = cut_sets(NOTHING, base, topology.ids.index("V"), limit=5)
    assert (answer.count, len(answer.members)) == (120 * 2**3, 5)
    assert answer.to_dict()["count"] == 960
    assert len(cut_sets(NOTHING, base, topology.ids.index("V")).cut_sets) == 960


def test_single_points_and_what_a_failure_adds():
    """U is a single point before; with A out everything on side B becomes one."""
    topology = campus("U:UtilityFeed A:UPS B:UPS S:Server T:Server", "U>A U>B A,B>S B>T")
    base = settle_base(topology)
    assert single_points(NOTHING, base).single_points == {"B": ["T"], "U": ["S", "T"]}
    assert next_losses(Question(failed=(topology.ids.index("A"),)), base).single_points == {"B": ["S"]}
    assert single_points(NOTHING, base).to_dict()["rows"] == [  # the worst first
        {"id": "U", "label": "UtilityFeed", "loads": ["S", "T"]},
        {"id": "B", "label": "UPS", "loads": ["T"]},
    ]


@pytest.mark.slow
def test_compiled_kernels_give_the_same_families():
    topology = campus(
        "U:UtilityFeed W:UtilityFeed A:Switchboard B:Switchboard C:Switchboard S:Server", "U,B>A A,C>B W,B>C A,C>S"
    )
    down, target = settle_base(topology).down, np.array([topology.ids.index("S")], np.int32)
    plain = settle_families(pose(topology, down, target), target, 3)
    with making():
        fast = settle_families(pose(topology, down, target), target, 3)
    assert plain.pool.tolist() == fast.pool.tolist()
