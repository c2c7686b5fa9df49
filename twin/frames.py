"""Answers as data frames; polars is an optional dependency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schema.errors import BadInput

if TYPE_CHECKING:
    import polars


def frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> polars.DataFrame:
    """A data frame of the rows with these columns, also where there are no rows."""
    try:
        import polars  # noqa: PLC0415 - optional, and only for this
    except ImportError as error:
        raise BadInput("data frames need polars: install campus-twin[frames]") from error
    if not rows:
        return polars.DataFrame({name: [] for name in columns})
    return polars.DataFrame({name: [row[name] for row in rows] for name in columns})
