"""Conditions reach the asset's node, in batches, only where they changed; a database that is away is no matter."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest
from live_campus import ASSETS, RELATIONSHIPS, say

from schema.errors import Unreachable
from twin.campus import Campus
from twin.graph.store import Store
from twin.live.graph import GraphConditions
from twin.live.keeper import Keeper
from twin.topology.current import current

SEEN = "MATCH (a:Asset) WHERE a.condition IS NOT NULL RETURN a.id AS id, a.condition AS condition"


@pytest.fixture
def filled(store: Store) -> Store:
    """The small campus in the database."""
    for asset in ASSETS:
        values = {name: value for name, value in asset.items() if name != "label"}
        store.write(f"CREATE (a:Asset:{asset['label']}) SET a = $values", values=values)
    for row in RELATIONSHIPS:
        ends = "MATCH (a:Asset {id: $source_id}), (b:Asset {id: $target_id})"
        store.write(f"{ends} CREATE (a)-[:{row['type']}]->(b)", source_id=row["source_id"], target_id=row["target_id"])
    return store


def conditions(store: Store) -> dict[str, str]:
    return {row["id"]: row["condition"] for row in store.read(SEEN)}


def test_what_cypher_sees_follows_and_what_an_earlier_process_left_is_up(filled: Store, tmp_path: Path) -> None:
    filled.write("MATCH (a:Asset {id: 'UPS-B'}) SET a.condition = 'down'")
    campus = Campus(filled, home=tmp_path)
    kept = Keeper(campus, tmp_path, "played")
    version = campus.topology.version
    try:
        say(kept, "condition", ["UPS-A", "S0", "S1"], ["down", "out", "up"], 1_700_000_000.0)
        kept.step(time.time())
    finally:
        kept.close()
    assert conditions(filled) == {"UPS-A": "down", "S0": "out", "UPS-B": "up"}
    (row,) = filled.read("MATCH (a:Asset {id: 'UPS-A'}) RETURN a.condition_since AS since")
    since: datetime = row["since"].to_native()
    assert since.timestamp() == 1_700_000_000.0
    assert current(filled, tmp_path).version == version, "no topology is compiled anew for a condition"


class Counting:
    """A store that counts what is written, and fails while it is told to."""

    def __init__(self) -> None:
        self.batches: list[dict[str, str]] = []
        self.away = False

    def read(self, _query: str) -> list[dict[str, str]]:
        return [{"id": "old", "condition": "down"}]

    def bookmark(self) -> str:
        return ""

    def write_batches(self, _query: str, rows: list[dict[str, str]]) -> None:
        if self.away:
            raise Unreachable("the database is away")
        self.batches.append({row["id"]: row["condition"] for row in rows})


def test_changes_go_in_one_batch_and_wait_while_the_database_is_away(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("twin.topology.current.note_own_write", lambda *_: None)
    store = Counting()
    written = GraphConditions(store, tmp_path)  # pyright: ignore[reportArgumentType]
    written.begin({"a": "down"}, 5.0)
    written.want("b", "up", 5.0)  # as it stands there
    written.write()
    assert store.batches == [{"old": "up", "a": "down"}]
    store.away = True
    written.want("a", "up", 6.0)
    written.want("c", "out", 6.0)
    written.write()
    assert written.trouble == "the database is away"
    written.want("c", "down", 7.0)
    store.away = False
    written.write()
    written.write()
    assert store.batches[1:] == [{"a": "up", "c": "down"}]
    assert written.trouble == ""
