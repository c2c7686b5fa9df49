"""Compact, read-only tables of texts: no Python object for each, and fit for a memory-mapped file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 20_000
"""Texts that are copied at a time."""

_WIDEST = 1 << 26
"""Bytes that a table may take while it is sorted as a matrix; a larger one is sorted text by text."""


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts by number: `buffer` holds their UTF-8 one after the other, text i at `offsets[i]:offsets[i + 1]`."""

    buffer: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @staticmethod
    def of(texts: Sequence[str] | Texts) -> Texts:
        """Pack the texts."""
        if isinstance(texts, Texts):
            return texts
        raw = "".join(texts)
        packed = raw.encode()
        plain = len(packed) == len(raw)
        lengths = map(len, texts) if plain else (len(text.encode()) for text in texts)
        return Texts(np.frombuffer(packed, np.uint8), _offsets(np.fromiter(lengths, np.int64, len(texts))))

    @staticmethod
    def joined(parts: Sequence[Texts]) -> Texts:
        """The texts of several tables, one after the other."""
        lengths = [np.diff(part.offsets) for part in parts]
        buffers = [part.buffer for part in parts]
        return Texts(
            np.concatenate([np.empty(0, np.uint8), *buffers]),
            _offsets(np.concatenate([np.empty(0, np.int64), *lengths])),
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[str]:
        text, offsets = self.buffer.data, self.offsets.tolist()
        return (str(text[begin:end], "utf-8") for begin, end in pairwise(offsets))

    def taken(self, numbers: NDArray[np.integer]) -> Texts:
        """The texts of these numbers, in their order."""
        lengths = np.diff(self.offsets)[numbers]
        offsets = _offsets(lengths)
        buffer = np.empty(offsets[-1], np.uint8)
        shift = self.offsets[numbers] - offsets[:-1]
        for first in range(0, len(numbers), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            begin, end = int(offsets[first]), int(offsets[min(first + _AT_ONCE, len(numbers))])
            buffer[begin:end] = self.buffer[np.repeat(shift[some], lengths[some]) + np.arange(begin, end)]
        return Texts(buffer, offsets)

    def sorting(self) -> NDArray[np.int32]:
        """The numbers sorted by text (code points), equal ones by number."""
        lengths = np.diff(self.offsets)
        width = max(1, int(lengths.max(initial=0)))
        # A matrix of bytes pads with zeros, so that a text with one of its own would not be told from its beginning.
        if len(self) * width > _WIDEST or not self.buffer.all():
            pieces = [text.encode() for text in self]
            return np.array(sorted(range(len(self)), key=pieces.__getitem__), np.int32)
        matrix = np.zeros((len(self), width), np.uint8)
        for column in range(width):
            rows = np.flatnonzero(lengths > column)
            matrix[rows, column] = self.buffer[self.offsets[rows] + column]
        return np.argsort(matrix.reshape(-1).view(f"S{width}"), kind="stable").astype(np.int32)


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


@dataclass(frozen=True, eq=False)
class Ids:
    """Texts by number: `buffer` holds their UTF-8 one after the other, text i at `offsets[i]:offsets[i + 1]`.

    `order` is the numbers sorted by text (code points), `rank` its inverse: the place of each number in that order.
    """

    buffer: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    order: NDArray[np.int32]
    rank: NDArray[np.int32]

    @staticmethod
    def of(texts: Sequence[str] | Texts) -> Ids:
        """Pack the texts."""
        packed = Texts.of(texts)
        order = packed.sorting()
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return Ids(packed.buffer, packed.offsets, order, rank)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, number: int) -> str:
        return self.buffer[self.offsets[number] : self.offsets[number + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        return iter(self.many(np.arange(len(self))))

    def many(self, numbers: NDArray[np.integer]) -> list[str]:
        """The texts of these numbers, in their order."""
        numbers = np.asarray(numbers)
        text = self.buffer.data
        begins = self.offsets[numbers].tolist()
        ends = self.offsets[numbers + 1].tolist()
        return [str(text[begin:end], "utf-8") for begin, end in zip(begins, ends, strict=True)]

    def sorted(self, numbers: NDArray[np.integer]) -> NDArray[np.int32]:
        """These numbers in the order of their texts."""
        return self.order[np.sort(self.rank[np.asarray(numbers)])]

    def texts(self, numbers: NDArray[np.integer]) -> list[str]:
        """The texts of these numbers, sorted."""
        return self.many(self.sorted(numbers))

    def index(self, text: str) -> int | None:
        """The number of this text (the first in order where several are equal), or None."""
        place = self.place(text)
        if place == len(self):
            return None
        number = int(self.order[place])
        return number if self[number] == text else None

    def place(self, text: str) -> int:
        """Where this text stands, or would stand, among the sorted texts."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self[int(self.order[middle])] < text:
                low = middle + 1
            else:
                high = middle
        return low

    def equal(self, text: str) -> Iterable[int]:
        """Every number that has this text."""
        place = self.place(text)
        while place < len(self) and self[int(self.order[place])] == text:
            yield int(self.order[place])
            place += 1
