"""Tables of assets and of relationships, as CSV files or as sheets of one workbook.

Assets: `id,label,name,parent_id` and any property column. Relationships: `source_id,type,target_id` and any property
column of the type. The order of columns is free and an empty cell is no value. A row that cannot be understood is
dropped and told with file, row and column; a column that the schema does not know, and a cell of a column that the
row's label or type does not have, is passed over and told, and the row is kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import Any, Literal

from ingest.readers.sheets import Sheet, read_csv, read_workbook, sheet_of
from ingest.records import (
    ROWS_TOLD,
    AssetRecord,
    Extract,
    Finding,
    Place,
    Progress,
    Properties,
    RelationshipRecord,
    bad_id,
    row_place,
)
from schema.check import coerce, relationship_properties
from schema.errors import BadInput
from schema.labels import LABELS, properties_of
from schema.model import Property
from schema.relationships import RELATIONSHIPS

_REQUIRED = {"assets": ("id", "label"), "relationships": ("source_id", "type", "target_id")}
_MOST_KNOWN = 20_000  # rows of different words whose meaning is remembered

TableKind = Literal["assets", "relationships"]
Column = tuple[int, str, Callable[[Any], Any]]
"""Position in the row, property name, and what turns the raw cell into its value (raises ValueError)."""


def read(paths: Sequence[Path], source: str, progress: Progress | None = None, *, whole: bool = False) -> Extract:
    """Read the tables of one source.

    `whole` says that a folder was named, so that a table that is not there means nothing of its kind.
    Raises BadInput where a file cannot be read at all, or lacks a required column.
    """
    extract = Extract(source, "tables", tuple(map(str, paths)))
    kinds: set[str] = set()
    for path in paths:
        sheets = [read_csv(path)] if path.suffix.lower() == ".csv" else _workbook_tables(path, extract)
        for sheet in sheets:
            kind = _kind_of(sheet)
            kinds.add(kind)
            _read_sheet(sheet, kind, extract, progress)
    if len(kinds) == 1 and not whole:
        extract.partial = "relationships" if kinds == {"assets"} else "assets"
    return extract


def _workbook_tables(path: Path, extract: Extract) -> list[Sheet]:
    """The sheets of a workbook that are tables of ours by their names.

    Raises BadInput where there is none.
    """
    book = read_workbook(path)
    sheets = book.sheets
    names = [n for n in sheets if n.lower().rpartition("-")[2] in _REQUIRED]
    if not names:
        raise BadInput(f"{path}: has no sheet assets or relationships (its sheets: {', '.join(sheets) or 'none'})")
    book.tell_unvalued(path, names, extract)
    return [sheet_of(path, name, sheets[name]) for name in sorted(names, key=lambda n: "relationships" in n.lower())]


def _kind_of(sheet: Sheet) -> TableKind:
    """Whether a sheet holds assets or relationships: by its name, else by its columns."""
    word = sheet.name.lower().rpartition("-")[2]
    if word == "assets":
        kind: TableKind = "assets"
    elif word == "relationships":
        kind = "relationships"
    else:
        columns = set(sheet.header)
        kind = "relationships" if len(columns & set(_REQUIRED["relationships"])) >= 2 else "assets"
    for column in _REQUIRED[kind]:
        if column not in sheet.header:
            raise BadInput(
                f"{sheet.place}: the column {column} is missing (a table of {kind} needs {', '.join(_REQUIRED[kind])};"
                " a list with columns of its own needs an [[asset_list]] in a --mapping)"
            )
    return kind


def _read_sheet(sheet: Sheet, kind: TableKind, extract: Extract, progress: Progress | None) -> None:
    reader = _AssetRows(sheet, extract) if kind == "assets" else _RelationshipRows(sheet, extract)
    width = len(sheet.header)
    done = -1
    for done, (row, cells) in enumerate(sheet.rows):
        if len(cells) != width:
            if any(map(_filled, cells[width:])):
                reader.drop("too-many-cells", row, None, f"has {len(cells)} cells, the header {width}")
                continue
            cells = [*cells[:width], *[""] * (width - len(cells))]  # noqa: PLW2901 - the row, made as long as the header
        reader.take(row, cells)
        if progress and done % ROWS_TOLD == 0:
            progress(f"read {sheet.place}", done, 0)
    if done < 0:
        message = f"has a header and no row; to the graph, this source has no {kind} any more"
        extract.findings.append(Finding("no-rows", "warning", message, Place(sheet.place)))


def _filled(cell: Any) -> bool:
    return cell is not None and bool(str(cell).strip())


def _trim(cell: Any) -> Any:
    return cell.strip() if isinstance(cell, str) else "" if cell is None else cell


class _Rows(ABC):
    """What reading a row of either table shares: columns by name, and findings with their place."""

    kind: TableKind

    def __init__(self, sheet: Sheet, extract: Extract) -> None:
        self.place = sheet.place
        self.extract = extract
        self.shared: dict[tuple[Any, ...], Properties] = {}
        self.position = {name: number for number, name in enumerate(sheet.header)}
        self.plans: dict[str, tuple[list[Column], list[tuple[int, str]]]] = {}
        for name in sheet.header:
            if not self.knows(name):
                self.find(
                    "unknown-column", 1, name, f"the schema has no such column for {self.kind}; it was passed over"
                )

    @abstractmethod
    def knows(self, column: str) -> bool:
        """Whether some label or type has this column."""

    @abstractmethod
    def declared(self, word: str) -> dict[str, Property]:
        """The properties of a label or type."""

    @abstractmethod
    def foreign(self, column: str) -> bool:
        """Whether the column is a property of some label or type, so that a value of another is told."""

    def find(self, code: str, row: int, column: str | None, message: str, ids: tuple[str, ...] = ()) -> None:
        self.extract.findings.append(Finding(code, "error", message, Place(self.place, row, column), ids))

    def drop(self, code: str, row: int, column: str | None, message: str, ids: tuple[str, ...] = ()) -> None:
        self.find(code, row, column, f"{message}; the row was dropped", ids)

    def plan(self, word: str) -> tuple[list[Column], list[tuple[int, str]]]:
        """The columns that a label or type has, and those it has not but others have."""
        if word not in self.plans:
            declared = self.declared(word)
            own = [(at, name, converter(declared[name])) for name, at in self.position.items() if name in declared]
            other = [(at, name) for name, at in self.position.items() if name not in declared and self.foreign(name)]
            self.plans[word] = own, other
        return self.plans[word]

    def properties(self, word: str, row: int, cells: Sequence[Any], ids: tuple[str, ...]) -> Properties | None:
        """The row's properties, or None where a value is of the wrong kind (told, all of them)."""
        own, other = self.plan(word)
        values: Properties = {}
        good = True
        for at, name, convert in own:
            cell = cells[at]
            cell = cell.strip() if cell.__class__ is str else _trim(cell)
            if cell == "":
                continue
            try:
                values[name] = convert(cell)
            except ValueError as error:
                good = False
                self.drop("bad-value", row, name, str(error), ids)
        for at, name in other:
            if cells[at] != "" and _filled(cells[at]):
                self.find("foreign-column", row, name, f"{word} has no {name}; the value was passed over", ids)
        return values if good else None

    def text(self, cells: Sequence[Any], column: str) -> str:
        at = self.position.get(column)
        return "" if at is None else as_text(cells[at])


class _AssetRows(_Rows):
    kind = "assets"

    def __init__(self, sheet: Sheet, extract: Extract) -> None:
        self._all = {name for label in LABELS for name in properties_of(label)}
        self._nothing: Properties = {}
        super().__init__(sheet, extract)

    def knows(self, column: str) -> bool:
        return column in self._all or column in ("id", "label", "parent_id")

    def foreign(self, column: str) -> bool:
        return column in self._all and column != "id"

    def declared(self, word: str) -> dict[str, Property]:
        return {name: prop for name, prop in properties_of(word).items() if name != "id"}

    def take(self, row: int, cells: Sequence[Any]) -> None:
        identity, label = self.text(cells, "id"), self.text(cells, "label")
        if not identity:
            if any(map(_filled, cells)):
                self.drop("missing-id", row, "id", "the id is missing")
            return None
        if problem := bad_id(identity):
            return self.drop("bad-id", row, "id", problem)
        if label not in LABELS:
            message = f"{label!r} is not a label of the schema" if label else "the label is missing"
            return self.drop("unknown-label", row, "label", message, (identity,))
        values = self.properties(label, row, cells, (identity,))
        if values is None:
            return None
        self.extract.assets.append(AssetRecord(identity, label, values, row_place(self.place, row)))
        if parent := self.text(cells, "parent_id"):
            place = Place(self.place, row, "parent_id")
            self.extract.relationships.append(RelationshipRecord(parent, "CONTAINS", identity, self._nothing, place))
        return None


class _RelationshipRows(_Rows):
    kind = "relationships"

    def __init__(self, sheet: Sheet, extract: Extract) -> None:
        self._all = {name for declared in RELATIONSHIPS for name in relationship_properties(declared)}
        super().__init__(sheet, extract)
        ends = [self.position[name] for name in ("source_id", "type", "target_id")]
        self.ends = itemgetter(*ends)
        others = [at for at in range(len(sheet.header)) if at not in (ends[0], ends[2])]
        self.said: Callable[[Sequence[Any]], Any] = itemgetter(*others)
        self.known: dict[Any, Properties] = {}
        self.most_known = _MOST_KNOWN if sheet.texts else 0
        self.add = extract.relationships.append

    def knows(self, column: str) -> bool:
        return column in self._all or column in ("source_id", "type", "target_id")

    def foreign(self, column: str) -> bool:
        return column in self._all

    def declared(self, word: str) -> dict[str, Property]:
        return relationship_properties(word)

    def take(self, row: int, cells: Sequence[Any]) -> None:
        start, name, end = map(as_text, self.ends(cells))
        said = self.said(cells)
        values = self.known.get(said) if start and end else None
        if values is None:
            values = self.understand(row, cells, start, name, end)
            if values is None:
                return
        self.add(RelationshipRecord(start, name, end, values, row_place(self.place, row)))

    def understand(self, row: int, cells: Sequence[Any], start: str, name: str, end: str) -> Properties | None:
        """The properties of a row, None where it is dropped. What the same words mean is looked up next time."""
        if not (start and end):
            if any(map(_filled, cells)):
                column = "target_id" if start else "source_id"
                self.drop("missing-end", row, column, f"the {column} is missing", tuple(filter(None, (start, end))))
            return None
        if name not in RELATIONSHIPS:
            message = f"{name!r} is not a relationship type of the schema" if name else "the type is missing"
            self.drop("unknown-type", row, "type", message, (start, end))
            return None
        told = len(self.extract.findings)
        values = self.properties(name, row, cells, (start, end))
        if values is not None:
            values = self.shared.setdefault(tuple(values.items()), values)  # most say the same, such as need 1
            if len(self.extract.findings) == told and len(self.known) < self.most_known:
                self.known[self.said(cells)] = values
        return values


def as_text(cell: Any) -> str:
    """A cell as trimmed text; a workbook hands the id 42 over as 42.0."""
    if isinstance(cell, str):
        return intern(cell.strip())  # ids occur many times
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def converter(declared: Property) -> Callable[[Any], Any]:
    """What turns a filled cell into a value of the declared kind; the plain cases without detours."""
    if declared.kind == "text" and not declared.choices:

        def plain(raw: Any) -> Any:
            return raw if isinstance(raw, str) and "\x00" not in raw else coerce(declared, raw)

        return plain
    if declared.kind in ("integer", "number"):
        seen: dict[Any, Any] = {}

        def cached(raw: Any) -> Any:
            value = seen.get(raw)
            if value is None:
                value = coerce(declared, raw)
                if len(seen) < 4096:
                    seen[raw] = value
            return value

        return cached
    return lambda raw: coerce(declared, raw)
