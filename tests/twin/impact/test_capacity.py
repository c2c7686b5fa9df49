"""Capacity-aware sweep and pairs equal one cascade after the other, with the short cut and without."""

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import campuses, questions

from twin.impact.capacity import pairs, sweep
from twin.impact.follow import Following
from twin.impact.load import flows
from twin.impact.settle import Base, Scenario, settle_base
from twin.impact.trip import cascade
from twin.topology import Topology, from_records


def one_by_one(base: Base, sets: list[tuple[int, ...]], limit: float) -> list[tuple[int, int, int]]:
    """Lost, tripped and rounds of each set, by the cascade that impact uses."""
    scenario = Scenario(base)
    following = Following(scenario, flows(base.topology, ~base.down))
    rows: list[tuple[int, int, int]] = []
    for named in sets:
        scenario.fail(named)
        rounds = cascade(following, limit).rounds
        own = sum(not base.down[asset] for asset in named)
        tripped = sum(len({entry.asset for entry in round_}) for round_ in rounds)
        rows.append((len(scenario.fallen()) - own, tripped, len(rounds)))
        following.undo()
        scenario.undo()
    return rows


def asked(data: st.DataObject) -> tuple[Topology, Base, float]:
    records = data.draw(campuses(load=True, standby=True, space=data.draw(st.booleans())))
    _, out = data.draw(questions(records))
    topology = from_records(records.assets, records.relationships)
    limit = data.draw(st.sampled_from((0.5, 1.0, 1.5, 3.0)))
    return topology, settle_base(topology, [topology.ids.index(name) for name in out]), limit


@given(st.data())
def test_the_sweep_equals_one_cascade_after_the_other(data: st.DataObject):
    topology, base, limit = asked(data)
    everything = np.arange(len(topology), dtype=np.int32)
    wanted = one_by_one(base, [(asset,) for asset in range(len(topology))], limit)
    for exact in (False, True):
        scan = sweep(base, everything, limit=limit, exact=exact)
        assert list(zip(scan.lost.tolist(), scan.tripped.tolist(), scan.rounds.tolist(), strict=True)) == wanted


@given(st.data())
def test_pairs_equal_one_cascade_after_the_other(data: st.DataObject):
    topology, base, limit = asked(data)
    some = np.arange(min(len(topology), 5), dtype=np.int32)
    wanted = one_by_one(base, list(combinations(some.tolist(), 2)), limit)
    scan = pairs(base, some, limit=limit)
    assert list(zip(scan.lost.tolist(), scan.tripped.tolist(), scan.rounds.tolist(), strict=True)) == wanted


@given(st.data())
def test_servers_that_share_their_suppliers_take_load_as_one(data: st.DataObject):
    """U ─▶ A, B (rated) ─▶ several alike servers, some of them with another portion or policy; chiller ─▶ all."""
    number = st.floats(0.0, 8.0).map(lambda value: round(value, 2))
    assets = [
        {"id": "U", "label": "UtilityFeed"},
        {"id": "C", "label": "Chiller", "rated_cooling_kw": data.draw(number)},
    ]
    assets += [{"id": side, "label": "UPS", "rated_kw": data.draw(number), "efficiency": 0.9} for side in "AB"]
    supplies = [{"source_id": "U", "type": "FEEDS", "target_id": side} for side in "AB"]
    for server in range(data.draw(st.integers(2, 6))):
        name = f"S{server}"
        policy = data.draw(st.sampled_from(("share", "transfer")))
        groups = data.draw(st.sampled_from((("", ""), ("a", "b"))))
        portions = {"a": data.draw(st.sampled_from((0.5, 0.25)))}
        portions["b"] = 1.0 - portions["a"]
        assets.append({"id": name, "label": "Server", "draw_kw": data.draw(number)})
        for side, group in zip("AB", groups, strict=True):
            row = {"source_id": side, "type": "FEEDS", "target_id": name, "group": group, "policy": policy}
            supplies.append(row | ({"portion": portions[group]} if group else {}))
        supplies.append({"source_id": "C", "type": "COOLS", "target_id": name})
    topology = from_records(assets, supplies)
    base = settle_base(topology)
    everything = np.arange(len(topology), dtype=np.int32)
    for scan, size in ((sweep, 1), (pairs, 2)):
        found = scan(base, everything)
        wanted = one_by_one(base, list(combinations(everything.tolist(), size)), 1.0)
        assert list(zip(found.lost.tolist(), found.tripped.tolist(), found.rounds.tolist(), strict=True)) == wanted


@given(st.data())
def test_racks_that_are_alike_pass_their_load_on_as_one(data: st.DataObject):
    """U ─▶ A, B (rated) ─▶ in each rack two rack PDUs ─▶ servers; chiller ─▶ cabinets ─▶ servers. Only A to C fail."""
    number = st.sampled_from((8.0, 3.0, 5.5))
    rating = st.sampled_from((40.0, 17.0, 9.0, 19.0, 12.0, 15.0, 22.0, 6.0, 27.0, None))

    def rated(name: str, label: str, **facts: Any) -> dict[str, Any]:
        kw = data.draw(rating)
        return {"id": name, "label": label} | facts | ({} if kw is None else {"rated_kw": kw})

    assets: list[dict[str, Any]] = [
        {"id": "U", "label": "UtilityFeed"},
        {"id": "C", "label": "Chiller", "rated_cooling_kw": data.draw(st.sampled_from((60.0, 25.0)))},
        rated("A", "Busway", efficiency=0.9),
        rated("B", "Busway"),
    ]
    feeds = [("U", "A"), ("U", "B"), ("A", "C")]
    supplies: list[dict[str, Any]] = []
    portion = data.draw(st.sampled_from((0.5, 0.25)))
    for rack in range(data.draw(st.integers(2, 3))):
        efficiency = data.draw(st.sampled_from((1.0, 0.8, 1.0)))
        sides = [f"{rack}P{side}" for side in "AB"]
        assets += [rated(name, "RackPDU", efficiency=efficiency) for name in sides]
        assets += [{"id": f"{rack}K", "label": "Cabinet"}]
        feeds += [("A", sides[0]), ("B", sides[1])]
        supplies += [{"source_id": "C", "type": "COOLS", "target_id": f"{rack}K"}]
        for server in range(data.draw(st.integers(1, 2))):
            name = f"{rack}S{server}"
            assets.append({"id": name, "label": "Server", "draw_kw": data.draw(number)})
            apart = data.draw(st.booleans())
            for place, side in enumerate(sides):
                row: dict[str, Any] = {"source_id": side, "type": "FEEDS", "target_id": name}
                share = (portion, 1.0 - portion)[place]
                supplies.append(row | ({"group": f"g{place}", "portion": share} if apart else {}))
            supplies.append({"source_id": f"{rack}K", "type": "COOLS", "target_id": name})
    supplies += [{"source_id": source, "type": "FEEDS", "target_id": target} for source, target in feeds]
    topology = from_records(assets, supplies)
    base = settle_base(topology)
    limit = data.draw(st.sampled_from((1.0, 1.3)))
    named = [topology.ids.index(name) for name in ("A", "B", "C", "U")]
    scope = np.array(sorted(asset for asset in named if asset is not None), np.int32)
    for scan, size in ((sweep, 1), (pairs, 2)):
        found = scan(base, scope, limit=limit)
        wanted = one_by_one(base, list(combinations(scope.tolist(), size)), limit)
        assert list(zip(found.lost.tolist(), found.tripped.tolist(), found.rounds.tolist(), strict=True)) == wanted
