"""The first load of an empty local Neo4j: the plan as CSV files for Neo4j's own bulk import.

It brings about what `load.begin`, `write_assets` and `write_relationships` bring about through Bolt, bookkeeping
included; what comes before and after (reading, checks, constraints, `load.finish`) is the same code in both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

from ingest.graph_state import GraphState, RelationshipKey, batches
from ingest.load import alike, written
from ingest.lock import LABEL, Hold
from ingest.plan import Plan, Row
from ingest.records import DOCUMENTS, IDENTITIES, Extract, Progress, Properties
from schema import cypher
from schema.check import relationship_properties
from schema.errors import TwinError
from schema.labels import properties_of
from schema.model import Kind
from twin.graph.local import server
from twin.graph.local.bulk import CSV, SEPARATOR, BulkFiles, builder, staging
from twin.graph.store import Store

Key = TypeVar("Key")
Thing = TypeVar("Thing")
Column = tuple[str, str]
"""Property and type of Neo4j's import."""

Values = Callable[[str], Sequence[Any]]
"""The values of one property, None where a thing has none."""

_TYPES: Final[Mapping[Kind, str]] = {
    "text": "string",
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
    "time": "datetime",
}
_BOOKKEEPING: Final = {
    "_sources": "string[]",
    "_hash": "long",
    "_values": "string[]",
    "_repeat": "long",
    DOCUMENTS: "string[]",
    IDENTITIES: "string[]",
}
_LINES: Final = 20_000  # joined and written at once


def _quoted(values: Sequence[Any]) -> list[str]:
    """Texts as fields; quoted always, because an empty field without quotes is no value."""
    if None not in values and '"' not in "".join(values):
        return [f'"{v}"' for v in values]
    return ["" if v is None else f'"{v}"' if '"' not in v else '"' + v.replace('"', '""') + '"' for v in values]


_FORMATS: Final[Mapping[str, Callable[[Sequence[Any]], list[str]]]] = {
    "string": _quoted,
    "string[]": lambda values: _quoted([None if v is None else SEPARATOR.join(v) for v in values]),
    "long": lambda values: ["" if v is None else str(v) for v in values],
    "double": lambda values: ["" if v is None else repr(float(v)) for v in values],
    "boolean": lambda values: ["" if v is None else "true" if v else "false" for v in values],
    "datetime": lambda values: ["" if v is None else v.isoformat() for v in values],
}
"""The values of one column as fields, None as an empty one."""


LEAST: Final = 1_000_000
"""Assets and relationships; with fewer of them stopping and starting Neo4j takes longer than writing through Bolt."""


LEAST_UNMADE: Final = 200_000
"""The same where there is no database yet, so that nothing is stopped."""


def pays(way: str, extracts: Sequence[Extract]) -> bool:
    """Whether the bulk import is the way to make a database of what was read, where there is none yet."""
    if way == "bolt" or any(SEPARATOR in extract.source for extract in extracts):
        return False
    return way == "bulk" or sum(len(e.assets) + len(e.relationships) for e in extracts) >= LEAST_UNMADE


def hindrance(store: Store, state: GraphState, assets: Plan[str], relationships: Plan[RelationshipKey]) -> str | None:
    """Why the bulk import cannot be used here; None where it can: in an empty database of our own local Neo4j."""
    if not store.endpoint.local:
        return "the graph is not in the twin's own local Neo4j"
    if state.sources or state.assets or state.tombstones or len(assets.new) != _size(assets):
        return "the graph is not empty"
    if len(relationships.new) != _size(relationships):
        return "the graph is not empty"
    if any(SEPARATOR in name for row in assets.new.values() for name in row.sources):
        return "a source has a control character in its name"
    if store.read("MATCH (n) WHERE NOT n:_Lock AND NOT n:_Twin RETURN 1 LIMIT 1"):
        return "the database holds nodes that are no assets"
    declared = " ".join((*cypher.constraints(), *cypher.indexes(), " tombstone_id "))
    rows = store.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name")
    foreign = [row["name"] for row in rows if f" {row['name']} " not in declared]
    if foreign:
        return f"the database has an index that is not ours ({foreign[0]})"
    return None


def _size(plan: Plan[Any]) -> int:
    return len(plan.new) + len(plan.changed) + len(plan.joined) + len(plan.gone)


def load(  # noqa: PLR0913, PLR0917 - what is written, and who watches over it
    store: Store,
    hold: Hold,
    assets: Plan[str],
    relationships: Plan[RelationshipKey],
    sources: Sequence[Properties],
    progress: Progress | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Build the database beside the present one, which is empty, and put it in its place; or where there is none yet.

    `sources` are the rows of `load.begun`; `meanwhile` is called while Neo4j's import tool works. Neo4j is stopped,
    where it runs, and started. Raises what `meanwhile` raises, and TwinError where something fails; the graph is then
    as empty as before.
    """
    place = server.home_of(store.endpoint.home)
    with staging(place) as stage:
        records = {LABEL: [hold.properties()], "Source": [{**row, "_run": 1} for row in sources]}
        things = len(assets.new) + len(relationships.new)
        with builder(stage, things, progress) as build:
            with server.initialising(place, progress):
                files = write_files(stage.folder / CSV, assets, relationships, records, progress)
            build(files, meanwhile)
        if not hold.kept:
            store.moved(server.begin(place, progress))
            hold.keep()
            return
        if not hold.still():
            raise TwinError("another import took over, as this one stood still for minutes; run it again")
        with hold.unrenewed():
            store.close()
            store.moved(server.replace(store.endpoint.home, progress))


def write_files(
    folder: Path,
    assets: Plan[str],
    relationships: Plan[RelationshipKey],
    records: Mapping[str, Sequence[Properties]],
    progress: Progress | None = None,
) -> BulkFiles:
    """Write what a plan adds to an empty graph; `records` are the nodes beside the assets, by label.

    All ends of relationships are assets of the plan.
    """
    files = BulkFiles()
    total = len(assets.new) + len(relationships.new)
    files_of = _Writer(folder, files, progress, total)
    numbers: dict[str, str] = {}
    for label, rows in _by_label(assets.new).items():
        kinds = {name: _TYPES[declared.kind] for name, declared in properties_of(label).items()}
        numbers.update((identity, str(number)) for number, (identity, _) in enumerate(rows, len(numbers)))
        names = _names(row.properties for _, row in rows) | {"id", "_sources", "_hash", "_values"}
        files_of.nodes(f"Asset:{label}", kinds, names, rows, _of_assets)
    for label, entries in records.items():
        kinds = {name: _type_of(value) for entry in entries for name, value in entry.items()}
        files_of.nodes(label, kinds, set(kinds), entries, _of_entries)
    for name, rows in _by_label(relationships.new).items():
        files_of.relationships(name, rows, numbers)
    return files


def _by_label(rows: Mapping[Key, Row]) -> dict[str, list[tuple[Key, Row]]]:
    groups: dict[str, list[tuple[Key, Row]]] = {}
    before, group = "", list[tuple[Key, Row]]()
    for item in rows.items():
        label = item[1].label
        if label is not before:  # most come in long runs of one label
            before, group = label, groups.setdefault(label, [])
        group.append(item)
    return groups


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "long"
        case _:
            return "string"


class _Writer:
    def __init__(self, folder: Path, files: BulkFiles, progress: Progress | None, total: int) -> None:
        self.folder = folder
        self.files = files
        self.progress = progress
        self.total = total
        self.done = 0
        self.numbers = count()

    def nodes(
        self,
        labels: str,
        kinds: Mapping[str, str],
        names: set[str],
        things: Sequence[Thing],
        values_of: Callable[[Sequence[Thing]], Values],
    ) -> None:
        """Write nodes of the same labels, numbered on; `names` are the properties that occur."""
        columns = _columns(kinds, names)
        with self._file(self.files.nodes, labels, [":ID"], columns) as write:
            for batch in batches(things, _LINES):
                lines = zip(_lines(columns, values_of(batch)), self.numbers, strict=False)  # this order: none is lost
                write([f"{number},{line}" for line, number in lines])

    def relationships(self, name: str, rows: Sequence[tuple[RelationshipKey, Row]], numbers: Mapping[str, str]) -> None:
        """Write relationships of one type. Most share their properties, so that the text of these is made once."""
        kinds = {n: _TYPES[declared.kind] for n, declared in relationship_properties(name).items()}
        shared: dict[tuple[int, int], tuple[RelationshipKey, Row]] = {}
        for item, same in zip(rows, alike(rows), strict=True):
            if same not in shared:
                shared[same] = item
        distinct = [written(key, row) for key, row in shared.values()]
        columns = _columns(kinds, _names(distinct))
        texts = dict(zip(shared, _lines(columns, _of_entries(distinct)), strict=True))
        with self._file(self.files.relationships, name, [":START_ID", ":END_ID"], columns) as write:
            for batch in batches(rows, _LINES):
                lines = zip(batch, alike(batch), strict=True)
                write([f"{numbers[key[0]]},{numbers[key[2]]},{texts[same]}" for (key, _), same in lines])

    @contextmanager
    def _file(
        self, known: list[tuple[str, str]], name: str, ends: list[str], columns: Sequence[Column]
    ) -> Generator[Callable[[Sequence[str]], None]]:
        """A new file with its header; gives what writes lines to it."""
        file = f"{len(self.files.nodes) + len(self.files.relationships)}-{name.replace(':', '-')}.csv"
        known.append((name, file))
        with (self.folder / file).open("w", encoding="utf-8", newline="") as stream:
            stream.write(",".join([*ends, *(f"{name}:{kind}" for name, kind in columns)]) + "\n")

            def write(lines: Sequence[str]) -> None:
                text = "\n".join(lines)
                if not self.files.multiline and (text.count("\n") >= len(lines) or "\r" in text):
                    self.files.multiline = True
                stream.write(text + "\n")
                self.done += len(lines)
                if self.progress:
                    self.progress("write files for the bulk import", min(self.done, self.total), self.total)

            yield write


def _names(entries: Iterable[Properties]) -> set[str]:
    """The properties that occur."""
    return set[str]().union(*entries)


def _columns(kinds: Mapping[str, str], names: Iterable[str]) -> list[Column]:
    types = {**_BOOKKEEPING, **kinds}
    return [(name, types.get(name, "string")) for name in sorted(names)]  # what readers keep for themselves is text


def _lines(columns: Sequence[Column], values: Values) -> Iterator[str]:
    """The fields of each thing, joined; column by column, as there are millions of them."""
    return map(",".join, zip(*(_FORMATS[kind](values(name)) for name, kind in columns), strict=True))


def _of_entries(entries: Sequence[Properties]) -> Values:
    return lambda name: [entry.get(name) for entry in entries]


def _of_assets(rows: Sequence[tuple[str, Row]]) -> Values:
    """What `Row.written` says of each asset, without a dictionary for each."""
    stamps: dict[str, list[Any]] = {
        "id": [identity for identity, _ in rows],
        "_sources": [row.sources for _, row in rows],
        "_hash": [row.hash for _, row in rows],
        "_values": [row.values for _, row in rows],
    }
    properties = [row.properties for _, row in rows]
    return lambda name: stamps[name] if name in stamps else [said.get(name) for said in properties]
