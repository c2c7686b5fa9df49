"""What is loaded: where the graph is, how much of what, from which sources, and when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from twin.graph import local
from twin.graph.ask import plain
from twin.graph.endpoint import Endpoint, named
from twin.graph.store import Store

_LABELS = "MATCH (a:Asset) UNWIND [label IN labels(a) WHERE label <> 'Asset'] AS label RETURN label, count(*) AS count"
_TYPES = "MATCH (:Asset)-[r]->(:Asset) RETURN type(r) AS type, count(*) AS count"
_SOURCES = (
    "MATCH (s:Source) RETURN s.name AS name, s.kind AS kind, s.files AS files, s.imported_at AS imported_at"
    " ORDER BY name"
)
_SCENARIOS = "MATCH (s:Scenario) RETURN s.name AS name, s.saved_at AS saved_at ORDER BY name"


def overview(
    uri: str | None = None,
    auth: tuple[str, str] | None = None,
    database: str | None = None,
    home: str | Path | None = None,
) -> dict[str, Any]:
    """Return where the graph is and what it holds; the local Neo4j is not started for it.

    Keys: `database` (kind, running, uri …), and where it runs `server`, `assets`, `relationships` (counts by label and
    type), `sources` (name, kind, files, imported_at) and `scenarios`.
    """
    endpoint = named(uri, auth, database)
    if endpoint:
        return {"database": _described("named", endpoint)} | _loaded(endpoint)
    state = local.status(home)
    if state.endpoint is None:
        return {"database": {"kind": "local", "running": False, "folder": str(state.folder)}}
    described = _described("local", state.endpoint) | {"folder": str(state.folder), "pid": state.pid}
    return {"database": described} | _loaded(state.endpoint)


def _described(kind: str, endpoint: Endpoint) -> dict[str, Any]:
    described: dict[str, Any] = {"kind": kind, "running": True, "uri": endpoint.uri, "user": endpoint.user}
    if endpoint.http_uri:
        described["browser"] = f"{endpoint.http_uri}/browser/"
    return described | {"database": endpoint.database}


def _loaded(endpoint: Endpoint) -> dict[str, Any]:
    with Store(endpoint) as store:
        return {
            "server": store.verify(),
            "assets": {row["label"]: row["count"] for row in store.read(f"{_LABELS} ORDER BY label")},
            "relationships": {row["type"]: row["count"] for row in store.read(f"{_TYPES} ORDER BY type")},
            "sources": [plain(row) for row in store.read(_SOURCES)],
            "scenarios": [plain(row) for row in store.read(_SCENARIOS)],
        }


def text(document: dict[str, Any]) -> str:
    """Return the overview as lines for a person."""
    where = document["database"]
    if not where["running"]:
        return f"The local Neo4j in {where['folder']} is not running (`twin up`, or any question, starts it)."
    lines = [f"{document['server']} at {where['uri']}, database {where['database'] or '(default)'}"]
    if where["kind"] == "local":
        lines.append(f"local, process {where['pid']}, data in {where['folder']}, browser {where['browser']}")
    assets, relationships = document["assets"], document["relationships"]
    lines.append(f"{sum(assets.values()):,} assets: {_counted(assets)}")
    lines.append(f"{sum(relationships.values()):,} relationships: {_counted(relationships)}")
    lines += [
        f"source {source['name']} ({source['kind']}), imported {_moment(source['imported_at']) or 'in part'}:"
        f" {_named(source['files'])}"
        for source in document["sources"]
    ]
    lines += [
        f"scenario {scenario['name']}, saved {_moment(scenario['saved_at'])}" for scenario in document["scenarios"]
    ]
    if not document["sources"]:
        lines.append("nothing has been ingested yet (`twin ingest PATH…`)")
    return "\n".join(lines)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1])) or "none"


def _moment(told: str | None) -> str:
    """A time of the graph, which counts nanoseconds, to the second."""
    return datetime.fromisoformat(told).isoformat(timespec="seconds") if told else ""


def _named(files: str) -> str:
    names = files.split(", ")
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
