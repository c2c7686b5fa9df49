"""A compact, read-only table of texts that can stay in a memory-mapped file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
    def of(texts: Sequence[str]) -> Ids:
        """Pack the texts."""
        encoded = [text.encode() for text in texts]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(piece) for piece in encoded], out=offsets[1:])
        order = np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int32)
        rank = np.empty(len(texts), np.int32)
        rank[order] = np.arange(len(texts), dtype=np.int32)
        return Ids(np.frombuffer(b"".join(encoded), np.uint8), offsets, order, rank)

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
