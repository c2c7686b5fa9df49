"""What the parts of the COBie reader share while they fill one extract."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.mapping.model import Mapping
from ingest.quantities import Scale, scale_of
from ingest.readers.cobie.book import Book, Row, as_text
from ingest.records import AssetRecord, Extract, Properties, RelationshipRecord, Severity, bad_id
from schema.check import coerce
from schema.labels import properties_of

_GLOBAL_ID: Final = re.compile(r"[0-3][0-9A-Za-z_$]{21}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Key = tuple[str, str]
"""Sheet and name: what COBie names a row by; names are compared without regard to case and doubled blanks."""


@dataclass(slots=True)
class Draft:
    """One COBie export on its way to an extract."""

    book: Book
    mapping: Mapping
    extract: Extract
    by_key: dict[Key, AssetRecord] = field(default_factory=dict[Key, AssetRecord])
    lengths: Scale | None = None
    """The unit of lengths, None where the facility names none or its figures speak against it."""
    junk: dict[str, int] = field(default_factory=dict[str, int])
    """Sheet → external identifiers that are none."""
    _sheet_of: dict[str, str] = field(default_factory=dict[str, str])

    def find(
        self, code: str, severity: Severity, message: str, row: Row | None = None, column: str | None = None
    ) -> None:
        """Add a finding, at a row or at the export."""
        place = row.place(column) if row else None
        self.book.find(code, severity, message, place)

    def name_of(self, row: Row) -> str:
        """The name of a row; empty, and the row listed as dropped, where it has none."""
        name = row.text("Name")
        if not name:
            self.find("missing-id", "error", "has no name; the row was dropped", row, "Name")
        return name

    def add(self, sheet: str, row: Row, identity: str, label: str, values: dict[str, Any]) -> AssetRecord | None:
        """Add an asset that a row describes; what its label has no property for is passed over."""
        if problem := bad_id(identity):
            self.find("bad-id", "error", f"{problem}; the row was dropped", row, "Name")
            return None
        declared = properties_of(label)
        properties: Properties = {}
        for name, value in values.items():
            if value in (None, "") or name not in declared:
                continue
            try:
                properties[name] = coerce(declared[name], value)
            except ValueError as error:
                self.find("bad-value", "warning", f"{name}: {error}; the value was not taken", row)
        if self._sheet_of.setdefault(identity, sheet) != sheet:  # names are unique within a sheet only
            identity = f"{sheet} {identity}"
        record = AssetRecord(identity, label, properties, row.place(), named=True)
        self.extract.assets.append(record)
        self.by_key.setdefault(key(sheet, row.text("Name")), record)
        return record

    def get(self, sheet: str, name: str) -> AssetRecord | None:
        """The asset that a row of a sheet became."""
        return self.by_key.get(key(sheet, name))

    def relate(self, source: AssetRecord, name: str, target: AssetRecord, row: Row, **properties: Any) -> None:
        """Add a relationship between two assets."""
        record = RelationshipRecord(source.id, name, target.id, properties, row.place())
        self.extract.relationships.append(record)

    def global_id(self, sheet: str, row: Row, *columns: str) -> str:
        """The external identifier, where it is one (a GlobalId or UUID); else "", counted."""
        text = row.text(*columns)
        if not text or _GLOBAL_ID.fullmatch(text) or _UUID.fullmatch(text):
            return text
        self.junk[sheet] = self.junk.get(sheet, 0) + 1
        return ""

    def metres(self, value: float | None) -> float | None:
        """A length in metres; None where it is unknown or its unit is."""
        if value is None or self.lengths is None:
            return None
        return float(f"{value * self.lengths.factor:.9g}")


def key(sheet: str, name: str) -> Key:
    """How a row is named by others."""
    return sheet.strip().casefold(), " ".join(name.split()).casefold()


def names_in(cell: Any, known: Callable[[str], object]) -> Iterator[str]:
    """The names of a list cell: the whole cell where that is a name, else what commas or semicolons separate."""
    text = as_text(cell)
    if not text:
        return
    if known(text):
        yield text
        return
    for name in dict.fromkeys(part.strip() for part in re.split(r"[,;]", text)):
        if name:
            yield name


def unit_of(row: Row, column: str) -> Scale | None:
    """The unit that a cell names."""
    return scale_of(row.text(column))
