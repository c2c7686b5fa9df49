"""Sweep and pairs where overloads trip are the impact of each single and pair, as the oracle answers it."""

from itertools import combinations

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles.impact import impact
from strategies import campuses, plants, questions

from schema.errors import BadInput
from twin.impact import trip_scans
from twin.impact.settle import settle_base
from twin.topology import from_records

SHAPES = {"loaded": campuses(most=8, load=True, standby=True), "plant": plants()}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_scans_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    out = data.draw(questions(asked.records)).out
    limit = data.draw(st.sampled_from((1.0, 0.7)))
    labels = sorted({asked.campus.label(id_) for id_ in asked.records.ids})[:3]
    wanted = data.draw(st.lists(st.sampled_from(labels), min_size=1, unique=True))

    def right(*named):
        return impact(asked.campus, list(named), out, trip=True, limit=limit)

    def trips(answer):
        return {"tripped": len({o.id for round_ in answer.rounds for o in round_}), "rounds": len(answer.rounds)}

    scope = sorted(id_ for id_ in asked.records.ids if asked.campus.label(id_) in wanted)
    rows = asked.engine.sweep(wanted, out, overload="trip", limit=limit).to_dict()["rows"]
    singles = {id_: right(id_) for id_ in scope}
    assert [row["id"] for row in rows] == sorted(scope, key=lambda id_: (-len(singles[id_].lost), id_))
    for row in rows:
        single = singles[row["id"]]
        assert row | trips(single) == row
        assert (row["lost"], row["degraded"]) == (len(single.lost), len(single.degraded))
        assert row["lost_servers"] == sum(asked.campus.label(id_) == "Server" for id_ in single.lost)
        detail = asked.engine.impact(row["id"], out=out, overload="trip", limit=limit).to_dict()
        assert row["lost_kw"] == pytest.approx(detail["totals"]["lost_kw"])

    found = asked.engine.pairs(wanted, out, overload="trip", limit=limit).to_dict()["rows"]
    expected = []
    for one, other in combinations(scope[:6], 2):
        both = right(one, other)
        beyond = set(both.lost) - set(singles[one].lost) - set(singles[other].lost)
        if beyond:
            figures = {"pair": [one, other], "lost": len(both.lost), "beyond_singles": len(beyond)}
            expected.append(figures | trips(both))
    some = [row for row in found if set(row["pair"]) <= set(scope[:6])]
    assert some == sorted(expected, key=lambda row: (-row["lost"], row["pair"]))


def test_too_many_pairs_are_refused(monkeypatch):
    monkeypatch.setattr(trip_scans, "MOST_PAIRS", 0)
    base = settle_base(from_records([{"id": "A", "label": "UPS"}, {"id": "B", "label": "UPS"}], []))
    with pytest.raises(BadInput, match="2 assets make 1 pairs"):
        trip_scans.trip_pairs(base, ["UPS"])
