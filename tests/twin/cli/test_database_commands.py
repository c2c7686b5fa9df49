"""The commands up, status, cypher, queries, scenarios and down, as a person types them."""

import json

import pytest

from twin.cli.main import run
from twin.cli.rows import parsed

pytestmark = pytest.mark.neo4j


@pytest.fixture
def twin(store, neo4j_home, monkeypatch, capsys):
    """Run a command on the session's own Neo4j; gives exit status, standard output, standard error."""
    for name in ("TWIN_URI", "TWIN_USER", "TWIN_PASSWORD", "TWIN_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    if store.endpoint.local:
        monkeypatch.setenv("TWIN_HOME", str(neo4j_home))
    else:
        monkeypatch.setenv("TWIN_URI", store.endpoint.uri)
        monkeypatch.setenv("TWIN_USER", store.endpoint.user)
        monkeypatch.setenv("TWIN_PASSWORD", store.endpoint.password)
        monkeypatch.setenv("TWIN_DATABASE", store.endpoint.database)
    store.write(
        "CREATE (:Asset:UPS {id: 'UA', draw_kw: 1.5})-[:FEEDS {group: '', need: 1}]->(:Asset:Server {id: 'S1'}),"
        " (:Source {name: 'tables', kind: 'tables', files: 'a.csv', imported_at: datetime('2026-11-22T10:00:00Z')})"
    )

    def call(*arguments):
        capsys.readouterr()
        status = run(list(arguments))
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_up_tells_how_browser_and_shell_reach_it(twin, store, neo4j_home):
    if not store.endpoint.local:
        pytest.skip("`up` is for the local Neo4j")
    status, out, _ = twin("up")
    assert status == 0
    assert store.endpoint.http_uri + "/browser/" in out
    assert f"cypher-shell -a {store.endpoint.uri}" in out
    assert str(neo4j_home / "neo4j" / "password") in out
    assert store.endpoint.password not in out


def test_status_tells_what_is_loaded_from_where_and_when(twin):
    status, out, _ = twin("status", "--json")
    assert status == 0
    document = json.loads(out)
    assert document["assets"] == {"Server": 1, "UPS": 1}
    assert document["relationships"] == {"FEEDS": 1}
    assert document["sources"][0]["name"] == "tables"
    assert document["sources"][0]["imported_at"].startswith("2026-11-22T10:00:00")
    assert "source tables (tables), imported 2026-11-22T10:00:00" in twin("status")[1]


def test_status_starts_nothing(twin, monkeypatch, tmp_path):
    monkeypatch.delenv("TWIN_URI", raising=False)
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "none"))
    status, out, _ = twin("status", "--json")
    assert (status, json.loads(out)["database"]["running"]) == (0, False)
    assert not (tmp_path / "none").exists()
    assert "not running" in twin("status")[1]


def test_down_where_nothing_runs_says_so(twin, monkeypatch, tmp_path):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "none"))
    assert twin("down")[:2] == (0, "No local Neo4j was running.\n")


def test_cypher_takes_typed_parameters_and_gives_one_document(twin):
    status, out, err = twin(
        "cypher",
        "MATCH (a:Asset) WHERE a.id IN $ids AND a.draw_kw > $least RETURN a.id AS id, a.draw_kw AS kw",
        "--param",
        'ids=["UA", "S1"]',
        "--param",
        "least=0.5",
        "--json",
    )
    assert (status, err) == (0, "")
    assert json.loads(out) == {"rows": [{"id": "UA", "kw": 1.5}]}


def test_cypher_prints_a_table(twin):
    _, out, _ = twin("cypher", "MATCH (a:Asset) RETURN a.id AS id ORDER BY id")
    assert [line.strip() for line in out.splitlines() if line.strip() in ("id", "S1", "UA")] == ["id", "S1", "UA"]


def test_cypher_reads_alone_unless_write_is_given(twin, store):
    status, out, err = twin("cypher", "MATCH (a:Asset) DETACH DELETE a")
    assert (status, out) == (2, "")
    assert "--write" in err
    assert len(err.splitlines()) == 1
    assert store.read("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": 2}]
    status, _, err = twin("cypher", "CREATE (:Thing)", "--write")
    assert status == 0
    assert '"nodes_created": 1' in err


def test_wrong_cypher_is_one_line(twin):
    status, out, err = twin("cypher", "MATCH (a RETURN a", "--json")
    assert (status, out) == (2, "")
    assert err.startswith("twin: Cypher: ")
    assert len(err.splitlines()) == 1


def test_a_server_that_is_not_there_is_exit_3(twin):
    status, out, err = twin("cypher", "RETURN 1", "--uri", "bolt://127.0.0.1:9", "--json")
    assert (status, out) == (3, "")
    assert "127.0.0.1:9" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("uri", ["http://localhost", "neo4j://user:secret@host", "nonsense", "bolt://host:port"])
def test_an_address_that_is_none_is_exit_2_and_shows_no_secret(twin, uri):
    status, _, err = twin("cypher", "RETURN 1", "--uri", uri)
    assert status == 2
    assert "TWIN_URI" in err
    assert "secret" not in err


def test_queries_are_listed_and_run(twin):
    assert "downstream: " in twin("queries")[1]
    assert {row["name"] for row in json.loads(twin("queries", "--json")[1])["rows"]} >= {"upstream", "loops"}
    status, out, _ = twin("queries", "downstream", "--param", "id=UA", "--json")
    assert (status, json.loads(out)) == (0, {"rows": [{"id": "S1", "label": "Server", "distance": 1}]})
    assert "MATCH" in twin("queries", "downstream", "--cypher")[1]
    status, _, err = twin("queries", "downstream")
    assert status == 2
    assert "--param id" in err


def test_scenarios_are_saved_listed_shown_compared_and_deleted(twin):
    assert twin("impact", "UA", "--save", "one", "--json")[0] == 0
    assert twin("impact", "S1", "--save", "two", "--json")[0] == 0
    assert [row["name"] for row in json.loads(twin("scenarios", "list", "--json")[1])["rows"]] == ["one", "two"]
    assert json.loads(twin("scenarios", "show", "one", "--json")[1])["lost"] == ["S1"]
    assert "lost 1: 1 Server" in twin("scenarios", "show", "one")[1]
    document = json.loads(twin("scenarios", "compare", "one", "two", "--json")[1])
    assert document["lost"]["only_first"] == ["S1"]
    assert twin("scenarios", "compare", "one", "two")[0] == 0
    assert twin("impact", "UA", "--overload", "trip", "--limit", "0.5", "--save", "three", "--json")[0] == 0
    told = twin("scenarios", "compare", "one", "three")[1].splitlines()
    assert told[0].startswith("one: UA fails; ")
    assert told[1].startswith("three: UA fails, overloads trip, limit 0.5; ")
    assert twin("scenarios", "delete", "three")[0] == 0
    assert twin("scenarios", "delete", "one")[0] == 0
    status, _, err = twin("scenarios", "show", "one")
    assert status == 2
    assert "there are: two" in err


def test_parameters_are_json_or_text():
    given = ["a=1", "b=1.5", "c=true", "d=null", 'e=["x"]', "f=x=y", 'g="7"', "h=B1-M01", "i=NaN"]
    expected = {"a": 1, "b": 1.5, "c": True, "d": None, "e": ["x"], "f": "x=y", "g": "7", "h": "B1-M01", "i": "NaN"}
    assert parsed(given) == expected


@pytest.mark.parametrize("given", [["novalue"], ["=1"], ["a=1", "a=2"]])
def test_wrong_parameters_are_told(given):
    with pytest.raises(ValueError, match="--param"):
        parsed(given)
