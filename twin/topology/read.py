"""Read the graph in pages, as columns with a digest, and compile it.

A page is some thousand nodes, or relationships, next to each other in the database, so that neither side holds all of
them at once.

The digest is that of the columns, so it covers all that the analysis and the pictures read, whoever wrote it: not live
conditions, scenarios and the bookkeeping of the ingest, which the twin itself writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from sys import intern
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadModel
from twin.topology.build import build, index_order
from twin.topology.columns import CODES, PLACES, TEXTS, AssetColumns, RelationshipColumns
from twin.topology.model import NUMBERS, Ints, Topology
from twin.topology.pages import ASSETS, RELATIONSHIPS, AssetPage, RelationshipPage
from twin.topology.store import Details, details_of
from twin.topology.strings import Texts

if TYPE_CHECKING:
    from twin.graph.store import Store

Progress = Callable[[str, int, int], None]

_ASSETS_PAGE, _RELATIONSHIPS_PAGE = 10_000, 50_000
_READERS = 2
"""Pages that are read at the same time."""

_HIGHEST = (
    "MATCH (a:Asset) RETURN coalesce(max(id(a)), -1) AS highest",
    f"MATCH ()-[r:{'|'.join(CODES)}]->() RETURN coalesce(max(id(r)), -1) AS highest",
)


@dataclass(frozen=True, eq=False)
class Columns:
    """The graph as it was read."""

    assets: AssetColumns
    relationships: RelationshipColumns
    digest: str
    """32 hexadecimal digits: equal digests, unchanged campus."""


def read_graph(store: Store, progress: Progress | None = None) -> tuple[Topology, Details]:
    """The compiled topology and its details. Raises BadModel, and what the store raises."""
    return compiled(read_columns(store, progress))


def compiled(columns: Columns) -> tuple[Topology, Details]:
    """The topology of these columns, and its details."""
    order = index_order(columns.assets, columns.relationships)
    topology = build(columns.assets, columns.relationships, order=order)
    return topology, details_of(topology.version, columns.assets, order)


def read_columns(store: Store, progress: Progress | None = None) -> Columns:
    """Read the whole graph. Raises BadModel, and what the store raises."""
    say = progress or _silent
    asset_pages, relationship_pages = (
        _pages(store.read(query)[0]["highest"], size)
        for query, size in zip(_HIGHEST, (_ASSETS_PAGE, _RELATIONSHIPS_PAGE), strict=True)
    )
    total = len(asset_pages) + len(relationship_pages)
    say("reading the graph", 0, total)
    state = hashlib.blake2b(digest_size=16)

    def read_assets(page: dict[str, int]) -> AssetPage:
        return AssetPage.of(store.read(ASSETS, **page))

    def read_relationships(page: dict[str, int]) -> RelationshipPage:
        return RelationshipPage.of(store.read(RELATIONSHIPS, **page))

    with ThreadPoolExecutor(_READERS) as readers, ThreadPoolExecutor(1) as loader:
        # What the compiler imports takes a second, and the database leaves the time.
        loader.submit(import_module, "scipy.sparse.csgraph")
        loader.submit(import_module, "schema.labels")
        nodes: list[AssetPage] = []
        for done, node in enumerate(readers.map(read_assets, asset_pages), start=1):
            nodes.append(node)
            state.update(node.digest())
            say("reading the graph", done, total)
        assets, place = _asset_columns(nodes), _places(nodes)
        nodes.clear()
        edges: list[RelationshipPage] = []
        for done, edge in enumerate(readers.map(read_relationships, relationship_pages), start=len(asset_pages) + 1):
            edges.append(edge.between(place))
            state.update(edge.digest())
            say("reading the graph", done, total)
    return Columns(assets, _relationship_columns(edges), state.hexdigest())


def _silent(what: str, done: int, total: int) -> None:
    """No progress."""


def _pages(highest: int, size: int) -> list[dict[str, int]]:
    return [{"first": first, "last": first + size - 1} for first in range(0, highest + 1, size)]


def _places(pages: Sequence[AssetPage]) -> Ints:
    """The place of each node among the assets by its number in the database, or -1; -1 at the end as well."""
    numbers = np.concatenate([np.empty(0, np.int64), *(page.number for page in pages)])
    place = np.full(int(numbers.max(initial=-1)) + 2, -1, np.int32)
    place[numbers] = np.arange(len(numbers), dtype=np.int32)
    return place


def _asset_columns(pages: Sequence[AssetPage]) -> AssetColumns:
    """Raises BadModel where an id is no text."""
    if strange := sum(page.strange for page in pages):
        raise BadModel([f"{strange} assets have an id that is not text"])
    numbers = np.concatenate([np.empty((len(NUMBERS), 0)), *(page.numbers for page in pages)], axis=1)
    places = np.concatenate([np.empty((len(PLACES), 0), np.float32), *(page.places for page in pages)], axis=1)
    none = np.empty(0, np.bool_)
    return AssetColumns(
        id=Texts.joined([page.id for page in pages]),
        label=[intern(label) for page in pages for label in page.label],
        numbers=dict(zip(NUMBERS, numbers, strict=True)),
        standby=np.concatenate([none, *(page.standby for page in pages)]),
        condition=np.concatenate([np.empty(0, np.uint8), *(page.condition for page in pages)]),
        texts={name: Texts.joined([getattr(page, name) for page in pages]) for name in TEXTS},
        places=dict(zip(PLACES, places, strict=True)),
        schematic=np.concatenate([none, *(page.schematic for page in pages)]),
    )


def _relationship_columns(pages: Sequence[RelationshipPage]) -> RelationshipColumns:
    begins = np.cumsum([0, *(len(page.type) for page in pages)], dtype=np.int32)
    facts = [page.fact + begin for page, begin in zip(pages, begins, strict=False)]
    fact = np.concatenate([np.empty(0, np.int32), *facts])
    texts = list(Texts.joined([page.group for page in pages]))
    names = sorted({*texts, ""})
    code = {name: number for number, name in enumerate(names)}

    def chained(name: str, kind: type[np.generic]) -> NDArray[Any]:
        return np.concatenate([np.empty(0, kind), *(getattr(page, name) for page in pages)])

    return RelationshipColumns(
        source=chained("source", np.int32),
        target=chained("target", np.int32),
        type=chained("type", np.uint8)[fact],
        group=np.array([code[text] for text in texts], np.int32)[fact],
        group_names=names,
        need=chained("need", np.int32)[fact],
        transfer=chained("transfer", np.bool_)[fact],
        priority=chained("priority", np.int32)[fact],
        portion=chained("portion", np.float64)[fact],
        inferred=chained("inferred", np.bool_)[fact],
    )
