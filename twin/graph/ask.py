"""One query in a person's own words: read-only unless asked, and its values as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from schema.errors import BadInput
from twin.graph.failures import NeedsAutoCommit
from twin.graph.store import Counts, Store


def ask(
    store: Store, query: str, parameters: Mapping[str, Any], *, write: bool = False
) -> tuple[list[dict[str, Any]], Counts]:
    """Run a query; return its rows as plain data (text, numbers, lists, maps), and what it changed.

    Reading is held by the server itself: a query that writes is refused with BadInput, unless `write` is set.
    """
    if not query.strip():
        raise BadInput("the query is empty")
    for name, value in parameters.items():
        require_fitting(name, value)
    try:
        if write:
            rows, changed = store.write_rows(query, **parameters)
        else:
            rows, changed = store.read(query, **parameters), Counts()
    except NeedsAutoCommit:
        # CALL { } IN TRANSACTIONS commits by itself; it cannot be in a transaction of ours.
        rows, changed = store.run_alone(query, parameters, access="WRITE" if write else "READ")
    return [{name: plain(value) for name, value in row.items()} for row in rows], changed


def require_fitting(name: str, value: Any) -> None:
    """Raise BadInput for a whole number, or one within a list or map, that Neo4j's 64 bits do not hold."""
    match value:
        case int() if not -(2**63) <= value < 2**63:
            raise BadInput(f"parameter {name!r}: {value} is beyond 64 bits")
        case list() | tuple():
            for item in cast("list[Any]", value):
                require_fitting(name, item)
        case dict():
            for item in cast("dict[Any, Any]", value).values():
                require_fitting(name, item)
        case _:
            return


def plain(value: Any) -> Any:
    """Return a value of the driver as plain data that JSON can hold.

    A node becomes {labels, properties}, a relationship {type, start, end, properties} (ends by id), a path the list of
    its nodes and relationships; times become text, a point its coordinates; a number that JSON lacks (NaN, ∞) null.
    """
    from neo4j.graph import Node, Path, Relationship  # noqa: PLC0415 - the driver is loaded by now

    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Node():
            return {"labels": sorted(value.labels), "properties": _properties(value)}
        case Relationship():
            start, end = value.nodes
            return {
                "type": value.type,
                "start": _name(start),
                "end": _name(end),
                "properties": _properties(value),
            }
        case Path():
            return [plain(part) for part in _alternating(value)]
        case _ if hasattr(value, "iso_format"):  # times; a duration is a tuple as well
            return value.iso_format()
        case list() | tuple():
            return [plain(item) for item in cast("list[Any]", value)]
        case dict():
            return {str(key): plain(item) for key, item in cast("dict[Any, Any]", value).items()}
        case bytes() | bytearray():
            return value.hex()
        case _:
            return str(value)


def _properties(entity: Any) -> dict[str, Any]:
    return {key: plain(item) for key, item in sorted(entity.items())}


def _name(node: Any) -> str | None:
    """The id of an asset, the name of what is none; None where only the relationship came with the row."""
    return None if node is None else node.get("id", node.get("name"))


def _alternating(path: Any) -> list[Any]:
    parts: list[Any] = [path.start_node]
    for relationship, node in zip(path.relationships, path.nodes[1:], strict=True):
        parts += [relationship, node]
    return parts
