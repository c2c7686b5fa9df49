"""`twin demo`: the whole way, as a user starts it."""

import json

import pytest

from twin.cli import main

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]


@pytest.fixture
def own_database(tmp_path, monkeypatch, endpoint, store):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "home"))
    for name, value in (
        ("URI", endpoint.uri),
        ("USER", endpoint.user),
        ("PASSWORD", endpoint.password),
        ("DATABASE", endpoint.database or "neo4j"),
    ):
        monkeypatch.setenv(f"TWIN_{name}", value)
    return store


def run(capsys, *arguments):
    capsys.readouterr()
    status = main.run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_demonstration_writes_loads_answers_and_draws(own_database, tmp_path, capsys):
    folder = tmp_path / "demo"

    status, out, err = run(capsys, "demo", "--dir", folder)

    assert status == 0, err
    assert "If B1-M01-PDU-A fails" in out
    assert "500 Servers" in out
    assert "B1-M01-PDU-A: failed" in out
    assert f"Picture: {folder.resolve() / 'impact.png'}" in out
    assert (folder / "impact.png").read_bytes().startswith(b"\x89PNG")

    manifest = json.loads((folder / "exports" / "manifest.json").read_text(encoding="utf-8"))
    graph = json.loads(run(capsys, "status", "--json")[1])
    assert graph["assets"] == {label: count for label, count in manifest["assets"].items() if count}
    assert graph["relationships"] == {name: count for name, count in manifest["relationships"].items() if count}

    for defect in manifest["defects"]:
        if defect["lost_servers"] is None:
            continue
        outs = [part for asset in defect["out"] for part in ("--out", asset)]
        _, out, _ = run(capsys, "impact", *defect["fail"], *outs, "--overload", defect["overload"], "--json")
        assert json.loads(out)["totals"]["lost"].get("Server", 0) == defect["lost_servers"], defect["id"]

    status, out, _ = run(capsys, "ingest", folder / "exports")
    assert status == 0
    assert "Nothing changed" in out


def test_the_demonstration_keeps_out_of_somebodys_graph(own_database, tmp_path, capsys):
    own_database.write("CREATE (:Source {name: 'our-campus'})")

    status, _, err = run(capsys, "demo", "--dir", tmp_path / "demo")

    assert status == 2
    assert "our-campus" in err
    assert "TWIN_HOME" in err
    assert own_database.read("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": 0}]
