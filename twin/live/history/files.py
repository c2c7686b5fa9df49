"""The files of history: their names, which of them count, and how one comes to be, whole or not at all.

    TWIN_HOME/history/
        .lock                held by the one recorder
        recorder.json        what the recorder wrote last, and whether it was closed
        raw/minute_…         every point, as it was flushed, minute by minute
        raw/hour_…           the minutes of an hour in one file
        raw/begin_AT         empty: a live process began anew then, and knew nothing of what was reported before
        means/quarter_…      a row for each point and quarter of an hour
        means/day_…          the quarters of a day in one file
        bad/                 files that could not be read when they were to be merged

A name is SPAN_AT_MADE_FIRST_LAST_CRC.parquet: what it stands for (minute: when it was flushed), when it was made, the
first and the last time in it, all in milliseconds since 1970, and the CRC-32 of its bytes. What counts is decided by
names alone: of two files that stand for the same, the one made last; an hour stands for the minutes flushed in it, a
day for its quarters. So a crash between a merge and the removal of what was merged counts nothing twice. The minutes
of an hour in which a live process began anew are not merged: when each was flushed tells which process took its points.
"""

from __future__ import annotations

import math
import os
import shutil
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Span = Literal["minute", "hour", "quarter", "day"]
Room = Literal["raw", "means"]

SPAN_MS: Final[dict[Span, int]] = {"minute": 60_000, "quarter": 900_000, "hour": 3_600_000, "day": 86_400_000}
ROOM: Final[dict[Span, Room]] = {"minute": "raw", "hour": "raw", "quarter": "means", "day": "means"}
MERGED: Final[dict[Room, Span]] = {"raw": "hour", "means": "day"}
"""What the files of a room are merged into."""

SUFFIX: Final = ".parquet"
DRAFT: Final = ".part"
BEGIN: Final = "begin_"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, order=True, slots=True)
class Part:
    """One file. Times are milliseconds since 1970; `first_ms` and `last_ms` enclose the times in it."""

    at_ms: int
    made_ms: int
    span: Span
    first_ms: int
    last_ms: int
    crc: int
    path: Path

    def holds(self, first_ms: int, last_ms: int) -> bool:
        """Whether it may hold something of this time, both ends included."""
        return self.first_ms <= last_ms and self.last_ms >= first_ms

    @property
    def intact(self) -> bool:
        """Whether its bytes are those that were written. Raises OSError where it cannot be read."""
        return checksum(self.path) == self.crc


def history_folder(home: Path) -> Path:
    """The folder of history under TWIN_HOME."""
    return home / "history"


def floor(at_ms: int, span: Span) -> int:
    """The beginning of the span that this time is in."""
    return at_ms // SPAN_MS[span] * SPAN_MS[span]


def counting(history: Path, room: Room) -> list[Part]:
    """The files that count, by time; names that are none of ours are passed over."""
    found = _all(history, room)
    return sorted(set(found) - set(_superseded(found, MERGED[room])))


def superseded(history: Path, room: Room) -> list[Part]:
    """The files that others stand for, left over from a crash or a merge; they may be removed."""
    return _superseded(_all(history, room), MERGED[room])


def _superseded(found: list[Part], merged: Span) -> list[Part]:
    newest: dict[tuple[Span, int], Part] = {}
    for part in found:
        key = (part.span, part.at_ms)
        newest[key] = max(part, newest.get(key, part))
    return [
        part
        for part in found
        if part != newest[part.span, part.at_ms]
        or (part.span != merged and (merged, floor(part.at_ms, merged)) in newest)
    ]


def _all(history: Path, room: Room) -> list[Part]:
    try:
        names = os.listdir(history / room)  # noqa: PTH208 - thousands of names: no Path for each
    except FileNotFoundError:
        return []
    parts = (_part(history / room, name) for name in names if name.endswith(SUFFIX))
    return [part for part in parts if part is not None and ROOM[part.span] == room]


def _part(folder: Path, name: str) -> Part | None:
    span, *numbers = name.removesuffix(SUFFIX).split("_")
    if span not in SPAN_MS or len(numbers) != 5:
        return None
    try:
        at, made, first, last = (int(number) for number in numbers[:4])
        return Part(at, made, span, first, last, int(numbers[4], 16), folder / name)
    except ValueError:
        return None


def checksum(path: Path) -> int:
    """The CRC-32 of a file's bytes. Raises OSError."""
    crc = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


def write(  # noqa: PLR0913 - what its name says
    history: Path,
    *,
    span: Span,
    at_ms: int,
    times_ms: tuple[int, int],
    made_ms: int,
    make: Callable[[Path], None],
) -> Part:
    """Let `make` write a file under a draft's name, bring it to the disk, and give it its name.

    Raises OSError, and what `make` raises; then nothing is left of it.
    """
    folder = history / ROOM[span]
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{span}_{at_ms}_{os.getpid()}{DRAFT}"
    try:
        make(draft)
        crc = checksum(draft)
        _to_disk(draft)
        name = f"{span}_{at_ms}_{made_ms}_{times_ms[0]}_{times_ms[1]}_{crc:08x}{SUFFIX}"
        draft.replace(folder / name)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _to_disk(folder)
    return Part(at_ms, made_ms, span, *times_ms, crc, folder / name)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def note_begin(history: Path, at_ms: int) -> None:
    """Note that a live process begins anew: all files before have an earlier `at_ms`. Raises OSError."""
    folder = history / "raw"
    (folder / f"{BEGIN}{at_ms}").touch(0o600)
    _to_disk(folder)


def begins(history: Path) -> list[int]:
    """When live processes began anew, in milliseconds since 1970, by time."""
    names = (path.name for path in (history / "raw").glob(f"{BEGIN}*"))
    return sorted(int(name.removeprefix(BEGIN)) for name in names if _is_begin(name))


def belongs(name: str) -> bool:
    """Whether a file of this name belongs to history: points, means, or the mark of a beginning."""
    return name.endswith(SUFFIX) or _is_begin(name)


def _is_begin(name: str) -> bool:
    number = name.removeprefix(BEGIN)
    return number != name and number.isascii() and number.isdecimal()


def forget_begins(history: Path) -> None:
    """Remove the marks that have no points before them any more."""
    first_ms = min((part.at_ms for part in counting(history, "raw")), default=math.inf)
    for at_ms in begins(history):
        if at_ms <= first_ms:
            (history / "raw" / f"{BEGIN}{at_ms}").unlink(missing_ok=True)


def remove(parts: Iterable[Part]) -> None:
    """Remove files; those that are gone already are as good as removed."""
    for part in parts:
        part.path.unlink(missing_ok=True)


def set_aside(history: Path, part: Part) -> Path:
    """Move a file that cannot be read out of the way, and say where it went."""
    folder = history / "bad"
    folder.mkdir(exist_ok=True)
    return part.path.replace(folder / part.path.name)


def sweep_drafts(history: Path) -> None:
    """Remove what a recorder left that ended in the middle of writing. Only under the recorder's lock."""
    for room in MERGED:
        for draft in (history / room).glob(f"*{DRAFT}"):
            draft.unlink(missing_ok=True)
    shutil.rmtree(history / "spill", ignore_errors=True)
