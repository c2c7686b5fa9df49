"""Cypher of somebody else: the server's own plan of it says what it would do, before it does anything.

A transaction that may only read still lets a query read files and addresses (LOAD CSV), end the transactions of other
people, list settings, or call any procedure. So the query is explained first; the plan, made by the parser that will
run it, names each of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from schema.errors import BadInput
from twin.graph.ask import plain, require_fitting
from twin.graph.store import Store

PROCEDURES: Final = frozenset(
    {
        "db.labels", "db.relationshiptypes", "db.propertykeys", "db.schema.visualization",
        "db.schema.nodetypeproperties", "db.schema.reltypeproperties", "db.index.fulltext.querynodes",
        "db.index.fulltext.queryrelationships", "db.index.vector.querynodes", "db.index.vector.queryrelationships",
        "dbms.components",
    }
)  # fmt: skip
"""What may be called: they read this graph and nothing else."""
_SHOWN: Final = frozenset({"showindexes", "showconstraints", "showfunctions", "showprocedures"})
_WHY: Final = {
    "loadcsv": "LOAD CSV reads files and addresses of the server",
    "administrationcommand": "commands of administration are not for this way",
    "terminatetransactions": "TERMINATE ends what others ask",
}


def ask_guarded(
    store: Store, query: str, parameters: Mapping[str, Any], *, timeout_s: float, most_rows: int
) -> tuple[list[dict[str, Any]], bool]:
    """The rows of a query that reads the graph and does nothing else, and whether they are all.

    Raises BadInput for a query that does more, or takes longer than `timeout_s`.
    """
    if not query.strip():
        raise BadInput("the query is empty")
    for name, value in parameters.items():
        require_fitting(name, value)
    kind, plan = store.explain(query, parameters)
    for operator, details in _operators(plan):
        _require_harmless(operator, details)
    if kind != "r":
        raise BadInput("the query writes, or administers; only what reads the graph is let through here")
    rows, complete = store.read_some(query, parameters, timeout_s=timeout_s, most_rows=most_rows)
    return [{name: plain(value) for name, value in row.items()} for row in rows], complete


def _require_harmless(operator: str, details: str) -> None:
    if operator.startswith("procedurecall"):
        name = details.partition("(")[0].strip()
        if name.casefold() not in PROCEDURES:
            raise BadInput(f"the procedure {name} is not let through here; there are: {', '.join(sorted(PROCEDURES))}")
    if operator.startswith("show") and operator not in _SHOWN:
        raise BadInput("of SHOW only INDEXES, CONSTRAINTS, FUNCTIONS and PROCEDURES is let through here")
    for beginning, why in _WHY.items():
        if operator.startswith(beginning):
            raise BadInput(f"{why}; it is not let through here")


def _operators(plan: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Each operator of a plan, in small letters, without the name of its database, and its details."""
    waiting = [plan] if plan else []
    while waiting:
        one = waiting.pop()
        yield str(one["operatorType"]).partition("@")[0].casefold(), str(one.get("args", {}).get("Details") or "")
        waiting += cast("list[Mapping[str, Any]]", one.get("children", []))
