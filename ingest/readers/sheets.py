"""Sheets: header and rows of a CSV file or of one sheet of a workbook, before anybody knows what they mean."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.readers.workbook_scan import Looked, look
from ingest.records import Extract, Finding, Place
from schema.errors import BadInput

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_LARGEST_CELL = 1 << 20
_LARGEST_WORKBOOK = 1 << 30  # bytes unpacked: what is more than that is a zip bomb or no table of a campus


@dataclass(slots=True)
class Sheet:
    """A header and its rows; `rows` yields (row number as a person counts, cells), and can be walked once.

    `texts` says that every cell is a text, as in a CSV file; in a workbook True and 1 are equal, and mean two things.
    """

    file: str
    name: str
    header: list[str]
    rows: Iterator[tuple[int, Sequence[Any]]]
    texts: bool = False

    @property
    def place(self) -> str:
        """What findings call it: the file, and the sheet where it is one of a workbook."""
        return f"{self.file}, sheet {self.name}" if self.file and Path(self.file).stem != self.name else self.file


def read_csv(path: Path, *, strict_header: bool = True) -> Sheet:
    """Open a CSV file as a sheet; without `strict_header` unnamed and repeated columns are the caller's business.

    Raises BadInput where it may not be read, is empty, is not UTF-8, or has no usable header; walking the rows raises
    it where a later part of the file is not UTF-8 or no CSV.
    """
    rows = csv_rows(path)
    try:
        _, first = next(rows)
    except StopIteration:
        raise BadInput(f"{path}: is empty; a header row was expected") from None
    header = header_of(first, str(path)) if strict_header else [str(cell).strip() for cell in first]
    return Sheet(str(path), path.stem, header, rows, texts=True)


def csv_rows(path: Path, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Row numbers as a person counts, and cells of a CSV file, without its empty rows. Raises BadInput as it goes."""
    row = 0
    try:
        _refuse_utf16(path)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            csv.field_size_limit(_LARGEST_CELL)
            for row, cells in enumerate(csv.reader(stream, strict=True, delimiter=delimiter), 1):
                if cells or row == 1:
                    yield row, cells
    except UnicodeDecodeError as error:
        raise BadInput(_not_utf8(path)) from error
    except csv.Error as error:
        raise BadInput(f"{path}, row {row + 1}: is not CSV ({error})") from error
    except PermissionError as error:
        raise BadInput(f"{path}: may not be read (no rights)") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error


def _refuse_utf16(path: Path) -> None:
    with path.open("rb") as stream:
        if stream.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise BadInput(f"{path}: is not UTF-8 but UTF-16; save it as UTF-8")


def _not_utf8(path: Path) -> str:
    """Where a file stops being UTF-8: the line, counted anew, as the decoder reads far ahead of the rows."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                byte = line[error.start]
                text = line[max(0, error.start - 12) : error.start + 12].decode("cp1252", "replace").strip()
                return f"{path}, line {number}: is not UTF-8 (byte {byte:#04x} in {text!r}); save it as UTF-8"
    return f"{path}: is not UTF-8"


def header_of(cells: Sequence[Any], place: str) -> list[str]:
    """The column names of a header row, trimmed.

    Raises BadInput where there is none, where a name occurs twice, or where another separator than a comma was used.
    """
    names = [str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise BadInput(f"{place}: has no header row")
    if len(names) == 1:
        for separator, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in names[0]:
                raise BadInput(f"{place}: its columns are separated by {called}; commas were expected")
    for number, name in enumerate(names, 1):
        if not name:
            raise BadInput(f"{place}, row 1: column {number} has no name")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise BadInput(f"{place}, row 1, column {repeated[0]}: occurs {names.count(repeated[0])} times")
    return names


def sheet_names(path: Path) -> list[str]:
    """The names of a workbook's sheets.

    Raises BadInput where it may not be read, is no workbook, or would unpack to more than a campus can need.
    """
    _looked(path, within=False)
    return list(_opened(path).sheet_names)


class Workbook(NamedTuple):
    """All sheets of a workbook by name, each as rows of cells, empty ones as ""; and formulas without a value."""

    sheets: dict[str, list[list[Any]]]
    unvalued: list[Looked]

    def tell_unvalued(self, path: Path, sheets: Iterable[str], extract: Extract) -> None:
        """Tell the formulas of the sheets that are read which the file gives no value for."""
        wanted = set(sheets)
        for sheet, cells in self.unvalued:
            for cell in cells if sheet in wanted else ():
                column, row = cell.rstrip("0123456789"), int(cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
                message = "holds a formula, but not its value; save the file with a program that computes it"
                place = Place(f"{path}, sheet {sheet}", row, column)
                extract.findings.append(Finding("formula-without-value", "error", message, place))


def read_workbook(path: Path) -> Workbook:
    """All sheets of a workbook.

    Raises BadInput where it may not be read, is no workbook, or would unpack to more than a campus can need.
    """
    looked = _looked(path)
    from python_calamine import CalamineError  # noqa: PLC0415 - only for workbooks

    book = _opened(path)
    sheets: dict[str, list[list[Any]]] = {}
    for name in book.sheet_names:
        try:
            sheet = book.get_sheet_by_name(name)
            sheets[name] = sheet.to_python(skip_empty_area=False)
            _fill_merged(sheets[name], sheet.merged_cell_ranges or ())
        except (CalamineError, ValueError, OSError) as error:
            raise BadInput(f"{path}, sheet {name}: cannot be read ({_reason(error)})") from error
    return Workbook(sheets, looked)


def _fill_merged(rows: list[list[Any]], ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Give each row of cells that are merged down the value that the file holds in the first of them alone."""
    for (first, column), (last, _) in ranges:
        for row in rows[first + 1 : last + 1]:
            if column < len(row):
                row[column] = rows[first][column]


def _opened(path: Path) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only for workbooks

    try:
        return CalamineWorkbook.from_path(str(path))  # pyright: ignore[reportUnknownMemberType] - PathLike of anything
    except (CalamineError, ValueError, OSError) as error:
        raise BadInput(f"{path}: is no workbook that can be read ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _looked(path: Path, *, within: bool = True) -> list[Looked]:
    """Refuse what would unpack to more than a campus can need; `within`: look into the sheets too."""
    from zipfile import BadZipFile  # noqa: PLC0415 - only for workbooks
    from zlib import error as broken  # noqa: PLC0415

    try:
        return _look(path, within=within)
    except BadInput:
        raise
    except PermissionError as error:
        raise BadInput(f"{path}: may not be read (no rights)") from error
    except (BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, broken) as error:
        raise BadInput(f"{path}: is no workbook that can be read ({_reason(error)})") from error


def _look(path: Path, *, within: bool) -> list[Looked]:
    from zipfile import ZipFile  # noqa: PLC0415 - only for workbooks

    if path.stat().st_size == 0:
        raise BadInput(f"{path}: is empty")
    if path.suffix.lower() == ".xls":
        return []
    with ZipFile(path) as archive:
        unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > _LARGEST_WORKBOOK:
            raise BadInput(f"{path}: would unpack to {unpacked >> 20} MiB, which no table of a campus needs")
        return look(archive, path) if within else []


def sheet_of(path: Path, name: str, rows: list[list[Any]]) -> Sheet:
    """One sheet of a workbook, its first row taken as header.

    Raises BadInput where that is no usable header.
    """
    place = f"{path}, sheet {name}"
    if not rows:
        raise BadInput(f"{place}: is empty; a header row was expected")
    header = header_of(rows[0], place)
    return Sheet(str(path), name, header, iter(list(enumerate(rows[1:], 2))))
