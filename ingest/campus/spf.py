"""A small writer of STEP physical files (ISO 10303-21): numbered lines, deterministic to the byte.

Creating three million entities one by one through a library takes minutes; formatting their lines takes seconds. The
result is checked with ifcopenshell, which opens and validates it, in tests.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from io import TextIOWrapper

_CHUNK: Final = 20_000
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_IFC64: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$"
_TO_IFC: Final = bytes.maketrans(_BASE64, _IFC64)

HEADER: Final = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('ViewDefinition [ReferenceView]'),'2;1');
FILE_NAME({name},'{timestamp}',('campus twin'),('campus twin'),'campus twin','campus twin','');
FILE_SCHEMA(('IFC4X3_ADD2'));
ENDSEC;
DATA;
"""
FOOTER: Final = "ENDSEC;\nEND-ISO-10303-21;\n"


def global_id(seed: int, key: str) -> str:
    """The 22 characters of an IFC GlobalId that always belong to this key of the campus with this seed."""
    digest = blake2b(f"{seed}/{key}".encode(), digest_size=16).digest()
    return b64encode(b"\0\0" + digest).translate(_TO_IFC)[2:].decode()


def text(value: str) -> str:
    """A string literal: apostrophes and backslashes doubled, what is not printable ASCII as UTF-16 in X2 form."""
    if value.isascii() and value.isprintable() and "'" not in value and "\\" not in value:
        return f"'{value}'"
    return "'" + "".join(map(_character, value)) + "'"


def _character(character: str) -> str:
    if character in "'\\":
        return character * 2
    if " " <= character <= "~":
        return character
    if ord(character) > 0xFFFF:
        return f"\\X4\\{ord(character):08X}\\X0\\"
    return f"\\X2\\{ord(character):04X}\\X0\\"


def real(value: float) -> str:
    """A real literal with at most six decimals and none that say nothing."""
    shown = f"{value:.6f}".rstrip("0")
    return "0." if shown in {"-0.", "0."} else shown


def refs(numbers: Iterable[int]) -> str:
    """A list of references."""
    return "(" + ",".join([f"#{number}" for number in numbers]) + ")"


class SpfWriter:
    """Writes the data section line by line; `line` gives the number of the new entity."""

    def __init__(self, stream: TextIOWrapper, name: str, timestamp: str) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self.count = 0
        stream.write(HEADER.format(name=text(name), timestamp=timestamp))

    def line(self, entity: str) -> int:
        """Add an entity written as `IFCX(…)`."""
        self.count += 1
        self._lines.append(f"#{self.count}={entity};\n")
        if len(self._lines) >= _CHUNK:
            self._flush()
        return self.count

    def close(self) -> None:
        """Write what is left and the footer; the stream stays open."""
        self._flush()
        self._stream.write(FOOTER)

    def _flush(self) -> None:
        self._stream.write("".join(self._lines))
        self._lines.clear()
