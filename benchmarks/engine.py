"""The engine against networkx and rustworkx, on one topology."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.clock import Bench, timed
from benchmarks.peers import NetworkxPeer, RustworkxPeer
from twin.impact import capacity, cutsets, pairs, single_points, sweep
from twin.impact.impact import impact
from twin.impact.question import Question
from twin.impact.settle import Scenario, settle_base
from twin.impact.worse_pairs import worse_pairs
from twin.topology.model import Ints, Topology

SAMPLE = 200
"""Failures that a peer's sweep is timed on; the whole is in proportion to them."""

Peer = NetworkxPeer | RustworkxPeer


def bench_engine(topology: Topology, title: str, *, larger: bool = False) -> Bench:
    """Time every question on a topology; the peers get the same failures in the same run.

    `larger` than a full campus, for which the targets are meant: pairs with overloads are left out, which took more
    than half an hour on a made campus of five times the size.
    """
    bench = Bench(title, targets=not larger)
    relationships = len(topology.member)
    bench.note("assets, supply relationships", f"{len(topology):,}, {relationships:,}")
    base = settle_base(topology, compile_kernels=True)
    scenario = Scenario(base, compile_kernels=True)
    swept = sweep.sweep(base, compile_kernels=True)
    peers: list[Peer] = [NetworkxPeer(topology), RustworkxPeer(topology)]
    for failed, what in _failures(swept):
        _one_failure(bench, what, failed, scenario, peers)
    _scans(bench, topology, swept, peers)
    if not larger:
        plant = np.flatnonzero(sweep.in_scope(topology, infrastructure(topology))).astype(np.int32)
        took = timed(lambda: worse_pairs(base, plant), runs=1)
        many = len(plant) * (len(plant) - 1) // 2
        bench.add(f"capacity-aware pairs of infrastructure, exact: {many:,}", took, target_s=1.0)
    return bench


def _failures(swept: sweep.Sweep) -> list[tuple[list[int], str]]:
    """One failure that loses a few, and one that loses as many as one can, up to about 10,000."""
    rows = swept.to_dict()["rows"]
    topology = swept.base.topology
    few = next((row for row in reversed(rows) if row["lost"] >= 5), rows[0])
    many = min(rows, key=lambda row: abs(row["lost"] - 10_000))

    def index(row: dict[str, Any]) -> int:
        found = topology.ids.index(row["id"])
        if found is None:
            raise KeyError(row["id"])
        return found

    return [([index(row)], f"impact of {row['id']}, {row['lost']:,} lost, with totals") for row in (few, many)]


def _one_failure(bench: Bench, what: str, failed: list[int], scenario: Scenario, peers: list[Peer]) -> None:
    question = Question(tuple(failed))

    def ask() -> Any:
        return impact(question, scenario.base, scenario=scenario).totals.to_dict()

    target = 1e-3 if sum(ask()["lost"].values()) < 5_000 else 3e-3
    took = timed(ask, runs=50)
    taken = scenario.expand(failed).tolist()  # spaces and common causes: peers get what these take along
    scenario.fail(failed)
    lost = len(scenario.fallen()) - len(taken)
    scenario.undo()
    for peer in peers:
        agrees = peer.lost(taken) == lost
        peer_s = timed(lambda peer=peer: peer.lost(taken), runs=5)
        bench.add(
            what, took, target_s=target, peer=peer.name if agrees else f"{peer.name} (other count!)", peer_s=peer_s
        )


def _scans(bench: Bench, topology: Topology, swept: sweep.Sweep, peers: list[Peer]) -> None:
    base = swept.base
    scope = np.flatnonzero(sweep.in_scope(topology, None))
    rng = np.random.default_rng(1)
    sample = rng.choice(scope, min(SAMPLE, len(scope)), replace=False).tolist()
    took = timed(lambda: sweep.sweep(base, compile_kernels=True), runs=5)
    for peer in peers:
        whole = timed(lambda peer=peer: [peer.lost([asset]) for asset in sample], runs=3) / len(sample) * len(scope)
        bench.add(
            f"sweep of {len(scope):,} non-server assets",
            took,
            target_s=20e-3,
            peer=f"{peer.name} (sample)",
            peer_s=whole,
        )
    labels = infrastructure(topology)
    small = pairs.pairs(base, labels, compile_kernels=True)
    per_pair = timed(
        lambda: [peers[1].lost([a, b]) for a, b in zip(sample, reversed(sample), strict=True)], runs=3
    ) / len(sample)
    for name, which, target in (("infrastructure", labels, 50e-3), ("all non-server assets", None, 0.5)):
        count = int(sweep.in_scope(topology, which).sum())
        all_pairs = count * (count - 1) // 2
        took = timed(lambda which=which: pairs.pairs(base, which, compile_kernels=True), runs=3)
        what = f"pairs of {name}: {all_pairs:,}"
        bench.add(what, took, target_s=target, peer=f"{peers[1].name} (sample)", peer_s=per_pair * all_pairs)
    bench.note("pairs of infrastructure worse than their singles", f"{len(small):,}")
    servers = of_label(topology, "Server")
    took = timed(lambda: cutsets.all_cut_sets(Question(), base, order=3, loads=servers), runs=3)
    bench.add(f"cut sets to order 3 of {len(servers):,} servers", took, target_s=0.5)
    bench.add("single points of all loads", timed(lambda: single_points.single_points(Question(), base), runs=3))
    scope = scope.astype(np.int32)
    bench.add("capacity-aware sweep", timed(lambda: capacity.sweep(base, scope), runs=3), target_s=20e-3)


def infrastructure(topology: Topology) -> list[str]:
    """Labels of what supplies others and stands in no rack."""
    racked = {"Server", "RackPDU", "Cabinet", "NetworkDevice", "Service", "Tenant", "CommonCause", "Sensor", "Meter"}
    return [label for label in topology.labels if label not in racked]


def of_label(topology: Topology, label: str) -> Ints:
    """The assets of a label that the campus has."""
    return np.flatnonzero(topology.label == topology.labels.index(label)).astype(np.int32)
