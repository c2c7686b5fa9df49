"""`twin doctor` finds what is wrong with installation, folders, database, data and drawing, and says what to do."""

import json

import pytest

from schema.errors import TwinError, Unreachable
from twin.cli import doctor as doctors
from twin.cli.main import run
from twin.graph import Endpoint, Store
from viz import gl


@pytest.fixture
def doctor(store, neo4j_home, monkeypatch, capsys):
    """Ask the doctor about the session's own Neo4j; gives exit status and findings by what was looked at."""
    for name in ("TWIN_URI", "TWIN_USER", "TWIN_PASSWORD", "TWIN_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TWIN_HOME", str(neo4j_home))
    if not store.endpoint.local:
        monkeypatch.setenv("TWIN_URI", store.endpoint.uri)
        monkeypatch.setenv("TWIN_USER", store.endpoint.user)
        monkeypatch.setenv("TWIN_PASSWORD", store.endpoint.password)
        monkeypatch.setenv("TWIN_DATABASE", store.endpoint.database)

    def call():
        capsys.readouterr()
        status = run(["doctor", "--json"])
        document = json.loads(capsys.readouterr().out)
        assert document["ok"] is (status == 0)
        found = {}
        for finding in document["findings"]:
            found.setdefault(finding["what"], []).append(finding)
        return status, found

    return call


def supply(store, *rows):
    store.write(
        "UNWIND $rows AS row MERGE (a:Asset:UPS {id: row.source}) MERGE (b:Asset:Server {id: row.target})"
        " CREATE (a)-[:FEEDS {group: '', need: row.need}]->(b)",
        rows=[{"source": source, "target": target, "need": need} for source, target, need in rows],
    )


@pytest.mark.neo4j
def test_a_sound_campus_is_found_well(doctor, store):
    supply(store, ("U1", "S1", 1), ("U2", "S1", 1))
    status, found = doctor()
    assert status == 0
    for what in ("packages", "folder", "database", "rights", "indexes", "imports", "model"):
        assert [finding["state"] for finding in found[what]] == ["ok"], found[what]
    assert "3 assets" in found["model"][0]["said"]
    assert {"drawing", "films", "kernels"} <= found.keys()


@pytest.mark.neo4j
def test_every_contradiction_of_the_data_is_listed(doctor, store):
    supply(store, ("U1", "S1", 1), ("U2", "S1", 2), ("U1", "S2", 1), ("U2", "S2", 2))
    status, found = doctor()
    assert status == 1
    said = [finding["said"] for finding in found["model"]]
    assert len(said) == 2
    assert "S1" in said[0]
    assert "S2" in said[1]
    assert all(finding["advice"] for finding in found["model"])


@pytest.mark.neo4j
def test_an_interrupted_import_and_a_missing_index_are_found(doctor, store):
    store.write("CREATE (:Source {name: 'half', kind: 'tables', files: 'a.csv'})")
    store.run("DROP INDEX asset_search")
    status, found = doctor()
    assert status == 1
    assert found["imports"][0]["state"] == "wrong"
    assert "half" in found["imports"][0]["said"]
    assert found["indexes"][0]["state"] == "note"
    assert "asset_search" in found["indexes"][0]["said"]


@pytest.mark.neo4j
def test_looking_whether_one_may_write_leaves_nothing_behind(doctor, store):
    assert doctor()[1]["rights"][0]["state"] == "ok"
    assert store.read("MATCH (a) RETURN count(a) AS count") == [{"count": 0}]


@pytest.mark.neo4j
def test_a_user_who_may_only_read_is_told_what_works(doctor, monkeypatch):
    def refused(_):
        raise Unreachable("Neo4j at bolt://here refuses: not allowed to create nodes")

    monkeypatch.setattr(Store, "try_writing", refused)
    status, found = doctor()
    assert status == 0
    assert found["rights"][0]["state"] == "note"
    assert "ingest" in found["rights"][0]["advice"]


def test_a_database_that_does_not_answer_is_one_finding_among_others(monkeypatch, capsys):
    monkeypatch.setenv("TWIN_URI", "bolt://127.0.0.1:9")
    monkeypatch.setenv("TWIN_PASSWORD", "never to be shown")
    assert run(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ database: Neo4j at bolt://127.0.0.1:9 does not answer" in said
    assert "TWIN_URI" in said
    assert "never to be shown" not in said
    assert "✓ packages" in said
    assert "drawing" in said


def test_a_home_that_is_no_folder_is_found(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("TWIN_URI", "bolt://127.0.0.1:9")
    assert run(["doctor"]) == 1
    assert "is no folder" in capsys.readouterr().out


def test_a_missing_package_is_named(monkeypatch, capsys):
    monkeypatch.setattr(doctors, "_required", lambda: ["numpy", "no-such-package"])
    monkeypatch.setenv("TWIN_URI", "bolt://127.0.0.1:9")
    assert run(["doctor"]) == 1
    assert "✗ packages: missing: no-such-package" in capsys.readouterr().out


def test_what_a_requirement_names():
    assert [doctors._name_of(line) for line in ("neo4j<7,>=6", "pyright[nodejs]>=1", "rich", "a-b_c.d ; os_name")] == [
        "neo4j",
        "pyright",
        "rich",
        "a-b_c.d",
    ]


def test_drawing_that_fails_is_no_fault_of_the_twin(monkeypatch, capsys):
    def no_library(**_):
        raise gl.NoGraphics("no OpenGL library to draw with: install one")

    monkeypatch.setattr(gl, "require", no_library)
    monkeypatch.setenv("TWIN_URI", "bolt://127.0.0.1:9")
    run(["doctor"])
    assert "! drawing: no OpenGL library" in capsys.readouterr().out
    assert issubclass(gl.NoGraphics, TwinError)


@pytest.mark.neo4j
def test_an_older_graph_and_a_scenario_saved_in_part_are_found(doctor, store):
    supply(store, ("U1", "S1", 1))
    store.write("CREATE (:Scenario {name: 'half'})")
    _, found = doctor()
    assert found["schema"][0]["state"] == "note"
    assert "twin migrate" in found["schema"][0]["advice"]
    assert found["scenarios"][0]["said"] == "saved in part: half"
    store.write("MATCH (s:Scenario) DELETE s")
    assert run(["migrate"]) == 0
    _, found = doctor()
    assert (found["schema"][0]["state"], found["scenarios"][0]["state"]) == ("ok", "ok")


@pytest.mark.neo4j
def test_a_graph_of_a_later_program_is_wrong(doctor, store):
    store.write("CREATE (:_Twin {name: 'graph', version: 99})")
    status, found = doctor()
    assert status == 1
    assert "schema version 99" in found["database"][-1]["said"]


@pytest.mark.parametrize(
    ("product", "state"),
    [("Neo4j/5.26.30", "ok"), ("Neo4j/2026.08.1", "ok"), ("Neo4j/5.27.0-aura", "ok"), ("Neo4j/4.4.40", "wrong")],
)
def test_releases_before_the_long_term_one_are_too_old(product, state):
    assert doctors._server(product, Store(Endpoint("neo4j://h"))).state == state


@pytest.mark.parametrize(
    ("uri", "state"),
    [
        ("bolt://127.0.0.1:7687", None),
        ("neo4j://db.example", "note"),
        ("neo4j+s://db.example", "ok"),
        ("neo4j+ssc://db.example", "note"),
    ],
)
def test_a_password_that_goes_in_clear_is_noted(uri, state):
    found = [finding.state for finding in doctors._wire(Store(Endpoint(uri)))]
    assert found == ([state] if state else [])
