"""Sparkplug B: birth, death, aliases, quality, message numbers, and the request to be born again.

    spBv1.0/GROUP/NBIRTH|NDATA|NDEATH/NODE            metrics named ASSET/METRIC, or METRIC where the node is an asset
    spBv1.0/GROUP/DBIRTH|DDATA|DDEATH/NODE/ASSET      metrics named METRIC

A birth says which alias stands for which metric of which asset. Data whose alias no birth told, and a gap in the
message numbers, ask the node to be born again (NCMD `Node Control/Rebirth`), at most once in `REBIRTH_EVERY_S`. A death
makes what the device or node sent last stale; it does not take assets down. Points are gathered for some milliseconds,
because a message of a device holds few of each metric and the state takes columns.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError

from twin.live.directory import Directory, are_times, number
from twin.live.feeds.sparkplug_messages import DataType, Payload
from twin.live.metrics import DERATED_KW, NUMBER
from twin.live.points import NO_SEQUENCE, Batch, Quality, Receive
from twin.live.tally import MOST_SOURCES
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
_QUALITIES: Final = {0: Quality.BAD, 192: Quality.GOOD, 500: Quality.STALE}
_SIGNED: Final[dict[int, int]] = {DataType.INT8: 32, DataType.INT16: 32, DataType.INT32: 32, DataType.INT64: 64}
_FAST: Final[dict[int, Any]] = {
    DataType.FLOAT: attrgetter("alias", "timestamp", "is_null", "is_historical", "float_value"),
    DataType.DOUBLE: attrgetter("alias", "timestamp", "is_null", "is_historical", "double_value"),
}
_VALUE: Final[dict[int, str]] = {DataType.FLOAT: "float_value", DataType.DOUBLE: "double_value"}

Command = Callable[[str, bytes], None]
"""Publishes a payload on a topic."""


class _Slot(NamedTuple):
    """What an alias or a name stands for."""

    asset: int
    """-1: not an asset, or not a metric, that we know."""
    metric: int
    kind: int
    name: str


class _Node:
    """An edge node: its aliases, and the points that wait to be handed on."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.born = False
        self.birth = -1
        self.last = -1
        self.asked_s = float("-inf")
        self.aliases: dict[tuple[str, int], _Slot] = {}
        self.names: dict[tuple[str, str], _Slot] = {}
        self.devices: dict[str, set[tuple[int, int]]] = {}
        """Asset and metric of the points of each device, "" the node's own."""
        self.assets: list[int] = []
        self.metrics: list[int] = []
        self.values: list[float] = []
        self.times: list[float] = []
        self.qualities: list[int] = []
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
        try:
            read = Payload.FromString(payload)
        except DecodeError:
            self.directory.tally.malformed(source, f"{kind}: no message of Sparkplug B")
            return
        node = self._node(source)
        _HANDLERS[kind](self, node, device, read, b"Quality" in payload, now_s)

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
                if node.assets and (at_once or now_s - node.since_s >= GATHER_S):
                    self._hand_on(node, now_s)

    def birth(self, node: _Node, device: str, read: Any, qualities: bool, now_s: float) -> None:
        """NBIRTH and DBIRTH: what the aliases stand for, and first values."""
        if not device:
            node.born, node.birth, node.last = True, _birth_number(read), int(read.seq)
            for known in (node.aliases, node.names, node.devices):
                known.clear()
        elif not self._in_order(node, int(read.seq), now_s):
            return
        mine = node.devices.setdefault(device, set())
        for metric in read.metrics:
            if not device and metric.name.startswith(OF_THE_NODE):
                continue
            slot = self._slot(node, device, metric.name, int(metric.datatype))
            node.names[device, metric.name] = slot
            if metric.HasField("alias"):
                # Aliases are the node's: a message of any of its devices may use them.
                node.aliases["", metric.alias] = slot
            if slot.asset >= 0:
                mine.add((slot.asset, slot.metric))
        values = [metric for metric in read.metrics if device or not metric.name.startswith(OF_THE_NODE)]
        self._slow(node, device, values, read, qualities=qualities, now_s=now_s)

    def _slot(self, node: _Node, device: str, name: str, kind: int) -> _Slot:
        asset, metric = (device, name) if device else ("", name)
        if not device:
            asset, _, metric = name.rpartition("/")
            asset = asset or node.source.partition("/")[2]
        index, found = self.directory.index(asset), NUMBER.get(metric)
        text = f"{asset}/{metric}"
        return _Slot(-1, -1, kind, text) if index is None or found is None else _Slot(index, found, kind, text)

    def data(self, node: _Node, device: str, read: Any, qualities: bool, now_s: float) -> None:
        """NDATA and DDATA."""
        if not node.born:
            self.directory.tally.unknown(node.source, "data before its birth", len(read.metrics))
            self._ask_for_birth(node, now_s)
            return
        if not self._in_order(node, int(read.seq), now_s):
            return
        if qualities or not self._fast(node, read, now_s):
            self._slow(node, device, read.metrics, read, qualities=qualities, now_s=now_s)

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

    def _fast(self, node: _Node, read: Any, now_s: float) -> bool:
        """Take a message whose metrics all have aliases and are all float or all double; False where it is another."""
        metrics = read.metrics
        first = node.aliases.get(("", metrics[0].alias)) if len(metrics) else None
        if first is None or first.kind not in _FAST:
            return False
        aliases, times, nulls, old, values = zip(*map(_FAST[first.kind], metrics), strict=True)
        get = node.aliases.get
        slots = [get(("", alias)) for alias in aliases]
        if None in slots or any(nulls) or any(old) or not all(times) or any(s.kind != first.kind for s in slots if s):
            return False
        # A value of 0 may also be a value of another type than the birth told.
        name = _VALUE[first.kind]
        if 0.0 in values and any(not m.HasField(name) for value, m in zip(values, metrics, strict=True) if not value):
            return False
        self._gather(node, slots, values, [time / 1000 for time in times], [Quality.GOOD] * len(slots), now_s)
        return True

    def _slow(  # noqa: PLR0913 - the parts of a message
        self, node: _Node, device: str, metrics: Any, read: Any, *, qualities: bool, now_s: float
    ) -> None:
        slots: list[_Slot | None] = []
        values: list[float] = []
        times: list[float] = []
        told: list[int] = []
        for metric in metrics:
            named = metric.HasField("name") and metric.name
            slot = node.names.get((device, metric.name)) if named else node.aliases.get(("", metric.alias))
            if slot is None:
                self.directory.tally.unknown(node.source, metric.name if named else f"alias {metric.alias}")
                self._ask_for_birth(node, now_s)
                continue
            if slot.asset < 0 and slot.metric < 0:
                self.directory.tally.unknown(node.source, slot.name)
                continue
            slots.append(slot)
            values.append(_value(metric, slot))
            times.append((metric.timestamp or read.timestamp or int(now_s * 1000)) / 1000)
            told.append(_quality(metric) if qualities else Quality.GOOD)
            if metric.is_historical:
                told[-1] = Quality.STALE
        self._gather(node, slots, values, times, told, now_s)

    def _gather(  # noqa: PLR0913, PLR0917 - columns
        self, node: _Node, slots: Any, values: Any, times: Any, qualities: list[int], now_s: float
    ) -> None:
        if not node.assets:
            node.since_s = now_s
        node.assets.extend([slot.asset for slot in slots])
        node.metrics.extend([slot.metric for slot in slots])
        node.values.extend(values)
        node.times.extend(times)
        node.qualities.extend(qualities)
        if len(node.assets) >= GATHER_POINTS:
            self._hand_on(node, now_s)

    def _hand_on(self, node: _Node, now_s: float) -> None:
        if not node.assets:
            return
        assets, metrics = np.array(node.assets, np.int32), np.array(node.metrics, np.int32)
        values, times = np.array(node.values, np.float64), np.array(node.times, np.float64)
        qualities = np.array(node.qualities, np.uint8)
        for column in (node.assets, node.metrics, node.values, node.times, node.qualities):
            column.clear()
        unknown = np.flatnonzero(assets < 0)
        if len(unknown):
            self.directory.tally.unknown(node.source, "metrics of assets that nobody knows", len(unknown))
        order = np.argsort(metrics, kind="stable")
        bounds = np.flatnonzero(np.diff(metrics[order], prepend=-2)).tolist()
        for begin, end in zip(bounds, [*bounds[1:], len(order)], strict=True):
            places = order[begin:end]
            metric = int(metrics[places[0]])
            if metric >= 0:
                self._deliver(node, metric, assets[places], values[places], times[places], qualities[places], now_s)

    def _deliver(  # noqa: PLR0913, PLR0917 - columns
        self, node: _Node, metric: int, assets: Ints, values: Floats, times: Floats, qualities: Any, now_s: float
    ) -> None:
        numbers, good = self.directory.believable(node.source, metric, values)
        if not are_times(times):
            good &= (times >= 0) & (times < now_s + 1e9)
        if metric != DERATED_KW:
            qualities[np.isnan(numbers)] = Quality.BAD
        if not good.all():
            assets, numbers, times, qualities = assets[good], numbers[good], times[good], qualities[good]
        if len(assets):
            self._receive(Batch(node.source, metric, assets, numbers, times, now_s, qualities, NO_SEQUENCE))

    def death(self, node: _Node, device: str, read: Any, _qualities: bool, now_s: float) -> None:
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
    "NBIRTH": Sparkplug.birth,
    "DBIRTH": Sparkplug.birth,
    "NDATA": Sparkplug.data,
    "DDATA": Sparkplug.data,
    "NDEATH": Sparkplug.death,
    "DDEATH": Sparkplug.death,
}


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
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == "Quality":
            return _QUALITIES.get(int(value.int_value or value.long_value), Quality.UNCERTAIN)
    return Quality.GOOD
