"""Search in ids and names: what begins with a text first, then what holds it; no case, no index to keep."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twin.topology.strings import Ids

PREFIXES_TRIED = 2_000
"""Ids that begin with the text among which the shortest come first."""


class Search:
    """Finds assets of one topology by id or name; `names` may be missing."""

    def __init__(self, ids: Ids, names: Ids | None) -> None:
        self.ids = ids
        self._ids = _Folded(ids)
        self._names = _Folded(names) if names is not None else None

    def find(self, text: str, most: int) -> list[int]:
        """Indices of at most so many assets: the id itself, ids that begin so (short ones first), ids, names.

        Empty for an empty text.
        """
        wanted = " ".join(text.split("\n")).strip().lower()
        if not wanted:
            return []
        found: dict[int, None] = {}
        exact = self.ids.index(text.strip())
        if exact is not None:
            found[exact] = None
        begins = [asset for asset, _ in zip(self._ids.starting(wanted), range(PREFIXES_TRIED), strict=False)]
        found.update(dict.fromkeys(sorted(begins, key=self._ids.length)))
        for table in (self._ids, self._names):
            if table is None or len(found) >= most:
                continue
            for asset in table.holding(wanted):
                found[asset] = None
                if len(found) >= most:
                    break
        return list(found)[:most]


class _Folded:
    """Texts in lower case in one run of bytes, each begun by a line feed."""

    def __init__(self, texts: Ids) -> None:
        lowered = [one.replace("\n", " ").lower().encode() for one in texts]
        self._text = b"\n" + b"\n".join(lowered)
        sizes = np.array([len(one) + 1 for one in lowered], np.int64)
        self._begin: NDArray[np.int64] = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])

    def length(self, number: int) -> int:
        return int(self._begin[number + 1] - self._begin[number])

    def starting(self, wanted: str) -> Iterator[int]:
        return self._hits(b"\n" + wanted.encode())

    def holding(self, wanted: str) -> Iterator[int]:
        return self._hits(wanted.encode())

    def _hits(self, wanted: bytes) -> Iterator[int]:
        at = self._text.find(wanted)
        while at >= 0:
            number = int(np.searchsorted(self._begin, at, side="right")) - 1
            yield number
            at = self._text.find(wanted, int(self._begin[number + 1]))
