"""Importing into a Neo4j: what is new, changed, gone and back, sources apart, nothing written where it refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import load as ingest_load
from ingest.graph_state import count_held
from ingest.report import Report
from ingest.run import Options, Refused, ingest
from schema.errors import BadInput
from twin.graph import Store

pytestmark = pytest.mark.neo4j

Import = Callable[..., Report]

ASSETS = "id,label,name,parent_id,draw_kw\nC,Campus,Campus,,\nU,UPS,Ups,C,\nS,Server,Server,C,0.5\n"
RELATIONSHIPS = "source_id,type,target_id,group,need\nU,FEEDS,S,,1\n"


@pytest.fixture
def load(store: Store) -> Import:
    def call(*paths: Path, source: str | None = None, dry_run: bool = False, strict: bool = False) -> Report:
        return ingest(paths, lambda: store, Options(source=source, dry_run=dry_run, strict=strict))

    return call


def write(folder: Path, assets: str | None = ASSETS, relationships: str | None = RELATIONSHIPS) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in (("assets", assets), ("relationships", relationships)):
        if text is not None:
            (folder / f"{name}.csv").write_text(text)
    return folder


def ids(store: Store) -> list[str]:
    return [row["id"] for row in store.read("MATCH (a:Asset) RETURN a.id AS id ORDER BY id")]


def edges(store: Store) -> list[tuple[str, str, str]]:
    query = "MATCH (s:Asset)-[r]->(t:Asset) RETURN s.id AS s, type(r) AS type, t.id AS t ORDER BY type, s, t"
    return [(row["s"], row["type"], row["t"]) for row in store.read(query)]


def snapshot(store: Store) -> list[Any]:
    nodes = store.read("MATCH (n) WHERE NOT n:_Lock RETURN labels(n) AS l, properties(n) AS p ORDER BY l, p.id, p.name")
    relations = store.read(
        "MATCH (s)-[r]->(t) RETURN s.id AS s, type(r) AS y, t.id AS t, properties(r) AS p ORDER BY s, y, t"
    )
    return [nodes, relations]


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.all_findings if finding.severity != "info"]


def test_assets_and_relationships_arrive_with_labels_and_properties(load: Import, store: Store, tmp_path: Path) -> None:
    report = load(write(tmp_path / "dc"))
    assert report.assets == {"new": 3, "restored": 0, "changed": 0, "gone": 0, "unchanged": 0}
    assert ids(store) == ["C", "S", "U"]
    assert edges(store) == [("C", "CONTAINS", "S"), ("C", "CONTAINS", "U"), ("U", "FEEDS", "S")]
    (server,) = store.read("MATCH (a:Asset:Server) RETURN a.name AS name, a.draw_kw AS draw")
    assert server == {"name": "Server", "draw": 0.5}
    (feeds,) = store.read("MATCH ()-[r:FEEDS]->() RETURN r.need AS need, r.group AS name")
    assert feeds == {"need": 1, "name": ""}
    (source,) = store.read("MATCH (s:Source) RETURN s.name AS name, s.kind AS kind, s.imported_at IS NOT NULL AS done")
    assert source == {"name": "dc", "kind": "tables", "done": True}


def test_second_run_changes_nothing_and_says_so(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "dc"))
    before = snapshot(store)
    report = load(tmp_path / "dc")
    assert not report.changed
    assert report.assets["unchanged"] == 3
    assert report.relationships["unchanged"] == 3
    after = snapshot(store)
    for nodes in (before[0], after[0]):
        for row in nodes:
            row["p"].pop("imported_at", None)
            row["p"].pop("_run", None)
    assert after == before


def test_change_replaces_values_and_removes_what_is_no_longer_said(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "dc"))
    changed = ASSETS.replace("S,Server,Server,C,0.5", "S,Server,,C,0.7")
    report = load(write(tmp_path / "dc", changed, RELATIONSHIPS.replace("U,FEEDS,S,,1", "U,FEEDS,S,,2")))
    assert report.assets["changed"] == 1
    assert report.relationships["changed"] == 1
    (server,) = store.read("MATCH (a:Server) RETURN a.name AS name, a.draw_kw AS draw")
    assert server == {"name": None, "draw": 0.7}


def test_changed_label(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "dc"))
    load(write(tmp_path / "dc", ASSETS.replace("U,UPS", "U,PDU")))
    assert store.read("MATCH (a {id: 'U'}) RETURN labels(a) AS l")[0]["l"] == ["Asset", "PDU"]


def test_gone_becomes_a_tombstone_and_comes_back(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "dc"))
    without = ASSETS.replace("U,UPS,Ups,C,\n", "")
    report = load(write(tmp_path / "dc", without, "source_id,type,target_id\n"))
    assert report.assets["gone"] == 1
    assert report.relationships["gone"] == 2
    assert ids(store) == ["C", "S"]
    assert store.read("MATCH (t:_Tombstone) RETURN t._id AS id, t.id AS none") == [{"id": "U", "none": None}]
    report = load(write(tmp_path / "dc"))
    assert (report.assets["restored"], report.assets["new"]) == (1, 0)
    assert ids(store) == ["C", "S", "U"]
    assert len(edges(store)) == 3


def test_what_another_source_holds_stays(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "a"))
    other = "id,label,serial\nU,UPS,SN1\nX,PDU,\n"
    load(write(tmp_path / "b", other, "source_id,type,target_id\nU,FEEDS,X\n"))
    assert store.read("MATCH (a:UPS) RETURN a.name AS n, a.serial AS s, a._sources AS f") == [
        {"n": "Ups", "s": "SN1", "f": ["a", "b"]}
    ]
    load(write(tmp_path / "a", "id,label\nS,Server\n", "source_id,type,target_id\n"))
    assert ids(store) == ["S", "U", "X"]
    assert store.read("MATCH (a:UPS) RETURN a.name AS n, a.serial AS s, a._sources AS f") == [
        {"n": None, "s": "SN1", "f": ["b"]}
    ]
    assert edges(store) == [("U", "FEEDS", "X")]


def test_what_one_of_two_sources_no_longer_says_leaves_nothing_behind(
    load: Import, store: Store, tmp_path: Path
) -> None:
    """Both say the same, so that nothing but the bookkeeping changes when one of them stops."""
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    load(one)
    load(other)
    write(other, "id,label\nX,PDU\n", "source_id,type,target_id\n")
    report = load(other)
    assert (report.assets["new"], report.assets["changed"], report.assets["gone"]) == (1, 0, 0)
    left = "RETURN [n IN collect({what}) WHERE n IS NOT NULL] AS left"
    assert store.read("MATCH (a:Asset) " + left.format(what="a._values")) == [{"left": []}]
    assert store.read("MATCH (:Asset)-[r]->(:Asset) " + left.format(what="r._values")) == [{"left": []}]
    before = snapshot(store)
    assert not load(one).changed
    store.write(
        "MATCH (a:Asset {id: 'S'}) SET a._values = $old", old=['{"hash": 1, "says": {}}'] * 2
    )  # as earlier releases left it
    changed = write(one, ASSETS.replace("S,", "S,", 1).replace("Server", "UPS"))
    assert load(changed).assets["changed"] == 1
    load(write(one))
    assert [row for row in snapshot(store)[0] if "Source" not in row["l"]] == [
        row for row in before[0] if "Source" not in row["l"]
    ]


def test_sources_that_contradict_are_told_and_the_first_has_its_way(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "a"))
    report = load(write(tmp_path / "b", "id,label,name\nU,UPS,Other\n", None))
    assert codes(report) == ["conflict"]
    assert store.read("MATCH (a:UPS) RETURN a.name AS n") == [{"n": "Ups"}]
    again = load(tmp_path / "b")
    assert not again.changed


def test_other_label_in_another_source_is_dropped_and_told(load: Import, store: Store, tmp_path: Path) -> None:
    report = load(write(tmp_path / "a"), write(tmp_path / "b", "id,label,parent_id\nU,PDU,C\nV,PDU,C\n", None))
    assert codes(report) == ["label-conflict"]
    assert ids(store) == ["C", "S", "U", "V"]
    assert store.read("MATCH (a {id: 'U'}) RETURN labels(a) AS l")[0]["l"] == ["Asset", "UPS"]


def test_ends_are_looked_up_in_the_whole_call_and_in_the_graph(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "a", ASSETS, None))
    one = write(tmp_path / "b", "id,label\nX,PDU\n", "source_id,type,target_id\nU,FEEDS,X\nY,FEEDS,X\nNONE,FEEDS,X\n")
    two = write(tmp_path / "c", "id,label\nY,PDU\n", None)
    report = load(one, two)
    assert [f.place.row for f in report.errors if f.place] == [4]
    assert [f.place.column for f in report.errors if f.place] == ["source_id"]
    assert ("U", "FEEDS", "X") in edges(store)
    assert ("Y", "FEEDS", "X") in edges(store)


def test_repeated_id_is_dropped_with_its_parent(load: Import, store: Store, tmp_path: Path) -> None:
    report = load(write(tmp_path / "a", ASSETS + "S,Server,Twice,U,\n", None))
    assert codes(report) == ["repeated-id"]
    assert report.errors[0].place is not None
    assert (report.errors[0].place.row, report.errors[0].place.column) == (5, "id")
    assert store.read("MATCH (a:Server) RETURN a.name AS n") == [{"n": "Server"}]
    assert ("U", "CONTAINS", "S") not in edges(store)


def test_strict_refuses_before_anything_is_written(load: Import, store: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no asset X") as error:
        load(write(tmp_path / "a", ASSETS, RELATIONSHIPS + "X,FEEDS,S,,1\n"), strict=True)
    assert error.value.exit_status == 2
    assert ids(store) == []
    assert store.read("MATCH (s:Source) RETURN s") == []
    assert load(write(tmp_path / "a"), strict=True).changed


def test_dry_run_shows_the_difference_and_writes_nothing(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "a"))
    before = snapshot(store)
    report = load(write(tmp_path / "a", ASSETS + "X,PDU,,,\n"), dry_run=True)
    assert report.assets == {"new": 1, "restored": 0, "changed": 0, "gone": 0, "unchanged": 3}
    assert report.difference.assets == {"new": [{"id": "X", "label": "PDU"}]}
    assert snapshot(store) == before


def test_the_difference_names_what_changes_with_values_before_and_after(load: Import, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "a",
        "id,label,name,draw_kw\nA,Server,one,1\nB,Server,two,\nC,Server,,\n",
        "source_id,type,target_id\n",
    )
    load(folder)
    write(
        folder, "id,label,name,draw_kw\nA,Server,,2\nB,UPS,two,\nD,Server,,\n", "source_id,type,target_id\nB,FEEDS,A\n"
    )
    for dry_run in (True, False):
        report = load(folder, dry_run=dry_run).to_dict()["difference"]
        assert report["assets"] == {
            "new": [{"id": "D", "label": "Server"}],
            "changed": [
                {"id": "A", "label": "Server", "values": {"draw_kw": [1.0, 2.0], "name": ["one", None]}},
                {"id": "B", "label": "UPS", "values": {"label": ["Server", "UPS"]}},
            ],
            "gone": [{"id": "C", "label": "Server"}],
        }
        assert report["relationships"] == {"new": [{"source_id": "B", "type": "FEEDS", "target_id": "A"}]}
    assert load(folder).to_dict()["difference"] == {"assets": {}, "relationships": {}}
    write(
        folder,
        "id,label,name,draw_kw\nA,Server,,2\nB,UPS,two,\nC,Server,,\nD,Server,,\n",
        "source_id,type,target_id,need\nB,FEEDS,A,1\n",
    )
    report = load(folder).to_dict()["difference"]
    assert report["assets"] == {"restored": [{"id": "C", "label": "Server"}]}
    changed = {"source_id": "B", "type": "FEEDS", "target_id": "A", "values": {"need": [None, 1]}}
    assert report["relationships"] == {"changed": [changed]}


def test_unreadable_file_among_good_ones_writes_nothing(load: Import, store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(BadInput, match="is empty"):
        load(write(tmp_path / "a"), tmp_path / "empty.csv")
    assert store.read("MATCH (n) WHERE NOT n:_Lock RETURN n") == []


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("U,FEEDS,S,,0,,", "need-below-one"),
        ("U,FEEDS,S,,2,,", "need-above-suppliers"),
        ("U,FEEDS,S,,1,,\nV,FEEDS,S,,2,,", "need-disagrees"),
        ("U,FEEDS,S,,1,share,\nV,FEEDS,S,,1,transfer,", "policy-disagrees"),
        ("U,FEEDS,S,,2,transfer,\nV,FEEDS,S,,2,transfer,", "transfer-need"),
        ("U,FEEDS,S,a,1,,0.5\nV,FEEDS,S,b,1,,0.4", "portions-sum"),
        ("U,FEEDS,S,,1,,0.5", "portions-sum"),
        ("S,FEEDS,S,,1,,", "self-supply"),
    ],
)
def test_contradictions_of_the_model_are_loaded_and_told(
    load: Import, store: Store, tmp_path: Path, rows: str, code: str
) -> None:
    assets = "id,label\nU,UPS\nV,UPS\nS,Server\n"
    head = "source_id,type,target_id,group,need,policy,portion\n"
    report = load(write(tmp_path / "a", assets, f"{head}{rows}\n"))
    assert code in [finding.code for finding in report.errors]
    assert len(edges(store)) == len(rows.splitlines())


def test_contradiction_of_one_supplier_with_itself_is_kept(load: Import, store: Store, tmp_path: Path) -> None:
    twice = "source_id,type,target_id,need\nU,FEEDS,S,1\nU,FEEDS,S,2\n"
    report = load(write(tmp_path / "a", ASSETS, twice))
    assert "need-disagrees" in codes(report)
    assert store.read("MATCH (:UPS)-[r:FEEDS]->() RETURN r.need AS n ORDER BY n") == [{"n": 1}, {"n": 2}]
    assert not load(tmp_path / "a").changed
    load(write(tmp_path / "a"))
    assert store.read("MATCH (:UPS)-[r:FEEDS]->() RETURN r.need AS n") == [{"n": 1}]


def test_same_supplier_twice_counts_once_with_its_lowest_priority(load: Import, store: Store, tmp_path: Path) -> None:
    twice = "source_id,type,target_id,priority\nU,FEEDS,S,3\nU,FEEDS,S,1\n"
    report = load(write(tmp_path / "a", ASSETS, twice))
    assert codes(report) == ["repeated-relationship"]
    assert store.read("MATCH (:UPS)-[r:FEEDS]->() RETURN r.priority AS p") == [{"p": 1}]


def test_contradiction_with_what_the_graph_holds_is_told(load: Import, tmp_path: Path) -> None:
    load(write(tmp_path / "a"))
    report = load(write(tmp_path / "b", "id,label\nV,UPS\n", "source_id,type,target_id,need\nV,FEEDS,S,2\n"))
    assert codes(report) == ["need-disagrees"]


def test_what_the_database_cannot_hold_is_left_out_and_told(load: Import, store: Store, tmp_path: Path) -> None:
    long = "n" * 9_000
    table = f"id,label,name,description\nS,Server,{long},{long}\n"
    report = load(write(tmp_path / "dc", assets=table, relationships=None))
    (finding,) = report.errors
    assert (finding.code, finding.place and finding.place.row, finding.place and finding.place.column) == (
        "bad-value",
        2,
        "name",
    )
    (server,) = store.read("MATCH (a:Server) RETURN a.name AS name, a.description AS description")
    assert server == {"name": None, "description": long}


def test_unexpected_ends_are_a_warning_and_load(load: Import, store: Store, tmp_path: Path) -> None:
    report = load(write(tmp_path / "a", ASSETS, "source_id,type,target_id\nS,COOLS,C\n"), strict=True)
    assert codes(report) == ["unexpected-ends"]
    assert ("S", "COOLS", "C") in edges(store)


def test_cords_in_groups_of_their_own_are_warned_of(load: Import, tmp_path: Path) -> None:
    rows = "source_id,type,target_id,group\nU,FEEDS,S,A\nV,FEEDS,S,B\n"
    report = load(write(tmp_path / "a", "id,label\nU,PDU\nV,PDU\nS,Server\n", rows))
    assert codes(report) == ["vital-cords"]


def test_table_of_relationships_alone_leaves_the_assets(load: Import, store: Store, tmp_path: Path) -> None:
    load(write(tmp_path / "a"))
    (tmp_path / "a" / "relationships.csv").write_text("source_id,type,target_id\n")
    report = load(tmp_path / "a" / "relationships.csv")
    assert ids(store) == ["C", "S", "U"]
    assert report.relationships["gone"] == 1
    assert edges(store) == [("C", "CONTAINS", "S"), ("C", "CONTAINS", "U")]


class _Cut(Exception):
    pass


def test_interrupted_import_is_completed_by_running_it_again(load: Import, store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "a")

    def cut(what: str, _done: int, _total: int) -> None:
        if what == "write relationships":
            raise _Cut

    with pytest.raises(_Cut):
        ingest([folder], lambda: store, Options(), cut)
    assert ids(store) == ["C", "S", "U"]
    assert store.read("MATCH (s:Source) RETURN s._complete AS c") == [{"c": False}]
    load(folder)
    assert len(edges(store)) == 3
    assert store.read("MATCH (s:Source) RETURN s._complete AS c") == [{"c": True}]
    assert not load(folder).changed


def test_an_asset_that_goes_while_relationships_are_written_leaves_the_others_right(
    load: Import, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An asset that another program takes away leaves a gap in its batch; the next run fills it."""
    monkeypatch.setattr(ingest_load, "FEW", 2)
    assets = "id,label,name,parent_id\nC,Campus,C,\n" + "".join(f"{n},PDU,{n},C\n" for n in "SUVWX")
    links = [("S", "U"), ("V", "S"), ("V", "W"), ("W", "X"), ("X", "V"), ("U", "X")]
    lines = "".join(f"{source},FEEDS,{target},,1\n" for source, target in links)
    folder = write(tmp_path / "a", assets, "source_id,type,target_id,group,need\n" + lines)

    def steal(what: str, done: int, total: int) -> None:
        if what == "write assets" and done == total:
            store.write("MATCH (a:Asset {id: 'S'}) DETACH DELETE a")

    ingest([folder], lambda: store, Options(), steal)
    held = [(source, kind, target) for source, kind, target in edges(store) if kind != "CONTAINS"]
    assert held == sorted((source, "FEEDS", target) for source, target in links if "S" not in {source, target})
    load(folder)
    held = [(source, kind, target) for source, kind, target in edges(store) if kind != "CONTAINS"]
    assert held == sorted((source, "FEEDS", target) for source, target in links)
    assert not load(folder).changed


@pytest.mark.parametrize("sizes", [(1, 0), (2, 0), (3, 1000), (2, 1000), (1000, 0), (1000, 1000)])
def test_batches_of_any_size_write_the_same_relationships(
    load: Import, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, int]
) -> None:
    """Ends and properties are sent once in a batch, whether types share their batches or not."""
    monkeypatch.setattr(ingest_load, "BATCH", sizes[0])
    monkeypatch.setattr(ingest_load, "FEW", sizes[1])
    links = [(f"U{i}", "FEEDS", f"S{j}", f"g{i}", 1 + (i + j) % 2) for i in range(3) for j in range(4) if i != j]
    links += [("U0", "CONNECTS", "S1", "", 1), ("U1", "CONNECTS", "S0", "", 1)]
    names = [*(f"U{i},UPS" for i in range(3)), *(f"S{j},Server" for j in range(4))]
    assets = "id,label,parent_id\nC,Campus,\n" + "".join(f"{name},C\n" for name in names)
    lines = "".join(",".join(map(str, link)) + "\n" for link in links)
    load(write(tmp_path / "a", assets, "source_id,type,target_id,group,need\n" + lines))
    rows = store.read("MATCH (s)-[r:FEEDS|CONNECTS]->(t) RETURN s.id, type(r), t.id, r.group, r.need, r._sources")
    assert sorted(tuple(row.values())[:5] for row in rows) == sorted(links)
    assert {tuple(row["r._sources"]) for row in rows} == {("a",)}
    assert len(edges(store)) == len(links) + 7


def test_each_source_keeps_how_much_it_holds(load: Import, store: Store, tmp_path: Path) -> None:
    """Counted from the plan in an empty graph, in the graph where there was something."""
    write(tmp_path / "a")
    write(tmp_path / "b", "id,label\nS,Server\nT,Server\n", "source_id,type,target_id,group,need\nU,FEEDS,T,,1\n")
    for known in (["a"], ["a", "b"], ["a", "b"]):
        load(*(tmp_path / name for name in known[-1:]))
        said = store.read("MATCH (s:Source) RETURN s.name AS name, s._assets AS a, s._relationships AS r")
        assert {row["name"]: (row["a"], row["r"]) for row in said} == count_held(store)
        assert count_held(store) == {name: {"a": (3, 3), "b": (2, 1)}[name] for name in known}


def test_report_is_one_json_document(load: Import, tmp_path: Path) -> None:
    report = load(write(tmp_path / "a", ASSETS + "Q,Foo,,,\n")).to_dict()
    assert report["labels"] == {"Campus": 1, "Server": 1, "UPS": 1}
    assert report["types"] == {"CONTAINS": 2, "FEEDS": 1}
    assert report["errors"] == 1
    (finding,) = [f for f in report["findings"] if f["severity"] == "error"]
    assert finding == {
        "severity": "error",
        "code": "unknown-label",
        "message": "'Foo' is not a label of the schema; the row was dropped",
        "file": str(tmp_path / "a" / "assets.csv"),
        "row": 5,
        "column": "label",
        "ids": ["Q"],
    }
