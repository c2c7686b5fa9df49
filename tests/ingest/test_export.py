"""Export and ingest give an equal graph, as tables and as IFC; and the IFC says the same without our record."""

import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.validate
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from plugins.neo4j_fixture import empty
from strategies import Records, campuses

from ingest.campus import write
from ingest.exporters.writing import export
from ingest.run import Options, ingest
from schema.check import coerce, relationship_properties
from schema.errors import BadInput
from schema.labels import properties_of
from schema.relationships import RELATIONSHIPS
from twin.graph import Store

pytestmark = pytest.mark.neo4j


def graph(store: Store) -> tuple[list[str], list[str]]:
    """All that a person can see of the graph: assets and relationships with their declared properties."""
    nodes = store.read("MATCH (a:Asset) RETURN labels(a) AS labels, properties(a) AS properties")
    relationships = store.read(
        "MATCH (s:Asset)-[r]->(t:Asset) RETURN s.id AS s, type(r) AS type, t.id AS t, properties(r) AS properties"
    )
    return (
        sorted(repr((sorted(row["labels"]), _shown(row["properties"]))) for row in nodes),
        sorted(repr((row["s"], row["type"], row["t"], _shown(row["properties"]))) for row in relationships),
    )


def _shown(properties: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(
        (name, value.iso_format() if hasattr(value, "iso_format") else value)
        for name, value in properties.items()
        if not name.startswith("_")
    )


def load(store: Store, *paths: Path, **options: Any) -> Any:
    return ingest(paths, lambda: store, Options(**options))


def files(folder: Path, form: str) -> list[Path]:
    return [folder] if form == "tables" else sorted(folder.glob("*.ifc"))


@pytest.fixture(params=["tables", "ifc"])
def form(request: pytest.FixtureRequest) -> Iterator[Any]:
    return request.param


@pytest.mark.parametrize("scale", ["tiny", pytest.param("block", marks=pytest.mark.slow)])
def test_reference_campus_comes_back_equal(store: Store, tmp_path: Path, form: Any, scale: str) -> None:
    write(tmp_path / "campus", scale, 3)
    load(store, tmp_path / "campus")
    before = graph(store)
    done = export(store, tmp_path / "out", form)
    assert not done.left
    assert done.counts["assets"] == len(before[0])
    assert done.counts["relationships"] == len(before[1])
    empty(store)
    report = load(store, *files(tmp_path / "out", form))
    assert [str(f) for f in report.errors] == []
    after = graph(store)
    for ours, theirs in zip(after, before, strict=True):
        assert ours == theirs


@pytest.mark.parametrize("scale", ["tiny"])
def test_ifc_says_the_same_without_the_record(store: Store, tmp_path: Path, scale: str) -> None:
    """Another program sees labels, ids, boxes, ratings and supply in what IFC itself has for them."""
    write(tmp_path / "campus", scale, 3)
    load(store, tmp_path / "campus")
    shown = (
        "MATCH (a:Asset) WHERE NOT a:CommonCause AND NOT a:Service AND NOT a:Tenant "
        "RETURN a.id AS id, labels(a) AS label, round(a.x_m, 3) AS x, round(a.z_m, 3) AS z, "
        "round(a.length_m, 3) AS length, a.rated_kw AS kw, a.rated_cooling_kw AS cooling ORDER BY id"
    )
    supplies = (
        "MATCH (s:Asset)-[r:FEEDS|COOLS|SUPPLIES|CONTROLS]->(t:Asset) "
        "WHERE NOT s:Room AND NOT t:Room AND NOT s:Module AND NOT t:Module AND NOT s:Building AND NOT t:Building "
        "RETURN s.id AS s, type(r) AS type, t.id AS t, r.need AS need ORDER BY type, s, t"
    )
    before, supply = store.read(shown), store.read(supplies)
    export(store, tmp_path / "out", "ifc")
    (tmp_path / "plain.toml").write_text('record = ""\n')
    empty(store)
    report = load(store, tmp_path / "out" / "out.ifc", mapping=tmp_path / "plain.toml")
    assert [str(f) for f in report.errors] == []
    after = {row["id"]: row for row in store.read(shown)}
    placed = [row for row in before if row["x"] is not None]
    assert len(placed) > 100
    for row in placed:
        assert after[row["id"]] == row
    assert {row["id"] for row in before} <= set(after)
    assert {(r["s"], r["type"], r["t"], r["need"]) for r in supply} <= {
        (r["s"], r["type"], r["t"], r["need"]) for r in store.read(supplies)
    }


def test_ifc_is_valid(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "campus", "tiny", 3)
    load(store, tmp_path / "campus")
    export(store, tmp_path / "out", "ifc")
    logger = ifcopenshell.validate.json_logger()
    ifcopenshell.validate.validate(str(tmp_path / "out" / "out.ifc"), logger)
    assert [entry for entry in logger.statements if entry.get("level") == "error"] == []
    model = ifcopenshell.open(str(tmp_path / "out" / "out.ifc"))
    identities = [entity.GlobalId for entity in model.by_type("IfcRoot")]
    assert len(identities) == len(set(identities))


words = st.text(string.ascii_letters + "äß€😀,;\"'\\ \n#0", min_size=1, max_size=12).map(str.strip).filter(bool)


@settings(max_examples=12, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(campus=campuses(), texts=st.lists(words, min_size=1, max_size=5))
def test_any_campus_comes_back_equal(
    store: Store, tmp_path_factory: pytest.TempPathFactory, campus: Records, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    empty(store)
    _write(store, campus, texts)
    before = graph(store)
    for form in ("tables", "ifc"):
        export(store, folder / form, form)  # type: ignore[arg-type]
    for form in ("tables", "ifc"):
        empty(store)
        load(store, *files(folder / form, form))
        for ours, theirs in zip(graph(store), before, strict=True):
            assert ours == theirs


def _write(store: Store, campus: Records, texts: list[str]) -> None:
    """The campus as it would stand in the graph after an import, with odd texts."""
    for number, record in enumerate(campus.assets):
        said = record | {"name": texts[number % len(texts)], "description": f"{texts[-1]}\n{texts[0]}"}
        label = said.pop("label")
        declared = properties_of(label)
        values = {name: coerce(declared[name], value) for name, value in said.items() if value is not None}
        store.write(f"CREATE (a:Asset:{label}) SET a = $values", values=values)
    for record in _once(campus.relationships):
        said = dict(record)
        source, kind, target = (said.pop(name) for name in ("source_id", "type", "target_id"))
        if RELATIONSHIPS[kind].supply:
            said["group"] = said.get("group") or ""
        declared = relationship_properties(kind)
        values = {name: coerce(declared[name], value) for name, value in said.items() if value is not None}
        store.write(
            f"MATCH (s:Asset {{id: $s}}), (t:Asset {{id: $t}}) CREATE (s)-[r:{kind}]->(t) SET r = $values",
            s=source,
            t=target,
            values=values,
        )


def _once(relationships: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As an import counts them: the same supplier twice in a group is one, with its lowest priority."""
    kept: dict[Any, dict[str, Any]] = {}
    for record in relationships:
        names = ("source_id", "type", "target_id", "group", "need", "policy", "portion")
        key = tuple(record.get(name) or ("" if name == "group" else None) for name in names)
        first = kept.setdefault(key, dict(record))
        if "priority" in record or "priority" in first:
            first["priority"] = min(record.get("priority") or 0, first.get("priority") or 0)
    return list(kept.values())


def test_a_part_holds_what_is_below_and_says_what_was_cut(store: Store, tmp_path: Path, form: Any) -> None:
    write(tmp_path / "campus", "tiny", 3)
    load(store, tmp_path / "campus")
    (module,) = store.read("MATCH (m:Module) WHERE m.kind = 'IT' RETURN m.id AS id ORDER BY id LIMIT 1")
    below = store.read("MATCH (m {id: $id})-[:CONTAINS*0..]->(a) RETURN count(DISTINCT a) AS n", **module)[0]["n"]
    part = export(store, tmp_path / "part", form, ids=[module["id"]])
    assert part.counts["assets"] >= below
    assert any("from outside the exported part" in line for line in part.left)
    more = export(store, tmp_path / "more", form, ids=[module["id"]], upstream=True)
    assert more.counts["assets"] > part.counts["assets"]
    assert not any("FEEDS" in line for line in more.left)
    empty(store)
    assert [str(f) for f in load(store, *files(tmp_path / "more", form)).errors] == []


def test_refusals_are_one_line_and_write_nothing(store: Store, tmp_path: Path, form: Any) -> None:
    with pytest.raises(BadInput, match="holds no assets"):
        export(store, tmp_path / "out", form)
    store.write("CREATE (:Asset:UPS {id: 'U'})")
    with pytest.raises(BadInput, match="there is no asset X in the graph"):
        export(store, tmp_path / "out", form, ids=["X"])
    with pytest.raises(BadInput, match="--building B9: there is no building"):
        export(store, tmp_path / "out", form, buildings=["B9"])
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        export(store, tmp_path / "file" / "out", form)
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []
    export(store, tmp_path / "out", form)
    with pytest.raises(BadInput, match=r"is there already; --overwrite"):
        export(store, tmp_path / "out", form)
    export(store, tmp_path / "out", form, overwrite=True)


def test_what_no_export_can_hold_is_told(store: Store, tmp_path: Path) -> None:
    store.write("CREATE (:Asset:UPS {id: 'U', mine: 1, name: ' padded '}), (:Asset {id: 'V'})")
    done = export(store, tmp_path / "out")
    assert done.counts == {"assets": 1, "relationships": 0}
    assert [line.split(" (")[0] for line in done.left] == [
        "1 × property mine, which the schema does not declare",
        "1 × blank space around name, which a cell does not keep",
        "1 × asset without a label of the schema",
    ]


def test_a_record_that_was_changed_by_hand_is_told(store: Store, tmp_path: Path) -> None:
    store.write("CREATE (:Asset:UPS {id: 'U', rated_kw: 5.0})-[:FEEDS {need: 1}]->(:Asset:PDU {id: 'P'})")
    export(store, tmp_path / "out", "ifc")
    path = tmp_path / "out" / "out.ifc"
    path.write_text(path.read_text().replace('{"rated_kw":5.0}', '{"rated_kw":"much"}').replace('"FEEDS"', '"FEADS"'))
    empty(store)
    report = load(store, path)
    assert [f.code for f in report.errors] == ["bad-record", "bad-record"]
    assert store.read("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": 2}]


def test_elements_that_were_added_to_an_export_are_told(store: Store, tmp_path: Path) -> None:
    store.write("CREATE (:Asset:UPS {id: 'U', rated_kw: 5.0})")
    export(store, tmp_path / "out", "ifc")
    path = tmp_path / "out" / "out.ifc"
    added = "#99999=IFCPUMP('0aaaaaaaaaaaaaaaaaaaaa',$,'new',$,$,$,$,'P-9',.NOTDEFINED.);\nENDSEC;\nEND-ISO"
    path.write_text(path.read_text().replace("ENDSEC;\nEND-ISO", added))
    report = load(store, path)
    assert "no-record" in [f.code for f in report.all_findings]


def test_export_document_is_json(store: Store, tmp_path: Path) -> None:
    store.write("CREATE (:Asset:UPS {id: 'U'})")
    document = json.loads(json.dumps(export(store, tmp_path / "out").to_dict()))
    assert document["assets"] == 1
    assert [Path(file).name for file in document["files"]] == ["assets.csv", "relationships.csv"]
