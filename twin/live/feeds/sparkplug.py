"""Sparkplug B: birth, death, aliases, quality, message numbers, and the request to be born again.

    spBv1.0/GROUP/NBIRTH|NDATA|NDEATH/NODE            metrics named ASSET/METRIC, or METRIC where the node is an asset
    spBv1.0/GROUP/DBIRTH|DDATA|DDEATH/NODE/ASSET      metrics named METRIC

A birth says which alias stands for which metric of which asset. Data whose alias no birth told, and a gap in the
message numbers, ask the node to be born again (NCMD `Node Control/Rebirth`), at most once in `REBIRTH_EVERY_S`. A death
makes what the device or node sent last stale; it does not take assets down. Metrics are gathered for some milliseconds
and read together, because a message of a device holds few of each metric and the state takes columns.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import Any, Final, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from twin.live.directory import YEAR_10000_S, Directory, are_times, number
from twin.live.feeds.sparkplug_messages import DataType, Frame, Metric, Payload
from twin.live.feeds.sparkplug_wire import decode
from twin.live.metrics import DERATED_KW, NUMBER
from twin.live.points import NO_SEQUENCE, Batch, Quality, Receive
from twin.live.tally import MOST_SOURCES
from twin.topology.distinct import distinct
from twin.topology.model import Floats, Ints

PREFIX: Final = "spBv1.0"
NUMBERS: Final = 256
"""Message numbers of a node run from 0 to 255 and begin again."""
REBIRTH: Final = "Node Control/Rebirth"
REBIRTH_EVERY_S: Final = 10.0
OF_THE_NODE: Final = ("bdSeq", "Node Control/", "Node Info/", "Node Properties/", "Properties/")
"""What a birth tells of the node itself; no points."""
GATHER_POINTS: Final = 4_000
GATHER_S: Final = 0.05
FEW: Final = 24
"""Up to so many metrics are read one by one, which is then as fast."""
_QUALITIES: Final = {0: Quality.BAD, 192: Quality.GOOD, 500: Quality.STALE}
METRIC_BITS: Final = 8
NOBODY: Final = -1
_SIGNED: Final[dict[int, int]] = {DataType.INT8: 32, DataType.INT16: 32, DataType.INT32: 32, DataType.INT64: 64}
Codes = NDArray[np.int64]

Command = Callable[[str, bytes], None]
"""Publishes a payload on a topic."""


class _Slot(NamedTuple):
    """What an alias or a name stands for."""

    asset: int
    """-1: not an asset, or not a metric, that we know."""
    metric: int
    kind: int
    name: str

    @property
    def code(self) -> int:
        """Asset and metric in one number, for columns of them; NOBODY where it stands for neither."""
        return NOBODY if self.asset < 0 else self.asset << METRIC_BITS | self.metric


class _Row(NamedTuple):
    """A point, before it is looked at whether it can be believed."""

    code: int
    value: float
    time_s: float
    quality: int


class _Message(NamedTuple):
    """What the metrics of one message have in common while they wait."""

    kind: str
    device: str
    metrics: int
    time_s: float


class _Node:
    """An edge node: its aliases, and the metrics that wait to be read."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.born = False
        self.birth = -1
        self.last = -1
        self.asked_s = float("-inf")
        self.aliases: dict[int, _Slot] = {}
        """The node's: a message of any of its devices may use them."""
        self.codes: dict[int, int] = {}
        """Alias → `_Slot.code`."""
        self.names: dict[tuple[str, str], _Slot] = {}
        self.devices: dict[str, set[tuple[int, int]]] = {}
        """Asset and metric of the points of each device, "" the node's own."""
        self.raw: list[bytes] = []
        self.messages: list[_Message] = []
        self.since_s = 0.0


class Sparkplug:
    """Reads messages of Sparkplug B into batches. Called by one thread at a time."""

    def __init__(self, directory: Directory, receive: Receive, mark_stale: Stale, command: Command) -> None:
        self.directory = directory
        self._receive, self._mark_stale, self._command = receive, mark_stale, command
        self._nodes: dict[str, _Node] = {}
        self._epoch = directory.epoch

    def message(self, topic: str, payload: bytes, now_s: float) -> None:
        """Take a message of a topic below `spBv1.0/`. Whatever is wrong with it is counted, and raises nothing."""
        parts = topic.split("/")
        if len(parts) < 4 or parts[2] in ("NCMD", "DCMD"):
            return  # STATE of a host application, and commands: nothing that reports points
        source, kind, device = f"{parts[1]}/{parts[3]}", parts[2], "/".join(parts[4:])
        if kind not in _HANDLERS or (kind[0] == "D") != bool(device):
            self.directory.tally.malformed(source, f"topic {topic}")
            return
        form, handle = _HANDLERS[kind]
        try:
            read = form.FromString(payload)
        except DecodeError:
            self.directory.tally.malformed(source, f"{kind}: no message of Sparkplug B")
            return
        handle(self, self._node(source), device, read, now_s)

    def _node(self, source: str) -> _Node:
        if self._epoch != self.directory.epoch:
            # Another topology: births name the assets, so they are asked for again.
            self._epoch = self.directory.epoch
            self._nodes.clear()
        if len(self._nodes) >= MOST_SOURCES:
            self._nodes.clear()  # made-up names shall not fill the memory; who is real is asked for its birth
        return self._nodes.setdefault(source, _Node(source))

    def flush(self, now_s: float, *, at_once: bool = False) -> None:
        """Hand on what was gathered for long enough, or at once all that was."""
        if self._epoch == self.directory.epoch:
            for node in self._nodes.values():
                if node.raw and (at_once or now_s - node.since_s >= GATHER_S):
                    self._hand_on(node, now_s)

    def birth(self, node: _Node, device: str, read: Any, now_s: float) -> None:
        """NBIRTH and DBIRTH: what the aliases stand for, and first values."""
        self._hand_on(node, now_s)  # what came before is read by the aliases of before
        if not device:
            node.born, node.birth, node.last = True, _birth_number(read), int(read.seq)
            for known in (node.aliases, node.codes, node.names, node.devices):
                known.clear()
        elif not self._in_order(node, int(read.seq), now_s):
            return
        mine = node.devices.setdefault(device, set())
        metrics = [metric for metric in read.metrics if device or not metric.name.startswith(OF_THE_NODE)]
        for metric in metrics:
            slot = self._slot(node, device, metric.name, int(metric.datatype))
            node.names[device, metric.name] = slot
            if metric.HasField("alias"):
                node.aliases[metric.alias] = slot
                node.codes[metric.alias] = slot.code
            if slot.asset >= 0:
                mine.add((slot.asset, slot.metric))
        time_s = _time_s(read, now_s)
        rows = [self._row(node, device, metric, time_s, now_s) for metric in metrics]
        told = [row for row in rows if row is not None]
        if told:
            codes, values, times, qualities = (np.array(column) for column in zip(*told, strict=True))
            self._take(node, codes, values, times, qualities.astype(np.uint8), now_s)

    def _slot(self, node: _Node, device: str, name: str, kind: int) -> _Slot:
        asset, metric = (device, name) if device else ("", name)
        if not device:
            asset, _, metric = name.rpartition("/")
            asset = asset or node.source.partition("/")[2]
        index, found = self.directory.index(asset), NUMBER.get(metric)
        text = f"{asset}/{metric}"
        return _Slot(-1, -1, kind, text) if index is None or found is None else _Slot(index, found, kind, text)

    def data(self, node: _Node, device: str, read: Any, now_s: float) -> None:
        """NDATA and DDATA."""
        metrics = read.metrics
        if not node.born:
            self.directory.tally.unknown(node.source, "data before its birth", len(metrics))
            self._ask_for_birth(node, now_s)
            return
        if not self._in_order(node, int(read.seq), now_s):
            return
        if not node.raw:
            node.since_s = now_s
        node.raw.extend(metrics)
        node.messages.append(_Message("DDATA" if device else "NDATA", device, len(metrics), _time_s(read, now_s)))
        if len(node.raw) >= GATHER_POINTS:
            self._hand_on(node, now_s)

    def _in_order(self, node: _Node, sequence: int, now_s: float) -> bool:
        """Note a message's number; False where it came twice."""
        if sequence == node.last:
            self.directory.tally.source(node.source).duplicates += 1
            return False
        lost = (sequence - node.last - 1) % NUMBERS
        node.last = sequence % NUMBERS
        if lost:
            self.directory.tally.source(node.source).gaps += lost
            self._ask_for_birth(node, now_s)
        return True

    def _hand_on(self, node: _Node, now_s: float) -> None:
        """Read the metrics that wait, and deliver their points."""
        raw, messages = node.raw, node.messages
        if not raw:
            return
        node.raw, node.messages = [], []
        metrics = [message.metrics for message in messages]
        times = np.repeat([message.time_s for message in messages], metrics)
        codes, values = np.full(len(raw), NOBODY, np.int64), np.full(len(raw), np.nan)
        qualities = np.full(len(raw), Quality.GOOD, np.uint8)
        left = np.arange(len(raw))
        if len(raw) > FEW:
            aliases, stamps_ms, values, plain = decode(raw)
            codes = np.fromiter(map(node.codes.get, aliases.tolist(), repeat(NOBODY)), np.int64, len(raw))
            times = np.where(stamps_ms > 0, stamps_ms / 1000, times)
            left = np.flatnonzero(~plain | (codes < 0))
            codes[left] = NOBODY
        ends = np.cumsum(metrics)
        for place in left.tolist():
            message = messages[int(np.searchsorted(ends, place, "right"))]
            row = self._read(node, message, raw[place], now_s)
            if row is not None:
                codes[place], values[place], times[place], qualities[place] = row
        self._take(node, codes, values, times, qualities, now_s)

    def _read(self, node: _Node, message: _Message, raw: bytes, now_s: float) -> _Row | None:
        try:
            metric = Metric.FromString(raw)
        except DecodeError:
            self.directory.tally.malformed(node.source, f"{message.kind}: no metric of Sparkplug B")
            return None
        return self._row(node, message.device, metric, message.time_s, now_s)

    def _row(self, node: _Node, device: str, metric: Any, time_s: float, now_s: float) -> _Row | None:
        """The point that a metric tells; None where nobody knows of what, which is counted."""
        named = metric.HasField("name") and metric.name
        slot = node.names.get((device, metric.name)) if named else node.aliases.get(metric.alias)
        if slot is None:
            self.directory.tally.unknown(node.source, metric.name if named else f"alias {metric.alias}")
            self._ask_for_birth(node, now_s)
            return None
        if slot.asset < 0:
            self.directory.tally.unknown(node.source, slot.name)
            return None
        quality = Quality.STALE if metric.is_historical else _quality(metric)
        return _Row(slot.code, _value(metric, slot), metric.timestamp / 1000 or time_s, quality)

    def _take(  # noqa: PLR0913, PLR0917 - columns
        self, node: _Node, codes: Codes, values: Floats, times: Floats, qualities: Any, now_s: float
    ) -> None:
        """Deliver points, metric by metric; NOBODY's are none."""
        metrics = np.where(codes >= 0, codes & ((1 << METRIC_BITS) - 1), NOBODY).astype(np.int16)
        assets = (codes >> METRIC_BITS).astype(np.int32)
        for metric in distinct(metrics).tolist():
            if metric >= 0:
                at = np.flatnonzero(metrics == metric)
                self._deliver(node, metric, assets[at], values[at], times[at], qualities[at], now_s)

    def _deliver(  # noqa: PLR0913, PLR0917 - columns
        self, node: _Node, metric: int, assets: Ints, values: Floats, times: Floats, qualities: Any, now_s: float
    ) -> None:
        numbers, good = self.directory.believable(node.source, metric, values)
        if not are_times(times):
            believed = (times >= 0) & (times < YEAR_10000_S)
            self.directory.tally.malformed(node.source, f"a time of {times[~believed][0]:g} s makes no sense")
            good &= believed
        if metric != DERATED_KW:
            qualities[np.isnan(numbers)] = Quality.BAD
        if not good.all():
            assets, numbers, times, qualities = assets[good], numbers[good], times[good], qualities[good]
        if len(assets):
            self._receive(Batch(node.source, metric, assets, numbers, times, now_s, qualities, NO_SEQUENCE))

    def death(self, node: _Node, device: str, read: Any, now_s: float) -> None:
        """NDEATH and DDEATH: what it sent last is stale."""
        if not device:
            if node.birth >= 0 and _birth_number(read) not in (-1, node.birth):
                return  # the will of an earlier session of this node
            node.born = False
        elif node.born:
            self._in_order(node, int(read.seq), now_s)
        self._hand_on(node, now_s)
        gone = [pair for name, pairs in node.devices.items() if not device or name == device for pair in pairs]
        assets, metrics = np.array(gone, np.int32).reshape(-1, 2).T
        self._mark_stale(node.source, assets, metrics)

    def _ask_for_birth(self, node: _Node, now_s: float) -> None:
        if now_s - node.asked_s < REBIRTH_EVERY_S:
            return
        node.asked_s = now_s
        group, _, name = node.source.partition("/")
        request = Payload(timestamp=int(now_s * 1000))
        request.metrics.add(name=REBIRTH, datatype=DataType.BOOLEAN, boolean_value=True)
        self._command(f"{PREFIX}/{group}/NCMD/{name}", request.SerializeToString())


Stale = Callable[[str, Ints, Ints], None]
"""Told which points (asset and metric) of a source are stale because their device died."""

_HANDLERS: Final = {
    "NBIRTH": (Payload, Sparkplug.birth),
    "DBIRTH": (Payload, Sparkplug.birth),
    "NDATA": (Frame, Sparkplug.data),
    "DDATA": (Frame, Sparkplug.data),
    "NDEATH": (Payload, Sparkplug.death),
    "DDEATH": (Payload, Sparkplug.death),
}


def _time_s(read: Any, now_s: float) -> float:
    return read.timestamp / 1000 or now_s


def _birth_number(read: Any) -> int:
    """The number that a node's birth and the will of the same session share; -1 where it tells none."""
    return next((int(m.long_value or m.int_value) for m in read.metrics if m.name == "bdSeq"), -1)


def _value(metric: Any, slot: _Slot) -> float:
    """The value of a metric as a number; NaN for null, infinity for what is none."""
    field = metric.WhichOneof("value")
    if metric.is_null or field is None:
        return float("nan") if metric.is_null else float("inf")
    value = getattr(metric, field)
    bits = _SIGNED.get(slot.kind)
    if bits and field in ("int_value", "long_value") and value >= 1 << (bits - 1):
        value -= 1 << bits
    return number(slot.metric, value)


def _quality(metric: Any) -> int:
    """The quality that a metric's properties tell; GOOD where they tell none."""
    if not metric.HasField("properties"):
        return Quality.GOOD
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == "Quality":
            return _QUALITIES.get(int(value.int_value or value.long_value), Quality.UNCERTAIN)
    return Quality.GOOD
