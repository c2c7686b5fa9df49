"""Sweep and pairs equal those of brute force, interpreted and compiled."""

import pytest
from engine_in_words import Asked
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import scan
from strategies import Records, campuses, plants, questions

from twin.impact.pairs import pairs
from twin.impact.settle import settle_base
from twin.impact.sweep import sweep

SHAPES = {
    "random": campuses(space=True, standby=True),
    "tied": campuses(most=7, standby=True, space=False),
    "plant": plants(),
}
LABELS = st.one_of(st.none(), st.lists(st.sampled_from(["Server", "UPS", "Cabinet", "PowerPath", "Room"]), max_size=3))


@pytest.mark.parametrize("compiled", [False, True], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_the_sweep_is_the_oracles(shape, compiled, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    labels = data.draw(LABELS)

    base = settle_base(asked.topology, asked.index(out), compile_kernels=compiled)
    rows = sweep(base, labels, compile_kernels=compiled).to_dict()["rows"]

    expected = scan.sweep(asked.campus, labels, out)
    assert [{**row, "lost_kw": pytest.approx(row["lost_kw"])} for row in expected] == rows


@pytest.mark.parametrize("compiled", [False, True], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_the_pairs_are_the_oracles(shape, compiled, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    labels = data.draw(LABELS)

    base = settle_base(asked.topology, asked.index(out), compile_kernels=compiled)
    rows = pairs(base, labels, compile_kernels=compiled).to_dict()["rows"]

    assert rows == scan.pairs(asked.campus, labels, out)


def replicated(data: st.DataObject) -> Records:
    """Two tied switchboards, PDUs, cooling loops, and services on more servers than a word has bits."""
    pdus, loops = [f"P{i}" for i in range(5)], [f"C{i}" for i in range(4)]
    servers = [f"S{i}" for i in range(data.draw(st.integers(65, 140)))]
    labels = {"Switchboard": ["A", "B"], "UtilityFeed": ["FA", "FB"], "PDU": pdus, "CoolingLoop": loops}
    labels |= {"Server": servers, "Service": ["V", "W"]}
    records = Records([{"id": name, "label": label} for label, names in labels.items() for name in names])
    wires = [("FA", "FEEDS", "A", 1), ("FB", "FEEDS", "B", 1), ("A", "FEEDS", "B", 1), ("B", "FEEDS", "A", 1)]
    wires += [(data.draw(st.sampled_from("AB")), "FEEDS", pdu, 1) for pdu in pdus]
    random = data.draw(st.randoms(use_true_random=False))
    for server in servers:
        wires += [(pdu, "FEEDS", server, 1) for pdu in random.sample(pdus, random.randint(1, 2))]
        wires.append((random.choice(loops), "COOLS", server, 1))
    for service, hosts in (("V", servers), ("W", servers[5:])):
        need = data.draw(st.integers(1, len(hosts)))
        wires += [(host, "HOSTS", service, need) for host in hosts]
    records.relationships += [
        {"source_id": a, "type": kind, "target_id": b, "need": need} for a, kind, b, need in wires
    ]
    return records


@pytest.mark.parametrize("compiled", [False, True], ids=["interpreted", "compiled"])
@settings(max_examples=15)
@given(data=st.data())
def test_the_pairs_of_many_replicas_and_a_tie_are_the_oracles(compiled, data):
    asked = Asked(replicated(data))

    rows = pairs(settle_base(asked.topology, compile_kernels=compiled), compile_kernels=compiled).to_dict()["rows"]

    assert rows == scan.pairs(asked.campus)
