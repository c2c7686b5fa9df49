"""Pairs of which one single trips something: through the rounds of the larger one, as one cascade after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_by_one import found, just_enough, one_by_one
from sketch import campus
from strategies import Records

from twin.impact.settle import settle_base
from twin.impact.worse_pairs import worse_pairs
from twin.topology import from_records


@st.composite
def cascades(draw: st.DrawFn) -> Records:
    """Three mains ─▶ boards, two of them in a ring or not ─▶ servers; one main in reserve, chillers for some."""
    records = Records()
    records.assets += [{"id": f"M{n}", "label": "UtilityFeed"} for n in range(3)]
    records.assets[2] |= {"label": "Generator", "standby": True} if draw(st.booleans()) else {}
    count = draw(st.integers(3, 6))
    records.assets += [{"id": f"B{n}", "label": "Switchboard"} for n in range(count)]
    records.assets += [{"id": f"C{n}", "label": "Chiller"} for n in range(2)]
    draws = draw(st.lists(st.sampled_from((2.0, 4.0, 5.0, 6.0)), min_size=5, max_size=8))
    records.assets += [{"id": f"S{n}", "label": "Server", "draw_kw": kw} for n, kw in enumerate(draws)]
    mains, boards = st.permutations(("M0", "M1", "M2")), st.permutations([f"B{n}" for n in range(count)])
    groups = [(f"B{n}", "FEEDS", draw(mains)[: draw(st.integers(1, 3))]) for n in range(count)]
    groups += [(f"S{n}", "FEEDS", draw(boards)[: draw(st.integers(1, 3))]) for n in range(len(draws))]
    groups += [(f"S{n}", "COOLS", ["C0", "C1"]) for n in range(len(draws)) if draw(st.booleans())]
    if draw(st.booleans()):
        tie = {"B0": ["B1"], "B1": ["B0"]}
        groups = [(owner, kind, [*members, *tie.get(owner, [])]) for owner, kind, members in groups]
    for owner, kind, members in groups:
        policy = {"policy": "transfer"} if kind == "FEEDS" and draw(st.integers(0, 5)) == 0 else {}
        for priority, source in enumerate(members):
            ends = {"source_id": source, "type": kind, "target_id": owner, "need": 1, "priority": priority}
            records.relationships.append({**ends, **policy})
    return records


@given(data=st.data())
def test_where_singles_trip_in_several_rounds(data: st.DataObject):
    records = data.draw(cascades())
    plain = from_records(records.assets, records.relationships)
    out = data.draw(st.lists(st.sampled_from(range(len(plain))), max_size=1))
    tight = st.sampled_from((None, 0.9, 1.0, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.2))
    base = settle_base(
        from_records(just_enough(data.draw, records.assets, plain, out, tight), records.relationships), out
    )
    scope = [index for index in range(len(plain)) if plain.labels[plain.label[index]] != "Server"]
    assert found(worse_pairs(base, np.array(scope, np.int32))) == one_by_one(base, scope, 1.0)


SPARED = """
    X PDU
    Y PDU rated_kw=12
    Z PDU
    W PDU rated_kw=9
    P PDU | FEEDS transfer of Y Z
    Q PDU | FEEDS W
    s Server draw_kw=10 | FEEDS 1 of X Y
    t Server draw_kw=6 | FEEDS 1 of P Q
    v Server draw_kw=4 | FEEDS 1 of X W
"""
"""With X lost Y carries 10 + 3 and trips; with P lost too it carries 10, but W 6 + 4, and trips instead."""
BESIDES = """
    X PDU
    Y PDU rated_kw=9
    Y2 PDU rated_kw=9
    Y3 PDU
    W PDU rated_kw=9
    V PDU rated_kw=3
    P PDU
    Q PDU | FEEDS W
    s Server draw_kw=10 | FEEDS transfer of X Y Y2 Y3
    t Server draw_kw=6 | FEEDS 1 of P Q
    v Server draw_kw=4 | FEEDS transfer of X W V
"""
"""With X lost Y and then Y2 carry 10 and trip; with P lost too W trips beside the first, and V beside the second."""
HEAT = BESIDES.replace("PDU", "Chiller").replace("FEEDS", "COOLS").replace("rated_kw", "rated_cooling_kw")


@pytest.mark.parametrize(
    ("sketch", "pair", "row"),
    [
        (SPARED, ("X", "P"), (4, 4, 1, 1)),
        (BESIDES, ("X", "P"), (7, 5, 4, 2)),
        (HEAT, ("X", "P"), (7, 5, 4, 2)),
    ],
)
def test_pairs_of_which_one_trips_something(sketch: str, pair: tuple[str, str], row: tuple[int, ...]):
    """Lost, beyond both singles, tripped and rounds; all that is not a server is asked about, so that partners are."""
    asked = campus(sketch)
    topology = asked.topology
    scope = np.flatnonzero(topology.label != topology.labels.index("Server")).astype(np.int32)
    worse = found(worse_pairs(asked.base(), scope))
    assert worse == one_by_one(asked.base(), scope.tolist(), 1.0)
    one, other = sorted(asked.index(pair))
    assert worse.get((one, other)) == row
