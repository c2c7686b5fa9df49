"""What a failure takes along, and by whom (section 6), told round by round."""

from __future__ import annotations

from collections.abc import Iterable

from twin.topology.model import Topology


def taken_by(topology: Topology, named: Iterable[int], gone: Iterable[int]) -> dict[int, tuple[str, list[int]]]:
    """For all that `named` take along, when `gone` are out already: the type, and those that took it, in rounds.

    What several take in one round is told by the type that comes first in the alphabet, with all that took it so.
    """
    known = {int(asset) for asset in gone} | {int(asset) for asset in named}
    taken: dict[int, tuple[str, list[int]]] = {}
    fresh: list[int] = sorted(known)
    while fresh:
        found: dict[int, dict[str, list[int]]] = {}
        for asset in fresh:
            for kind, other in _direct(topology, asset):
                if other not in known:
                    found.setdefault(other, {}).setdefault(kind, []).append(asset)
        fresh = []
        for other, kinds in found.items():
            if not (kinds.keys() - {"PART_OF"}):
                wholes: list[int] = topology.whole[
                    topology.whole_start[other] : topology.whole_start[other + 1]
                ].tolist()
                if not known.issuperset(wholes):
                    continue
                kinds["PART_OF"] = wholes
            kind = min(kinds)
            taken[other] = (kind, sorted(kinds[kind]))
            fresh.append(other)
        known.update(fresh)
    return taken


def _direct(topology: Topology, asset: int) -> Iterable[tuple[str, int]]:
    places = range(int(topology.along_start[asset]), int(topology.along_start[asset + 1]))
    for place in places:
        yield ("AFFECTS" if topology.along_affects[place] else "CONTAINS"), int(topology.along[place])
    for place in range(int(topology.part_start[asset]), int(topology.part_start[asset + 1])):
        yield "PART_OF", int(topology.part[place])
