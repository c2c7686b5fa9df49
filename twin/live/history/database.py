"""DuckDB: one small connection in memory, and reading files of which some may be damaged or gone.

It writes Parquet with zstd; of the encodings it takes dictionaries where values repeat, else byte-stream split for
floats and differences for whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from schema.errors import BadInput

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")
PARQUET: Final = "(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)"
MEMORY: Final = "768MB"
RAW_COLUMNS: Final = "metric VARCHAR, id VARCHAR, t BIGINT, value FLOAT, quality UTINYINT"


def connect(spill: Path | None = None, threads: int = 1) -> DuckDBPyConnection:
    """A database in memory that sorts what does not fit into it under `spill`."""
    import duckdb  # noqa: PLC0415 - a third of a second, for history alone

    connection = duckdb.connect(config={"threads": threads, "memory_limit": MEMORY})
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    if spill is not None:
        connection.execute(f"SET temp_directory = {quoted(str(spill))}")
    return connection


def quoted(text: str) -> str:
    """A text as SQL writes it, where no parameter may stand (file names of COPY and SET)."""
    return "'" + text.replace("'", "''") + "'"


def source(paths: Iterable[Path], columns: str = RAW_COLUMNS) -> str:
    """These files as a table in SQL; without files a table without rows."""
    names = [quoted(str(path)) for path in paths]
    if names:
        return f"read_parquet([{', '.join(names)}])"
    fields = ", ".join(f"NULL::{kind} AS {name}" for name, kind in (part.split() for part in columns.split(", ")))
    return f"(SELECT {fields} WHERE false)"


def reading(paths: Callable[[], Sequence[Path]], use: Callable[[Sequence[Path]], T], bad: dict[Path, str]) -> T:
    """Call `use` with the files that can be read; `bad` gets the others, with the reason.

    Files that a recorder merged meanwhile are gone: then `paths` is asked again. Raises BadInput where a question fails
    for another reason than a file.
    """
    import duckdb  # noqa: PLC0415

    attempts = 5
    for _ in range(attempts):
        chosen = [path for path in paths() if path not in bad]
        try:
            return use(chosen)
        except duckdb.InterruptException:
            raise  # somebody wants it to end: no file is at fault, and none is read through to find out
        except (duckdb.Error, OSError) as error:
            gone = [path for path in chosen if not path.exists()]
            damaged = {} if gone else {path: reason for path in chosen if (reason := fault(path))}
            if not gone and not damaged:
                raise BadInput(f"history: {first_line(error)}") from error
            bad.update(damaged)
    raise BadInput("history: its files change faster than they can be read; try again")


def fault(path: Path) -> str:
    """Why a file cannot be read as a whole, empty where it can."""
    import duckdb  # noqa: PLC0415

    with connect() as connection:
        try:
            columns: list[Any] = connection.execute(f"DESCRIBE SELECT * FROM {source([path])}").fetchall()
            every = ", ".join(f'count("{name}"), max(hash("{name}"))' for name, *_ in columns)
            connection.execute(f"SELECT {every} FROM {source([path])}").fetchall()
        except (duckdb.Error, OSError) as error:
            return first_line(error)
    return ""


def first_line(error: BaseException) -> str:
    """The first line of what DuckDB says, without the advice below it."""
    return str(error).strip().partition("\n")[0]
