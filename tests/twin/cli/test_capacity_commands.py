"""`--overload trip` on sweep and pairs, and `blackstart --after`, as commands on a small campus."""

import json

import pytest

import twin
from twin.campus import Campus
from twin.cli import main
from twin.topology import from_records

ASSETS = [
    {"id": "U", "label": "UtilityFeed"},
    {"id": "A", "label": "UPS", "rated_kw": 5.0},
    {"id": "B", "label": "UPS", "rated_kw": 5.0},
    {"id": "S", "label": "Server", "draw_kw": 4.0},
    {"id": "T", "label": "Server", "draw_kw": 4.0},
]
SUPPLIES = [
    {"source_id": source, "type": "FEEDS", "target_id": target}
    for source, target in (("U", "A"), ("U", "B"), ("A", "S"), ("B", "S"), ("A", "T"), ("B", "T"))
]


@pytest.fixture
def ask(monkeypatch, capsys):
    """Ask one command: U ─▶ A, B (5 kW each) ─▶ S, T (4 kW each, either side)."""
    monkeypatch.setattr(twin, "open", lambda *_, **__: Campus.of(from_records(ASSETS, SUPPLIES)), raising=False)

    def run(*arguments):
        assert main.run(list(arguments)) == 0
        return capsys.readouterr().out

    return run


def test_a_sweep_that_trips(ask):
    document = json.loads(ask("sweep", "--label", "UPS", "--overload", "trip", "--json"))
    assert document["question"] == {"failed": [], "out": [], "overload": "trip", "limit": 1.0}
    figures = {"lost": 3, "lost_servers": 2, "lost_kw": 8.0, "degraded": 0, "tripped": 1, "rounds": 1}
    assert document["rows"] == [{"id": id_, "label": "UPS"} | figures for id_ in "AB"]
    assert "Tripped" in ask("sweep", "--label", "UPS", "--overload", "trip")
    loose = json.loads(ask("sweep", "--label", "UPS", "--overload", "trip", "--limit", "2", "--json"))
    assert [(row["lost"], row["tripped"]) for row in loose["rows"]] == [(0, 0), (0, 0)]


def test_pairs_that_trip(ask):
    document = json.loads(ask("pairs", "--label", "UPS", "--overload", "trip", "--limit", "2", "--json"))
    assert document["rows"] == [{"pair": ["A", "B"], "lost": 2, "beyond_singles": 2, "tripped": 0, "rounds": 0}]
    # where each alone trips the other, both together are no worse
    assert json.loads(ask("pairs", "--label", "UPS", "--overload", "trip", "--json"))["rows"] == []
    assert "Rounds" in ask("pairs", "--label", "UPS", "--overload", "trip", "--limit", "2")


def test_the_order_of_restoration(ask):
    document = json.loads(ask("blackstart", "--after", "U", "--out", "B", "--json"))
    assert document["question"]["failed"] == ["U"]
    assert document["rounds"] == [["U"], ["A"], ["S", "T"]]
    assert document["never"] == document["deadlocks"] == []
    assert "Restoration after U: 4 assets in 3 rounds" in ask("blackstart", "--after", "U", "--out", "B")
