"""Read the graph in pages of columns.

A record for each asset costs four times as much, in the driver alone; one query for all columns needs more memory than
a small database has. So a page is some thousand assets in the order of their ids, with all that starts at them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadModel
from twin.topology.build import build
from twin.topology.columns import CODES, PLACES, TEXTS, AssetColumns, RelationshipColumns, condition_code
from twin.topology.model import NUMBERS, Bools, Codes, Floats, Ints, Topology
from twin.topology.store import Details, details_of

if TYPE_CHECKING:
    from twin.graph.store import Store

Progress = Callable[[str, int, int], None]

_PAGE = 10_000
"""Assets a page."""

_READERS = 2
"""Pages that are read at the same time."""

_NAN = "0.0 / 0.0"
_ASSET_COLUMNS = {
    "id": "a.id",
    **{name: f"coalesce(a.{name}, '')" for name in (*TEXTS, "placement", "condition")},
    "standby": "coalesce(a.standby, false)",
    **{name: f"coalesce(a.{name}, {_NAN})" for name in (*NUMBERS, *PLACES)},
}
_SUPPLY_COLUMNS = {
    "group": "coalesce(r.group, '')",
    "need": "coalesce(r.need, 1)",
    "policy": "coalesce(r.policy, '')",
    "priority": "coalesce(r.priority, 0)",
    "portion": f"coalesce(r.portion, {_NAN})",
    "inferred": "coalesce(r.need_inferred, false)",
}


_STRANGE = "MATCH (a:Asset) WHERE a.id IS NOT NULL AND NOT a.id IS :: STRING NOT NULL RETURN count(a) AS count"
_ENDS_OF_PAGES = """
MATCH (a:Asset) WHERE a.id > $after
WITH a.id AS id ORDER BY id LIMIT $page
RETURN max(id) AS last
"""
# collect() leaves out nulls, so each column says what stands for none.
_ASSETS = f"""
MATCH (a:Asset) WHERE a.id > $after AND a.id <= $last
RETURN collect(id(a)) AS number, collect(labels(a)) AS labels,
       {", ".join(f"collect({expression}) AS `{name}`" for name, expression in _ASSET_COLUMNS.items())}
"""
_RELATIONSHIPS = f"""
MATCH (a:Asset) WHERE a.id > $after AND a.id <= $last
MATCH (a)-[r:{"|".join(CODES)}]->(b:Asset) WHERE b.id IS NOT NULL
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(type(r)) AS type,
       {", ".join(f"collect({expression}) AS `{name}`" for name, expression in _SUPPLY_COLUMNS.items())}
"""


def read_graph(store: Store, progress: Progress | None = None) -> tuple[Topology, Details]:
    """The compiled topology and its details. Raises BadModel, and what the store raises."""
    say = progress or _silent
    strange = store.read(_STRANGE)[0]["count"]
    if strange:
        raise BadModel([f"{strange} assets have an id that is not text"])
    pages = _pages(store)
    steps = 2 * len(pages) + 1
    say("reading the graph", 0, steps)
    assets: list[_Assets] = []
    relationships: list[_Relationships] = []

    def read_assets(page: dict[str, str]) -> _Assets:
        return _Assets.of(store.read(_ASSETS, **page)[0])

    def read_relationships(page: dict[str, str]) -> _Relationships:
        return _Relationships.of(store.read(_RELATIONSHIPS, **page)[0])

    with ThreadPoolExecutor(_READERS) as pool:
        for done, part in enumerate(pool.map(read_assets, pages), start=1):
            assets.append(part)
            say("reading the graph", done, steps)
        for done, way in enumerate(pool.map(read_relationships, pages), start=len(pages) + 1):
            relationships.append(way)
            say("reading the graph", done, steps)
    asset_columns = _asset_columns(assets)
    numbering = Numbering.of([number for page in assets for number in page.number])
    relationship_columns = _relationship_columns(relationships, numbering)
    topology = build(asset_columns, relationship_columns)
    say("reading the graph", steps, steps)
    return topology, details_of(topology.version, asset_columns, relationship_columns)


def _silent(what: str, done: int, total: int) -> None:
    """No progress."""


def _pages(store: Store) -> list[dict[str, str]]:
    """Each page as the ids between which it lies: after the one, up to the other."""
    pages: list[dict[str, str]] = []
    after = ""
    while (last := store.read(_ENDS_OF_PAGES, after=after, page=_PAGE)[0]["last"]) is not None:
        pages.append({"after": after, "last": last})
        after = last
    return pages


@dataclass(frozen=True)
class _Assets:
    """A page of assets, as small as it gets: arrays, and texts."""

    number: list[int]
    id: list[str]
    label: list[str]
    numbers: dict[str, Floats]
    texts: dict[str, list[str]]
    places: dict[str, NDArray[np.float32]]
    standby: Bools
    condition: Codes
    schematic: Bools

    @classmethod
    def of(cls, row: dict[str, Any]) -> _Assets:
        return cls(
            number=row["number"],
            id=row["id"],
            label=_own_labels(row["labels"]),
            numbers={name: _floats(row[name]) for name in NUMBERS},
            texts={name: [str(value) for value in row[name]] for name in TEXTS},
            places={name: _floats(row[name]).astype(np.float32) for name in PLACES},
            standby=np.array([value is True for value in row["standby"]], np.bool_),
            condition=np.array([condition_code(value) for value in row["condition"]], np.uint8),
            schematic=np.array([value == "schematic" for value in row["placement"]], np.bool_),
        )


def _asset_columns(pages: list[_Assets]) -> AssetColumns:
    return AssetColumns(
        id=[value for page in pages for value in page.id],
        label=[value for page in pages for value in page.label],
        numbers={name: np.concatenate([_NO_FLOATS, *(page.numbers[name] for page in pages)]) for name in NUMBERS},
        standby=np.concatenate([_NO_BOOLS, *(page.standby for page in pages)]),
        condition=np.concatenate([_NO_CODES, *(page.condition for page in pages)]),
        texts={name: [value for page in pages for value in page.texts[name]] for name in TEXTS},
        places={name: np.concatenate([_NO_PLACES, *(page.places[name] for page in pages)]) for name in PLACES},
        schematic=np.concatenate([_NO_BOOLS, *(page.schematic for page in pages)]),
    )


_NO_FLOATS: Final = np.empty(0, np.float64)
_NO_BOOLS: Final = np.empty(0, np.bool_)
_NO_INTS: Final = np.empty(0, np.int32)
_NO_CODES: Final = np.empty(0, np.uint8)
_NO_NUMBERS: Final = np.empty(0, np.int64)
_NO_PLACES: Final = np.empty(0, np.float32)


@dataclass(frozen=True)
class Numbering:
    """Which position in the asset columns has which number in the database."""

    numbers: NDArray[np.int64]
    """Ascending."""
    places: Ints

    @classmethod
    def of(cls, numbers: list[int]) -> Numbering:
        """From the database's numbers in the order of the columns."""
        array = np.array(numbers, np.int64)
        places = np.argsort(array, kind="stable").astype(np.int32)
        return cls(array[places], places)

    def find(self, wanted: NDArray[np.int64]) -> tuple[Ints, Bools]:
        """Positions, and which of them there are (an asset may have come after the assets were read)."""
        if not len(self.numbers):
            return np.zeros(len(wanted), np.int32), np.zeros(len(wanted), np.bool_)
        spot = np.minimum(np.searchsorted(self.numbers, wanted), len(self.numbers) - 1)
        return self.places[spot], self.numbers[spot] == wanted


def _own_labels(labels: list[list[str]]) -> list[str]:
    """The label of each asset beside Asset; of several the first by name."""
    chosen: dict[tuple[str, ...], str] = {}
    for found in set(map(tuple, labels)):
        chosen[found] = min((name for name in found if name != "Asset"), default="Asset")
    return [chosen[tuple(found)] for found in labels]


def _floats(values: list[Any]) -> Floats:
    """Numbers, NaN for what is absent; a text that somebody wrote by hand counts as absent."""
    if set(map(type, values)) <= {float}:
        return np.array(values, np.float64)
    return np.array([value if isinstance(value, int | float) else np.nan for value in values], np.float64)


def _wholes(values: list[Any], name: str) -> Ints:
    """Whole numbers. Raises BadModel where somebody wrote something else by hand."""
    wrong = next((value for value in values if type(value) is not int or not -_INT32 <= value < _INT32), None)
    if wrong is not None:
        raise BadModel([f"a supply relationship has the {name} {wrong!r}, which is no whole number of fitting size"])
    return np.array(values, np.int32)


@dataclass(frozen=True)
class _Relationships:
    """A page of relationships; ends by the database's number, groups by name."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    type: Codes
    group: list[str]
    need: Ints
    transfer: Bools
    priority: Ints
    portion: Floats
    inferred: Bools

    @classmethod
    def of(cls, row: dict[str, Any]) -> _Relationships:
        return cls(
            source=np.array(row["source"], np.int64),
            target=np.array(row["target"], np.int64),
            type=np.array([CODES[name] for name in row["type"]], np.uint8),
            group=row["group"],
            need=_wholes(row["need"], "need"),
            transfer=np.array([value == "transfer" for value in row["policy"]], np.bool_),
            priority=_wholes(row["priority"], "priority"),
            portion=_floats(row["portion"]),
            inferred=np.array([value is True for value in row["inferred"]], np.bool_),
        )


def _relationship_columns(pages: list[_Relationships], numbering: Numbering) -> RelationshipColumns:
    source, has_source = numbering.find(np.concatenate([_NO_NUMBERS, *(page.source for page in pages)]))
    target, has_target = numbering.find(np.concatenate([_NO_NUMBERS, *(page.target for page in pages)]))
    # An asset may have come or gone between the pages; then the graph's bookmark has moved and it is read again.
    kept = has_source & has_target
    names: dict[str, int] = {}
    group = [names.setdefault(value, len(names)) for page in pages for value in page.group]
    return RelationshipColumns(
        source=source[kept],
        target=target[kept],
        type=np.concatenate([_NO_CODES, *(page.type for page in pages)])[kept],
        group=np.array(group, np.int32)[kept],
        group_names=list(names) or [""],
        need=np.concatenate([_NO_INTS, *(page.need for page in pages)])[kept],
        transfer=np.concatenate([_NO_BOOLS, *(page.transfer for page in pages)])[kept],
        priority=np.concatenate([_NO_INTS, *(page.priority for page in pages)])[kept],
        portion=np.concatenate([_NO_FLOATS, *(page.portion for page in pages)])[kept],
        inferred=np.concatenate([_NO_BOOLS, *(page.inferred for page in pages)])[kept],
    )


_INT32 = 2**31
