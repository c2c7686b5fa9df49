"""Where each entity of a plain STEP physical file (ISO 10303-21) stands, found in a few passes over its bytes.

Plain is what nearly all exporters write, and what can be read in one way only. Anything else raises NotPlain, and
ifcopenshell reads the file: comments, characters that are no ASCII or escaped wrongly, ids of ten digits or used twice.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt


class NotPlain(Exception):
    """Something in a file that we leave to ifcopenshell."""


_CHARACTER: Final = rb"[ -&(-\[\]-~]"
_ESCAPE: Final = (
    rb"''|\\\\|\\X2\\(?:(?!D[89A-F]|0000)[0-9A-F]{4})++\\X0\\|\\X\\(?:[2-9A-F][0-9A-F]|0[9AD])|\\S\\" + _CHARACTER
)
TEXT: Final = rb"'(?:" + _CHARACTER + rb"++|" + _ESCAPE + rb")*+'"


def _nested(depth: int) -> bytes:
    """What stands between two brackets, with brackets in it down to a depth."""
    deeper = rb"|\(" + _nested(depth - 1) + rb"\)" if depth else rb""
    return rb"(?:[-+.$*,A-Z0-9_e \r\n]++|#[1-9][0-9]{0,8}+(?=[ ,)\r\n])|" + TEXT + deeper + rb")*+"


_ENTITIES: Final = re.compile(
    rb"(?:\s*+#[1-9][0-9]{0,8}\s*+=\s*+[A-Z][A-Z0-9_]*+\s*+\(" + _nested(4) + rb"\)\s*+;)*+\s*+"
)
_TEXTS: Final = rb"\s*+\(\s*+" + TEXT + rb"\s*+(?:,\s*+" + TEXT + rb"\s*+)*+\)\s*+"
_OR_NONE: Final = rb"\s*+(?:" + TEXT + rb"|\$)\s*+"
_HEADER: Final = re.compile(
    rb"\s*+ISO-10303-21;\s*+HEADER;"
    rb"\s*+FILE_DESCRIPTION\s*+\(" + _TEXTS + rb"," + _OR_NONE + rb"\)\s*+;"
    rb"\s*+FILE_NAME\s*+\("
    + rb",".join([_OR_NONE, _OR_NONE, _TEXTS, _TEXTS, _OR_NONE, _OR_NONE, _OR_NONE])
    + rb"\)\s*+;"
    rb"\s*+FILE_SCHEMA\s*+\(\s*+\(\s*+'[A-Z0-9_]++'\s*+\)\s*+\)\s*+;"
    rb"\s*+ENDSEC;\s*+DATA;"
)
_END: Final = re.compile(rb"ENDSEC;\s*+END-ISO-10303-21;\s*+")
_LONGEST_END: Final = 4096
_LARGEST: Final = 1 << 30
"""Bytes of a file. Places in it are counted with 32 bits, and it is held in memory."""


class Index(NamedTuple):
    """The entities of a file in the order of their ids."""

    data: bytes
    ids: npt.NDArray[np.int32]
    names: tuple[bytes, ...]
    """Classes as the file writes them."""
    classes: npt.NDArray[np.int32]
    """Class of each entity, by its place in `names`."""
    begins: npt.NDArray[np.int32]
    """Place of the bracket before the attributes of each entity."""
    ends: npt.NDArray[np.int32]
    """Place of the semicolon behind each entity."""


def index(data: bytes) -> Index:
    """Find all entities. Raises NotPlain."""
    header = _HEADER.match(data)
    end = data.rfind(b"ENDSEC;")
    if header is None or len(data) > _LARGEST or not _END.fullmatch(data, max(end, len(data) - _LONGEST_END)):
        raise NotPlain
    start = header.end()
    if end < start or not _ENTITIES.fullmatch(data, start, end):
        raise NotPlain
    characters = np.frombuffer(data, np.uint8)[:end]
    ends, hashes, equals, brackets = (_places(characters, start, sign) for sign in b";#=(")
    quotes = _places(characters, start, ord("'"))
    ends = ends[np.searchsorted(quotes, ends) % 2 == 0]  # those that stand in no text
    del quotes
    after = np.concatenate((np.array([start], np.int32), ends[:-1]))[: len(ends)]
    firsts = hashes[np.searchsorted(hashes, after)]
    names = equals[np.searchsorted(equals, firsts)]
    begins = brackets[np.searchsorted(brackets, names)]
    ids = _numbers(characters, firsts + 1)
    known = _Numbered()
    classes = np.fromiter(
        (known[data[a:b]] for a, b in zip((names + 1).tolist(), begins.tolist(), strict=True)), np.int32, len(names)
    )
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    if np.any(ids[1:] == ids[:-1]):
        raise NotPlain
    names = tuple(name.strip() for name in known)
    return Index(data, ids, names, classes[order], begins[order], ends[order])


def _places(characters: npt.NDArray[np.uint8], start: int, sign: int) -> npt.NDArray[np.int32]:
    """Where a character stands, from `start` on."""
    return (np.flatnonzero(characters[start:] == sign) + start).astype(np.int32)


def _numbers(characters: npt.NDArray[np.uint8], at: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The numbers, of up to nine digits, that begin at these places."""
    numbers = np.zeros(len(at), np.int32)
    going = np.ones(len(at), np.bool_)
    for digit in range(9):
        value = characters[at + digit].astype(np.int32) - ord("0")
        going &= (value >= 0) & (value <= 9)
        numbers = np.where(going, numbers * 10 + value, numbers)
    return numbers


class _Numbered(dict[Any, int]):
    """Numbers what it is asked for, in order."""

    def __missing__(self, key: Any) -> int:
        self[key] = number = len(self)
        return number
