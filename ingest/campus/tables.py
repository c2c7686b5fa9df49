"""CSV tables of the reference campus: a pair `X-assets.csv`, `X-relationships.csv` for each system that is no BIM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

Cell = str | int | float
_CHUNK: Final = 20_000


def quoted(value: Cell) -> str:
    """One cell; quoted only where it must be."""
    if isinstance(value, str):
        if any(mark in value for mark in ',"\r\n'):
            return '"' + value.replace('"', '""') + '"'
        return value
    if isinstance(value, float):
        shown = f"{value:.6f}".rstrip("0").rstrip(".")
        return "0" if shown == "-0" else shown
    return str(value)


class Table:
    """One CSV file, written line by line. Used as a context manager."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._stream = path.open("w", encoding="utf-8", newline="\n")
        self._lines = [",".join(columns) + "\n"]
        self._width = len(columns)

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self._stream.close()

    def row(self, *cells: Cell) -> None:
        """Add a row with a cell for each column."""
        if len(cells) != self._width:
            raise ValueError(f"{self.path.name}: a row has {len(cells)} cells, the header {self._width}")
        self.raw(",".join([quoted(cell) for cell in cells]) + "\n")

    def raw(self, line: str) -> None:
        """Add a line that is known to need no quotes; for the hundred thousands of servers."""
        self._lines.append(line)
        if len(self._lines) >= _CHUNK:
            self._flush()

    def _flush(self) -> None:
        self._stream.write("".join(self._lines))
        self._lines.clear()


class Counts:
    """How many assets of each label, and how many relationships of each type, the exports hold."""

    def __init__(self) -> None:
        self.assets: Counter[str] = Counter()
        self.relationships: Counter[str] = Counter()

    def contained(self, label: str, number: int = 1) -> None:
        """So many assets of a label, each with a parent."""
        self.assets[label] += number
        self.relationships["CONTAINS"] += number
