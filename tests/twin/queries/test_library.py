"""The Cypher library on a real Neo4j: each query against hand-worked cases, the engine, or networkx."""

import random
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from schema.cypher import upsert_assets, upsert_relationships
from schema.errors import BadInput, UnknownAsset
from schema.supply import SUPPLY_TYPES
from twin.campus import Campus
from twin.impact.load import flows
from twin.queries import get, library, parse, run
from twin.queries.guide import files
from twin.topology import from_records

SPACES = ("Building", "Module", "Room", "Cabinet", "CommonCause", "PowerPath")
EQUIPMENT = ("UPS", "PDU", "Server", "Chiller", "Pump", "Controller", "Service")


def write(store, assets, relationships):
    """The same records that `from_records` takes, into Neo4j."""
    for label in sorted({a["label"] for a in assets}):
        rows = [
            {"id": a["id"], "properties": {k: v for k, v in a.items() if k not in ("id", "label")}}
            for a in assets
            if a["label"] == label
        ]
        store.write_batches(upsert_assets(label), rows)
    for type_ in sorted({r["type"] for r in relationships}):
        rows = [
            {
                "source_id": r["source_id"],
                "target_id": r["target_id"],
                "group": r.get("group", ""),
                "properties": {k: v for k, v in r.items() if k not in ("source_id", "type", "target_id", "group")},
            }
            for r in relationships
            if r["type"] == type_
        ]
        store.write_batches(upsert_relationships(type_), rows)


def feeds(source, target, **properties):
    return {"source_id": source, "type": "FEEDS", "target_id": target, "need": 1, **properties}


def supply(type_, source, target, **properties):
    return feeds(source, target, **properties) | {"type": type_}


def contains(space, *inside):
    return [{"source_id": space, "type": "CONTAINS", "target_id": each} for each in inside]


def asset(id_, label, **properties):
    return {"id": id_, "label": label, **properties}


def room():
    r"""Two sides, a tie between the boards, a cabinet with a dual-corded and a single-corded server.

    F1 ── BA ═tie═ BB ── F2
          │         │
          UA        UB        UA: efficiency 0.9
          │         │
          PA        PB
           \  S1   /
          S2 (PA alone)       V: service on S1, S2, needs one
    """
    assets = [
        asset("F1", "UtilityFeed"),
        asset("F2", "UtilityFeed"),
        asset("BA", "Switchboard"),
        asset("BB", "Switchboard"),
        asset("UA", "UPS", efficiency=0.9, rated_kw=10.0),
        asset("UB", "UPS"),
        asset("PA", "RackPDU"),
        asset("PB", "RackPDU"),
        asset("S1", "Server", draw_kw=2.0),
        asset("S2", "Server", draw_kw=1.0),
        asset("V", "Service", name="front"),
        asset("B1", "Building"),
        asset("M1", "Module"),
        asset("C1", "Cabinet"),
    ]
    relationships = [
        feeds("F1", "BA"),
        feeds("BB", "BA"),
        feeds("F2", "BB"),
        feeds("BA", "BB"),
        feeds("BA", "UA"),
        feeds("BB", "UB"),
        feeds("UA", "PA"),
        feeds("UB", "PB"),
        feeds("PA", "S1"),
        feeds("PB", "S1"),
        feeds("PA", "S2"),
        supply("HOSTS", "S1", "V"),
        supply("HOSTS", "S2", "V"),
        *contains("B1", "M1"),
        *contains("M1", "C1", "UA", "UB"),
        *contains("C1", "S1", "S2", "PA", "PB"),
    ]
    return assets, relationships


@pytest.fixture
def small(store):
    write(store, *room())
    return store


def rows(store, name, *columns, **parameters):
    return [tuple(row[column] for column in columns) for row in run(store, name, parameters)]


@pytest.mark.neo4j
def test_downstream(small):
    assert rows(small, "downstream", "id", "distance", id="UA") == [("PA", 1), ("S1", 2), ("S2", 2), ("V", 3)]
    assert rows(small, "downstream", "id", "label", id="UA", types=["FEEDS"]) == [
        ("PA", "RackPDU"),
        ("S1", "Server"),
        ("S2", "Server"),
    ]


@pytest.mark.neo4j
def test_upstream(small):
    assert rows(small, "upstream", "id", "distance", id="S2") == [
        ("PA", 1),
        ("UA", 2),
        ("BA", 3),
        ("BB", 4),
        ("F1", 4),
        ("F2", 5),
    ]


@pytest.mark.neo4j
def test_trace_feed(small):
    assert rows(small, "trace-feed", "cord", "source", "path", id="S1") == [
        ("PA", "F1", ["F1", "BA", "UA", "PA", "S1"]),
        ("PA", "F2", ["F2", "BB", "BA", "UA", "PA", "S1"]),
        ("PB", "F1", ["F1", "BA", "BB", "UB", "PB", "S1"]),
        ("PB", "F2", ["F2", "BB", "UB", "PB", "S1"]),
    ]


@pytest.mark.neo4j
def test_shared_ancestors(small):
    found = rows(small, "shared-ancestors", "id", "from_a", "from_b", a="PA", b="PB")
    assert sorted(found) == [("BA", 2, 3), ("BB", 3, 2), ("F1", 3, 4), ("F2", 4, 3)]
    assert ("UA", 1, 0) in rows(small, "shared-ancestors", "id", "from_a", "from_b", a="PA", b="UA")
    assert rows(small, "shared-ancestors", "id", a="F1", b="F2") == []


@pytest.mark.neo4j
def test_single_corded(small):
    assert rows(small, "single-corded", "id", "supplier", "cabinet", "module") == [("S2", "PA", "C1", "M1")]


@pytest.mark.neo4j
def test_redundancy_by_module(small):
    columns = ("module", "type", "groups", "without_spare", "one_spare", "more_spare")
    assert rows(small, "redundancy-by-module", *columns) == [
        ("M1", "FEEDS", 6, 5, 1, 0),
        (None, "FEEDS", 2, 0, 2, 0),
        (None, "HOSTS", 1, 0, 1, 0),
    ]


@pytest.mark.neo4j
def test_load_roll_up(small):
    found = rows(small, "load-roll-up", "id", "load_kw", "rated_kw", "exact", labels=["UPS", "Switchboard"])
    by_id = {row[0]: row[1:] for row in found}
    assert by_id["UA"] == (pytest.approx(2.0), 10.0, True)  # S2 and half of S1
    assert by_id["UB"] == (pytest.approx(1.0), None, True)
    assert by_id["BA"][2] is False  # it stands in a loop


@pytest.mark.neo4j
def test_loops(small):
    assert run(small, "loops", {}) == [
        {"type": "FEEDS", "members": ["BA", "BB"], "fed_by": ["F1", "F2"], "serves": 6, "servers": 2}
    ]
    assert run(small, "loops", {"types": ["COOLS"]}) == []


@pytest.mark.neo4j
def test_services_by_building(small):
    small.write("MATCH (s {id: 'S2'})<-[r:CONTAINS]-() DELETE r")
    assert rows(small, "services-by-building", "id", "name", "building", "replicas", "need", "total") == [
        ("V", "front", "B1", 1, 1, 2),
        ("V", "front", None, 1, 1, 2),
    ]


@pytest.mark.neo4j
def test_settled_impact(small):
    assert rows(small, "settled-impact", "id", "verdict", failed="UA") == [
        ("PA", "lost"),
        ("S2", "lost"),
        ("S1", "degraded"),
        ("V", "degraded"),
    ]
    assert rows(small, "settled-impact", "id", failed="UA", out="UB") == [("PA",), ("S1",), ("S2",), ("V",)]
    assert ("S1", "lost") in rows(small, "settled-impact", "id", "verdict", failed=["C1"])


@pytest.mark.neo4j
def test_settled_impact_follows_paths_and_common_causes(store):
    # W1 and W2 are paths; X is part of both, Y of W1 alone; Q affects both paths.
    assets = [asset(i, "PowerPath") for i in ("W1", "W2")] + [asset(i, "UPS") for i in ("X", "Y")]
    assets += [asset("Q", "CommonCause"), asset("Z", "Server")]
    part = [("X", "W1"), ("X", "W2"), ("Y", "W1")]
    relationships = [{"source_id": a, "type": "PART_OF", "target_id": b} for a, b in part]
    relationships += [{"source_id": "Q", "type": "AFFECTS", "target_id": w} for w in ("W1", "W2")]
    relationships += [feeds("X", "Z"), feeds("Y", "Z")]
    write(store, assets, relationships)
    for failed, out in ((["W1"], []), (["Q"], []), (["W2"], ["W1"]), (["W1", "W2"], [])):
        check_impact(store, Campus.of(from_records(assets, relationships)), failed, out)


def random_campus(seed, count=40):
    """Groups over all types, spaces and common causes; cycles across types, none of one type."""
    rnd = random.Random(seed)
    ids = [f"A{i:02d}" for i in range(count)]
    labels = {i: rnd.choice(SPACES if rnd.random() < 0.2 else EQUIPMENT) for i in ids}
    assets = [
        asset(i, labels[i], draw_kw=rnd.choice([0.0, 1.0, 2.5]), efficiency=rnd.choice([1.0, 0.9, 0.96])) for i in ids
    ]
    for each in assets:
        if rnd.random() < 0.15:
            each["standby"] = True
    relationships = []
    for type_ in SUPPLY_TYPES:
        order = rnd.sample(ids, count)
        for place, owner in enumerate(order[1:], 1):
            names = rnd.sample(["", "A", "B"], rnd.choice([0, 0, 1, 1, 2]))
            for name in names:
                suppliers = rnd.sample(order[:place], min(place, rnd.choice([1, 2, 2, 3])))
                transfer = rnd.random() < 0.2
                need = 1 if transfer else rnd.randint(1, len(suppliers))
                for supplier in suppliers:
                    extra = {"policy": "transfer", "priority": rnd.randint(0, 2)} if transfer else {}
                    relationships.append(supply(type_, supplier, owner, group=name, need=need, **extra))
    spaces = [i for i in ids if labels[i] in SPACES and labels[i] not in ("CommonCause", "PowerPath")]
    for position, i in enumerate(ids):
        inside = [s for s in spaces if s < i]
        if inside and rnd.random() < 0.5:
            relationships += contains(rnd.choice(inside), i)
        for cause in (c for c in ids if labels[c] == "CommonCause" and c != i and rnd.random() < 0.08):
            relationships.append({"source_id": cause, "type": "AFFECTS", "target_id": i})
        for path in (p for p in ids if labels[p] == "PowerPath" and p < i and rnd.random() < 0.2):
            relationships.append({"source_id": i, "type": "PART_OF", "target_id": path, "position": position + 1})
    return assets, relationships


def check_impact(store, campus, failed, out):
    answer = campus.impact(*failed, out=out)
    expected = {(i, "lost") for i in answer.lost} | {(i, "degraded") for i in answer.degraded}
    assert set(rows(store, "settled-impact", "id", "verdict", failed=failed, out=out)) == expected, (failed, out)


@pytest.mark.neo4j
@pytest.mark.parametrize("seed", range(6))
def test_settled_impact_equals_the_engine(store, seed):
    assets, relationships = random_campus(seed)
    write(store, assets, relationships)
    topology = from_records(assets, relationships)
    assert not topology.problems
    campus = Campus.of(topology)
    rnd = random.Random(seed)
    ids = [a["id"] for a in assets]
    for _ in range(12):
        check_impact(store, campus, rnd.sample(ids, rnd.choice([1, 1, 2])), rnd.sample(ids, rnd.choice([0, 0, 1, 2])))


@pytest.mark.neo4j
@pytest.mark.parametrize("seed", range(4))
def test_load_roll_up_equals_the_engine(store, seed):
    assets, relationships = random_campus(seed)
    relationships = [r for r in relationships if r["type"] == "FEEDS"]
    write(store, assets, relationships)
    topology = from_records(assets, relationships)
    load = flows(topology, np.ones(len(assets), np.bool_)).load_kw
    found = run(store, "load-roll-up", {"labels": list(EQUIPMENT + SPACES)})
    assert len(found) == len(assets)
    for row in found:
        assert row["exact"]
        assert row["load_kw"] == pytest.approx(load[topology.ids.index(row["id"])], abs=1e-9), row["id"]


@pytest.mark.neo4j
def test_reach_and_loops_equal_networkx(store):
    rnd = random.Random(7)
    ids = [f"A{i:02d}" for i in range(30)]
    assets = [asset(i, "Server" if rnd.random() < 0.3 else "PDU") for i in ids]
    pairs = {(t, *rnd.sample(ids, 2)) for t in ("FEEDS", "COOLS") for _ in range(38)}
    write(store, assets, [supply(t, a, b) for t, a, b in sorted(pairs)])
    whole = nx.DiGraph([(a, b) for _, a, b in pairs])
    whole.add_nodes_from(ids)
    for start in ids[:8]:
        for name, graph in (("downstream", whole), ("upstream", whole.reverse())):
            expected = nx.single_source_shortest_path_length(graph, start)
            found = dict(rows(store, name, "id", "distance", id=start))
            assert {k: v for k, v in found.items() if k != start} == {k: v for k, v in expected.items() if k != start}
    expected = {
        (t, tuple(sorted(component)))
        for t in ("FEEDS", "COOLS")
        for component in nx.strongly_connected_components(nx.DiGraph([(a, b) for u, a, b in pairs if u == t]))
        if len(component) > 1
    }
    found = run(store, "loops", {})
    assert {(row["type"], tuple(row["members"])) for row in found} == expected
    assert expected


@pytest.mark.neo4j
def test_an_asset_that_is_not_there_is_told_and_one_alone_supplies_nothing(store):
    """No rows for a mistyped id would look like an answer."""
    asked = {
        name: {p.name: ["x"] if p.kind == "list" else "x" for p in query.parameters if p.required}
        for name, query in library().items()
    }
    for name, values in asked.items():
        if values:
            with pytest.raises(UnknownAsset, match=r"--param '\w+': no asset 'x'"):
                run(store, name, values)
        else:
            assert run(store, name, values) == []
    store.write("CREATE (:Asset:UPS {id: 'x'})")
    for name, values in asked.items():
        told = {row.get("verdict", row["id"]) for row in run(store, name, values)}
        assert told <= {"settled-impact": {"failed"}, "shared-ancestors": {"x"}, "load-roll-up": {"x"}}.get(name, set())


@pytest.mark.neo4j
def test_the_columns_that_are_told_are_those_that_come(small):
    given = {"id": "S1", "a": "PA", "b": "PB", "failed": ["UA"]}
    for name, query in library().items():
        told = [column.strip() for names, _ in query.columns for column in names.split(",")]
        values = {p.name: given[p.name] for p in query.parameters if p.required}
        assert list(run(small, name, values)[0]) == told or set(run(small, name, values)[0]) == set(told), name


def test_the_library_holds_what_was_promised():
    assert set(library()) == {
        "downstream",
        "upstream",
        "trace-feed",
        "shared-ancestors",
        "single-corded",
        "redundancy-by-module",
        "load-roll-up",
        "loops",
        "services-by-building",
        "settled-impact",
    }
    for query in library().values():
        assert query.title
        assert query.columns
        assert "CREATE" not in query.cypher
        for parameter in query.parameters:
            assert f"${parameter.name}" in query.cypher


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("downstream", {}, "needs --param id"),
        ("downstream", {"id": "x", "depth": 1}, "depth"),
        ("downstream", {"id": ["x"]}, "text"),
        ("settled-impact", {"failed": "x", "rounds": "many"}, "number"),
        ("settled-impact", {"failed": "x", "rounds": 0}, "from 1"),
        ("downstream", {"id": "x", "types": ["FEEDS", "feeds"]}, "'feeds' is none of CONNECTS"),
        ("single-corded", {"labels": "Srever"}, "'Srever' is none of .*Server"),
        ("nothing", {}, "there are downstream"),
    ],
)
def test_wrong_names_and_parameters_are_told(name, values, says):
    with pytest.raises(BadInput, match=says):
        get(name).bound(values)


def test_one_id_stands_for_a_list_of_one():
    assert get("settled-impact").bound({"failed": "x"}) == {"failed": ["x"], "out": [], "rounds": 100}
    assert get("downstream").bound({"id": 17})["id"] == "17"


def test_a_head_that_is_not_understood_is_told():
    with pytest.raises(ValueError, match="param id"):
        parse("x", "// Title.\n// param id of the asset\nRETURN 1\n")


def test_the_browser_files_are_in_step_with_the_library():
    root = Path(__file__).parents[3] / "docs" / "browser"
    written = {str(file.relative_to(root)): file.read_text(encoding="utf-8") for file in root.rglob("*.*")}
    assert written == files(), "run `python -m twin.queries.guide`"
