"""Opening an IFC file: what is no IFC, is cut off, or follows a schema that we do not read is told in one line."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from ingest.readers.ifc.plain import Model
from ingest.records import printable
from schema.errors import BadInput

Entity = Any
"""An entity of ifcopenshell, which has no types, or a plain one of ours: `id()`, `is_a()`, `get_argument(position)`."""

SCHEMAS: Final = ("IFC2X3", "IFC4", "IFC4X3")
_ENTITY: Final = re.compile(rb"^\s*#\d+\s*=\s*([A-Za-z0-9_]+)\s*\(", re.MULTILINE)
_END: Final = b"END-ISO-10303-21"
_SCHEMA: Final = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^'\r\n]{0,80})'", re.IGNORECASE)
_RELEASES: Final = {
    **dict.fromkeys(("IFC2X3", "IFC2X3_TC1"), "IFC2X3"),
    **dict.fromkeys(("IFC4", "IFC4_ADD1", "IFC4_ADD2", "IFC4_ADD2_TC1"), "IFC4"),
    **dict.fromkeys(("IFC4X3", "IFC4X3_TC1", "IFC4X3_ADD1", "IFC4X3_ADD2"), "IFC4X3_ADD2"),
}
"""The names of releases, their addenda and corrections, and the schema of ifcopenshell that each is read as."""
_AS_RELEASED: Final = "IFC4X3_ADD2"


class ReadAs(NamedTuple):
    """A file that was read as of another schema: its own, that one, and how many entities of which class that lost."""

    name: str
    schema: str
    lost: dict[str, int]

    @property
    def draft(self) -> bool:
        """Whether its own is a draft, and no release."""
        return self.name not in _RELEASES


def open_model(path: Path, *, prerelease: bool = False, plain: bool = False) -> tuple[Any, ReadAs | None]:
    """Open a file; return the model and, where it was read as of another schema, which and what that lost.

    `prerelease` lets drafts of 4.3 in.

    With `plain` a release is read by our own reader, which raises NotPlain at once or later; else by ifcopenshell.
    Raises BadInput where the file is empty, cut off, no IFC, or of a schema that is not read.
    """
    head = _checked_ends(path)
    found = _SCHEMA.search(head)
    if found is None:
        raise BadInput(f"{path}: names no IFC schema in its header")
    name = printable(found[1].decode("ascii", "replace").strip().upper())
    schema = _RELEASES.get(name)
    if schema is not None and plain:
        return Model(path, schema), None
    if schema == name:
        return _opened(path), None
    if schema is not None:
        model, lost = _opened_as(path, found[1], schema)
        return model, ReadAs(name, schema, lost)
    if not name.startswith("IFC4X"):
        raise BadInput(f"{path}: follows {name}; the ingest reads {', '.join(SCHEMAS)}")
    if not prerelease:
        raise BadInput(
            f"{path}: follows {name}, a draft of IFC 4.3 that no standard fixes; prerelease = true in a mapping "
            f"(--mapping) reads it as {_AS_RELEASED}, and the report lists what that loses"
        )
    model, lost = _opened_as(path, found[1], _AS_RELEASED)
    return model, ReadAs(name, _AS_RELEASED, lost)


def _checked_ends(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(1 << 16)
            stream.seek(max(0, size - 4096))
            tail = stream.read()
    except PermissionError as error:
        raise BadInput(f"{path}: may not be read (no rights)") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    if not size:
        raise BadInput(f"{path}: is empty")
    if b"ISO-10303-21" not in head[:1024]:
        raise BadInput(f"{path}: is no IFC file (ISO-10303-21 is not its first line)")
    if _END not in tail:
        raise BadInput(f"{path}: is cut off; END-ISO-10303-21 is missing at its end")
    return head


def _opened(path: Path) -> Any:
    import ifcopenshell  # noqa: PLC0415 - takes its time, and only IFC needs it

    try:
        # Lazy opening parses an entity when its attributes are first read: half the time, and less memory.
        opened = cast("Any", ifcopenshell).open
        model = opened(str(path), lazy=True)
    except Exception as error:
        raise BadInput(f"{path}: cannot be read as IFC ({one_line(error)})") from error
    return model


def _opened_as(path: Path, name: bytes, schema: str) -> tuple[Any, dict[str, int]]:
    import ifcopenshell  # noqa: PLC0415

    data = path.read_bytes()
    changed = data.replace(b"'" + name + b"'", f"'{schema}'".encode(), 1)
    try:
        model: Any = ifcopenshell.file.from_string(changed.decode("utf-8", "surrogateescape"))  # pyright: ignore
    except Exception as error:
        raise BadInput(f"{path}: cannot be read as {schema} ({one_line(error)})") from error
    return model, _lost(model, data)


def _lost(model: Any, data: bytes) -> dict[str, int]:
    """How many entities of each class the text of a file has, and its model has not."""
    written = Counter(name.decode("ascii").upper() for name in _ENTITY.findall(data))
    read = Counter(entity.is_a().upper() for entity in model)
    return {name: count - read[name] for name, count in sorted(written.items()) if count > read[name]}


def one_line(error: BaseException, most: int = 160) -> str:
    """The text of a parser's error on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= most else f"{text[:most]}…"
