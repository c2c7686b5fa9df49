"""The live state, as the one process that writes it holds it: points taken in, conditions and staleness kept.

Which point is newer is decided by the source's clock, asset by asset: what is older than what is there is kept out and
counted as late, unless what is there is stale already (a clock that was set back). What a clock says more than
`AHEAD_S` ahead of ours is taken as measured when it came in, and is uncertain.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import NamedTuple

import numpy as np

from twin.live.layout import ASSETS_LOCK, ROW, Array, Mapped, create
from twin.live.metrics import METRICS
from twin.live.points import Batch, Quality
from twin.topology.model import Bools, Floats, Ints, Topology

AHEAD_S = 300.0
KEPT_OUT_S = 60.0
"""Longest time that an older point is kept out of a metric that is never stale."""

FRESH, STALE, SILENT = range(3)
"""Codes of `stale`: fresh; everything that came is past its time to live; nothing ever came."""

TTL_S = np.array([metric.ttl_s for metric in METRICS])


class Taken(NamedTuple):
    """What became of a batch: the points that were taken in, and how many were not, or were doubted."""

    places: Ints
    """Places in the batch, in the order in which they were taken; an asset's last place is what holds now."""
    late: int
    ahead: int


class State:
    """Points are taken by one thread at a time; any number of processes read the file meanwhile."""

    def __init__(self, path: Path, topology: Topology, feed: str) -> None:
        self.path = path
        self.topology = topology
        self.file: Mapped = create(path, topology.version, feed, topology.ids.offsets, topology.ids.buffer)
        self._scratch = np.empty(len(topology), np.int32)
        self._lock = RLock()

    @contextmanager
    def writing(self, section: int) -> Generator[None]:
        """Mark a section (a metric's number, or ASSETS_LOCK) as being written; readers wait."""
        locks = self.file.header["locks"][0]
        with self._lock:
            locks[section] += 1
            try:
                yield
            finally:
                locks[section] += 1

    def take(self, batch: Batch, source: int) -> Taken:
        """Take the points of a batch in; `source`: its number among the sources."""
        ahead = batch.source_s > batch.receive_s + AHEAD_S
        skewed = int(np.count_nonzero(ahead))
        source_s, quality = batch.source_s, batch.quality
        if skewed:
            source_s = np.where(ahead, batch.receive_s, source_s)
            quality = np.where(ahead, np.minimum(quality, Quality.UNCERTAIN), quality).astype(np.uint8)
        with self.writing(batch.metric):
            self.file.header["touched"][0][batch.metric] = 1
            taken = [self._take_once(batch, layer, source_s, quality, source) for layer in self._layers(batch.assets)]
        places = taken[0] if len(taken) == 1 else np.concatenate(taken)
        return Taken(places, len(batch) - len(places), skewed)

    def _take_once(self, batch: Batch, layer: Ints, source_s: Floats, quality: Array, source: int) -> Ints:
        """Take places of a batch in that name each asset once."""
        row = self.file.rows[batch.metric]
        assets = batch.assets[layer]
        kept_out_s = min(METRICS[batch.metric].ttl_s, KEPT_OUT_S)
        newer = (source_s[layer] >= row["source_s"][assets]) | (batch.receive_s - row["receive_s"][assets] > kept_out_s)
        if not newer.all():
            layer, assets = layer[newer], assets[newer]
        row["value"][assets] = batch.values[layer]
        row["source_s"][assets] = source_s[layer]
        row["receive_s"][assets] = batch.receive_s
        row["quality"][assets] = quality[layer]
        row["sequence"][assets] = max(batch.sequence, 0) & 0xFFFF_FFFF
        row["source"][assets] = source
        return layer

    def _layers(self, assets: Ints) -> list[Ints]:
        """The places of a batch, apart so that none of the lists names an asset twice, earlier places first."""
        places = np.arange(len(assets), dtype=np.int32)
        found: list[Ints] = []
        while True:
            # Backwards, so that the first of several places stays.
            self._scratch[assets[places[::-1]]] = places[::-1]
            first = self._scratch[assets[places]] == places
            found.append(places[first])
            if first.all():
                return found
            places = places[~first]

    def mark_stale(self, source: int, assets: Ints, metrics: Ints) -> None:
        """Mark points as STALE where this source sent the last of them: its device died."""
        for metric in {int(metric) for metric in metrics}:
            row = self.file.rows[metric]
            concerned = assets[metrics == metric]
            concerned = concerned[(row["source"][concerned] == source) & (row["quality"][concerned] > Quality.NONE)]
            with self.writing(metric):
                row["quality"][concerned] = Quality.STALE

    def touched(self) -> list[int]:
        """The metrics that any point came for."""
        return np.flatnonzero(self.file.header["touched"][0]).tolist()

    def stale_points(self, now_s: float, sources: int) -> tuple[Ints, Ints]:
        """How many points each source (by number) sent last, and how many of these are stale; only such as can be."""
        counted = np.zeros(sources, np.int64)
        stale = np.zeros(sources, np.int64)
        for metric in self.touched():
            row = self.file.rows[metric]
            if np.isfinite(TTL_S[metric]):
                there = (row["quality"] > Quality.NONE) & (row["source"] < sources)
                source = row["source"]
                counted += np.bincount(source[there], minlength=sources)
                stale += np.bincount(source[_stale(row, metric, now_s) & there], minlength=sources)
        return counted.astype(np.int32), stale.astype(np.int32)

    def sweep(self, now_s: float) -> Ints:
        """Work out anew which assets are stale; returns those that changed."""
        silent = np.ones(len(self.topology), np.bool_)
        fresh = np.zeros(len(self.topology), np.bool_)
        for metric in self.touched():
            row = self.file.rows[metric]
            there = row["quality"] > Quality.NONE
            if np.isfinite(TTL_S[metric]):
                silent &= ~there
                fresh |= there & ~_stale(row, metric, now_s)
        codes = np.where(fresh, FRESH, np.where(silent, SILENT, STALE)).astype(np.uint8)
        return self.conclude("stale", codes)

    def conclude(self, name: str, values: Array) -> Ints:
        """Replace one of the asset arrays; assets that changed get a new generation, and are returned."""
        array = self.file.asset[name]
        changed = np.flatnonzero(array != values).astype(np.int32)
        if len(changed):
            with self.writing(ASSETS_LOCK):
                array[changed] = values[changed]
                self._note(changed)
        return changed

    def set_condition(self, assets: Ints, codes: Array, since_s: Floats) -> None:
        """Set the conditions of assets (codes of `CONDITIONS`), and since when they hold."""
        with self.writing(ASSETS_LOCK):
            self.file.asset["condition"][assets] = codes
            self.file.asset["condition_s"][assets] = since_s
            self._note(assets)

    def _note(self, assets: Ints) -> None:
        """Count one generation up and mark assets with it. Inside `writing`."""
        header = self.file.header
        header["generation"][0] += 1
        self.file.asset["changed"][assets] = header["generation"][0]

    def carry_over(self, older: Mapped, places: Ints) -> None:
        """Take over what an older file holds. `places`: for each asset its place there, -1 where it is new."""
        mine = np.flatnonzero(places >= 0)
        theirs = places[mine]
        for metric in np.flatnonzero(older.header["touched"][0]).tolist():
            with self.writing(metric):
                self.file.header["touched"][0][metric] = 1
                for name, _ in ROW:
                    self.file.rows[metric][name][mine] = older.rows[metric][name][theirs]
        with self.writing(ASSETS_LOCK):
            self.file.header["generation"] = older.header["generation"]
            for name in ("condition", "condition_s", "alarm"):
                self.file.asset[name][mine] = older.asset[name][theirs]
            self._note(np.arange(len(self.topology), dtype=np.int32))

    def move_away(self) -> None:
        """Tell readers that the state goes on in another file, and drop this one's name."""
        self.file.header["moved"] = 1
        self.path.unlink(missing_ok=True)


def _stale(row: dict[str, Array], metric: int, now_s: float) -> Bools:
    return (now_s - row["receive_s"] > TTL_S[metric]) | (row["quality"] == Quality.STALE)
