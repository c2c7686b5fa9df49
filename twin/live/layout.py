"""The file that live state is shared in: a header and arrays, mapped into memory by one writer and many readers.

    header · for each metric a row: value, source_s, receive_s, quality, sequence, source (n each) · asset arrays · ids

Rows that no point ever came for are holes of the file: they take neither disk nor memory. The header holds a counter
for each section that is odd while the section is written (a seqlock): a reader that finds it odd or moved reads again.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.live.metrics import METRICS

FORMAT: Final = 1
PAGE: Final = 4096

Array = NDArray[Any]

ROW: Final = (
    ("value", np.float32),
    ("source_s", np.float64),
    ("receive_s", np.float64),
    ("quality", np.uint8),
    ("sequence", np.uint32),
    ("source", np.uint16),
)
"""Arrays of each metric, by asset index. `source_s`, `receive_s`: seconds since 1970, 0 where nothing came."""

ASSET: Final = (
    ("condition", np.uint8),
    ("condition_s", np.float64),
    ("bridges", np.int32),
    ("seen", np.uint8),
    ("alarm", np.uint8),
    ("stale", np.uint8),
    ("changed", np.uint64),
)
"""Arrays of the assets: what was concluded from the points.

`bridges`: the asset whose hold the charge of this one scales, or -1.
"""

HEADER: Final = np.dtype(
    [
        ("format", np.uint64),
        ("assets", np.uint64),
        ("metrics", np.uint64),
        ("ids_bytes", np.uint64),
        ("generation", np.uint64),
        ("moved", np.uint64),
        ("locks", np.uint64, (len(METRICS) + 1,)),
        ("touched", np.uint8, (len(METRICS),)),
        ("version", "S64"),
        ("feed", "S256"),
    ]
)
ASSETS_LOCK: Final = len(METRICS)
"""Place in `locks` of the asset arrays; before it stand those of the metrics."""


@dataclass(eq=False)
class Mapped:
    """The arrays of a file, over its mapping; writable for the one that writes."""

    header: Array
    rows: tuple[dict[str, Array], ...]
    """For each metric the arrays of `ROW`."""
    asset: dict[str, Array]
    id_offsets: Array
    """n + 1, int64."""
    id_bytes: Array
    writable: bool

    @property
    def version(self) -> str:
        """The version of the topology whose indices these are."""
        return bytes(self.header["version"][0]).decode()

    @property
    def feed(self) -> str:
        """The name of the feed that fills it."""
        return bytes(self.header["feed"][0]).decode("utf-8", "replace")

    def __len__(self) -> int:
        return int(self.header["assets"][0])


def create(path: Path, version: str, feed: str, offsets: Array, texts: Array) -> Mapped:
    """Make the file of a topology with these ids, all holes, and map it for writing."""
    count, length = len(offsets) - 1, len(texts)
    total = _Places(count, length).total
    with path.open("w+b") as file:
        file.truncate(total)
        mapping = mmap.mmap(file.fileno(), total)
    header = np.frombuffer(mapping, HEADER, 1)
    header["assets"], header["metrics"], header["ids_bytes"] = count, len(METRICS), length
    header["version"], header["feed"] = version.encode(), feed.encode()[:256]
    mapped = _mapped(mapping, header)
    mapped.id_offsets[:] = offsets
    mapped.id_bytes[:] = texts
    mapped.asset["bridges"][:] = -1
    mapped.asset["stale"][:] = 2
    mapped.asset["changed"][:] = header["generation"][0] = 1
    header["format"] = FORMAT
    return mapped


def attach(path: Path) -> Mapped | None:
    """Map a file for reading; None where it is gone, unfinished or of another format."""
    try:
        with path.open("rb") as file:
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None
    if len(mapping) < PAGE:
        return None
    header = np.frombuffer(mapping, HEADER, 1)
    if int(header["format"][0]) != FORMAT or int(header["metrics"][0]) != len(METRICS):
        return None
    if _Places(int(header["assets"][0]), int(header["ids_bytes"][0])).total != len(mapping):
        return None
    return _mapped(mapping, header)


class _Places:
    """Where each array stands."""

    def __init__(self, count: int, ids_bytes: int) -> None:
        self.at: dict[tuple[int, str], int] = {}
        end = -(-HEADER.itemsize // PAGE) * PAGE
        for number in range(len(METRICS) + 1):
            for name, kind in ROW if number < len(METRICS) else ASSET:
                self.at[number, name] = end
                end += -(-np.dtype(kind).itemsize * count // PAGE) * PAGE
        self.offsets = end
        self.texts = end + -(-8 * (count + 1) // PAGE) * PAGE
        self.total = self.texts + -(-max(ids_bytes, 1) // PAGE) * PAGE


def _mapped(mapping: mmap.mmap, header: Array) -> Mapped:
    count, length = int(header["assets"][0]), int(header["ids_bytes"][0])
    places = _Places(count, length)

    def array(number: int, name: str, kind: Any) -> Array:
        return np.frombuffer(mapping, kind, count, places.at[number, name])

    rows = tuple({name: array(number, name, kind) for name, kind in ROW} for number in range(len(METRICS)))
    asset = {name: array(len(METRICS), name, kind) for name, kind in ASSET}
    offsets = np.frombuffer(mapping, np.int64, count + 1, places.offsets)
    texts = np.frombuffer(mapping, np.uint8, length, places.texts)
    return Mapped(header, rows, asset, offsets, texts, bool(header.flags.writeable))
