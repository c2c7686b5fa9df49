"""Read the graph, streamed; relationships grouped by supplier (2.2 s where one row each took 5.2 s)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.topology.build import build
from twin.topology.columns import CODES, PLACES, TEXTS, AssetColumns, RelationshipColumns, condition_code
from twin.topology.model import NUMBERS, TYPES, Floats, Topology
from twin.topology.store import Details, details_of

if TYPE_CHECKING:
    from twin.graph.store import Store

Progress = Callable[[str, int, int], None]

_PROPERTIES = ("id", *TEXTS, "placement", "condition", "standby", *NUMBERS, *PLACES)
_ASSETS = "MATCH (a:Asset) WHERE a.id IS NOT NULL RETURN id(a), labels(a), " + ", ".join(
    f"a.{name}" for name in _PROPERTIES
)
_SUPPLY = """
MATCH (a:Asset)-[r:{type}]->(b:Asset)
RETURN id(a), collect([id(b), r.group, r.need, r.policy, r.priority, r.portion, r.need_inferred])
"""
_OTHER = "MATCH (a:Asset)-[:{type}]->(b:Asset) RETURN id(a), collect(id(b))"


def read_graph(store: Store, progress: Progress | None = None) -> tuple[Topology, Details]:
    """The compiled topology and its details. Raises what the store raises."""
    say = progress or _silent
    steps = len(CODES) + 2
    say("reading assets", 0, steps)
    assets, number = _read_assets(store)
    relationships = _read_relationships(store, number, lambda what, done: say(what, done + 1, steps))
    say("compiling", steps - 1, steps)
    topology = build(assets, relationships)
    details = details_of(topology.version, assets, relationships)
    say("compiled", steps, steps)
    return topology, details


def _silent(what: str, done: int, total: int) -> None:
    """No progress."""


def _read_assets(store: Store) -> tuple[AssetColumns, dict[int, int]]:
    """The columns, and the position of each asset by the database's number."""
    rows = [tuple(record.values()) for record in store.stream(_ASSETS)]
    columns: dict[str, tuple[Any, ...]] = dict(
        zip(("number", "labels", *_PROPERTIES), zip(*rows, strict=True), strict=True)
    )
    if not rows:
        columns = dict.fromkeys(("number", "labels", *_PROPERTIES), ())
    assets = AssetColumns(
        id=[str(value) for value in columns["id"]],
        label=_own_labels(columns["labels"]),
        numbers={name: _floats(columns[name]) for name in NUMBERS},
        standby=np.array([value is True for value in columns["standby"]], np.bool_),
        condition=np.array([condition_code(value) for value in columns["condition"]], np.uint8),
        texts={name: ["" if value is None else str(value) for value in columns[name]] for name in TEXTS},
        places={name: _floats(columns[name]).astype(np.float32) for name in PLACES},
        schematic=np.array([value == "schematic" for value in columns["placement"]], np.bool_),
    )
    return assets, {number: place for place, number in enumerate(columns["number"])}


def _own_labels(labels: tuple[list[str], ...]) -> list[str]:
    """The label of each asset beside Asset; of several the first by name."""
    chosen = {frozenset(found): min((name for name in found if name != "Asset"), default="Asset") for found in labels}
    return [chosen[frozenset(found)] for found in labels]


def _floats(values: tuple[Any, ...]) -> Floats:
    """Numbers, NaN for what is absent; a text that somebody wrote by hand counts as absent."""
    return np.array([value if isinstance(value, int | float) else np.nan for value in values], np.float64)


def _read_relationships(store: Store, number: dict[int, int], say: Callable[[str, int], None]) -> RelationshipColumns:
    source: list[int] = []
    counts: list[int] = []
    types: list[int] = []
    target: list[int] = []
    facts: list[list[Any]] = []
    bare = [None] * 6
    for name, code in CODES.items():
        say(f"reading {name}", code)
        supply = code < len(TYPES)
        for record in store.stream((_SUPPLY if supply else _OTHER).format(type=name)):
            begin, ends = record.values()
            ends = [end for end in ends if (end[0] if supply else end) in number] if begin in number else []
            source.append(number.get(begin, 0))
            counts.append(len(ends))
            types.append(code)
            target += [number[end[0] if supply else end] for end in ends]
            facts += [end[1:] for end in ends] if supply else [bare] * len(ends)
    group, need, policy, priority, portion, inferred = zip(*facts, strict=True) if facts else ((),) * 6
    names: dict[str, int] = {}
    return RelationshipColumns(
        source=np.repeat(np.array(source, np.int32), counts),
        target=np.array(target, np.int32),
        type=np.repeat(np.array(types, np.uint8), counts),
        group=np.array([names.setdefault(value or "", len(names)) for value in group], np.int32),
        group_names=list(names),
        need=np.array([1 if value is None else int(value) for value in need], np.int32),
        transfer=np.array([value == "transfer" for value in policy], np.bool_),
        priority=np.array([0 if value is None else int(value) for value in priority], np.int32),
        portion=_floats(portion),
        inferred=np.array([value is True for value in inferred], np.bool_),
    )
