"""From tables through the graph to the printed document: what a user with the README does, against the oracle."""

import csv
import json

import pytest
from engine_in_words import Asked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import impact as oracle
from plugins.neo4j_fixture import empty
from strategies import campuses, questions

from twin.cli import main

pytestmark = pytest.mark.neo4j


def write_table(path, rows):
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({name: "" if row.get(name) is None else row.get(name) for name in columns} for row in rows)


def asked_of_twin(capsys, *arguments):
    capsys.readouterr()
    status = main.run([*arguments, "--json"])
    captured = capsys.readouterr()
    assert status in {0, 1}, captured.err
    return json.loads(captured.out)


@pytest.fixture
def twin_of_tables(tmp_path, monkeypatch, endpoint, store):
    """The command line aimed at the database of the tests, and a function that loads records through CSV files."""
    monkeypatch.setenv("TWIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TWIN_URI", endpoint.uri)
    monkeypatch.setenv("TWIN_USER", endpoint.user)
    monkeypatch.setenv("TWIN_PASSWORD", endpoint.password)
    monkeypatch.setenv("TWIN_DATABASE", endpoint.database or "neo4j")

    def load(records):
        empty(store)
        folder = tmp_path / "tables"
        folder.mkdir(exist_ok=True)
        write_table(folder / "assets.csv", records.assets)
        header = {"source_id": None, "type": None, "target_id": None}
        write_table(folder / "relationships.csv", [header | row for row in records.relationships] or [header])
        assert main.run(["ingest", str(folder), "--strict"]) == 0

    return load


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_impact_from_tables_is_what_the_oracle_says_of_the_same_records(data, twin_of_tables, capsys):
    records = data.draw(campuses(space=True, load=True, standby=True).filter(lambda r: r.relationships))
    asked = Asked(records)
    question = data.draw(questions(records))
    twin_of_tables(records)
    expected = oracle.impact(asked.campus, *question, trip=False, limit=1.0)

    outs = [part for asset in question.out for part in ("--out", asset)]
    got = asked_of_twin(capsys, "impact", *question.failed, *outs)

    for verdict in ("lost", "degraded", "at_risk", "down_before", "relies_on"):
        assert got[verdict] == sorted(getattr(expected, verdict)), verdict
    assert got["totals"]["lost"] == oracle.by_label(asked.campus, expected.lost)
    assert [row["id"] for row in got["overloaded"]] == [
        row["id"] for row in oracle.overload_rows(asked.campus, expected, 1.0)
    ]
