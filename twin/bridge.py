"""The bridge to py2neo, for notebooks that are written with it: a connected `Graph`, and classes of its object mapper.

Off the main path: nothing of the twin goes through it, and what is written through it is not checked. py2neo itself is
no longer developed; what works on which Neo4j is in docs/python.md and tested.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from schema import LABELS, RELATIONSHIPS, properties_of
from schema.errors import BadInput, Unreachable
from schema.properties import ASSET_PROPERTIES
from twin.graph.endpoint import Endpoint


def graph_of(endpoint: Endpoint) -> Any:
    """A connected `py2neo.Graph`. Raises BadInput where py2neo is not installed, Unreachable where nothing answers."""
    py2neo, errors = _py2neo("py2neo"), _py2neo("py2neo.errors")
    auth = None if endpoint.password is None else (endpoint.user, endpoint.password)
    try:
        graph = py2neo.Graph(endpoint.uri, auth=auth, name=endpoint.database)
        graph.run("RETURN 1").evaluate()
    except (OSError, errors.ConnectionUnavailable, errors.ServiceUnavailable, errors.Neo4jError) as error:
        raise Unreachable(f"py2neo does not reach {endpoint.uri}: {error}") from error
    return graph


@cache
def object_classes() -> dict[str, type]:
    """A `py2neo.ogm.GraphObject` for each label, and `Asset` for all of them, by name.

    Attributes are the properties of the label under their names. For each relationship type there are `feeds` (what it
    feeds) and `feeds_from` (what feeds it), and so on: assets, with the properties that every asset has.
    """
    ogm = _py2neo("py2neo.ogm")
    known: dict[str, Any] = {
        "__primarylabel__": "Asset",
        "__primarykey__": "id",
        "__module__": __name__,
        **{one.name: ogm.Property() for one in ASSET_PROPERTIES},
    }
    for name in RELATIONSHIPS:
        known[name.lower()] = ogm.RelatedTo(f"{__name__}.Asset", name)
        known[f"{name.lower()}_from"] = ogm.RelatedFrom(f"{__name__}.Asset", name)
    asset = type("Asset", (ogm.GraphObject,), known | {"__doc__": "Any asset."})
    globals()["Asset"] = asset  # py2neo looks the ends of relationships up by module and name
    classes = {"Asset": asset}
    for label, declared in LABELS.items():
        own = {name: ogm.Property() for name in properties_of(label)}
        own |= {"__primarylabel__": label, "__primarykey__": "id", "__module__": __name__}
        own |= {"__doc__": declared.description, "asset": ogm.Label("Asset"), "__init__": _as_asset}
        classes[label] = type(label, (asset,), own)
    return classes


def _as_asset(made: Any) -> None:
    """Give a new object the label that every asset has beside its own; without it the twin does not see it."""
    made.asset = True


def _py2neo(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise BadInput("the bridge needs py2neo: install campus-twin[notebook]") from error
