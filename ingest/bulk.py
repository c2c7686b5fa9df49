"""The first load of an empty local Neo4j: the plan as CSV files for Neo4j's own bulk import.

It brings about what `load.begin`, `write_assets` and `write_relationships` bring about through Bolt, bookkeeping
included; what comes before and after (reading, checks, constraints, `load.finish`) is the same code in both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

from ingest.graph_state import GraphState, RelationshipKey
from ingest.load import alike, written
from ingest.lock import LABEL, Hold
from ingest.plan import Plan, Row
from ingest.records import Progress, Properties
from schema import cypher
from schema.check import relationship_properties
from schema.errors import TwinError
from schema.labels import properties_of
from schema.model import Kind
from twin.graph.local import server
from twin.graph.local.bulk import CSV, SEPARATOR, BulkFiles, build, staging
from twin.graph.store import Store

Format = Callable[[Any], str]

_TYPES: Final[Mapping[Kind, str]] = {
    "text": "string",
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
    "time": "datetime",
}
_BOOKKEEPING: Final = {"_sources": "string[]", "_hash": "long", "_values": "string[]", "_repeat": "long"}
_LINES: Final = 20_000  # joined and written at once


def quoted(value: str) -> str:
    """A text as one field; quoted always, because an empty field without quotes is no value."""
    return '"' + value.replace('"', '""') + '"'


def _listed(value: Sequence[str]) -> str:
    return quoted(SEPARATOR.join(value))


_FORMATS: Final[Mapping[str, Format]] = {
    "string": quoted,
    "string[]": _listed,
    "long": str,
    "double": lambda value: repr(float(value)),
    "boolean": lambda value: "true" if value else "false",
    "datetime": lambda value: value.isoformat(),
}


LEAST: Final = 1_000_000
"""Assets and relationships; with fewer of them stopping and starting Neo4j takes longer than writing through Bolt."""


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
) -> None:
    """Build the database beside the present one, which is empty, and put it in its place.

    `sources` are the rows of `load.begun`. Neo4j is stopped and started again. Raises TwinError where that fails; the
    graph is then as empty as before.
    """
    place = server.home_of(store.endpoint.home)
    with staging(place) as stage:
        records = {LABEL: [hold.properties()], "Source": [{**row, "_run": 1} for row in sources]}
        files = write_files(stage.folder / CSV, assets, relationships, records, progress)
        build(stage, files, progress)
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
    writer = _Writer(folder, files, progress, total)
    numbers: dict[str, int] = {}
    for label, rows in _grouped(assets.new.items(), lambda item: item[1].label).items():
        kinds = {name: _TYPES[declared.kind] for name, declared in properties_of(label).items()}
        numbers.update(zip((identity for identity, _ in rows), count(len(numbers))))
        writer.nodes(f"Asset:{label}", kinds, lambda rows=rows: ({"id": key, **row.written()} for key, row in rows))
    for label, entries in records.items():
        kinds = {name: _type_of(value) for entry in entries for name, value in entry.items()}
        writer.nodes(label, kinds, lambda entries=entries: iter(entries))
    for name, rows in _grouped(relationships.new.items(), lambda item: item[0][1]).items():
        writer.relationships(name, rows, numbers)
    return files


def _grouped(items: Iterable[Any], key: Callable[[Any], str]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
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

    def nodes(self, labels: str, kinds: Mapping[str, str], entries: Callable[[], Iterator[Properties]]) -> None:
        """Write nodes of the same labels, numbered on; columns are the properties that occur."""
        columns = _columns({**_BOOKKEEPING, **kinds}, entries())
        header = [":ID", *(f"{name}:{kind}" for name, kind, _ in columns)]
        lines = (f"{number},{line}" for line, number in zip(_lines(columns, entries()), self.numbers, strict=False))
        self._write(self.files.nodes, labels, header, lines)

    def relationships(self, name: str, rows: Sequence[tuple[RelationshipKey, Row]], numbers: Mapping[str, int]) -> None:
        """Write relationships of one type. Most share their properties, so that the text of these is made once."""
        kinds = {n: _TYPES[declared.kind] for n, declared in relationship_properties(name).items()}
        texts: dict[tuple[Any, ...], int] = {}
        distinct: list[Properties] = []
        which: list[int] = []
        for key, row in rows:
            same = alike(key, row)
            number = texts.get(same)
            if number is None:
                number = texts[same] = len(distinct)
                distinct.append(written(key, row))
            which.append(number)
        columns = _columns({**_BOOKKEEPING, **kinds}, distinct)
        ends = list(_lines(columns, distinct))
        lines = (
            f"{numbers[key[0]]},{numbers[key[2]]},{ends[number]}" for (key, _), number in zip(rows, which, strict=True)
        )
        header = [":START_ID", ":END_ID", *(f"{name}:{kind}" for name, kind, _ in columns)]
        self._write(self.files.relationships, name, header, lines)

    def _write(self, known: list[tuple[str, str]], name: str, header: Sequence[str], lines: Iterator[str]) -> None:
        file = f"{len(self.files.nodes) + len(self.files.relationships)}-{name.replace(':', '-')}.csv"
        known.append((name, file))
        with (self.folder / file).open("w", encoding="utf-8", newline="") as stream:
            stream.write(",".join(header) + "\n")
            while batch := list(islice(lines, _LINES)):
                text = "\n".join(batch)
                if not self.files.multiline and (text.count("\n") >= len(batch) or "\r" in text):
                    self.files.multiline = True
                stream.write(text + "\n")
                self.done += len(batch)
                if self.progress:
                    self.progress("write files for the bulk import", min(self.done, self.total), self.total)


def _columns(kinds: Mapping[str, str], entries: Iterable[Properties]) -> list[tuple[str, str, Format]]:
    used = {name for entry in entries for name, value in entry.items() if value is not None}
    named = [(name, kinds.get(name, "string")) for name in sorted(used)]  # what readers keep for themselves is text
    return [(name, kind, _FORMATS[kind]) for name, kind in named]


def _lines(columns: Sequence[tuple[str, str, Format]], entries: Iterable[Properties]) -> Iterator[str]:
    for entry in entries:
        get = entry.get
        yield ",".join([("" if (value := get(name)) is None else make(value)) for name, _, make in columns])
