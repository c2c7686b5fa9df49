"""A look into the XML of a workbook before it is read as a whole: how far cells reach, formulas without value.

The reader lays a sheet out as one rectangle, so that a single stray cell in the last corner of a sheet would take more
memory than there is. Formulas are read by the values that the program which wrote the file left with them; one that
computes nothing leaves none, and the cell would pass for empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple
from zipfile import ZipFile

from schema.errors import BadInput

_BLOCK: Final = 4 << 20
_MOST_CELLS: Final = 20_000_000  # of the rectangle, if most of it is empty
_MOST_FORMULAS: Final = 1_000  # told of one sheet
_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_NAME: Final = re.compile(rb'\bname="([^"]*)"')
_RELATION: Final = re.compile(rb'\b\w+:id="([^"]*)"')
_TARGET: Final = re.compile(rb'<(?:\w+:)?Relationship\b(?=[^>]*\bId="([^"]*)")(?=[^>]*\bTarget="([^"]*)")[^>]*>')
_CELL: Final = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_FORMULA: Final = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>/]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


class Looked(NamedTuple):
    """What one sheet holds: the cells of formulas without a value, by their names (A1), at most a thousand."""

    sheet: str
    formulas: list[str]


def look(archive: ZipFile, path: Path) -> list[Looked]:
    """Look at all sheets of an xlsx workbook; nothing comes back from what is no such workbook.

    Raises BadInput where a sheet reaches so far that laying it out would take more memory than a campus needs.
    """
    return [Looked(name, _sheet(archive, part, f"{path}, sheet {name}")) for name, part in _parts(archive)]


def _parts(archive: ZipFile) -> Iterator[tuple[str, str]]:
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return
    targets = dict(_TARGET.findall(archive.read("xl/_rels/workbook.xml.rels")))
    for tag in _SHEET.findall(archive.read("xl/workbook.xml")):
        name, relation = _NAME.search(tag), _RELATION.search(tag)
        target = targets.get(relation[1], b"").decode("utf-8", "replace") if relation else ""
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if name is not None and part in names:
            yield name[1].decode("utf-8", "replace"), part


def _sheet(archive: ZipFile, part: str, place: str) -> list[str]:
    columns: dict[bytes, int] = {}
    lowest = filled = 0
    far = ""
    formulas: list[str] = []
    with archive.open(part) as stream:
        for block in _blocks(stream):
            for letters, digits in _CELL.findall(block):
                filled += 1
                if letters not in columns or int(digits) > lowest:
                    columns.setdefault(letters, _number(letters))
                    lowest = max(lowest, int(digits))
                    far = f"{letters.decode()}{digits.decode()}"
            if len(formulas) < _MOST_FORMULAS and b"<f" in block:
                formulas += [cell.decode() for cell in _FORMULA.findall(block)]
    size = lowest * max(columns.values(), default=0)
    if size > _MOST_CELLS and filled < size / 4:
        raise BadInput(f"{place}, cell {far}: stands so far out that {size:,} cells would be read, {filled:,} in use")
    return formulas[:_MOST_FORMULAS]


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Pieces of a sheet that end where a cell does."""
    rest = b""
    while block := stream.read(_BLOCK):
        whole = rest + block
        end = max(whole.rfind(b"</c>"), whole.rfind(b":c>"), whole.rfind(b"</row>"))
        cut = whole.find(b">", end) + 1 if end >= 0 else len(whole)
        yield whole[:cut]
        rest = whole[cut:]
    yield rest


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
