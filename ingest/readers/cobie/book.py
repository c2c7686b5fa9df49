"""The sheets of a COBie export, from a workbook or a folder of CSV files, with empty values told from filled ones.

COBie fills what it does not know: with n/a, with the column's own name, with days that never were. None is a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from ingest.readers.sheets import Sheet, read_csv, read_workbook
from ingest.records import Extract, Finding, Place, Severity
from schema.errors import BadInput

SHEETS: Final = (
    "Facility", "Floor", "Space", "Zone", "Type", "Component", "System", "Assembly", "Connection", "Document",
    "Attribute", "Coordinate", "Contact", "Spare", "Resource", "Job", "Impact", "Issue", "PickLists", "Instruction",
)  # fmt: skip
_TELLING: Final = frozenset({"facility", "floor", "space", "type", "component", "system"})
_KEYS: Final = {"Component": "TypeName", "Type": "Category", "Space": "FloorName", "System": "ComponentNames"}
_ASIDE: Final = frozenset({"PickLists", "Instruction"})
_EMPTY: Final = frozenset(
    {"", "n/a", "na", "n.a.", "none", "null", "unknown", "tbd", "-", "--",
     "#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!"}
)  # fmt: skip
_SENTINEL_DATES: Final = frozenset({"0001-01-01", "1899-12-30", "1899-12-31", "1900-01-00", "1900-01-01", "1900-12-31"})
_TOP: Final = 10
"""Rows among which the header is looked for: titles may stand above it."""
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ][\d:.]+Z?)?")


def is_cobie(names: Iterable[str]) -> bool:
    """Whether sheets (or files) of these names are a COBie export."""
    known = {name.strip().casefold() for name in names}
    return len(known & _TELLING) >= 3 or {"component", "type"} <= known


def is_sheet(name: str) -> bool:
    """Whether a sheet or file of this name is one of COBie's."""
    return _canonical(name) is not None


@cache
def _column(name: str) -> str:
    """How columns are compared: Type Name, type_name and TypeName are one."""
    return "".join(character for character in name.casefold() if character.isalnum())


def _canonical(name: str) -> str | None:
    folded = name.strip().casefold()
    return next((sheet for sheet in SHEETS if sheet.casefold() == folded), None)


class Row:
    """One row: cells by column name, without what stands for no value."""

    __slots__ = ("_cells", "_table", "number")

    def __init__(self, table: Table, number: int, cells: Sequence[Any]) -> None:
        self._table, self.number, self._cells = table, number, cells

    def raw(self, *columns: str) -> Any:
        """The cell of the first of these columns that has a value, else None."""
        for column in columns:
            at = self._table.position.get(_column(column))
            if at is None or at >= len(self._cells):
                continue
            cell = self._cells[at]
            if not _is_empty(cell, column):
                return cell
        return None

    def text(self, *columns: str) -> str:
        """The same as trimmed text; a number that is whole without its .0, a date without a time of midnight."""
        return as_text(self.raw(*columns))

    def number_of(self, column: str) -> float | None:
        """The cell as a number; None where it is none."""
        cell = self.raw(column)
        if isinstance(cell, bool) or cell is None:
            return None
        try:
            value = float(cell)
        except (TypeError, ValueError):
            return None
        return value if abs(value) < 1e15 else None  # not for inf and nan either

    def place(self, column: str | None = None) -> Place:
        """Where it stands."""
        return Place(self._table.place, self.number, column)


def _is_empty(cell: Any, column: str) -> bool:
    if cell is None:
        return True
    if isinstance(cell, (datetime, date)):
        return f"{cell:%Y-%m-%d}" in _SENTINEL_DATES or cell.year == 1
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    folded = text.casefold()
    if folded in _EMPTY or folded == column.casefold():
        return True
    found = _DATE.fullmatch(text)
    return found is not None and found[1] in _SENTINEL_DATES


def as_text(cell: Any) -> str:
    """A cell as text: 987530700.0 is 987530700."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    text = " ".join(str(cell).split())
    if text.endswith(".0") and text[:-2].isdigit():
        return text[:-2]
    return "".join(character for character in text if character.isprintable())


@dataclass(slots=True)
class Table:
    """One sheet: where its columns are, and its rows."""

    name: str
    place: str
    position: dict[str, int]
    rows: list[Row] = field(default_factory=list[Row])

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Book:
    """All sheets of one export, by the names that COBie gives them; what is not there is empty."""

    def __init__(self, extract: Extract) -> None:
        self.extract = extract
        self.tables: dict[str, Table] = {}

    def __getitem__(self, name: str) -> Table:
        return self.tables.get(name) or Table(name, "", {})

    def add(self, name: str, place: str, rows: Iterable[tuple[int, Sequence[Any]]]) -> None:
        """Add a sheet, its header the first row that names the column that it needs; titles may stand above.

        A column that is there twice counts once, the first; a sheet without a Name column is told.
        """
        canonical = _canonical(name)
        if canonical is None:
            self.find("sheet-not-read", "info", "is no sheet of COBie; it was not read", Place(place))
            return
        if canonical in self.tables:
            self.find("repeated-sheet", "warning", f"is a second sheet {canonical}; it was not read", Place(place))
            return
        wanted = "Email" if canonical == "Contact" else "Name"
        rest = iter(rows)
        top = list(islice(rest, _TOP))
        at = next((at for at, (_, cells) in enumerate(top) if _column(wanted) in map(_heading, cells)), 0)
        line, header = top[at]
        table = Table(canonical, place, self._columns(header, Place(place, line)))
        if canonical not in _ASIDE and _column(wanted) not in table.position:
            message = f"has no column {wanted}; nothing was read from it"
            self.find("missing-column", "error", message, Place(place, line, wanted))
        else:
            filled = (row for row in chain(top[at + 1 :], rest) if any(map(_filled, row[1])))
            table.rows.extend(Row(table, number, cells) for number, cells in filled)
            needed = _KEYS.get(canonical, wanted)
            if _column(needed) not in table.position and canonical not in _ASIDE:
                self.find("missing-column", "warning", f"has no column {needed}", Place(place, line, needed))
        self.tables[canonical] = table

    def _columns(self, header: Sequence[Any], place: Place) -> dict[str, int]:
        position: dict[str, int] = {}
        for at, cell in enumerate(header):
            column = _heading(cell)
            if column in position:
                where = Place(place.file, place.row, as_text(cell))
                self.find("repeated-column", "warning", "occurs again; the first counts", where)
            elif column:
                position[column] = at
        return position

    def find(
        self, code: str, severity: Severity, message: str, place: Place | None = None, ids: Iterable[str] = ()
    ) -> None:
        """Add a finding."""
        self.extract.findings.append(Finding(code, severity, message, place, tuple(ids)))


def _heading(cell: Any) -> str:
    return _column(as_text(cell))


def _filled(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def read_book(paths: Sequence[Path], extract: Extract) -> Book:
    """Read the sheets of a workbook, or of a folder's CSV files.

    Raises BadInput where a file cannot be read at all.
    """
    book = Book(extract)
    for path in paths:
        if path.suffix.lower() == ".csv":
            sheet: Sheet = read_csv(path, strict_header=False)
            book.add(path.stem, str(path), chain([(1, sheet.header)], sheet.rows))
            continue
        found = read_workbook(path)
        found.tell_unvalued(path, filter(is_sheet, found.sheets), extract)
        for name, rows in found.sheets.items():
            place = f"{path}, sheet {name}"
            if rows and (_canonical(name) or len(rows) > 1):
                book.add(name, place, enumerate(rows, 1))
    if not any(book[name].position for name in ("Component", "Space", "Type", "Facility")):
        raise BadInput(f"{paths[0]}: has none of the sheets Facility, Space, Type and Component")
    return book
