"""Digests: of files, to notice that nothing changed, and of records, to notice what did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from msgspec.msgpack import Encoder

from schema.errors import BadInput

FORMAT = 2
"""Raise it when readers understand files differently, so that unchanged files are read again."""


_encoded = Encoder(enc_hook=repr, order="deterministic").encode  # a fifth of the time that a text of numbers takes


def of_files(files: Iterable[Path], options: str = "") -> str:
    """One digest over the names and bytes of files, in the order given, and over the options that they are read with.

    Raises BadInput where a file cannot be read.
    """
    digest = blake2b(f"{FORMAT}\0{options}".encode(), digest_size=16)
    for file in files:
        digest.update(b"\0" + file.name.encode("utf-8", "surrogateescape") + b"\0")
        try:
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        except PermissionError as error:
            raise BadInput(f"{file}: may not be read (no rights)") from error
        except OSError as error:
            raise BadInput(f"{file}: cannot be read ({error.strerror or error})") from error
    return digest.hexdigest()


def of_record(label: str, properties: Mapping[str, Any]) -> int:
    """A signed 64-bit digest of what a source says of one asset or relationship, the same in every process."""
    digest = blake2b(label.encode("utf-8", "surrogatepass") + packed(properties), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def packed(properties: Mapping[str, Any]) -> bytes:
    """Properties as bytes: equal for those that say the same, with values of the same kinds."""
    try:
        return _encoded(properties)
    except (ValueError, OverflowError, TypeError):  # half a character, or a number of more than 64 bits
        return repr(sorted(properties.items())).encode("utf-8", "surrogatepass")
