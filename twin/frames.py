"""Answers as tables: data frames, and what a notebook or a terminal shows of them.

polars and pandas are optional dependencies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, overload

from schema.errors import BadInput
from twin.words import shown

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]
    import polars
    from rich.console import Group

SHOWN_ROWS: Final = 10
"""Rows that a notebook or a terminal is shown."""

AT_ONCE: Final = 10_000
"""Rows that are made at once."""

Row = Mapping[str, Any]
Columns = Mapping[str, Any]
"""Name of each column → Python type of its values, `list` for lists of ids; any value may be missing."""


def piece_by_piece(rows: Callable[[slice], Iterable[Any]], count: int, top: int | None = None) -> Iterator[Any]:
    """Of so many rows all, or the first `top`, made as they are taken; `rows` makes those of a slice."""
    end = count if top is None else min(count, top)
    for begin in range(0, end, AT_ONCE):
        yield from rows(slice(begin, min(begin + AT_ONCE, end)))


class Tabular(ABC):
    """An answer that is a table: `to_frame()`, and its first rows where it stands last in a cell or is printed."""

    COLUMNS: ClassVar[Columns]

    @property
    @abstractmethod
    def headline(self) -> str:
        """The answer in one line."""

    @abstractmethod
    def table(self, most: int | None = None) -> Iterable[Row]:
        """The rows, or the first `most`."""

    @overload
    def to_frame(self, library: Literal["polars"] = "polars") -> polars.DataFrame: ...
    @overload
    def to_frame(self, library: Literal["pandas"]) -> pandas.DataFrame: ...
    def to_frame(self, library: Literal["polars", "pandas"] = "polars") -> Any:
        """The rows as a data frame of polars, or of pandas.

        Raises BadInput where that library is not installed.
        """
        return frame(list(self.table()), self.COLUMNS, library)

    def __repr__(self) -> str:
        """The answer in one line."""
        return f"<{type(self).__name__}: {self.headline}>"

    def __rich__(self) -> Group:
        """The answer and its first rows, for Rich."""
        from rich.console import Group  # noqa: PLC0415 - only where it is drawn
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        rows, more = self._first()
        parts: list[Any] = [Text(self.headline, style="bold")]
        if rows:
            drawn = Table(box=None, pad_edge=False, header_style="bold")
            for name in self.COLUMNS:
                drawn.add_column(name, justify="right" if _is_number(self.COLUMNS[name]) else "left", overflow="fold")
            for row in rows:
                drawn.add_row(*(Text(_cell(row.get(name))) for name in self.COLUMNS))
            parts.append(drawn)
        return Group(*parts, *([Text(more, style="dim")] if more else []))

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        rows, more = self._first()
        head = "".join(f"<th>{escape(name)}</th>" for name in self.COLUMNS)
        align = {name: "right" if _is_number(kind) else "left" for name, kind in self.COLUMNS.items()}
        body = "".join(
            "<tr>"
            + "".join(f'<td style="text-align:{align[name]}">{escape(_cell(row.get(name)))}</td>' for name in align)
            + "</tr>"
            for row in rows
        )
        drawn = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
        return f"<p><strong>{escape(self.headline)}</strong></p>{drawn}" + (f"<p>{escape(more)}</p>" if more else "")

    def _first(self) -> tuple[list[Row], str]:
        """The first rows, and what is said of the others."""
        rows = list(self.table(SHOWN_ROWS + 1))
        return rows[:SHOWN_ROWS], "… and more: .to_frame() has all rows" if len(rows) > SHOWN_ROWS else ""


class Rows(list[dict[str, Any]], Tabular):
    """The rows of a query: a list of dictionaries that is a table as well."""

    @property
    def COLUMNS(self) -> Mapping[str, Any]:  # pyright: ignore[reportIncompatibleVariableOverride]  # noqa: N802
        """The columns of the first row; their types are found by the data frame."""
        return dict.fromkeys(self[0] if self else ())

    @property
    def headline(self) -> str:
        """How many rows there are."""
        return f"{len(self):,} row{'' if len(self) == 1 else 's'}"

    def table(self, most: int | None = None) -> Iterable[Row]:
        """The rows, or the first `most`."""
        return self[:most]

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin cypher --json`."""
        return {"rows": list(self)}


def frame(rows: Sequence[Row], columns: Mapping[str, Any], library: str = "polars") -> Any:
    """A data frame of the rows with these columns, also where there are no rows."""
    values = {name: [row.get(name) for row in rows] for name in columns}
    if library == "pandas":
        try:
            pandas: Any = import_module("pandas")  # optional, and only for this
        except ImportError as error:
            raise BadInput("these data frames need pandas: install campus-twin[pandas]") from error
        return pandas.DataFrame(values)
    if library != "polars":
        raise BadInput(f"data frames of {library!r}: it is polars or pandas")
    try:
        import polars  # noqa: PLC0415 - optional, and only for this
    except ImportError as error:
        raise BadInput("data frames need polars: install campus-twin[frames]") from error
    kinds = {str: polars.String, int: polars.Int64, float: polars.Float64, bool: polars.Boolean}
    schema = {name: polars.List(polars.String) if kind is list else kinds.get(kind) for name, kind in columns.items()}
    return polars.DataFrame(values, schema=schema, strict=False, infer_schema_length=None)


def _is_number(kind: Any) -> bool:
    return kind in {int, float}


def _cell(value: Any) -> str:
    """One value as it is shown; of a long list the beginning."""
    if isinstance(value, list | tuple) and len(value) > 3:  # pyright: ignore[reportUnknownArgumentType]
        return f"{shown(value[:3])} and {len(value) - 3:,} more"  # pyright: ignore[reportUnknownArgumentType]
    return shown(value)  # pyright: ignore[reportUnknownArgumentType]
