"""The same question, asked of general graph libraries: what engineers would write without this program.

Both peers hold assets and groups as nodes of one directed graph (supplier → group → owner) and settle by a worklist
that counts, for each group, how many suppliers it can still lose. Like most such scripts they know no loops of one
type; the benchmark compares counts on failures that touch none.
"""

from __future__ import annotations

from collections import deque
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import rustworkx as rx

if TYPE_CHECKING:
    from twin.topology.model import Topology


def _edges(topology: Topology) -> tuple[Any, Any]:
    """Ends of all edges: assets are 0 … n − 1, groups n … n + g − 1."""
    n, g = len(topology.ids), len(topology.group_owner)
    groups = np.arange(g) + n
    sizes = np.diff(topology.member_start)
    sources = np.concatenate([topology.member, groups])
    targets = np.concatenate([np.repeat(groups, sizes), topology.group_owner])
    return sources.tolist(), targets.tolist()


class NetworkxPeer:
    """networkx: a `DiGraph` with the slack of each group as a node attribute."""

    name = f"networkx {nx.__version__}"

    def __init__(self, topology: Topology) -> None:
        sources, targets = _edges(topology)
        self.count = len(topology.ids)
        self.graph: Any = nx.DiGraph()
        self.graph.add_edges_from(zip(sources, targets, strict=True))
        slack = np.diff(topology.member_start) - topology.group_need
        self.slack = {self.count + group: spare for group, spare in enumerate(slack.tolist())}

    def lost(self, failed: list[int]) -> int:
        """How many assets are lost when `failed` fail."""
        down, missing = set(failed), dict[int, int]()
        queue = deque(failed)
        while queue:
            asset = queue.popleft()
            for group in self.graph.successors(asset) if asset in self.graph else ():
                missing[group] = missing.get(group, 0) + 1
                if missing[group] > self.slack[group]:
                    for owner in self.graph.successors(group):
                        if owner not in down:
                            down.add(owner)
                            queue.append(owner)
        return len(down) - len(failed)


class RustworkxPeer:
    """rustworkx: a `PyDiGraph`; its nodes are numbered as the assets and groups are."""

    name = f"rustworkx {version('rustworkx')}"

    def __init__(self, topology: Topology) -> None:
        sources, targets = _edges(topology)
        self.count = len(topology.ids)
        self.graph: Any = rx.PyDiGraph(multigraph=False)
        self.graph.add_nodes_from(range(self.count + len(topology.group_owner)))
        self.graph.add_edges_from_no_data(list(zip(sources, targets, strict=True)))
        self.slack: list[int] = (np.diff(topology.member_start) - topology.group_need).tolist()

    def lost(self, failed: list[int]) -> int:
        """How many assets are lost when `failed` fail."""
        down, missing = set(failed), dict[int, int]()
        queue = deque(failed)
        while queue:
            for group in self.graph.successor_indices(queue.popleft()):
                missing[group] = missing.get(group, 0) + 1
                if missing[group] > self.slack[group - self.count]:
                    for owner in self.graph.successor_indices(group):
                        if owner not in down:
                            down.add(owner)
                            queue.append(owner)
        return len(down) - len(failed)
