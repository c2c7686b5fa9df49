"""Files that are either complete or not there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from schema.errors import BadInput


@contextmanager
def written(file: Path) -> Generator[Path]:
    """A file beside `file` to write to, which takes its name at the end; BadInput where that cannot be."""
    if file.is_dir():
        raise BadInput(f"{file}: is a folder, not a file")
    part = file.with_name(f".{file.name}.part{file.suffix}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(file)
    except OSError as error:
        raise BadInput(f"{file}: cannot be written ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)
