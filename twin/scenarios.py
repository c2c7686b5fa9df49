"""Saved questions: a Scenario node in the graph with FAILED, OUT, LOST and DEGRADED to its assets.

Who works in Neo4j Browser sees them beside the campus; the twin lists and compares them. Saving one does not make the
topology stale. `saved_at` is written last, so a scenario without it was interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from schema.errors import BadInput
from twin.words import clipped

if TYPE_CHECKING:
    from twin.graph import Store

_PARTS: Final = {"failed": "FAILED", "out": "OUT", "lost": "LOST", "degraded": "DEGRADED"}
_LONGEST: Final = 200
_CLEAR = """
MATCH (s:Scenario {name: $name})-[r:FAILED|OUT|LOST|DEGRADED]->()
CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS
"""
_BEGIN = "MERGE (s:Scenario {name: $name}) SET s = {name: $name, question: $question, lost_kw: $lost_kw}"
_LINK = "UNWIND $rows AS row MATCH (s:Scenario {{name: $name}}) MATCH (a:Asset {{id: row.id}}) MERGE (s)-[:{type}]->(a)"
_END = "MATCH (s:Scenario {name: $name}) SET s.saved_at = datetime()"
_LIST = """
MATCH (s:Scenario)
RETURN s.name AS name, toString(s.saved_at) AS saved_at, s.question AS question, s.lost_kw AS lost_kw,
       COUNT { (s)-[:LOST]->() } AS lost, COUNT { (s)-[:DEGRADED]->() } AS degraded
ORDER BY name
"""
_MEMBERS = """
MATCH (s:Scenario {name: $name})-[r:FAILED|OUT|LOST|DEGRADED]->(a:Asset)
RETURN toLower(type(r)) AS part, a.id AS id, [label IN labels(a) WHERE label <> 'Asset'][0] AS label
ORDER BY id
"""


def save(store: Store, home: Path, name: str, document: Mapping[str, Any]) -> None:
    """Keep the document of an impact (`Impact.to_dict()`) under a name; one of that name is replaced.

    Raises BadInput for a name that is none: empty, too long, or not to be printed on one line.
    """
    if not name.strip():
        raise BadInput("a scenario needs a name")
    if len(name) > _LONGEST or not name.isprintable():
        raise BadInput(f"scenario {clipped(name)}: a name has up to {_LONGEST} characters, all of them printable")
    question: dict[str, Any] = document["question"]
    parts: dict[str, Sequence[str]] = {
        "failed": question["failed"],
        "out": question["out"],
        "lost": document["lost"],
        "degraded": document["degraded"],
    }
    with _own_write(store, home):
        store.run(_CLEAR, name=name)
        store.write(
            _BEGIN,
            name=name,
            question=json.dumps(question, ensure_ascii=False),
            lost_kw=float(document["totals"]["lost_kw"]),
        )
        for part, ids in parts.items():
            store.write_batches(_LINK.format(type=_PARTS[part]), ({"id": id_} for id_ in ids), name=name)
        store.write(_END, name=name)


def listed(store: Store) -> list[dict[str, Any]]:
    """Return the scenarios by name: name, saved_at, question, lost, degraded (counts), lost_kw."""
    return [{**row, "question": _question(row["question"])} for row in store.read(_LIST)]


def show(store: Store, name: str) -> dict[str, Any]:
    """Return one scenario: name, saved_at, question, ids of lost and degraded, totals by label, lost_kw.

    Assets that are no longer in the graph are no longer in it. Raises BadInput where there is none of that name.
    """
    found = next((row for row in listed(store) if row["name"] == name), None)
    if found is None:
        names = ", ".join(row["name"] for row in listed(store)) or "none is saved"
        raise BadInput(f"no scenario {clipped(name)}; there are: {names}")
    ids: dict[str, list[str]] = {part: [] for part in _PARTS}
    totals: dict[str, dict[str, int]] = {"lost": {}, "degraded": {}}
    for row in store.read(_MEMBERS, name=name):
        ids[row["part"]].append(row["id"])
        if row["part"] in totals:
            counts = totals[row["part"]]
            counts[row["label"]] = counts.get(row["label"], 0) + 1
    return {
        "name": name,
        "saved_at": found["saved_at"],
        "question": found["question"],
        "lost": ids["lost"],
        "degraded": ids["degraded"],
        "totals": {**totals, "lost_kw": found["lost_kw"]},
    }


def compare(store: Store, first: str, second: str) -> dict[str, Any]:
    """Return what one scenario loses and degrades that the other does not, and what both do.

    Keys: `first`, `second` (name, question, counts, lost_kw), and for `lost` and `degraded` each `only_first`,
    `only_second`, `both` (ids).
    """
    documents = [show(store, name) for name in (first, second)]
    heads = [
        {
            "name": document["name"],
            "question": document["question"],
            "lost": len(document["lost"]),
            "degraded": len(document["degraded"]),
            "lost_kw": document["totals"]["lost_kw"],
        }
        for document in documents
    ]
    answer: dict[str, Any] = {"first": heads[0], "second": heads[1]}
    for part in ("lost", "degraded"):
        one, other = (set(document[part]) for document in documents)
        answer[part] = {
            "only_first": sorted(one - other),
            "only_second": sorted(other - one),
            "both": sorted(one & other),
        }
    return answer


def delete(store: Store, home: Path, name: str) -> None:
    """Delete one scenario; its assets stay. Raises BadInput where there is none of that name."""
    show(store, name)
    with _own_write(store, home):
        store.run(_CLEAR, name=name)
        store.write("MATCH (s:Scenario {name: $name}) DETACH DELETE s", name=name)


def _question(text: str | None) -> dict[str, Any]:
    try:
        return json.loads(text or "{}")
    except ValueError:
        return {}


@contextmanager
def _own_write(store: Store, home: Path) -> Generator[None]:
    """Let the snapshot of the topology know that it was we who moved the graph's bookmark."""
    from twin.topology.current import note_own_write  # noqa: PLC0415 - only where something is written

    before = store.bookmark()
    yield
    note_own_write(store, home, before)
