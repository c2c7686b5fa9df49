"""Lists with columns of their own, such as an asset register: read as `[[asset_list]]` of the user's mapping says.

    Asset No. | Kind      | Hall   | Row | Load [W] | Feed A | Feed B
    SRV-1     | 1U server | Hall 1 | R07 | 400      | PDU-1A | PDU-1B

One row is one asset. Columns of places become nested spaces; columns of suppliers become supply relationships. A row
that cannot be understood is dropped and told with file, row and column, and so is a value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from ingest.mapping.entries import matches
from ingest.mapping.lists import ListRule
from ingest.mapping.model import Mapping
from ingest.needs import infer_needs
from ingest.numerals import measure, refusal
from ingest.quantities import OURS, in_ours, scale_of
from ingest.readers.sheets import csv_rows, read_workbook
from ingest.readers.tables import as_text
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
)
from ingest.redundancy import apply_rules
from schema.check import coerce
from schema.errors import BadInput
from schema.labels import properties_of
from schema.model import Property

_UNIT = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$")

PlacePath = tuple[str, ...]
"""Names of nested places, the widest first."""


class _Rows(NamedTuple):
    """One list: what it is called, its rule, its columns by name, and its rows."""

    place: str
    rule: ListRule
    columns: dict[str, int]
    rows: Iterator[tuple[int, Sequence[Any]]]


def read(paths: Sequence[Path], source: str, mapping: Mapping, progress: Progress | None = None) -> Extract:
    """Read the lists of one source.

    Raises BadInput where a file cannot be read at all, or lacks a column that its rule names.
    """
    extract = Extract(source, "list", tuple(map(str, paths)))
    draft = _Draft(extract)
    for path in paths:
        for rows in _lists(path, mapping, extract):
            draft.rules.append(rows.rule)
            _read(rows, draft, progress)
    draft.add_places()
    draft.add_relationships()
    draft.tell()
    if not any(entry.place or entry.parent or entry.supply for entry in draft.rules):
        extract.partial = "relationships"
    apply_rules(extract, mapping)
    infer_needs(extract, {})
    return extract


def _lists(path: Path, mapping: Mapping, extract: Extract) -> Iterator[_Rows]:
    if path.suffix.lower() == ".csv":
        rule = mapping.list_rule(path)
        if rule is not None:
            yield _opened(str(path), rule, csv_rows(path, rule.delimiter))
        return
    book = read_workbook(path)
    ruled = {name: rule for name in book.sheets if (rule := mapping.list_rule(path, name)) is not None}
    if not ruled:
        raise BadInput(f"{path}: [[asset_list]] names none of its sheets ({', '.join(book.sheets)})")
    book.tell_unvalued(path, ruled, extract)
    for name, rule in ruled.items():
        yield _opened(f"{path}, sheet {name}", rule, iter(list(enumerate(book.sheets[name], 1))))


def _opened(place: str, rule: ListRule, rows: Iterator[tuple[int, Sequence[Any]]]) -> _Rows:
    header = next((cells for row, cells in rows if row >= rule.header_row), None)
    if header is None:
        raise BadInput(f"{place}: has no row {rule.header_row}, where the header was expected")
    names = [as_text(cell) for cell in header]
    for name in rule.used:
        if names.count(name) != 1:
            close = get_close_matches(name, names, 1, 0.6)
            hint = f"; did you mean {close[0]}?" if close and close[0] != name else ""
            what = f"occurs {names.count(name)} times" if name in names else f"is missing{hint}"
            raise BadInput(f"{place}, row {rule.header_row}: the column {name} {what}")
    return _Rows(place, rule, {name: names.index(name) for name in rule.used}, rows)


@dataclass(slots=True)
class _Draft:
    """What the rows of all lists of a source have said so far."""

    extract: Extract
    rules: list[ListRule] = field(default_factory=list[ListRule])
    rows: dict[str, AssetRecord] = field(default_factory=dict[str, AssetRecord])
    places: dict[PlacePath, AssetRecord] = field(default_factory=dict[PlacePath, AssetRecord])
    inside: list[tuple[PlacePath, AssetRecord]] = field(default_factory=list[tuple[PlacePath, AssetRecord]])
    ends: list[tuple[str, str, str, Properties, Place]] = field(
        default_factory=list[tuple[str, str, str, Properties, Place]]
    )
    counts: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def find(self, code: str, place: Place, message: str, ids: tuple[str, ...] = ()) -> None:
        self.extract.findings.append(Finding(code, "error", message, place, ids))

    def add_places(self) -> None:
        """Add the places: under their name where it is unique, else behind those that they stand in."""
        names = Counter(path[-1] for path in self.places)
        own = {record.id for record in self.extract.assets}
        for path, record in self.places.items():
            record.id = path[-1] if names[path[-1]] == 1 and path[-1] not in own else "/".join(path)
            self.extract.assets.append(record)
        for path, record in self.inside:
            place = Place(record.place.file, record.place.row)
            self.extract.relationships.append(
                RelationshipRecord(self.places[path].id, "CONTAINS", record.id, {}, place)
            )

    def add_relationships(self) -> None:
        """Add what the rows name as their suppliers, their consumers or their place, by id or by a unique name."""
        names = Counter(str(record.properties.get("name", "")) for record in self.rows.values())
        by_name = {str(r.properties.get("name", "")): r.id for r in self.rows.values()}
        for source, name, target, properties, place in self.ends:
            ends = [end if end in self.rows or names[end] != 1 else by_name[end] for end in (source, target)]
            self.extract.relationships.append(RelationshipRecord(ends[0], name, ends[1], properties, place))

    def tell(self) -> None:
        """Tell what was passed over, once for each kind of it."""
        for (code, message), count in sorted(self.counts.items()):
            self.extract.findings.append(Finding(code, "info", f"{message}: {count}"))


def _read(rows: _Rows, draft: _Draft, progress: Progress | None) -> None:
    reader = _Reader(rows, draft)
    for done, (row, cells) in enumerate(rows.rows):
        if any(as_text(cell) for cell in cells):
            reader.take(row, cells)
        if progress and done % ROWS_TOLD == 0:
            progress(f"read {rows.place}", done, 0)


class _Reader:
    """Reads the rows of one list."""

    def __init__(self, rows: _Rows, draft: _Draft) -> None:
        self.rows, self.rule, self.draft = rows, rows.rule, draft

    def take(self, row: int, cells: Sequence[Any]) -> None:
        """Take in one row."""
        rule = self.rule
        identity = self.text(cells, rule.id)
        place = Place(self.rows.place, row, rule.id)
        if not identity:
            return self.draft.find("missing-id", place, "the id is missing; the row was dropped")
        if problem := bad_id(identity):
            return self.draft.find("bad-id", place, f"{problem}; the row was dropped")
        label = self.label(cells)
        if not label:
            return None
        values = self.values(label, identity, row, cells)
        if values is None:
            return None
        record = AssetRecord(identity, label, values, Place(self.rows.place, row))
        self.draft.rows.setdefault(identity, record)
        self.draft.extract.assets.append(record)
        self.places(record, cells)
        self.supplies(record, row, cells)
        return None

    def text(self, cells: Sequence[Any], column: str) -> str:
        """The text of a cell; a row may be shorter than the header."""
        at = self.rows.columns[column]
        return as_text(cells[at]) if at < len(cells) else ""

    def label(self, cells: Sequence[Any]) -> str:
        """The label of a row; Equipment where no pattern fits its type, "" where it is left out on purpose."""
        if self.rule.label:
            return self.rule.label
        word = self.text(cells, self.rule.type)
        label = next((label for pattern, label in self.rule.labels.items() if matches(word, (pattern,))), None)
        if label is None:
            self.draft.counts["unmapped", f"assets of the type {word or '(empty)'} kept as Equipment"] += 1
            return "Equipment"
        if not label:
            self.draft.counts[
                "row-left-out", f"rows of the type {word or '(empty)'} left out, as the mapping says"
            ] += 1
        return label

    def values(self, label: str, identity: str, row: int, cells: Sequence[Any]) -> Properties | None:
        """The properties that a row gives; None where a value cannot be read, which is told."""
        declared = properties_of(label)
        values: Properties = {}
        for name, column in self.rule.columns.items():
            text = self.text(cells, column)
            if not text:
                continue
            if name not in declared:
                self.draft.counts["foreign-column", f"values of {column} passed over, as {label} has no {name}"] += 1
                continue
            try:
                values[name] = self.value(declared[name], column, text)
            except ValueError as error:
                place = Place(self.rows.place, row, column)
                self.draft.find("bad-value", place, f"{error}; the row was dropped", (identity,))
                return None
        if "category" in declared and self.rule.type:
            values.setdefault("category", self.text(cells, self.rule.type))
        return values

    def value(self, declared: Property, column: str, text: str) -> Any:
        """A cell in the unit of our property. Raises ValueError where it is no such value."""
        if declared.kind not in ("integer", "number"):
            return coerce(declared, text)
        found = measure(text, self.rule.decimal)
        if found is None:
            why = refusal(text)
            raise ValueError(f'{why}; decimal = "," or "." in the rule settles it' if "two" in why else why)
        number, behind = found
        if declared.unit not in OURS:
            return coerce(declared, text if behind not in ("", declared.unit) else number)
        headed = _UNIT.search(column)
        unit = behind or self.rule.units.get(declared.name) or (headed[1] if headed else "")
        if not unit:
            message = f"column {column} names no unit and was read in {declared.unit}; values"
            self.draft.counts["unit-assumed", message] += 1
            return coerce(declared, number)
        scale = scale_of(unit)
        value = in_ours(number, scale, declared.unit) if scale is not None else None
        if value is None:
            raise ValueError(f"{text!r} in {unit} is no value in {declared.unit}")
        return coerce(declared, round(value, 9))

    def places(self, record: AssetRecord, cells: Sequence[Any]) -> None:
        """Put the asset of a row into its place."""
        if self.rule.parent and (parent := self.text(cells, self.rule.parent)):
            place = Place(self.rows.place, record.place.row, self.rule.parent)
            self.draft.ends.append((parent, "CONTAINS", record.id, {}, place))
        path: PlacePath = ()
        for entry in self.rule.place:
            name = self.text(cells, entry.column)
            if not name:
                continue
            if problem := bad_id(name):
                where = Place(self.rows.place, record.place.row, entry.column)
                self.draft.find("bad-id", where, f"{problem}; the place was passed over", (record.id,))
                continue
            outer, path = path, (*path, name)
            if path not in self.draft.places:
                where = Place(self.rows.place, record.place.row, entry.column)
                place = AssetRecord(name, entry.label, {"name": name}, where, named=True)
                self.draft.places[path] = place
                if outer:
                    self.draft.inside.append((outer, place))
        if path:
            self.draft.inside.append((path, record))

    def supplies(self, record: AssetRecord, row: int, cells: Sequence[Any]) -> None:
        """Note what the row's asset is supplied by, or supplies."""
        for entry in self.rule.supply:
            stated = {"group": entry.group, "need": entry.need, "policy": entry.policy}
            for column in entry.column:
                text = self.text(cells, column)
                names = text.split(entry.separator) if entry.separator else [text]
                for other in filter(None, map(str.strip, names)):
                    pair = (other, record.id) if entry.direction == "from" else (record.id, other)
                    properties = {name: value for name, value in stated.items() if value}
                    place = Place(self.rows.place, row, column)
                    self.draft.ends.append((pair[0], entry.type, pair[1], properties, place))
