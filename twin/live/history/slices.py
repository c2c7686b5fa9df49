"""Dividing what is too much to be sorted at once: by ranges of ids, of which each file holds its row groups apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twin.live.history.database import quoted, source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SLICE: Final = 4_000_000
"""Rows that are sorted at once: some 400 MB."""


def sizes(paths: Sequence[Path]) -> str:
    """SQL that gives the rows and the name of each file, the largest first."""
    if not paths:
        return "SELECT 0, '' WHERE false"
    names = ", ".join(quoted(str(path)) for path in paths)
    return f"SELECT num_rows, file_name FROM parquet_file_metadata([{names}]) ORDER BY 1 DESC"


def slices(database: DuckDBPyConnection, found: Sequence[tuple[Any, ...]]) -> list[str]:
    """Conditions on ids that divide what `sizes` found into parts of about `SLICE` rows, by the largest file."""
    count = -(-sum(rows for rows, _ in found) // SLICE)
    if count <= 1:
        return ["true"]
    rows = database.execute(f"SELECT DISTINCT id FROM {source([Path(found[0][1])])}").fetchall()
    ids = sorted((row[0] for row in rows), key=str.encode)  # as DuckDB compares texts
    bounds = [quoted(ids[len(ids) * number // count]) for number in range(1, count)]
    begins = ["true", *(f"id >= {bound}" for bound in bounds)]
    ends = [*(f"id < {bound}" for bound in bounds), "true"]
    return [f"({begin} AND {end})" for begin, end in zip(begins, ends, strict=True)]
