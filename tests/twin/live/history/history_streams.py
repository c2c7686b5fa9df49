"""Random streams of points, and the recorder that takes them under a clock of ours."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from tests.oracles.history import Point
from twin.live.history.recorder import Recorder
from twin.live.history.upkeep import Retention
from twin.live.metrics import NUMBER
from twin.live.points import Batch, Quality
from twin.topology.strings import Ids

IDS = ("B1-M01-UPS-A", "B1-M01-UPS-B", "Ümlaut's id", "ä")
START_S = 1_763_800_200.0  # a quarter of an hour
QUARTER_US = 900_000_000


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self, now_s: float = START_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Recording:
    """A recorder, its clock, and what it was given."""

    home: Path
    clock: Clock = field(default_factory=Clock)
    said: list[str] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    retention: Retention = field(default_factory=Retention)

    def __post_init__(self) -> None:
        self.recorder = self.open()

    def open(self, *, anew: bool = False) -> Recorder:
        return Recorder(
            self.home, Ids.of(IDS), retention=self.retention, say=self.said.append, clock=self.clock, anew=anew
        )

    def restart(self, *, anew: bool) -> None:
        """Another live process goes on with the history."""
        self.recorder.close()
        self.recorder = self.open(anew=anew)

    def take(self, metric: str, rows: list[tuple[int, float, float, bool]]) -> None:
        """Rows of asset, source's time in seconds, value, good."""
        if not rows:
            return
        self.recorder.receive(batch(metric, rows, self.clock.now_s))
        for asset, source_s, value, good in rows:
            t = int(np.rint(np.float64(source_s) * 1e6))
            self.points.append(Point(IDS[asset], t, float(np.float32(value)), good))


def batch(metric: str, rows: list[tuple[int, float, float, bool]], receive_s: float) -> Batch:
    assets, source_s, values, good = zip(*rows, strict=True)
    return Batch(
        "test",
        NUMBER[metric],
        np.array(assets, np.int32),
        np.array(values, np.float32),
        np.array(source_s, np.float64),
        receive_s,
        np.where(good, Quality.GOOD, Quality.BAD).astype(np.uint8),
    )


@st.composite
def minutes(draw: st.DrawFn, *, rising: bool = False) -> list[tuple[float, list[tuple[int, float, float, bool]]]]:
    """Batches with the time of their receipt, over some hours; some points late, twice, bad, or without a value."""
    now_s = START_S
    made: list[tuple[float, list[tuple[int, float, float, bool]]]] = []
    level = dict.fromkeys(range(len(IDS)), 100.0)
    for _ in range(draw(st.integers(1, 14))):
        now_s += draw(st.sampled_from([1.0, 9.5, 10.0, 59.0, 61.0, 300.0, 899.999, 900.0, 4000.0]))
        rows: list[tuple[int, float, float, bool]] = []
        for _ in range(draw(st.integers(1, 5))):
            asset = draw(st.integers(0, len(IDS) - 1))
            age_s = draw(st.sampled_from([0.0, 0.0, 0.25, 10.0, 30.0, 900.0, 7_300.0]))
            value = draw(st.sampled_from([0.0, 1.5, -3.0, 250.25, 1e6, float("nan")]))
            if rising:
                step = 0.0 if math.isnan(value) else abs(value) % 1e4
                level[asset] = 0.0 if value < 0.0 else level[asset] + step
                value = level[asset]
            rows.append((asset, now_s - age_s, value, draw(st.integers(0, 9)) > 0))
        made.append((now_s, rows))
    return made
